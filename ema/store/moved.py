"""What belongs to a chat that she has left for another one. The caller owns the transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ema.store import outbox
from ema.store.rows import is_one_of, table_of
from ema.store.tables import Message, Outbox

_MESSAGE = table_of(Message)
_OUTBOX = table_of(Outbox)


def leave_behind(session: Session, participant_id: str, bot_id: int, now: datetime) -> tuple[int, ...]:
    """Drop what names messages of the old chat; what is still to come goes by this bot. Returns the messages there."""
    hers = _MESSAGE.c.participant_id == participant_id
    there = tuple(session.execute(select(_MESSAGE.c.message_id).where(hers, _MESSAGE.c.gone_at.is_(None))).scalars())
    session.execute(delete(_MESSAGE).where(hers))
    outbox.supersede(session, participant_id, ["screen", "unbutton", "close", "delete", "picture", "copy"], now=now)
    waiting = (_OUTBOX.c.participant_id == participant_id, is_one_of(_OUTBOX.c.state, "pending"))
    session.execute(update(_OUTBOX).where(*waiting).values(bot_id=bot_id))
    return there
