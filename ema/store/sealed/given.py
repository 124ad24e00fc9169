"""What she gave: answers, scores, and which way each check-in went."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from ema.domain.items.base import Value
from ema.store.body import later
from ema.store.given import together
from ema.store.rows import dialect_of, insert_for, table_of
from ema.store.tables import Answer, Enrolment, Prompt, Score
from ema.store.vault import PersonKey, Vault

_ANSWER = table_of(Answer)
_SCORE = table_of(Score)
_PROMPT = table_of(Prompt)
_ENROLMENT = table_of(Enrolment)
PEOPLE_AT_ONCE = 200


@dataclass(frozen=True)
class OpenAnswer:
    """One revision of one item's answer, unsealed."""

    prompt_id: int
    questionnaire: str
    item: str
    revision: int
    status: str
    value: Value | None
    language: str
    place: int
    shown_at: datetime
    answered_at: datetime
    late_processed: bool
    after_end: bool = False
    """Given when the check-in had ended: kept beside what counts."""


@dataclass(frozen=True)
class OpenScore:
    """One score of one prompt, unsealed. `value` is None where too few items were answered."""

    prompt_id: int
    name: str
    value: float | None
    n_items: int
    n_of: int
    imputed: bool
    mode: str
    computed_at: datetime


@dataclass(frozen=True)
class OpenCourse:
    """Which way a check-in went: the order of its items and what was known before the first, both from its start on;
    when each item was first put up, and what became of it, once it is closed. `shown_at` is UTC.
    """

    order: tuple[str, ...]
    background: dict[str, Value]
    shown_at: dict[str, datetime] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    language: str = ""
    """In which it was asked, for what was shown and got no answer: an answer has its own."""


@dataclass(frozen=True)
class Sheet:
    """Everything that one person gave in one study, unsealed. Revisions in order, scores by prompt."""

    participant_id: str
    answers: list[OpenAnswer]
    scores: list[OpenScore]
    courses: dict[int, OpenCourse] = field(default_factory=dict)
    """By prompt."""


# --- answers


def add_answers(session: Session, key: PersonKey, answers: Iterable[OpenAnswer]) -> None:
    """Store these revisions. Those that are there already stay as they are."""
    rows = (_sealed_answer(key, vars(answer)) for answer in answers)
    later(session, _add_answers(dialect_of(session)), *rows)


@cache
def _add_answers(dialect: str) -> Any:
    keys = ["prompt_id", "item", "revision"]
    return together(insert_for(dialect, _ANSWER).on_conflict_do_nothing(index_elements=keys), _ANSWER)


def _sealed_answer(key: PersonKey, answer: dict[str, Any]) -> dict[str, Any]:
    sealed = None
    if answer["value"] is not None:
        where = f"{answer['prompt_id']}/{answer['item']}/{answer['revision']}"
        sealed = key.seal("answer", where, "value", json.dumps(answer["value"]).encode())
    rest = {name: value for name, value in answer.items() if name != "value"}
    return {**rest, "value_sealed": sealed, "participant_id": key.participant_id}


def add_answer(
    session: Session,
    key: PersonKey,
    *,
    prompt_id: int,
    questionnaire: str,
    item: str,
    revision: int,
    status: str,
    value: Value | None,
    language: str,
    place: int,
    shown_at: datetime,
    answered_at: datetime,
    late_processed: bool = False,
) -> bool:
    """Store one revision. False: this revision is there already, and stays as it is."""
    answer = OpenAnswer(
        prompt_id, questionnaire, item, revision, status, value, language, place, shown_at, answered_at, late_processed
    )
    values = _sealed_answer(key, vars(answer))
    return session.execute(_add_answer(dialect_of(session)), values).first() is not None


@cache
def _add_answer(dialect: str) -> Any:
    statement = insert_for(dialect, _ANSWER).on_conflict_do_nothing(index_elements=["prompt_id", "item", "revision"])
    return statement.returning(_ANSWER.c.id)


def all_revisions(session: Session, key: PersonKey, prompt_ids: Sequence[int]) -> list[OpenAnswer]:
    """Every revision that she gave to these prompts, by prompt, item and revision."""
    statement = (
        select(_ANSWER)
        .where(_ANSWER.c.participant_id == key.participant_id, _ANSWER.c.prompt_id.in_(prompt_ids))
        .order_by(_ANSWER.c.prompt_id, _ANSWER.c.item, _ANSWER.c.revision)
    )
    return [_answer(key, row) for row in session.execute(statement)]


def answers_of(session: Session, key: PersonKey, prompt_ids: Sequence[int]) -> list[OpenAnswer]:
    """Her answer that counts for each prompt and item: the newest revision before the prompt's end."""
    return newest([answer for answer in all_revisions(session, key, prompt_ids) if not answer.after_end])


def newest(revisions: Iterable[OpenAnswer]) -> list[OpenAnswer]:
    """The newest of each prompt and item, of revisions in order."""
    return list({(answer.prompt_id, answer.item): answer for answer in revisions}.values())


def _answer(key: PersonKey, row: Row[Any]) -> OpenAnswer:
    value: Value | None = None
    if row.value_sealed is not None:
        where = f"{row.prompt_id}/{row.item}/{row.revision}"
        loaded = json.loads(key.open("answer", where, "value", row.value_sealed))
        value = _value(loaded)
    return OpenAnswer(
        prompt_id=row.prompt_id,
        questionnaire=row.questionnaire,
        item=row.item,
        revision=row.revision,
        status=row.status,
        value=value,
        language=row.language,
        place=row.place,
        shown_at=row.shown_at,
        answered_at=row.answered_at,
        late_processed=row.late_processed,
        after_end=row.after_end,
    )


def _value(loaded: Any) -> Value:
    return tuple(loaded) if isinstance(loaded, list) else loaded


# --- scores


def put_score(
    session: Session,
    key: PersonKey,
    *,
    prompt_id: int,
    name: str,
    value: float | None,
    n_items: int,
    n_of: int,
    imputed: bool,
    mode: str = "",
    now: datetime,
) -> None:
    """Store a score, or replace it after an answer was revised."""
    sealed = None
    if value is not None:
        sealed = key.seal("score", f"{prompt_id}/{name}", "value", json.dumps(value).encode())
    values = {
        "value_sealed": sealed,
        "n_items": n_items,
        "n_of": n_of,
        "imputed": imputed,
        "mode": mode,
        "computed_at": now,
    }
    row = {"participant_id": key.participant_id, "prompt_id": prompt_id, "name": name, **values}
    later(session, _put_score(dialect_of(session)), row)


@cache
def _put_score(dialect: str) -> Any:
    statement = insert_for(dialect, _SCORE)
    names = ("value_sealed", "n_items", "n_of", "imputed", "mode", "computed_at")
    changed = {name: statement.excluded[name] for name in names}
    return statement.on_conflict_do_update(index_elements=["prompt_id", "name"], set_=changed)


def scores_of(session: Session, key: PersonKey, prompt_ids: Sequence[int]) -> list[OpenScore]:
    """Her scores of these prompts, by prompt and name."""
    statement = (
        select(_SCORE)
        .where(_SCORE.c.participant_id == key.participant_id, _SCORE.c.prompt_id.in_(prompt_ids))
        .order_by(_SCORE.c.prompt_id, _SCORE.c.name)
    )
    return [_score(key, row) for row in session.execute(statement)]


def _score(key: PersonKey, row: Row[Any]) -> OpenScore:
    value: float | None = None
    if row.value_sealed is not None:
        value = json.loads(key.open("score", f"{row.prompt_id}/{row.name}", "value", row.value_sealed))
    return OpenScore(row.prompt_id, row.name, value, row.n_items, row.n_of, row.imputed, row.mode, row.computed_at)


# --- courses


def sealed_course(key: PersonKey, prompt_id: int, course: OpenCourse) -> bytes:
    """As `prompt.course_sealed` holds it, to be stored with other columns of the row."""
    text = json.dumps(
        {
            "order": course.order,
            "background": course.background,
            "shown_at": {item: at.isoformat() for item, at in course.shown_at.items()},
            "outcomes": course.outcomes,
            "language": course.language,
        }
    )
    return key.seal("prompt", str(prompt_id), "course", text.encode())


def courses_of(session: Session, key: PersonKey, prompt_ids: Sequence[int]) -> dict[int, OpenCourse]:
    """The courses of those of her prompts that were started, by prompt."""
    statement = select(_PROMPT.c.id, _PROMPT.c.course_sealed).where(
        _PROMPT.c.id.in_(prompt_ids),
        _PROMPT.c.participant_id == key.participant_id,
        _PROMPT.c.course_sealed.is_not(None),
    )
    return {row.id: _course(key, row) for row in session.execute(statement)}


def _course(key: PersonKey, row: Any) -> OpenCourse:
    read = json.loads(key.open("prompt", str(row.id), "course", row.course_sealed))
    return OpenCourse(
        tuple(read["order"]),
        {name: _value(value) for name, value in read["background"].items()},
        {item: datetime.fromisoformat(at) for item, at in read["shown_at"].items()},
        read["outcomes"],
        read["language"],
    )


# --- in bulk


def sheets(
    session: Session,
    vault: Vault,
    study_id: str,
    *,
    answers: bool = True,
    scores: bool = True,
    participant_ids: Sequence[str] | None = None,
) -> Iterator[Sheet]:
    """One sheet for each person of a study (or those named) who has a key, by id; each key is opened once.

    Who was erased has no sheet. Leave out what is not needed: opening is what costs.
    """
    if participant_ids is None:
        statement = select(_ENROLMENT.c.participant_id).where(_ENROLMENT.c.study_id == study_id)
        participant_ids = session.execute(statement).scalars().all()
    everybody = sorted(participant_ids)
    for start in range(0, len(everybody), PEOPLE_AT_ONCE):
        keys = vault.persons(everybody[start : start + PEOPLE_AT_ONCE])
        given = _by_person(session, study_id, keys, _ANSWER, ("item", "revision")) if answers else {}
        scored = _by_person(session, study_id, keys, _SCORE, ("name",)) if scores else {}
        courses = _started(session, study_id, keys) if answers else {}
        for participant_id in sorted(keys):
            key = keys[participant_id]
            yield Sheet(
                participant_id,
                [_answer(key, row) for row in given.get(participant_id, ())],
                [_score(key, row) for row in scored.get(participant_id, ())],
                {row.id: _course(key, row) for row in courses.get(participant_id, ())},
            )


def _by_person(
    session: Session, study_id: str, people: Iterable[str], table: Any, order: tuple[str, ...]
) -> dict[str, list[Row[Any]]]:
    statement = (
        select(table)
        .join(_PROMPT, _PROMPT.c.id == table.c.prompt_id)
        .join(_ENROLMENT, _ENROLMENT.c.id == _PROMPT.c.enrolment_id)
        .where(_ENROLMENT.c.study_id == study_id, table.c.participant_id.in_(list(people)))
        .order_by(_PROMPT.c.due_at, table.c.prompt_id, *(table.c[name] for name in order))
    )
    found: dict[str, list[Row[Any]]] = {}
    for row in session.execute(statement):
        found.setdefault(row.participant_id, []).append(row)
    return found


def _started(session: Session, study_id: str, people: Iterable[str]) -> dict[str, list[Any]]:
    statement = (
        select(_PROMPT.c.id, _PROMPT.c.participant_id, _PROMPT.c.course_sealed)
        .join(_ENROLMENT, _ENROLMENT.c.id == _PROMPT.c.enrolment_id)
        .where(
            _ENROLMENT.c.study_id == study_id,
            _ENROLMENT.c.participant_id.in_(list(people)),
            _PROMPT.c.course_sealed.is_not(None),
        )
    )
    found: dict[str, list[Any]] = {}
    for row in session.execute(statement):
        found.setdefault(row.participant_id, []).append(row)
    return found
