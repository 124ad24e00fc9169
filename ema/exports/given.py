"""The tables of answers in long form: what became of every item, and every revision."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from ema.domain.items.base import Value
from ema.exports import told
from ema.exports.base import Cell, Column, Row, Table
from ema.exports.columns import (
    FLAGS,
    LOCAL,
    MEDIA,
    PARTICIPANT,
    PLACE,
    PROMPT,
    STATUSES,
    YES_NO,
    local,
    seconds,
    table_of,
)
from ema.exports.instruments import Instruments, ItemColumn, plain
from ema.exports.media import file_name
from ema.exports.records import Person, PromptRecord, Source

_WHICH: Final = (
    PARTICIPANT,
    PROMPT,
    *PLACE,
    Column("questionnaire", "Questionnaire", "string"),
    Column("item", "Item", "string"),
)
_WHAT: Final = (
    Column("status", "What became of it", "string", labels=STATUSES),
    Column("value", "The answer as stored; empty for a recording or picture", "string"),
    Column("number", "The answer's number, where it has one (see the item in the codebook)", "float"),
    Column("file", "Recording or picture: its file in the folder media", "string"),
    Column("media_state", "Recording or picture: whether it could be kept", "string", labels=MEDIA),
)
_HOW: Final = (
    Column("place", "Place in the order drawn, from 1; empty for what was not drawn", "integer"),
    Column("language", "Language in which it was asked", "string"),
)
_LATE: Final = Column("late_processed", "Read after a break of the service", "integer", labels=YES_NO)


def answers(source: Source, instruments: Instruments) -> Table:
    columns = (
        *_WHICH,
        *_WHAT,
        Column("revision", "How often it was given: 1, and one more for each change before the end", "integer"),
        *_HOW,
        Column(
            "shown_at",
            "When it was first put up; empty: it never was, or the prompt is open and it has no answer yet",
            "instant",
            units="UTC",
        ),
        Column("answered_at", "First answer; of a hidden item: when it was worked out", "instant", units="UTC"),
        Column("answered_local", f"answered_at. {LOCAL}", "string"),
        Column(
            "changed_at",
            "Last change of the answer; empty if it was never changed. Of several choices each tap is one",
            "instant",
            units="UTC",
        ),
        Column("seconds", "From shown_at to answered_at", "float", units="s"),
        _LATE,
        *FLAGS,
    )

    def rows(person: Person) -> Iterator[Row]:
        given = told.given(person)
        for prompt in person.prompts:
            for one in told.told(person, prompt, given, instruments):
                answer, column = one.answer, one.column
                yield (
                    *_which(person, prompt, column.questionnaire, column.item.id),
                    *_what(person, column, one.status, answer.value if answer else None, instruments),
                    answer.revision if answer else None,
                    one.place,
                    answer.language if answer else _unanswered_in(person, prompt, one),
                    one.shown_at,
                    one.answered_at,
                    local(one.answered_at, ZoneInfo(prompt.timezone)),
                    one.changed_at,
                    seconds(one.shown_at, one.answered_at),
                    int(answer.late_processed if answer else prompt.late_processed),
                    *_flags(person),
                )

    title = "Every item of every started prompt: the last answer before it closed, or why there is none"
    return table_of("answers", title, columns, lambda: source.people(answers=True), rows)


def _unanswered_in(person: Person, prompt: PromptRecord, one: told.Told) -> str | None:
    """In which language an item was shown that got no answer."""
    return person.courses[prompt.id].language or None if one.shown_at else None


def answers_all(source: Source, instruments: Instruments) -> Table:
    columns = (
        *_WHICH,
        *_WHAT,
        Column("revision", "1 for the first answer, one more for each change", "integer"),
        Column(
            "after_end",
            "Given when the check-in had ended: no score and no other table has it",
            "integer",
            labels=YES_NO,
        ),
        *_HOW,
        Column("shown_at", "When it was put up before this answer", "instant", units="UTC"),
        Column("answered_at", "When this answer arrived", "instant", units="UTC"),
        Column("answered_local", f"answered_at. {LOCAL}", "string"),
        Column("seconds", "From shown_at to answered_at", "float", units="s"),
        _LATE,
        *FLAGS,
    )

    def rows(person: Person) -> Iterator[Row]:
        prompts = {prompt.id: prompt for prompt in person.prompts}
        for one in person.answers:
            prompt, column = prompts[one.prompt], instruments.find(one.questionnaire, one.item)
            shown_at = None if column is not None and column.item.hidden else one.shown_at
            yield (
                *_which(person, prompt, one.questionnaire, one.item),
                *_what(person, column, one.status, one.value, instruments),
                one.revision,
                int(one.after_end),
                one.place,
                one.language,
                shown_at,
                one.answered_at,
                local(one.answered_at, ZoneInfo(prompt.timezone)),
                seconds(shown_at, one.answered_at),
                int(one.late_processed),
                *_flags(person),
            )

    title = "Every revision of every answer, those that no longer count among them"
    return table_of("answers_all", title, columns, lambda: source.people(answers=True), rows)


def _which(person: Person, prompt: PromptRecord, questionnaire: str, item: str) -> tuple[Cell, ...]:
    return (
        person.about.participant,
        prompt.id,
        prompt.study_day,
        prompt.slot,
        prompt.kind,
        questionnaire,
        item,
    )


def _what(
    person: Person, column: ItemColumn | None, status: str, value: Value | None, instruments: Instruments
) -> tuple[Cell, ...]:
    if value is None:
        return (status, None, None, None, None)
    if column is not None and column.sent:
        return (status, None, None, *sent(person, value, instruments))
    return (status, plain(value), column.item.number(value) if column else None, None, None)


def sent(person: Person, value: Value | None, instruments: Instruments) -> tuple[str | None, str | None]:
    """The file of the recording or picture that an answer names, and whether it could be kept."""
    media = person.media.get(str(value).removeprefix("media:"))
    return (file_name(person.about.participant, media, instruments), media.state) if media else (None, None)


def _flags(person: Person) -> tuple[int, int]:
    return int(person.about.test), int(person.about.simulated)
