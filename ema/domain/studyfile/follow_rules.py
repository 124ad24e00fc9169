"""Rules for prompts that follow others: their source is there, and their condition speaks of what it asks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ema.domain.expressions import BadExpression, Known, check, never_true, parse
from ema.domain.schedules.follow_up import FollowUp
from ema.domain.studyfile.flow_names import NameSource
from ema.domain.studyfile.flow_rules import pointed
from ema.domain.studyfile.near import unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ema.domain.errors import Finding
    from ema.domain.protocol import Protocol
    from ema.domain.schedules.base import Schedule
    from ema.domain.studyfile.marked import Marked, Place


def study(marked: Marked, protocol: Protocol) -> Iterator[Finding]:
    by_id = {schedule.id: schedule for schedule in protocol.schedules}
    for at, schedule in enumerate(protocol.schedules):
        if isinstance(schedule, FollowUp):
            here: Place = ("schedules", at)
            if schedule.after not in by_id:
                yield marked.finding((*here, "after"), unknown(schedule.after, "schedule of the study", by_id))
            elif chain := _round(schedule, by_id):
                yield marked.finding(
                    (*here, "after"), f"follows itself: {' after '.join(chain)}; begin with a schedule that is planned"
                )
            elif all(name in protocol.questionnaires for name in by_id[schedule.after].questionnaires):
                yield from _condition(marked, (*here, "when"), schedule.when, by_id[schedule.after], protocol)


def _round(schedule: FollowUp, by_id: dict[str, Schedule]) -> list[str]:
    """The way from the schedule back to itself; empty where there is none."""
    chain = [schedule.id]
    later: Schedule | None = schedule
    while isinstance(later, FollowUp) and later.after not in chain:
        chain.append(later.after)
        later = by_id.get(later.after)
    return [*chain, schedule.id] if isinstance(later, FollowUp) and later.after == schedule.id else []


def _condition(marked: Marked, path: Place, text: str, source: Schedule, protocol: Protocol) -> Iterator[Finding]:
    names = _names(source, protocol)
    try:
        expression = parse(text)
    except BadExpression as error:
        yield pointed(marked, path, text, error.at, str(error))
        return
    problems = check(expression, names)
    for problem in problems:
        yield pointed(marked, path, text, problem.at, problem.message)
    if not problems and never_true([expression], names):
        yield marked.finding(path, "can never be true, so nothing would ever follow")


def _names(source: Schedule, protocol: Protocol) -> dict[str, Known]:
    """What is known once a prompt of `source` is finished."""
    forms = [protocol.questionnaires[name] for name in source.questionnaires]
    all_of_them = NameSource(protocol, forms[0])
    asked = {item.id for form in forms for item in form.items}
    scored = {score.name for form in forms for score in form.scores}
    why = f"the schedule {source.id} does not ask it; choose what it asks, or use last. for an earlier answer"
    names = {
        name: known if name in asked else replace(known, not_here=f"{name}: {why}")
        for name, known in all_of_them.plain.items()
    }
    for name, (_, score) in all_of_them.scores.items():
        missing = "" if name in scored else f"score.{name}: {why}"
        names[f"score.{name}"] = Known("number", *score.range, not_here=missing)
    return {**names, **all_of_them.always, "slot": Known("text", choices=source.slot_names())}
