"""What became of every item of a prompt that was started: the answer that counts, or why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ema.exports.instruments import Instruments, ItemColumn
from ema.exports.records import AnswerRecord, CourseRecord, Person, PromptRecord

Given = dict[int, dict[str, list[AnswerRecord]]]
"""Prompt → item → its revisions before the end, the first one first."""


@dataclass(frozen=True)
class Told:
    """One item of one prompt."""

    column: ItemColumn
    status: str
    place: int | None
    """In the order drawn, from 1; None for an item that was not drawn."""
    shown_at: datetime | None
    answer: AnswerRecord | None
    """The last revision. None where there is none, and where it no longer counts."""
    answered_at: datetime | None
    changed_at: datetime | None


def given(person: Person) -> Given:
    found: Given = {}
    for one in sorted((one for one in person.answers if not one.after_end), key=lambda answer: answer.revision):
        found.setdefault(one.prompt, {}).setdefault(one.item, []).append(one)
    return found


def told(person: Person, prompt: PromptRecord, answers: Given, instruments: Instruments) -> list[Told]:
    """Every item in the order drawn, those that were not drawn at the end. None of a prompt that was not started."""
    course = person.courses.get(prompt.id)
    if course is None:
        return []
    asked = instruments.asked(prompt.schedule, prompt.kind, prompt.protocol_version)
    hers = answers.get(prompt.id, {})
    places = {name: place for place, name in enumerate(course.order, start=1)}
    items = [
        _item(column, course, places.get(column.item.id), hers.get(column.item.id, ()))
        for column in asked
        if column.item.id in course.outcomes
    ]
    return sorted(items, key=lambda one: (one.place is None, one.place or 0))


def _item(column: ItemColumn, course: CourseRecord, place: int | None, revisions: Sequence[AnswerRecord]) -> Told:
    name = column.item.id
    status = course.outcomes[name]
    shown_at = course.shown_at.get(name)
    # a condition can have come to fail after she had answered: then the answer no longer counts
    if not revisions or revisions[-1].status != status:
        return Told(column, status, place, shown_at, None, None, None)
    first, last = _first(revisions), revisions[-1]
    return Told(
        column,
        status,
        place,
        None if column.item.hidden else shown_at,
        last,
        first.answered_at,
        last.answered_at if last.revision > first.revision else None,
    )


def _first(revisions: Iterable[AnswerRecord]) -> AnswerRecord:
    """The first that was not put off, if there is one."""
    one, *others = revisions
    return next((answer for answer in (one, *others) if answer.status != "not_now"), one)
