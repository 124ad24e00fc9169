"""The list of commands beside the text box: in the language of the dialogue, whatever her app is set to."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from ema.domain.ways import PAGE
from ema.store import outbox


def put_up(session: Session, participant_id: str, bot_id: int, now: datetime) -> None:
    """Have it set for her chat alone, as soon as nothing more pressing waits. A page has a list of its own."""
    if bot_id == PAGE:
        return
    outbox.enqueue(
        session,
        participant_id=participant_id,
        kind="menu",
        priority=outbox.REST,
        dedupe_key=None,
        not_before=now,
        silent=True,
        now=now,
    )
