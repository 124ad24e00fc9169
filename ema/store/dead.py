"""Dead letters: messages that were given up, and updates that failed. The caller owns the transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from ema.store.engine import wake_sender
from ema.store.rows import is_one_of, one, table_of
from ema.store.tables import Inbox, Outbox

_INBOX = table_of(Inbox)
_OUTBOX = table_of(Outbox)


def send_again(session: Session, row_id: int, now: datetime) -> bool:
    """Let a dead message wait for the sender as a new one would. False: it is not dead any more."""
    values = {"state": "pending", "attempts": 0, "not_before": now, "done_at": None}
    wake_sender(session)
    return _change_dead(session, row_id, values)


def drop_message(session: Session, row_id: int) -> bool:
    """It counts as superseded from now on, and goes with those. False: it is not dead any more."""
    return _change_dead(session, row_id, {"state": "superseded"})


def _change_dead(session: Session, row_id: int, values: dict[str, object]) -> bool:
    statement = update(_OUTBOX).where(_OUTBOX.c.id == row_id, is_one_of(_OUTBOX.c.state, "dead")).values(**values)
    return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def failed_update(session: Session, bot_id: int, update_id: int) -> Inbox | None:
    return one(session, Inbox, _INBOX.select().where(*_failed(bot_id, update_id)))


def drop_update(session: Session, bot_id: int, update_id: int) -> bool:
    """Forget what it said. That it came stays, so that a repeat does nothing. False: it is not kept any more."""
    values = {"state": "done", "body_sealed": None, "participant_id": None}
    done = session.execute(update(_INBOX).where(*_failed(bot_id, update_id)).values(**values))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def _failed(bot_id: int, update_id: int) -> tuple[ColumnElement[bool], ...]:
    return (_INBOX.c.bot_id == bot_id, _INBOX.c.update_id == update_id, _INBOX.c.state == "failed")
