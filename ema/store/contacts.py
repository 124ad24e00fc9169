"""Peer work: who asked to be contacted, and what came of it. The caller owns the transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from ema.store.rows import many, table_of
from ema.store.tables import Contact

_CONTACT = table_of(Contact)


def ask(session: Session, participant_id: str, *, origin: str, now: datetime) -> bool:
    """Open a request. False: one is open already, and stays as it is. Her row must be locked."""
    if any(contact.state == "open" for contact in of_participant(session, participant_id)):
        return False
    session.execute(insert(_CONTACT).values(participant_id=participant_id, asked_at=now, origin=origin, state="open"))
    return True


def record(session: Session, participant_id: str, *, staff_id: int, outcome: str, now: datetime) -> None:
    """A worker got in touch: her open request is done; without one, the contact is noted as the worker's own."""
    values = {"state": "done", "done_at": now, "outcome": outcome, "staff_id": staff_id}
    open_one = (_CONTACT.c.participant_id == participant_id, _CONTACT.c.state == "open")
    done = session.execute(update(_CONTACT).where(*open_one).values(**values))
    if not done.rowcount:  # type: ignore[attr-defined]
        session.execute(insert(_CONTACT).values(participant_id=participant_id, asked_at=now, origin="worker", **values))


def of_participant(session: Session, participant_id: str) -> list[Contact]:
    """Hers, the newest first."""
    statement = select(_CONTACT).where(_CONTACT.c.participant_id == participant_id).order_by(_CONTACT.c.id.desc())
    return many(session, Contact, statement)
