"""The inbox: which updates were taken, so that a redelivered one does nothing. The caller owns the transaction."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from ema.store.rows import dialect_of, insert_for, insert_into, is_one_of, many, table_of
from ema.store.tables import Inbox

_INBOX = table_of(Inbox)
FAILED_KEPT: Final = timedelta(days=30)
KEPT: Final = timedelta(hours=48)
"""Longer than Telegram redelivers, shorter than the idle week after which its update ids restart."""


Name = tuple[int, int]
"""A bot's id and its update's."""


def take(session: Session, bot_id: int, update_id: int, now: datetime, *, again: bool = False) -> bool:
    """Take an update in this transaction. False: it was taken before, or given up; do nothing with it.

    `again` takes one that was given up, and forgets what was kept of it.
    """
    return bool(take_all(session, {(bot_id, update_id)}, now, again=again))


def take_all(session: Session, updates: AbstractSet[Name], now: datetime, *, again: bool = False) -> set[Name]:
    """The same for many. Returns those that were taken."""
    rows = [
        {"bot_id": bot_id, "update_id": update_id, "state": "done", "attempts": 1, "received_at": now}
        for bot_id, update_id in sorted(updates)  # so that no two wait for each other
    ]
    found = session.execute(_take(dialect_of(session), again=again), rows) if rows else ()
    return {(row.bot_id, row.update_id) for row in found}


@cache
def _take(dialect: str, *, again: bool) -> Any:
    statement = insert_for(dialect, _INBOX).on_conflict_do_update(
        index_elements=["bot_id", "update_id"],
        set_={"state": "done", "body_sealed": None, "participant_id": None},
        where=is_one_of(_INBOX.c.state, *(("failing", "failed") if again else ("failing",))),
    )
    return statement.returning(_INBOX.c.bot_id, _INBOX.c.update_id)


def failing(session: Session, bot_id: int, update_id: int, error: str, now: datetime) -> int:
    """Note that taking it failed (its own transaction was undone). Returns how often by now."""
    statement = insert_into(session, _INBOX).values(
        bot_id=bot_id, update_id=update_id, state="failing", attempts=1, error=error[:500], received_at=now
    )
    statement = statement.on_conflict_do_update(
        index_elements=["bot_id", "update_id"],
        set_={"attempts": _INBOX.c.attempts + 1, "error": error[:500]},
        where=_INBOX.c.state == "failing",
    )
    return session.execute(statement.returning(_INBOX.c.attempts)).scalar() or 0


def failed(session: Session, limit: int = 100) -> list[Inbox]:
    """The newest updates that were given up."""
    statement = select(_INBOX).where(_INBOX.c.state == "failed").order_by(_INBOX.c.received_at.desc()).limit(limit)
    return many(session, Inbox, statement)


def counts(session: Session) -> dict[str, int]:
    """How many updates are in each state."""
    statement = select(_INBOX.c.state, func.count()).group_by(_INBOX.c.state)
    return dict(session.execute(statement).all())


def purge(session: Session, now: datetime) -> int:
    """Forget what is older than 48 hours, and failed updates after 30 days. Returns how many."""
    done = or_(_INBOX.c.state != "failed", _INBOX.c.received_at < now - FAILED_KEPT)
    old = (_INBOX.c.received_at < now - KEPT, done)
    return int(session.execute(delete(_INBOX).where(*old)).rowcount)  # type: ignore[attr-defined]
