"""Who saw or did what, chained by hash: a row that is changed, removed or put in between breaks the chain.

Removing the newest rows can't be seen from the chain alone.
The caller owns the transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Row, func, insert, select
from sqlalchemy.orm import Session

from ema.store.rows import table_of
from ema.store.tables import Audit

_AUDIT = table_of(Audit)
_START: Final = "0" * 64
_LOCK: Final = 0x656D_6161_7564
"""Any number that no other advisory lock uses."""


def append(session: Session, now: datetime, actor: str, action: str, subject: str) -> None:
    """Add a row. On PostgreSQL other writers wait until the transaction ends: append as the last thing in it."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    previous = head(session)
    digest = _hash(previous, at=now, actor=actor, action=action, subject=subject)
    values = {"at": now, "actor": actor, "action": action, "subject": subject, "previous": previous, "hash": digest}
    session.execute(insert(_AUDIT).values(**values))


def head(session: Session) -> str:
    """The hash of the newest row."""
    return session.execute(select(_AUDIT.c.hash).order_by(_AUDIT.c.id.desc()).limit(1)).scalar() or _START


def verify(session: Session) -> int | None:
    """The id of the first row that does not follow from the one before it; None when the chain holds."""
    previous = _START
    with session.execute(select(_AUDIT).order_by(_AUDIT.c.id).execution_options(yield_per=1000)) as rows:
        for row in rows:
            expected = _hash(previous, at=row.at, actor=row.actor, action=row.action, subject=row.subject)
            if row.previous != previous or row.hash != expected:
                return int(row.id)
            previous = row.hash
    return None


def newest(session: Session, limit: int = 200) -> Iterator[Row[Any]]:
    """The newest rows first: at, actor, action, subject."""
    yield from session.execute(select(_AUDIT).order_by(_AUDIT.c.id.desc()).limit(limit))


def _hash(previous: str, *, at: datetime, actor: str, action: str, subject: str) -> str:
    fields = [previous, at.astimezone(UTC).isoformat(timespec="microseconds"), actor, action, subject]
    return sha256(json.dumps(fields).encode()).hexdigest()
