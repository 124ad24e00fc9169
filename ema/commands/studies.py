"""`ema study load`, `export`, `move`, `open` and `close`, and `ema invite`: studies that are in the database."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ema.config import Settings


def load(file: Annotated[Path, typer.Argument(help="The study's YAML file.")]) -> None:
    """Load a study, or a new version of it. A version never changes: raise `version` in the file to change anything."""
    from ema.bootstrap import installation
    from ema.domain.studyfile import load_study
    from ema.services import study

    protocol = load_study(file)
    with installation(upgrade=True) as here:
        new = study.load(here, protocol)
    print(f"{protocol.id} version {protocol.version} is {'loaded' if new else 'there already'}.")


def export(study_id: Annotated[str, typer.Argument(metavar="ID", help="The study.")]) -> None:
    """Print the study's current version as one self-contained JSON document."""
    from ema.bootstrap import installation
    from ema.services import study

    with installation() as here:
        print(study.document(here, study_id))


def open_(study_id: Annotated[str, typer.Argument(metavar="ID", help="The study.")]) -> None:
    """Open a study for real participants. Refuses with the list of what its file must state first."""
    from ema.bootstrap import installation
    from ema.services import study

    with installation() as here:
        study.open_study(here, study_id)
    print(f"{study_id} is open.")


def move(study_id: Annotated[str, typer.Argument(metavar="ID", help="The study.")]) -> None:
    """Let those who take part go on under the newest version. Only prompts not sent yet are planned anew."""
    from ema.bootstrap import installation
    from ema.services import study

    with installation() as here:
        number = study.move_on(here, study_id)
    print(f"{number} now go on under the newest version of {study_id}.")


def close(study_id: Annotated[str, typer.Argument(metavar="ID", help="The study.")]) -> None:
    """End a study: nobody joins any more, nothing more is sent. The data stay; persons' trends then carry p-values."""
    from ema.bootstrap import installation
    from ema.services import study

    with installation() as here:
        number = study.close_study(here, study_id)
    print(f"{study_id} is closed. {number} were still taking part.")


def invite(
    study_id: Annotated[str, typer.Argument(metavar="STUDY", help="The study.")],
    number: Annotated[int, typer.Option("-n", "--number", min=1, max=1000, help="How many.")] = 1,
    qr: Annotated[Path | None, typer.Option(help="Write a QR code (SVG) for each link into this folder.")] = None,
    page: Annotated[
        bool, typer.Option("--page", help="Links to a page in a browser, for people without Telegram.")
    ] = False,
) -> None:
    """Make invitations: codes that join once, with links. They are shown only now; only their hashes are kept."""
    import segno

    from ema.bootstrap import installation
    from ema.services import invite as service

    with installation() as here:
        site = _site(here.settings) if page else ""
        names = asyncio.run(_names(here.settings)) if here.settings.telegram_tokens and not page else {}
        codes = service.invite_by_link(here, study_id, number, names)
    for place, (code, bot_id) in enumerate(codes.items(), 1):
        link = (
            f"https://t.me/{names[bot_id]}?start={code}" if bot_id is not None else f"{site}/p#{code}" if site else ""
        )
        print(f"{code}  {link}".rstrip())
        if qr is not None and link:
            qr.mkdir(parents=True, exist_ok=True)
            segno.make(link, error="m").save(str(qr / f"invitation-{place:04}.svg"), scale=6)
    if not names and not page:
        typer.echo("Set EMA_TELEGRAM_TOKEN to get links and QR codes too.", err=True)


def _site(settings: Settings) -> str:
    """Where phones find the pages. Raises CannotStart: a link to this machine opens nothing on a phone."""
    from ema.bootstrap import CannotStart

    if settings.public_url is None:
        raise CannotStart("EMA_PUBLIC_URL is not set: put the https address there by which phones reach the pages.")
    return settings.public_url.rstrip("/")


async def _names(settings: Settings) -> dict[int, str]:
    """The user name of each bot. Raises TokenRefused or Unreachable: no link must lead to a bot that is not there."""
    from ema import bootstrap

    channels = bootstrap.telegram(settings)
    try:
        for channel in channels:
            await channel.open()
        return {channel.bot_id: channel.bot.username for channel in channels}
    finally:
        await bootstrap.leave(channels)
