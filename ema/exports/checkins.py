"""The wide table: a row for each completed or partial prompt, columns for each item and score."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from ema.exports import told
from ema.exports.base import Cell, Column, Row, Table
from ema.exports.columns import FLAGS, LOCAL, PARTICIPANT, PLACE, PROMPT, STATES, YES_NO, local, table_of
from ema.exports.given import sent
from ema.exports.instruments import Instruments, ItemColumn
from ema.exports.records import Person, Source


def checkins(source: Source, instruments: Instruments) -> Table:
    columns = (
        PARTICIPANT,
        PROMPT,
        *PLACE,
        Column("schedule", "Schedule of the study that planned it", "string"),
        Column("counts", "Part of compliance and trends", "integer", labels=YES_NO),
        Column("position", "Running number of the counted prompts", "integer"),
        Column("local_date", "Local date of the study day", "date"),
        Column("due_local", f"When its note was due. {LOCAL}", "string"),
        Column("first_action_local", f"First tap on it. {LOCAL}", "string"),
        Column("state", "completed or partial", "string", labels=STATES),
        *FLAGS,
        *(column for item in instruments.items for column in item.columns),
        *(column for score in instruments.scores for column in score.columns),
    )

    def rows(person: Person) -> Iterator[Row]:
        given = told.given(person)
        scores = {(score.prompt, score.name): score for score in person.scores}
        for prompt in person.prompts:
            if prompt.state not in {"completed", "partial"}:
                continue
            items = {
                (one.column.questionnaire, one.column.item.id): one
                for one in told.told(person, prompt, given, instruments)
            }
            zone = ZoneInfo(prompt.timezone)
            row: list[Cell] = [
                person.about.participant,
                prompt.id,
                prompt.study_day,
                prompt.slot,
                prompt.kind,
                prompt.schedule,
                int(prompt.counts),
                prompt.position,
                prompt.local_date,
                local(prompt.due_at, zone),
                local(prompt.first_action_at, zone),
                prompt.state,
                int(person.about.test),
                int(person.about.simulated),
            ]
            for item in instruments.items:
                row += _cells(person, item, items.get((item.questionnaire, item.item.id)), instruments)
            for column in instruments.scores:
                score = scores.get((prompt.id, column.name))
                row += column.cells(score.value, score.n_items, score.mode) if score else column.cells(None, None, "")
            yield tuple(row)

    title = "Every completed or partial prompt, columns for each item and score"
    people = lambda: source.people(answers=True, scores=True)  # noqa: E731 - a table keeps how to start reading
    return table_of("checkins", title, columns, people, rows)


def _cells(person: Person, item: ItemColumn, one: told.Told | None, instruments: Instruments) -> list[Cell]:
    if one is None:
        return item.cells(None, None)
    value = one.answer.value if one.answer else None
    file = sent(person, value, instruments)[0] if item.sent else None
    return item.cells(value, one.status, file)
