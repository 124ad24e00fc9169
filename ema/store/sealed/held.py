"""Everything that is held about one person, unsealed: for the copy that she may have."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Table, or_, select
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from ema.store.rows import table_of
from ema.store.sealed.secret import secret_row
from ema.store.sealed.talk import state_row
from ema.store.tables import (
    Alert,
    Answer,
    Audit,
    Care,
    ConsentRecord,
    Contact,
    Conversation,
    Decision,
    Enrolment,
    Inbox,
    Invitation,
    LedgerEntry,
    Media,
    Message,
    Outbox,
    Participant,
    Prompt,
    Score,
    Secret,
    Share,
    SimulatedPerson,
    Voucher,
    WebLink,
)
from ema.store.vault import PersonKey

Open = tuple[Callable[[PersonKey, Any], str], Callable[[bytes], Any]]
"""What a sealed value is bound to in its row, and how it is read."""


def _hers(table: Table, participant_id: str) -> ColumnElement[bool]:
    return table.c.participant_id == participant_id


def _by_enrolment(table: Table, participant_id: str) -> ColumnElement[bool]:
    enrolments = table_of(Enrolment)
    return table.c.enrolment_id.in_(select(enrolments.c.id).where(enrolments.c.participant_id == participant_id))


def _herself(table: Table, participant_id: str) -> ColumnElement[bool]:
    return table.c.id == participant_id


def _about_her(table: Table, participant_id: str) -> ColumnElement[bool]:
    return or_(table.c.subject == participant_id, table.c.subject == f"participant:{participant_id}")


def _not_in_here(_hash: bytes) -> str:
    """Whoever finds the copy could try all numbers until one fits."""
    return "kept as a slow hash, which is not in here"


@dataclass(frozen=True)
class _Held:
    """One table: which of its rows are hers, and what is sealed in them, by column without `_sealed`."""

    model: type[SQLModel]
    hers: Callable[[Table, str], ColumnElement[bool]] = _hers
    sealed: Mapping[str, Open] = field(default_factory=dict)


_TABLES: Final = (
    _Held(
        Participant,
        _herself,
        {
            "address": (lambda key, _: key.participant_id, bytes.decode),
            "discreet": (lambda key, _: key.participant_id, json.loads),
            "wishes": (lambda key, _: key.participant_id, json.loads),
        },
    ),
    _Held(Enrolment),
    _Held(Invitation),
    _Held(ConsentRecord),
    _Held(Prompt, sealed={"course": (lambda _, row: str(row.id), json.loads)}),
    _Held(Answer, sealed={"value": (lambda _, row: f"{row.prompt_id}/{row.item}/{row.revision}", json.loads)}),
    _Held(Score, sealed={"value": (lambda _, row: f"{row.prompt_id}/{row.name}", json.loads)}),
    _Held(Media, sealed={"reference": (lambda _, row: row.id, bytes.decode), "body": (lambda _, row: row.id, bytes)}),
    _Held(Contact),
    _Held(Care, sealed={"rule": (lambda _, row: str(row.prompt_id), bytes.decode)}),
    _Held(LedgerEntry),
    _Held(Voucher, sealed={"code": (lambda _, row: row.id, bytes.decode)}),
    _Held(Conversation, sealed={"state": (lambda key, row: state_row(key, row.revision), json.loads)}),
    _Held(Secret, sealed={"hash": (lambda key, row: secret_row(key, row.kind), _not_in_here)}),
    _Held(Message),
    _Held(Outbox),
    _Held(Inbox, sealed={"body": (lambda _, row: f"{row.bot_id}/{row.update_id}", json.loads)}),
    _Held(Decision, _by_enrolment),
    _Held(Alert),
    _Held(Audit, _about_her),
    _Held(SimulatedPerson),
    _Held(WebLink),
    _Held(Share, sealed={"whom": (lambda _, row: row.token_hash, bytes.decode)}),
)
HELD: Final = {str(one.model.__tablename__): one for one in _TABLES}
NOT_COPIED: Final = {
    "person_key": "Her key and a fingerprint of her chat. The key opens what is sealed, so it stays apart from it.",
    "wrong_code": "Wrong codes from an account, under a fingerprint that names nobody; kept for a day.",
    "setting": "May hold a pseudonym as a mark of how far clearing up has come.",
}
"""Other tables that hold a participant's id, and why their rows are not in the copy."""


def everything(session: Session, key: PersonKey) -> dict[str, list[dict[str, Any]]]:
    """By table, in the order in which rows came to be; what was sealed is opened. A recording's `body` is bytes."""
    return {name: _rows(session, key, one) for name, one in HELD.items()}


def _rows(session: Session, key: PersonKey, held: _Held) -> list[dict[str, Any]]:
    table = table_of(held.model)
    statement = select(table).where(held.hers(table, key.participant_id)).order_by(*table.primary_key)
    return [_opened(key, held, table, row) for row in session.execute(statement)]


def _opened(key: PersonKey, held: _Held, table: Table, row: Row[Any]) -> dict[str, Any]:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    for column, (place, read) in held.sealed.items():
        sealed = values.pop(f"{column}_sealed")
        values[column] = None if sealed is None else read(key.open(table.name, place(key, row), column, sealed))
    return values
