"""Many rows of the outbox in few statements: what was sent and what follows, and what is late.

The caller owns the transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import CompoundSelect, bindparam, or_, select, union_all, update
from sqlalchemy.orm import Session

from ema.store.body import later
from ema.store.bots import known
from ema.store.engine import wake_sender
from ema.store.outbox import NEW, PRIORITIES, once
from ema.store.rows import dialect_of, is_one_of, many, table_of
from ema.store.tables import Outbox

_OUTBOX = table_of(Outbox)


class Further(NamedTuple):
    """Work as `outbox.enqueue` takes it."""

    participant_id: str
    kind: str
    priority: int
    dedupe_key: str
    not_before: datetime
    expires_at: datetime | None = None
    prompt_id: int | None = None
    message_id: int | None = None
    words: str | None = None
    silent: bool = False


def enqueue(session: Session, further: Collection[Further], now: datetime) -> None:
    """Put in what was not put in before, and have the sender woken."""
    if further:
        wake_sender(session)
        rows = [NEW | one._asdict() | {"whose": one.participant_id, "created_at": now} for one in further]
        later(session, once(dialect_of(session)), *rows)


def sent(session: Session, rows: Iterable[Outbox], now: datetime) -> set[int]:
    """`outbox.finish` as sent. Returns which rows were still held: the others must not be recorded."""
    held: dict[str, list[int]] = {}
    for row in rows:
        assert row.id is not None
        assert row.claim_token is not None
        held.setdefault(row.claim_token, []).append(row.id)
    done: set[int] = set()
    for token, row_ids in held.items():
        done.update(session.execute(_sent(), {"row_ids": row_ids, "token": token, "now": now}).scalars())
    return done


@cache
def _sent() -> Any:
    these = _OUTBOX.c.id.in_(bindparam("row_ids", expanding=True))
    held = (these, is_one_of(_OUTBOX.c.state, "claimed"), _OUTBOX.c.claim_token == bindparam("token"))
    done_at = bindparam("now", type_=_OUTBOX.c.done_at.type)
    values = {"state": "sent", "claim_token": None, "lease_until": None, "last_error": None, "done_at": done_at}
    return update(_OUTBOX).where(*held).values(**values).returning(_OUTBOX.c.id)


def looked_at(session: Session, participant_id: str, kept: Collection[str], now: datetime) -> list[Outbox]:
    """Take what waits for somebody who looks at her page, as far as its time has come, in its order; but not these
    kinds, which wait on.
    """
    open_ones = is_one_of(_OUTBOX.c.state, "pending", "claimed")  # what the index ix_outbox_open_by_person covers
    hers = (_OUTBOX.c.participant_id == participant_id, open_ones, is_one_of(_OUTBOX.c.state, "pending"))
    alive = or_(_OUTBOX.c.expires_at.is_(None), _OUTBOX.c.expires_at > now)
    statement = (
        update(_OUTBOX)
        .where(*hers, _OUTBOX.c.kind.not_in(kept), _OUTBOX.c.not_before <= now, alive)
        .values(state="sent", done_at=now)
        .returning(_OUTBOX)
    )
    return sorted(many(session, Outbox, statement), key=lambda row: (row.not_before, row.id or 0))


def expire(session: Session, now: datetime, limit: int = 500) -> list[Outbox]:
    """Close pending rows whose window is past, at most `limit`. Returns them."""
    late: list[int] = []
    for bot in known(session):
        late += session.execute(_late(), {"bot": bot, "now": now, "limit": limit}).scalars()
    if not late:
        return []
    free = select(_OUTBOX.c.id).where(_OUTBOX.c.id.in_(late[:limit]), is_one_of(_OUTBOX.c.state, "pending"))
    statement = (
        update(_OUTBOX)
        .where(_OUTBOX.c.id.in_(free.with_for_update(skip_locked=True)), is_one_of(_OUTBOX.c.state, "pending"))
        .values(state="expired", done_at=now)
        .returning(_OUTBOX)
    )
    return many(session, Outbox, statement)


@cache
def _late() -> CompoundSelect[Any]:
    """What is late is among what is ready, and few are: each priority apart and in the order of the index.

    Asked for in one piece, PostgreSQL expects many among all rows that were ever ready, and reads the whole table.
    """
    now = bindparam("now", type_=_OUTBOX.c.not_before.type)
    each = (
        select(_OUTBOX.c.id)
        .where(
            is_one_of(_OUTBOX.c.state, "pending"),
            _OUTBOX.c.bot_id == bindparam("bot"),
            _OUTBOX.c.priority == priority,
            _OUTBOX.c.not_before <= now,
            _OUTBOX.c.expires_at <= now,
        )
        .order_by(_OUTBOX.c.not_before)
        .limit(bindparam("limit"))
        .subquery()
        for priority in PRIORITIES
    )
    return union_all(*(select(one_priority.c.id) for one_priority in each))
