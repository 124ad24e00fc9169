"""The sealed columns, typed: addresses, conversation states, answers, scores, failed updates.

Nothing else reads or writes them. Every function takes the person's key, so that what has no key can't be asked for.
Values are JSON under the seal. The caller owns the transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, select, update
from sqlalchemy.orm import Session

from ema.domain.items.base import Value
from ema.store.rows import dialect_of, insert_for, insert_into, table_of
from ema.store.tables import Answer, Conversation, Enrolment, Inbox, Participant, Prompt, Score
from ema.store.vault import PersonKey, Seal, Vault

_PARTICIPANT = table_of(Participant)
_CONVERSATION = table_of(Conversation)
_ANSWER = table_of(Answer)
_SCORE = table_of(Score)
_INBOX = table_of(Inbox)
_PROMPT = table_of(Prompt)
_ENROLMENT = table_of(Enrolment)
PEOPLE_AT_ONCE = 200


@dataclass(frozen=True)
class StoredState:
    """A conversation as it was saved. `state` is the JSON text of its `format`."""

    format: int
    revision: int
    state: str
    anchor: int | None
    updated_at: datetime


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


@dataclass(frozen=True)
class OpenScore:
    """One score of one prompt, unsealed. `value` is None where too few items were answered."""

    prompt_id: int
    name: str
    value: float | None
    n_items: int
    n_of: int
    imputed: bool
    computed_at: datetime


@dataclass(frozen=True)
class Sheet:
    """Everything that one person gave in one study, unsealed. Revisions in order, scores by prompt."""

    participant_id: str
    answers: list[OpenAnswer]
    scores: list[OpenScore]


# --- address


def set_address(session: Session, key: PersonKey, address: str) -> None:
    sealed = key.seal("participant", key.participant_id, "address", address.encode())
    session.execute(update(_PARTICIPANT).where(_PARTICIPANT.c.id == key.participant_id).values(address_sealed=sealed))


def address_of(session: Session, key: PersonKey) -> str | None:
    """Where to send to. None: not set yet."""
    sealed = session.execute(_address(), {"id": key.participant_id}).scalar()
    return None if sealed is None else key.open("participant", key.participant_id, "address", sealed).decode()


@cache
def _address() -> Select[Any]:
    return select(_PARTICIPANT.c.address_sealed).where(_PARTICIPANT.c.id == bindparam("id"))


# --- conversation


def load_state(session: Session, key: PersonKey, *, lock: bool = True) -> StoredState | None:
    """Her conversation, locked until the transaction ends. None: she has none yet (lock her participant row first).

    Without `lock` only to show it: who holds rows of the outbox must not wait for a conversation, or two wait for each
    other.
    """
    row = session.execute(_state(lock=lock), {"id": key.participant_id}).first()
    if row is None:
        return None
    text = key.open("conversation", state_row(key, row.revision), "state", row.state_sealed).decode()
    return StoredState(row.format, row.revision, text, row.anchor, row.updated_at)


def save_state(
    session: Session,
    key: PersonKey,
    state: str,
    *,
    format: int,  # noqa: A002 - the column's name
    revision: int,
    anchor: int | None,
    now: datetime,
) -> None:
    """Save over what was there. `revision` is sealed in, so that an older state put back is refused."""
    values = {
        "format": format,
        "revision": revision,
        "state_sealed": key.seal("conversation", state_row(key, revision), "state", state.encode()),
        "anchor": anchor,
        "updated_at": now,
    }
    session.execute(_save_state(dialect_of(session)), {"participant_id": key.participant_id, **values})


@cache
def _save_state(dialect: str) -> Any:
    statement = insert_for(dialect, _CONVERSATION)
    names = ("format", "revision", "state_sealed", "anchor", "updated_at")
    return statement.on_conflict_do_update(
        index_elements=["participant_id"], set_={name: statement.excluded[name] for name in names}
    )


def anchor_of(session: Session, participant_id: str) -> int | None:
    """Which message on her phone shows the current screen."""
    statement = select(_CONVERSATION.c.anchor).where(_CONVERSATION.c.participant_id == participant_id)
    anchor: int | None = session.execute(statement).scalar()
    return anchor


def set_anchor(session: Session, participant_id: str, message_id: int) -> int | None:
    """Note which message on her phone shows the current screen. Returns the one that did."""
    before = anchor_of(session, participant_id)
    session.execute(
        update(_CONVERSATION).where(_CONVERSATION.c.participant_id == participant_id).values(anchor=message_id)
    )
    return before


@cache
def _state(*, lock: bool) -> Select[Any]:
    statement = select(_CONVERSATION).where(_CONVERSATION.c.participant_id == bindparam("id"))
    return statement.with_for_update() if lock else statement


def state_row(key: PersonKey, revision: int) -> str:
    """What a state is sealed to: her, and the revision."""
    return f"{key.participant_id}/{revision}"


# --- answers


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
    sealed = None
    if value is not None:
        sealed = key.seal("answer", f"{prompt_id}/{item}/{revision}", "value", json.dumps(value).encode())
    values = {
        "participant_id": key.participant_id,
        "prompt_id": prompt_id,
        "questionnaire": questionnaire,
        "item": item,
        "revision": revision,
        "status": status,
        "value_sealed": sealed,
        "language": language,
        "place": place,
        "shown_at": shown_at,
        "answered_at": answered_at,
        "late_processed": late_processed,
    }
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
    """Her newest revision for each prompt and item."""
    newest = {(answer.prompt_id, answer.item): answer for answer in all_revisions(session, key, prompt_ids)}
    return list(newest.values())


def _answer(key: PersonKey, row: Row[Any]) -> OpenAnswer:
    value: Value | None = None
    if row.value_sealed is not None:
        where = f"{row.prompt_id}/{row.item}/{row.revision}"
        loaded = json.loads(key.open("answer", where, "value", row.value_sealed))
        value = tuple(loaded) if isinstance(loaded, list) else loaded
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
    )


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
    now: datetime,
) -> None:
    """Store a score, or replace it after an answer was revised."""
    sealed = None
    if value is not None:
        sealed = key.seal("score", f"{prompt_id}/{name}", "value", json.dumps(value).encode())
    values = {"value_sealed": sealed, "n_items": n_items, "n_of": n_of, "imputed": imputed, "computed_at": now}
    row = {"participant_id": key.participant_id, "prompt_id": prompt_id, "name": name, **values}
    session.execute(_put_score(dialect_of(session)), row)


@cache
def _put_score(dialect: str) -> Any:
    statement = insert_for(dialect, _SCORE)
    names = ("value_sealed", "n_items", "n_of", "imputed", "computed_at")
    return statement.on_conflict_do_update(
        index_elements=["prompt_id", "name"], set_={name: statement.excluded[name] for name in names}
    )


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
    return OpenScore(row.prompt_id, row.name, value, row.n_items, row.n_of, row.imputed, row.computed_at)


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
        for participant_id in sorted(keys):
            key = keys[participant_id]
            yield Sheet(
                participant_id,
                [_answer(key, row) for row in given.get(participant_id, ())],
                [_score(key, row) for row in scored.get(participant_id, ())],
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


# --- updates that failed


def keep_failed_update(
    session: Session, seal: Seal, bot_id: int, update_id: int, *, body: str, error: str, now: datetime
) -> None:
    """Keep an update that can't be processed, so that it blocks nobody. `seal`: her key, or the installation's."""
    values = {
        "state": "failed",
        "body_sealed": seal.seal("inbox", f"{bot_id}/{update_id}", "body", body.encode()),
        "participant_id": seal.participant_id if isinstance(seal, PersonKey) else None,
        "error": error[:500],
    }
    statement = insert_into(session, _INBOX).values(bot_id=bot_id, update_id=update_id, received_at=now, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["bot_id", "update_id"], set_=values))


def failed_update(session: Session, seal: Seal, bot_id: int, update_id: int) -> str | None:
    """The body of an update that failed. Raises Unreadable under another key than it was sealed with."""
    condition = (_INBOX.c.bot_id == bot_id, _INBOX.c.update_id == update_id)
    sealed = session.execute(select(_INBOX.c.body_sealed).where(*condition)).scalar()
    return None if sealed is None else seal.open("inbox", f"{bot_id}/{update_id}", "body", sealed).decode()
