"""The tables of every export: their columns, and how one person's records become rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from ema.exports.base import Block, Cell, Column, Row, Table
from ema.exports.instruments import Instruments, plain
from ema.exports.records import AnswerRecord, Person, PromptRecord, Source

BLOCK_ROWS: Final = 2000
YES_NO: Final[dict[int | str, str]] = {0: "no", 1: "yes"}
STATES: Final[dict[int | str, str]] = {
    "planned": "not due yet",
    "open": "waiting for her",
    "completed": "every item that was asked was answered or knowingly skipped",
    "partial": "started, some answered, then left or closed",
    "declined": "she chose Skip on the note",
    "missed": "delivered, no response",
    "undelivered": "not sent, or refused; the reason says why",
    "unknown": "it is not known whether it arrived; nothing was tapped",
    "paused": "fell into a pause that she declared",
    "quiet": "not sent because of long silence",
    "cancelled": "withdrawn, replanned or superseded",
}
KINDS: Final[dict[int | str, str]] = {
    "scheduled": "planned by the study",
    "once": "a set that comes once (baseline, exit and the like)",
    "practice": "the check-in offered at joining",
    "unscheduled": "a check-in that she started herself",
}
STATUSES: Final[dict[int | str, str]] = {
    "answered": "an answer was given",
    "skipped": "she tapped Skip",
    "prefer_not": "she tapped Prefer not to say",
    "not_now": "she put it off and did not come back to it",
    "not_reached": "she left before it was shown",
    "not_shown": "an earlier answer made it unnecessary",
}

_PARTICIPANT = Column("participant", "Pseudonym", "string")
_PROMPT = Column("prompt", "Number of the prompt; joins the tables", "integer")
_PLACE = (
    Column("study_day", "Study day, 1 is the first whole one", "integer", units="days"),
    Column("slot", "Slot in the study day", "string"),
    Column("kind", "What sort of prompt", "string", labels=KINDS),
)
_FLAGS = (
    Column("test", "Joined while the study was piloting: count nowhere", "integer", labels=YES_NO),
    Column("simulated", "A virtual participant of a simulation", "integer", labels=YES_NO),
)
_LOCAL = "Local time of the participant, with its offset from UTC"


def tables(source: Source, instruments: Instruments) -> tuple[Table, ...]:
    return (
        _prompts(source),
        _checkins(source, instruments),
        _answers(source, instruments),
        _answers_all(source, instruments),
        _scores(source),
        _participants(source),
    )


def _table(
    name: str,
    title: str,
    columns: tuple[Column, ...],
    people: Callable[[], Iterator[Person]],
    rows: Callable[[Person], Iterator[Row]],
) -> Table:
    def blocks() -> Iterator[Block]:
        block: Block = []
        for person in people():
            block.extend(rows(person))
            if len(block) >= BLOCK_ROWS:
                yield block
                block = []
        if block:
            yield block

    return Table(name, title, columns, blocks)


def _prompts(source: Source) -> Table:
    columns = (
        _PARTICIPANT,
        _PROMPT,
        *_PLACE,
        Column("schedule", "Schedule of the study that planned it", "string"),
        Column("slot_key", "The slot's key in its schedule", "string"),
        Column("counts", "Part of compliance and trends", "integer", labels=YES_NO),
        Column("position", "Running number of the counted prompts, over all slots of all days", "integer"),
        Column("state", "What became of it", "string", labels=STATES),
        Column("reason", "Why it has this state", "string"),
        Column("timezone", "Time zone of the participant when it was planned (IANA)", "string"),
        Column("local_date", "Local date of the study day (a night belongs to the day before)", "date"),
        Column("opens_at", "When it can first be answered", "instant", units="UTC"),
        Column("due_at", "When its note is due", "instant", units="UTC"),
        Column("due_local", f"due_at. {_LOCAL}", "string"),
        Column("expires_at", "When it closes for starting", "instant", units="UTC"),
        Column("sent_at", "When Telegram accepted the note (there are no read receipts)", "instant", units="UTC"),
        Column("sent_local", f"sent_at. {_LOCAL}", "string"),
        Column("first_action_at", "First tap on it, as the server received it", "instant", units="UTC"),
        Column("first_action_local", f"first_action_at. {_LOCAL}", "string"),
        Column("finished_at", "When the last item was done", "instant", units="UTC"),
        Column("finished_local", f"finished_at. {_LOCAL}", "string"),
        Column("send_delay_s", "From due to accepted", "float", units="s"),
        Column("response_latency_s", "From accepted to the first tap", "float", units="s"),
        Column("duration_s", "From the first tap to finished", "float", units="s"),
        Column("n_items", "Items that it holds", "integer"),
        Column("n_shown", "Items that were shown", "integer"),
        Column("n_answered", "Items that were answered", "integer"),
        Column("protocol_version", "Version of the study that planned it", "integer"),
        Column("late_processed", "Its taps were read after a break of the service", "integer", labels=YES_NO),
        *_FLAGS,
    )

    def rows(person: Person) -> Iterator[Row]:
        for one in person.prompts:
            zone = ZoneInfo(one.timezone)
            yield (
                person.about.participant,
                one.id,
                one.study_day,
                one.slot,
                one.kind,
                one.schedule,
                one.slot_key,
                int(one.counts),
                one.position,
                one.state,
                one.reason,
                one.timezone,
                one.local_date,
                one.opens_at,
                one.due_at,
                _local(one.due_at, zone),
                one.expires_at,
                one.sent_at,
                _local(one.sent_at, zone),
                one.first_action_at,
                _local(one.first_action_at, zone),
                one.finished_at,
                _local(one.finished_at, zone),
                _seconds(one.due_at, one.sent_at),
                _seconds(one.sent_at, one.first_action_at),
                _seconds(one.first_action_at, one.finished_at),
                one.n_items,
                one.n_shown,
                one.n_answered,
                one.protocol_version,
                int(one.late_processed),
                int(person.about.test),
                int(person.about.simulated),
            )

    return _table("prompts", "Every planned prompt, one row each", columns, source.people, rows)


_ANSWER_COLUMNS: Final = (
    _PARTICIPANT,
    _PROMPT,
    *_PLACE,
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
    Column("answered_local", f"answered_at. {_LOCAL}", "string"),
    Column("seconds", "From shown to answered", "float", units="s"),
    Column("late_processed", "Read after a break of the service", "integer", labels=YES_NO),
    *_FLAGS,
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
        _local(one.answered_at, ZoneInfo(prompt.timezone)),
        _seconds(one.shown_at, one.answered_at),
        int(one.late_processed),
        int(person.about.test),
        int(person.about.simulated),
    )


def _answers(source: Source, instruments: Instruments) -> Table:
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
    return _table("answers", title, _ANSWER_COLUMNS, lambda: source.people(answers=True), rows)


def _answers_all(source: Source, instruments: Instruments) -> Table:
    def rows(person: Person) -> Iterator[Row]:
        prompts = {prompt.id: prompt for prompt in person.prompts}
        for one in person.answers:
            yield _answer_row(person, prompts[one.prompt], one, instruments)

    title = "Every revision of every answer"
    return _table("answers_all", title, _ANSWER_COLUMNS, lambda: source.people(answers=True), rows)


def _scores(source: Source) -> Table:
    columns = (
        _PARTICIPANT,
        _PROMPT,
        *_PLACE,
        Column("counts", "Part of compliance and trends", "integer", labels=YES_NO),
        Column("position", "Running number of the counted prompts", "integer"),
        Column("score", "Name of the score (see the codebook)", "string"),
        Column("value", "The score; empty where too few items were answered", "float"),
        Column("n_items", "Items answered", "integer"),
        Column("n_of", "Items that belong to it", "integer"),
        Column("imputed", "Unanswered items took the mean of the answered ones", "integer", labels=YES_NO),
        *_FLAGS,
    )

    def rows(person: Person) -> Iterator[Row]:
        prompts = {prompt.id: prompt for prompt in person.prompts}
        for one in person.scores:
            prompt = prompts[one.prompt]
            yield (
                person.about.participant,
                prompt.id,
                prompt.study_day,
                prompt.slot,
                prompt.kind,
                int(prompt.counts),
                prompt.position,
                one.name,
                one.value,
                one.n_items,
                one.n_of,
                int(one.imputed),
                int(person.about.test),
                int(person.about.simulated),
            )

    return _table("scores", "Every score", columns, lambda: source.people(scores=True), rows)


def _checkins(source: Source, instruments: Instruments) -> Table:
    columns = [
        _PARTICIPANT,
        _PROMPT,
        *_PLACE,
        Column("schedule", "Schedule of the study that planned it", "string"),
        Column("counts", "Part of compliance and trends", "integer", labels=YES_NO),
        Column("position", "Running number of the counted prompts", "integer"),
        Column("local_date", "Local date of the study day", "date"),
        Column("due_local", f"When its note was due. {_LOCAL}", "string"),
        Column("first_action_local", f"First tap on it. {_LOCAL}", "string"),
        Column("state", "completed or partial", "string", labels=STATES),
        *_FLAGS,
    ]
    for item in instruments.items:
        status = f"{item.column.name}_status"
        columns += [item.column, Column(status, f"Status of {item.column.name}", "string", labels=STATUSES)]
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
                _local(prompt.due_at, zone),
                _local(prompt.first_action_at, zone),
                prompt.state,
                int(person.about.test),
                int(person.about.simulated),
            ]
            for item in instruments.items:
                key = (item.questionnaire, item.item.id)
                answer = given.get(key)
                row += [item.cell(answer.value), answer.status] if answer else [None, missing.get(key)]
            for column in instruments.scores:
                score = scores.get((prompt.id, column.name))
                row += [score.value, score.n_items] if score else [None, None]
            yield tuple(row)

    title = "Every completed or partial prompt, a column for each item and score"
    people = lambda: source.people(answers=True, scores=True)  # noqa: E731 - a table keeps how to start reading
    return _table("checkins", title, tuple(columns), people, rows)


def _participants(source: Source) -> Table:
    columns = (
        _PARTICIPANT,
        Column("standing", "Where the participant stands", "string"),
        Column("first_date", "Local date of study day 1", "date"),
        Column("arm", "Arm of the study", "string"),
        Column("language", "Language", "string"),
        Column("timezone", "Time zone now (IANA)", "string"),
        Column("hours_preset", "Hours chosen; empty for hours of her own", "string"),
        Column("day_starts", "Local time at which the study day begins", "string"),
        Column("protocol_version", "Version of the study joined", "integer"),
        Column("end_reason", "Why it ended, if it has", "string"),
        Column("n_counted", "Counted prompts planned so far", "integer"),
        Column("n_completed", "Counted prompts completed", "integer"),
        Column("n_partial", "Counted prompts answered in part", "integer"),
        Column("n_days_answered", "Study days with an answered counted prompt", "integer", units="days"),
        *_FLAGS,
    )

    def rows(person: Person) -> Iterator[Row]:
        about = person.about
        counted = [prompt for prompt in person.prompts if prompt.counts]
        states = [prompt.state for prompt in counted]
        days = {prompt.study_day for prompt in counted if prompt.state in {"completed", "partial"}}
        yield (
            about.participant,
            about.standing,
            about.first_date,
            about.arm,
            about.language,
            about.timezone,
            about.hours_preset,
            about.day_starts,
            about.protocol_version,
            about.end_reason,
            len(counted),
            states.count("completed"),
            states.count("partial"),
            len(days),
            int(about.test),
            int(about.simulated),
        )

    return _table("participants", "Every participant, by pseudonym", columns, source.people, rows)


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


def _local(instant: datetime | None, zone: ZoneInfo) -> str | None:
    return None if instant is None else instant.astimezone(zone).isoformat(timespec="seconds")


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else round((end - start).total_seconds(), 3)
