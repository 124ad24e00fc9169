"""`ema study`: check a study file before anybody is asked anything."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ema.domain.errors import InvalidStudy
from ema.domain.planning import plan
from ema.domain.studyfile import load_study

if TYPE_CHECKING:
    from ema.domain.protocol import Protocol

app = typer.Typer(no_args_is_help=True, help="Study files.")


@app.callback()
def study() -> None:
    """Study files."""


@app.command()
def validate(file: Annotated[Path, typer.Argument(help="The study's YAML file.")]) -> None:
    """Say whether a study file and its questionnaires are sound; otherwise everything that is wrong, and where."""
    try:
        protocol = load_study(file)
    except InvalidStudy as refused:
        for finding in refused.findings:
            print(finding, file=sys.stderr)
        raise typer.Exit(1) from None
    print(f"{file} is sound: {_size(protocol)}.")
    for schedule in protocol.schedules:
        first, last = schedule.days(protocol.timeline())
        if last > protocol.days:
            print(f"After day {protocol.days} on purpose: {schedule.id}, from day {first}.")
    if missing := protocol.missing_to_open():
        print(f"Piloting until it states {', '.join(what.split(':')[0] for what in missing)}.")


def _size(protocol: Protocol) -> str:
    """Counts as on days without a change of clocks."""
    counted = {schedule.id: schedule for schedule in protocol.schedules if schedule.counts}
    usual = protocol.preferences(protocol.hours.default, protocol.timezone)
    first = date(2026, 1, 1) if protocol.calendar is None else protocol.calendar.starts_on
    days = range(1, protocol.days + 1)
    arms = tuple(protocol.allocation.arms) if protocol.allocation is not None else (None,)
    prompts = sorted(
        sum(slot.schedule in counted for slot in plan(protocol, "0", first, usual, days, arm=arm)) for arm in arms
    )
    number = f"{prompts[0]}" if prompts[0] == prompts[-1] else f"{prompts[0]} to {prompts[-1]}"
    asked = {name for schedule in counted.values() for name in schedule.questionnaires}
    items = sum(item.answers_expected for name in asked for item in protocol.questionnaires[name].items)
    n = len(protocol.questionnaires)
    return (
        f"{protocol.days} days, {number} prompts, {items} items a prompt, "
        f"{n} questionnaire{'s' if n > 1 else ''}, languages {', '.join(protocol.languages)}"
    )
