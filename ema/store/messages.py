"""Messages in a participant's chat, ours and hers, so that all can be removed in time.

The caller owns the transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal

from sqlalchemy import Select, bindparam, func, select, update
from sqlalchemy.orm import Session

from ema.store.body import later
from ema.store.rows import dialect_of, insert_for, many, one, table_of
from ema.store.tables import Message

_MESSAGE = table_of(Message)


def record(
    session: Session,
    participant_id: str,
    message_id: int,
    *,
    direction: Literal["out", "in"],
    purpose: str,
    at: datetime,
    erase_by: datetime,
    prompt_id: int | None = None,
) -> None:
    """Note a message. One that is known keeps its times (Telegram counts 48 hours from the sending) but takes the new
    purpose and prompt: an edit turns a note into a screen. An id learned from a tap never overwrites what we know.
    """
    values = {
        "participant_id": participant_id,
        "message_id": message_id,
        "direction": direction,
        "purpose": purpose,
        "prompt_id": prompt_id,
        "at": at,
        "erase_by": erase_by,
    }
    later(session, _record(dialect_of(session), known=purpose == "seen"), values)


_KEYS = ["participant_id", "message_id"]


@cache
def _record(dialect: str, *, known: bool) -> Any:
    statement = insert_for(dialect, _MESSAGE)
    if known:
        return statement.on_conflict_do_nothing(index_elements=_KEYS)
    changed = {name: statement.excluded[name] for name in ("purpose", "prompt_id")}
    return statement.on_conflict_do_update(index_elements=_KEYS, set_=changed)


def record_sent(
    session: Session, sent: Iterable[tuple[str, int, str, int | None]], *, at: datetime, erase_by: datetime
) -> None:
    """The same for many of ours at once: (whose, message, purpose, prompt)."""
    rows = [
        {
            "participant_id": participant_id,
            "message_id": message_id,
            "direction": "out",
            "purpose": purpose,
            "prompt_id": prompt_id,
            "at": at,
            "erase_by": erase_by,
        }
        for participant_id, message_id, purpose, prompt_id in sent
    ]
    later(session, _record(dialect_of(session), known=False), *rows)


def known(session: Session, participant_id: str) -> list[Message]:
    """Every message in her chat that is not gone, oldest first."""
    statement = (
        select(_MESSAGE)
        .where(_MESSAGE.c.participant_id == participant_id, _MESSAGE.c.gone_at.is_(None))
        .order_by(_MESSAGE.c.message_id)
    )
    return many(session, Message, statement)


def known_of(session: Session, participant_ids: Collection[str]) -> list[Message]:
    """The same for many."""
    return many(session, Message, _known_of(), participant_ids=list(participant_ids))


@cache
def _known_of() -> Select[Any]:
    theirs = _MESSAGE.c.participant_id.in_(bindparam("participant_ids", expanding=True))
    return select(_MESSAGE).where(theirs, _MESSAGE.c.gone_at.is_(None)).order_by(_MESSAGE.c.message_id)


def sent_since(session: Session, participant_ids: Collection[str], since: datetime) -> dict[str, datetime]:
    """Who of them was sent a message after `since`, and when the newest was."""
    at = func.max(_MESSAGE.c.at).label("at")
    statement = (
        select(_MESSAGE.c.participant_id, at)
        .where(_MESSAGE.c.participant_id.in_(participant_ids), _MESSAGE.c.direction == "out", _MESSAGE.c.at > since)
        .group_by(_MESSAGE.c.participant_id)
    )
    return {row.participant_id: row.at for row in session.execute(statement)}


def of_prompt(session: Session, participant_id: str, prompt_id: int) -> list[Message]:
    """The messages of one prompt that are not gone, oldest first: its note, its reminders, its screen."""
    return [message for message in known(session, participant_id) if message.prompt_id == prompt_id]


def to_erase(session: Session, now: datetime, limit: int = 500) -> list[Message]:
    """Messages whose time to be removed has come, the most pressing first."""
    statement = (
        select(_MESSAGE)
        .where(_MESSAGE.c.gone_at.is_(None), _MESSAGE.c.erase_by <= now)
        .order_by(_MESSAGE.c.erase_by)
        .limit(limit)
    )
    return many(session, Message, statement)


def erase_sooner(session: Session, participant_id: str, message_ids: Collection[int], erase_by: datetime) -> None:
    """These go at `erase_by`, where they would have stayed for longer."""
    hers = (_MESSAGE.c.participant_id == participant_id, _MESSAGE.c.message_id.in_(message_ids))
    session.execute(update(_MESSAGE).where(*hers, _MESSAGE.c.erase_by > erase_by).values(erase_by=erase_by))


def erase_later(session: Session, participant_id: str, message_id: int, until: datetime, live: timedelta) -> None:
    """It stays at least until then, as far as it may: `live` is counted from its sending."""
    hers = (_MESSAGE.c.participant_id == participant_id, _MESSAGE.c.message_id == message_id)
    message = one(session, Message, select(_MESSAGE).where(*hers))
    if message is not None and message.erase_by < (later := min(until, message.at + live)):
        session.execute(update(_MESSAGE).where(*hers).values(erase_by=later))


def mark_gone(session: Session, participant_id: str, message_ids: Collection[int], now: datetime) -> None:
    """They are no longer in her chat: deleted by us, by her, or beyond deleting."""
    session.execute(
        update(_MESSAGE)
        .where(
            _MESSAGE.c.participant_id == participant_id,
            _MESSAGE.c.message_id.in_(message_ids),
            _MESSAGE.c.gone_at.is_(None),
        )
        .values(gone_at=now)
    )
