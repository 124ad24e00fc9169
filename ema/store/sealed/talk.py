"""Her address, what her phone shows, her conversation, and updates that could not be processed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.orm import Session

from ema.domain.discretion import NO_CHOICE, Discretion
from ema.domain.wishes import NO_WISH, Wishes
from ema.store.body import later
from ema.store.rows import dialect_of, insert_for, insert_into, table_of
from ema.store.tables import Conversation, Inbox, Participant
from ema.store.vault import PersonKey, Seal

_PARTICIPANT = table_of(Participant)
_CONVERSATION = table_of(Conversation)
_INBOX = table_of(Inbox)


@dataclass(frozen=True)
class StoredState:
    """A conversation as it was saved. `state` is the JSON text of its `format`."""

    format: int
    revision: int
    state: str
    anchor: int | None
    updated_at: datetime


# --- address


def set_address(session: Session, key: PersonKey, address: str) -> None:
    sealed = key.seal("participant", key.participant_id, "address", address.encode())
    session.execute(update(_PARTICIPANT).where(_PARTICIPANT.c.id == key.participant_id).values(address_sealed=sealed))


def address_of(participant: Participant, key: PersonKey) -> str | None:
    """Where to send to. None: not set yet."""
    sealed = participant.address_sealed
    return None if sealed is None else key.open("participant", key.participant_id, "address", sealed).decode()


# --- what her phone shows


def set_discretion(session: Session, key: PersonKey, hers: Discretion) -> None:
    sealed = key.seal("participant", key.participant_id, "discreet", hers.model_dump_json().encode())
    session.execute(update(_PARTICIPANT).where(_PARTICIPANT.c.id == key.participant_id).values(discreet_sealed=sealed))


def discretion_of(participant: Participant, key: PersonKey) -> Discretion:
    """What she chose about what her phone shows."""
    sealed = participant.discreet_sealed
    if sealed is None:
        return NO_CHOICE
    return Discretion.model_validate_json(key.open("participant", key.participant_id, "discreet", sealed))


# --- how she would like to be met


def set_wishes(session: Session, key: PersonKey, hers: Wishes) -> None:
    sealed = key.seal("participant", key.participant_id, "wishes", hers.model_dump_json().encode())
    session.execute(update(_PARTICIPANT).where(_PARTICIPANT.c.id == key.participant_id).values(wishes_sealed=sealed))


def wishes_of(participant: Participant, key: PersonKey) -> Wishes:
    """What she said of it. Takes a row of a query too, as long as it has the column."""
    sealed = participant.wishes_sealed
    if sealed is None:
        return NO_WISH
    return Wishes.model_validate_json(key.open("participant", key.participant_id, "wishes", sealed))


# --- conversation


def load_state(session: Session, key: PersonKey, *, lock: bool = True) -> StoredState | None:
    """Her conversation, locked until the transaction ends. None: she has none yet (lock her participant row first).

    Without `lock` only to show it: who holds rows of the outbox must not wait for a conversation, or two wait for each
    other.
    """
    return load_states(session, [key], lock=lock).get(key.participant_id)


def load_states(session: Session, keys: Collection[PersonKey], *, lock: bool = True) -> dict[str, StoredState]:
    """The same for many, by participant: locked in the order of their ids, so that no two wait for each other."""
    whose = {key.participant_id: key for key in keys}
    found: dict[str, StoredState] = {}
    for row in session.execute(_states(lock=lock), {"participant_ids": list(whose)}) if whose else ():
        key = whose[row.participant_id]
        text = key.open("conversation", state_row(key, row.revision), "state", row.state_sealed).decode()
        found[row.participant_id] = StoredState(row.format, row.revision, text, row.anchor, row.updated_at)
    return found


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
    later(session, _save_state(dialect_of(session)), {"participant_id": key.participant_id, **values})


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


def anchors_of(session: Session, participant_ids: Collection[str]) -> set[tuple[str, int]]:
    """Whose messages show their current screens, and which."""
    rows = session.execute(_anchors(), {"participant_ids": list(participant_ids)})
    return {(row.participant_id, row.anchor) for row in rows}


@cache
def _anchors() -> Select[Any]:
    theirs = _CONVERSATION.c.participant_id.in_(bindparam("participant_ids", expanding=True))
    return select(_CONVERSATION.c.participant_id, _CONVERSATION.c.anchor).where(theirs)


def set_anchor(session: Session, participant_id: str, message_id: int) -> int | None:
    """Note which message on her phone shows the current screen. Returns the one that did."""
    before = anchor_of(session, participant_id)
    session.execute(
        update(_CONVERSATION).where(_CONVERSATION.c.participant_id == participant_id).values(anchor=message_id)
    )
    return before


@cache
def _states(*, lock: bool) -> Select[Any]:
    theirs = _CONVERSATION.c.participant_id.in_(bindparam("participant_ids", expanding=True))
    statement = select(_CONVERSATION).where(theirs)
    return statement.order_by(_CONVERSATION.c.participant_id).with_for_update() if lock else statement


def state_row(key: PersonKey, revision: int) -> str:
    """What a state is sealed to: her, and the revision."""
    return f"{key.participant_id}/{revision}"


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
