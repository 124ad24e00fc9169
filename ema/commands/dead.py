"""`ema dead`: what was given up, to be listed, taken up again, or dropped. Nothing personal is printed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from ema.domain.errors import EmaError
from ema.domain.ways import PAGE

if TYPE_CHECKING:
    from ema.channels import Handled
    from ema.services.installation import Installation

app = typer.Typer(help="Updates that failed and messages that were refused for good.", no_args_is_help=True)
Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]…", help="As `ema dead list` shows them.")]
All = Annotated[bool, typer.Option("--all", help="Every one that is listed.")]


@app.command("list")
def list_() -> None:
    """What was given up: id, kind, why, how long ago. `u…` came from a phone, `m…` was to be sent."""
    from ema.services import dead
    from ema.services.spans import span

    with _opened() as here:
        found, now = dead.letters(here), here.clock.now()
    for letter in found:
        print(f"{letter.id}\t{letter.kind}\t{letter.error}\t{span(now - letter.at)} ago")
    if not found:
        print("There are none.")


@app.command()
def retry(ids: Ids = None, every: All = False) -> None:
    """Take an update as if it had just come; send a message as if it were new. What fails again stays listed."""
    from ema.services import dead

    def again(here: Installation, letter_id: str) -> None:
        handled = dead.retry(here, letter_id)
        if handled.direct is not None and dead.bot_of(letter_id) != PAGE:  # a page is looked at: it is told nothing
            _say(here, handled, dead.bot_of(letter_id))

    _each(ids, every, again, "taken up again")


@app.command()
def drop(ids: Ids = None, every: All = False) -> None:
    """Give them up for good. What an update said is forgotten."""
    from ema.services import dead

    _each(ids, every, dead.drop, "dropped")


def _each(ids: list[str] | None, every: bool, do: Callable[[Installation, str], None], done: str) -> None:
    from ema.services import dead

    if bool(ids) == every:
        raise typer.BadParameter("name ids, or say --all")
    refused = 0
    with _opened() as here:
        for letter_id in ids or [letter.id for letter in dead.letters(here)]:
            try:
                do(here, letter_id)
                print(f"{letter_id}: {done}.")
            except EmaError as error:
                refused += 1
                print(error, file=sys.stderr)
    if refused:
        raise typer.Exit(1)


def _say(here: Installation, handled: Handled, bot_id: int | None) -> None:
    """The last words to a chat that is not kept: they can't wait in the outbox."""
    from bot.poll import answer
    from ema import bootstrap
    from ema.channels import Handled as Left

    async def say() -> None:
        channels = bootstrap.telegram(here.settings)
        channel = next((each for each in channels if each.bot_id == bot_id), None)
        if channel is None:
            raise bootstrap.CannotStart(f"EMA_TELEGRAM_TOKEN holds no token of bot {bot_id}")
        await channel.open()
        try:
            await answer(channel, Left(direct=handled.direct))
        finally:
            await channel.bot.shutdown()

    try:
        asyncio.run(say())
    except EmaError as error:
        print(f"It was taken, but nothing could be said to her: {error}", file=sys.stderr)


@contextmanager
def _opened() -> Iterator[Installation]:
    """The installation, in study time: a demo's where it is one."""
    from ema.bootstrap import installation
    from ema.simulation.demo_clock import stored_clock

    with installation() as opened:
        yield replace(opened, clock=stored_clock(opened.database) or opened.clock)
