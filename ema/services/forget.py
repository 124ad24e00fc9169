"""Remove a message from her chat: by the outbox, once."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from ema.store import outbox

"""Its priority in the outbox: after everything that is to be read."""


def forget(session: Session, participant_id: str, message_id: int, now: datetime) -> None:
    outbox.enqueue(
        session,
        participant_id=participant_id,
        kind="delete",
        priority=outbox.REST,
        message_id=message_id,
        dedupe_key=f"delete:{participant_id}:{message_id}",
        not_before=now,
        now=now,
    )
