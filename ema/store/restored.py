"""A database that came back from a copy: what happened between the copy and now is not known. The caller owns the
transaction.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from ema.store.rows import is_one_of, table_of
from ema.store.tables import OPEN_STATES, Outbox, Prompt

_OUTBOX = table_of(Outbox)
_PROMPT = table_of(Prompt)
RESTORED: Final = "restored"
"""A prompt's reason while nobody knows whether it was sent or answered after the copy was made."""


def doubt_what_was_due(session: Session, now: datetime) -> int:
    """No prompt that is due by now is sent: it may have been. Returns how many prompts are in doubt."""
    due = (is_one_of(_PROMPT.c.state, *OPEN_STATES), _PROMPT.c.due_at <= now, _PROMPT.c.delivery == "note")
    doubtful = session.execute(update(_PROMPT).where(*due).values(reason=RESTORED)).rowcount  # type: ignore[attr-defined]
    # a reminder of what is open may be of what she has answered since
    old = or_(_OUTBOX.c.kind == "reminder", _OUTBOX.c.kind.in_(("note", "words")) & (_OUTBOX.c.not_before <= now))
    session.execute(
        update(_OUTBOX)
        .where(is_one_of(_OUTBOX.c.state, "pending", "claimed"), old)
        .values(state="superseded", claim_token=None, lease_until=None, done_at=now, last_error=RESTORED)
    )
    return int(doubtful)
