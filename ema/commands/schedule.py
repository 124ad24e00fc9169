"""`ema schedule`: see one participant's prompts before anybody is asked anything."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from ema.domain.errors import EmaError
from ema.domain.localtime import local, zone
from ema.domain.planning import plan
from ema.domain.protocol import Protocol
from ema.domain.schedules.base import Preferences, Slot, Window
from ema.domain.studyfile import load_study

app = typer.Typer(no_args_is_help=True, help="Schedules.")

YEARS = range(1970, 2201)


class NoSuchHours(EmaError):
    """Hours that the study does not have."""

    status = 422


@app.callback()
def schedule() -> None:
    """Schedules."""


@app.command()
def preview(
    file: Annotated[Path, typer.Argument(help="The study's YAML file.")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The date of study day 1.")],
    *,
    timezone: Annotated[str | None, typer.Option(help="The participant's zone. Default: the study's.")] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How many study days.")] = 7,
    seed: Annotated[str, typer.Option(help="Another seed is another participant.")] = "7",
    preset: Annotated[str | None, typer.Option(help="The hours that she chose. Default: the study's.")] = None,
    window: Annotated[
        list[str] | None, typer.Option(help="Another span for a window, as evening=22:00-02:00. Repeatable.")
    ] = None,
    output: Annotated[Literal["table", "json"], typer.Option("--format", help="What to print.")] = "table",
) -> None:
    """Show every prompt that one participant would get, in her local time."""
    if first.year not in YEARS:
        raise typer.BadParameter(f"choose a year from {YEARS[0]} to {YEARS[-1]}", param_hint="--from")
    own = dict(_window(written) for written in window or [])
    try:
        protocol = load_study(file)
        preferences = _preferences(protocol, preset, timezone, own)
    except EmaError as refused:
        print(refused, file=sys.stderr)
        raise typer.Exit(1) from None
    slots = plan(protocol, seed, first.date(), preferences, range(1, days + 1))
    if output == "json":
        print(json.dumps([_row(slot, preferences.timezone) for slot in slots], indent=2))
    else:
        Console().print(_table(slots, preferences.timezone))


def _window(written: str) -> tuple[str, Window]:
    name, _, span = written.partition("=")
    start, _, end = span.partition("-")
    try:
        return name, Window.model_validate({"start": start, "end": end})
    except ValueError:
        raise typer.BadParameter(
            f"“{written}” is no window; write it as evening=22:00-02:00", param_hint="--window"
        ) from None


def _preferences(protocol: Protocol, preset: str | None, timezone: str | None, own: dict[str, Window]) -> Preferences:
    hours = protocol.hours
    if preset is not None and preset not in hours.presets:
        raise NoSuchHours(f"--preset {preset}: the study has the hours {', '.join(hours.presets)}")
    for name, window in own.items():
        if name not in hours.window_names():
            raise NoSuchHours(f"--window {name}: the study has the windows {', '.join(hours.window_names())}")
        if window.start == window.end:
            raise NoSuchHours(f"--window {name}: a window of no length; give it another end")
    chosen = protocol.preferences(preset or hours.default, timezone or protocol.timezone)
    zone(chosen.timezone)
    return replace(chosen, windows={**chosen.windows, **own})


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
    }


def _table(slots: list[Slot], timezone: str) -> Table:
    table = Table(title=f"{len(slots)} prompts, local time in {timezone}", box=None, title_justify="left")
    for heading in ("day", "date", "schedule", "opens", "due", "closes", "UTC"):
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
        )
    return table
