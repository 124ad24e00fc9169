"""Many rows of the outbox in few statements: what was sent, and what follows. The caller owns the transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from ema.store.engine import wake_sender
from ema.store.outbox import NEW, once
from ema.store.rows import dialect_of, is_one_of, table_of
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
        session.execute(_enqueue(dialect_of(session)), rows)


@cache
def _enqueue(dialect: str) -> Any:
    return once(dialect)


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
