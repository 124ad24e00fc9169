"""Calls to whoever is on call: rows of `care` that somebody must see. The caller owns the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from ema.store.rows import many, table_of
from ema.store.tables import Care, Participant, Staff

_CARE = table_of(Care)
_PARTICIPANT = table_of(Participant)
_STAFF = table_of(Staff)
_OPEN = _CARE.c.state == "open"


def waiting(session: Session) -> list[Care]:
    """Those that nobody has seen yet, the oldest first."""
    return many(session, Care, select(_CARE).where(_OPEN).order_by(_CARE.c.id))


def since(session: Session, at: datetime) -> Sequence[Any]:
    """Those that nobody has seen yet, then those that came since; with her way, and the name of who has seen it."""
    statement = (
        select(
            *_CARE.c, _STAFF.c.name.label("seen_by"), _PARTICIPANT.c.contact_preference, _PARTICIPANT.c.wishes_sealed
        )
        .join(_PARTICIPANT, _PARTICIPANT.c.id == _CARE.c.participant_id)
        .outerjoin(_STAFF, _STAFF.c.id == _CARE.c.staff_id)
        .where(_CARE.c.due_at.is_not(None), or_(_OPEN, _CARE.c.at >= at))
        .order_by(_CARE.c.state, _CARE.c.id.desc())
    )
    return session.execute(statement).all()


def get(session: Session, call_id: int) -> Care | None:
    found = many(session, Care, select(_CARE).where(_CARE.c.id == call_id, _CARE.c.due_at.is_not(None)))
    return found[0] if found else None


def see(session: Session, participant_id: str, staff_id: int, now: datetime) -> None:
    """Somebody has seen all of hers."""
    hers = (_CARE.c.participant_id == participant_id, _OPEN)
    session.execute(update(_CARE).where(*hers).values(state="seen", seen_at=now, staff_id=staff_id))


def raise_again(session: Session, now: datetime, most: int) -> list[Care]:
    """Those that nobody has seen in time, each at most so often; returns them as they were."""
    statement = select(_CARE).where(_OPEN, _CARE.c.due_at <= now, _CARE.c.raised < most).with_for_update()
    late = many(session, Care, statement)
    for one in late:
        values = {"raised": one.raised + 1, "due_at": now + timedelta(minutes=one.minutes)}
        session.execute(update(_CARE).where(_CARE.c.id == one.id).values(**values))
    return late
