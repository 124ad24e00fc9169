"""The tables that hold what was said: answers in long form, and check-ins with a column for each item and score."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from ema.exports.base import Cell, Column, Row, Table
from ema.exports.columns import (
    FLAGS,
    LOCAL,
    PARTICIPANT,
    PLACE,
    PROMPT,
    STATES,
    STATUSES,
    YES_NO,
    local,
    seconds,
    table_of,
)
from ema.exports.instruments import Instruments, plain
from ema.exports.records import AnswerRecord, Person, PromptRecord, Source

_ANSWER_COLUMNS: Final = (
    PARTICIPANT,
    PROMPT,
    *PLACE,
    Column("questionnaire", "Questionnaire", "string"),
    Column("item", "Item", "string"),
    Column("status", "What she did with it", "string", labels=STATUSES),
    Column("value", "The answer as stored", "string"),
    Column("number", "The answer's number, where it has one (see the item in the codebook)", "float"),
    Column("revision", "1 for the first answer, one more for each change while the prompt was open", "integer"),
    Column("place", "Place in the order in which items were shown", "integer"),
    Column("language", "Language in which it was asked", "string"),
    Column("shown_at", "When it was put up", "instant", units="UTC"),
    Column("answered_at", "When the answer arrived", "instant", units="UTC"),
    Column("answered_local", f"answered_at. {LOCAL}", "string"),
    Column("seconds", "From shown to answered", "float", units="s"),
    Column("late_processed", "Read after a break of the service", "integer", labels=YES_NO),
    *FLAGS,
)


def _answer_row(person: Person, prompt: PromptRecord, one: AnswerRecord, instruments: Instruments) -> Row:
    item = instruments.find(one.questionnaire, one.item)
    number = item.item.number(one.value) if item is not None and one.value is not None else None
    return (
        person.about.participant,
        prompt.id,
        prompt.study_day,
        prompt.slot,
        prompt.kind,
        one.questionnaire,
        one.item,
        one.status,
        None if one.value is None else plain(one.value),
        number,
        one.revision,
        one.place,
        one.language,
        one.shown_at,
        one.answered_at,
        local(one.answered_at, ZoneInfo(prompt.timezone)),
        seconds(one.shown_at, one.answered_at),
        int(one.late_processed),
        int(person.about.test),
        int(person.about.simulated),
    )


def answers(source: Source, instruments: Instruments) -> Table:
    def rows(person: Person) -> Iterator[Row]:
        latest = _latest(person)
        for prompt in person.prompts:
            given = latest.get(prompt.id, {})
            for one in sorted(given.values(), key=lambda answer: (answer.place, answer.item)):
                yield _answer_row(person, prompt, one, instruments)
            for questionnaire, item, status in _unanswered(prompt, given, instruments):
                yield (
                    person.about.participant,
                    prompt.id,
                    prompt.study_day,
                    prompt.slot,
                    prompt.kind,
                    questionnaire,
                    item,
                    status,
                    *(None,) * 9,
                    int(prompt.late_processed),
                    int(person.about.test),
                    int(person.about.simulated),
                )

    title = "Every item of every started prompt: the last answer before it closed, or why there is none"
    return table_of("answers", title, _ANSWER_COLUMNS, lambda: source.people(answers=True), rows)


def answers_all(source: Source, instruments: Instruments) -> Table:
    def rows(person: Person) -> Iterator[Row]:
        prompts = {prompt.id: prompt for prompt in person.prompts}
        for one in person.answers:
            yield _answer_row(person, prompts[one.prompt], one, instruments)

    title = "Every revision of every answer"
    return table_of("answers_all", title, _ANSWER_COLUMNS, lambda: source.people(answers=True), rows)


def checkins(source: Source, instruments: Instruments) -> Table:
    columns = [
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
    ]
    for item in instruments.items:
        status = f"{item.column.name}_status"
        columns += [item.column, Column(status, f"Status of {item.column.name}", "string", labels=STATUSES)]
        if mode := item.mode_column:
            columns.append(mode)
    for score in instruments.scores:
        columns += [score.column, Column(f"{score.name}_n", f"Items answered for {score.name}", "integer")]

    def rows(person: Person) -> Iterator[Row]:
        latest = _latest(person)
        scores = {(score.prompt, score.name): score for score in person.scores}
        for prompt in person.prompts:
            if prompt.state not in {"completed", "partial"}:
                continue
            given = latest.get(prompt.id, {})
            missing = {(q, item): status for q, item, status in _unanswered(prompt, given, instruments)}
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
                key = (item.questionnaire, item.item.id)
                answer = given.get(key)
                row += [item.cell(answer.value), answer.status] if answer else [None, missing.get(key)]
                if item.mode_column:
                    row.append(item.item.mode(answer.value) if answer and answer.value is not None else None)
            for column in instruments.scores:
                score = scores.get((prompt.id, column.name))
                row += [score.value, score.n_items] if score else [None, None]
            yield tuple(row)

    title = "Every completed or partial prompt, a column for each item and score"
    people = lambda: source.people(answers=True, scores=True)  # noqa: E731 - a table keeps how to start reading
    return table_of("checkins", title, tuple(columns), people, rows)


def _latest(person: Person) -> dict[int, dict[tuple[str, str], AnswerRecord]]:
    """The last revision of each item, by prompt. Nothing is stored after a prompt has closed."""
    latest: dict[int, dict[tuple[str, str], AnswerRecord]] = {}
    for one in person.answers:
        given = latest.setdefault(one.prompt, {})
        key = (one.questionnaire, one.item)
        if key not in given or given[key].revision < one.revision:
            given[key] = one
    return latest


def _unanswered(
    prompt: PromptRecord, given: dict[tuple[str, str], AnswerRecord], instruments: Instruments
) -> Iterator[tuple[str, str, str]]:
    """Items of a started prompt that have no answer, and whether they were passed over or never reached."""
    if not given:
        return
    asked = instruments.asked(prompt.schedule, prompt.kind, prompt.protocol_version)
    keys = [(item.questionnaire, item.item.id) for item in asked]
    reached = max((at for at, key in enumerate(keys) if key in given), default=-1)
    for at, key in enumerate(keys):
        if key not in given:
            passed = at < reached or prompt.state == "completed"
            yield *key, "not_shown" if passed else "not_reached"
