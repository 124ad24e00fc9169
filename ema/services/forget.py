"""Remove messages from her chat: by the outbox, once, after everything that is to be read."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from ema.services import hand_over
from ema.store import messages, outbox, outbox_many
from ema.store.outbox_many import Further

MESSAGES_LIVE = timedelta(hours=46)
"""Every message of the chat is removed by then: Telegram lets a bot delete for 48 hours."""


def forget(session: Session, participant_id: str, message_id: int, now: datetime) -> None:
    outbox_many.enqueue(session, [forgotten(participant_id, message_id, now)], now)


def forgotten(participant_id: str, message_id: int, now: datetime) -> Further:
    """The work that removes it, for whoever puts in several."""
    return Further(
        participant_id,
        "delete",
        outbox.REST,
        f"delete:{participant_id}:{message_id}",
        not_before=now,
        message_id=message_id,
    )


def hide(session: Session, participant_id: str, now: datetime) -> None:
    """Every message that is known goes. Nothing is put up in its place."""
    shown = ["screen", "words", "unbutton", "close", *hand_over.KINDS]
    outbox.supersede(session, participant_id, shown, now=now)
    for message in messages.known(session, participant_id):
        forget(session, participant_id, message.message_id, now)
