"""`ema schedule`: see one participant's prompts, and many people's, before anybody is asked anything."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

import typer
from rich.console import Console
from rich.table import Table

from ema.domain.burden import Asked, Burden
from ema.domain.errors import EmaError
from ema.domain.icalendar import icalendar
from ema.domain.localtime import local
from ema.domain.schedules.base import Slot, Window
from ema.domain.studyfile import load_study
from ema.services.preview import Choice, NoSuchChoice, Preview, length, month, spread
from ema.services.preview import preview as service

app = typer.Typer(no_args_is_help=True, help="Schedules.")

YEARS = range(1970, 2201)
WEEK: Final = 7
MONTH: Final = 28
Format = Literal["table", "json", "ics", "png", "svg"]


@app.callback()
def schedule() -> None:
    """Schedules."""


@app.command()
def preview(
    file: Annotated[Path, typer.Argument(help="The study's YAML file.")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The date of study day 1.")],
    *,
    timezone: Annotated[str | None, typer.Option(help="The participant's zone. Default: the study's.")] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="How many study days. Default: 7, or 28 in a picture.")
    ] = None,
    seed: Annotated[str, typer.Option(help="Another seed is another participant.")] = "7",
    preset: Annotated[str | None, typer.Option(help="The hours that she chose. Default: the study's.")] = None,
    arm: Annotated[str | None, typer.Option(help="Her arm of the allocation. Default: the first.")] = None,
    window: Annotated[
        list[str] | None, typer.Option(help="Another span for a window, as evening=22:00-02:00. Repeatable.")
    ] = None,
    people: Annotated[
        int | None,
        typer.Option(min=1, max=100_000, help="In a picture: how the notes of so many fall over the day, too."),
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="What to print or write.")] = "table",
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, help="The file to write; without it, text is printed.")
    ] = None,
) -> None:
    """Show every prompt that one participant would get, in her local time.

    As a table with the burden of the whole study under it, as JSON, for a calendar (ics), or as a picture of her days.
    """
    if first.year not in YEARS:
        raise typer.BadParameter(f"choose a year from {YEARS[0]} to {YEARS[-1]}", param_hint="--from")
    if output == "png" and out is None:
        raise typer.BadParameter("a picture in PNG needs a file to go to", param_hint="--out")
    if people is not None and output not in {"png", "svg"}:
        raise typer.BadParameter("many people are shown in a picture: --format png or svg", param_hint="--people")
    windows = dict(_window(written) for written in window or [])
    choice = Choice(first.date(), preset, timezone, arm, seed, windows)
    try:
        protocol = load_study(file)
        shown = service(protocol, choice, days or (min(MONTH, length(protocol)) if output in {"png", "svg"} else WEEK))
        made = _made(shown, output, people)
        if out is not None:
            out.write_bytes(made)
        else:
            sys.stdout.write(made.decode())
    except NoSuchChoice as refused:
        print(f"--{refused}", file=sys.stderr)
        raise typer.Exit(1) from None
    except (EmaError, OSError) as refused:
        print(refused, file=sys.stderr)
        raise typer.Exit(1) from None


def _window(written: str) -> tuple[str, Window]:
    name, _, span = written.partition("=")
    start, _, end = span.partition("-")
    try:
        return name, Window.model_validate({"start": start, "end": end})
    except ValueError:
        raise typer.BadParameter(
            f"“{written}” is no window; write it as evening=22:00-02:00", param_hint="--window"
        ) from None


def _made(shown: Preview, output: Format, people: int | None) -> bytes:
    protocol = shown.protocol
    match output:
        case "json":
            return (json.dumps([_row(slot, shown.hers.timezone) for slot in shown.slots], indent=2) + "\n").encode()
        case "ics":
            note = protocol.note.say(protocol.languages[0])
            return icalendar(shown.slots, note, f"{protocol.id}|{shown.choice.seed}").encode()
        case "png" | "svg":
            from analysis.timetable import both

            return both(month(shown), spread(shown, people) if people else None, output)
    console = Console()
    with console.capture() as text:
        console.print(_table(shown.slots, shown.hers.timezone))
        for found in shown.burdens():
            console.print()
            console.print(_burden(found))
    return text.get().encode()


def _row(slot: Slot, timezone: str) -> dict[str, str | int]:
    return {
        "schedule": slot.schedule,
        "slot_key": slot.slot_key,
        "study_day": slot.study_day,
        "local_date": slot.local_date.isoformat(),
        "opens_at": local(slot.opens_at, timezone).isoformat(),
        "due_at": local(slot.due_at, timezone).isoformat(),
        "expires_at": local(slot.expires_at, timezone).isoformat(),
        "utc_due_at": slot.due_at.isoformat(),
        "slot": slot.slot,
        "barred": slot.barred,
    }


def _table(slots: list[Slot], timezone: str) -> Table:
    table = Table(title=f"{len(slots)} prompts, local time in {timezone}", box=None, title_justify="left")
    headings = ["day", "date", "schedule", "opens", "due", "closes", "UTC"]
    barred = any(slot.barred for slot in slots)
    for heading in headings + ["barred"] * barred:
        table.add_column(heading, no_wrap=True)
    for slot in slots:
        opens, due, closes = (local(at, timezone) for at in (slot.opens_at, slot.due_at, slot.expires_at))
        table.add_row(
            str(slot.study_day),
            f"{slot.local_date:%a %d %b}",
            slot.schedule,
            f"{opens:%H:%M}",
            f"{due:%d %b %H:%M}",
            f"{closes:%d %b %H:%M}",
            f"{slot.due_at:%H:%M}",
            *([slot.barred] * barred),
        )
    return table


def _burden(found: Burden) -> Table:
    whose = f", arm {found.arm}" if found.arm else ""
    table = Table(title=f"The whole study{whose}", box=None, title_justify="left")
    table.add_column("schedule", no_wrap=True)
    for heading in ("days", "prompts", "questions", "minutes"):
        table.add_column(heading, justify="right", no_wrap=True)
    for load in found.loads:
        table.add_row(load.schedule, str(load.days), *_amounts(load.total, "≤ " if load.up_to else ""))
    table.add_section()
    a_day = [found.a_day(what) for what in ("prompts", "questions", "minutes")]
    table.add_row("all that is planned", str(found.days), *_amounts(found.total))
    table.add_row("an average day of these", "", *(f"{amount:.1f}" for amount in a_day))
    table.add_row("the busiest day", "", *_amounts(found.busiest))
    if found.more.prompts:
        table.add_row("and at most, on top", "", *_amounts(found.more, "≤ "))
    return table


def _amounts(asked: Asked, before: str = "") -> tuple[str, str, str]:
    return f"{before}{asked.prompts}", f"{before}{asked.questions}", f"{before}{asked.minutes:.1f}"
