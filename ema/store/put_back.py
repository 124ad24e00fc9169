"""After the clock was put back: what waits for a moment that was now a while ago must not wait for it to come again.

The caller owns the transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from ema.store.bots import known
from ema.store.engine import wake_sender
from ema.store.outbox import REPLY, REST, SAFETY
from ema.store.rows import is_one_of, table_of
from ema.store.tables import Outbox

_OUTBOX = table_of(Outbox)


def put_right(session: Session, now: datetime, lease: timedelta) -> None:
    """What was to be sent at once when it was written may go now, and no lease is longer than `lease`.

    What is due at an hour of its own, such as a note, keeps it.
    """
    at_once = session.execute(
        update(_OUTBOX)
        .where(
            is_one_of(_OUTBOX.c.state, "pending"),
            _OUTBOX.c.bot_id.in_(known(session)),
            _OUTBOX.c.priority.in_((SAFETY, REPLY, REST)),  # of these few wait for long, so the index finds them
            _OUTBOX.c.not_before > now,
            _OUTBOX.c.not_before <= _OUTBOX.c.created_at,
        )
        .values(not_before=now, created_at=now)
    )
    session.execute(
        update(_OUTBOX)
        .where(is_one_of(_OUTBOX.c.state, "claimed"), _OUTBOX.c.lease_until > now + lease)
        .values(lease_until=now + lease)
    )
    if at_once.rowcount:  # type: ignore[attr-defined]
        wake_sender(session)
