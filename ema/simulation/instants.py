"""What the simulation asks the database: when something is due next, and the model behind who is virtual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from ema.store import participants
from ema.store.rows import insert_into, table_of
from ema.store.tables import OPEN_STATES, Enrolment, Outbox, Prompt, SimulatedPerson

_OUTBOX = table_of(Outbox)
_PROMPT = table_of(Prompt)
_ENROLMENT = table_of(Enrolment)
_SIMULATED = table_of(SimulatedPerson)


@dataclass(frozen=True)
class Ahead:
    """What lies ahead of one moment."""

    to_send: bool
    """Something may be sent now."""
    in_flight: bool
    """Something is being sent."""
    sending: datetime | None
    """When the next message is due."""
    ticking: datetime | None
    """When a prompt's time is next over, or the next days are to be planned."""


def ahead(session: Session, now: datetime, grace: timedelta) -> Ahead:
    """Look ahead from `now`. `grace` is how long a started check-in may go on after its end."""
    pending = _OUTBOX.c.state == "pending"
    unfinished = _PROMPT.c.state.in_(OPEN_STATES)
    row = session.execute(
        select(
            exists().where(
                pending, _OUTBOX.c.not_before <= now, (_OUTBOX.c.expires_at.is_(None)) | (_OUTBOX.c.expires_at > now)
            ),
            exists().where(_OUTBOX.c.state == "claimed"),
            _first(_OUTBOX.c.not_before, pending, _OUTBOX.c.not_before > now),
            _first(_PROMPT.c.expires_at, unfinished, _PROMPT.c.expires_at > now),
            _first(_PROMPT.c.expires_at, unfinished, _PROMPT.c.n_items > 0, _PROMPT.c.expires_at > now - grace),
            _first(_ENROLMENT.c.plan_next_at, _ENROLMENT.c.ended_at.is_(None), _ENROLMENT.c.plan_next_at > now),
        )
    ).one()
    started = row[4] + grace if row[4] is not None else None
    return Ahead(bool(row[0]), bool(row[1]), row[2], earliest(row[3], started, row[5]))


def _first(column: ColumnElement[Any], *where: ColumnElement[bool]) -> Any:
    return select(func.min(column)).where(*where).scalar_subquery()


def earliest(*instants: datetime | None) -> datetime | None:
    return min((instant for instant in instants if instant is not None), default=None)


def mark_simulated(session: Session, participant_id: str, parameters: Mapping[str, Any]) -> None:
    """Note that she is virtual, and the model behind her."""
    participants.change(session, participant_id, simulated=True)
    statement = insert_into(session, _SIMULATED).values(participant_id=participant_id, parameters=dict(parameters))
    session.execute(statement.on_conflict_do_nothing(index_elements=["participant_id"]))


def simulated(session: Session) -> dict[str, dict[str, Any]]:
    """Participant → the model behind her."""
    rows = session.execute(select(_SIMULATED.c.participant_id, _SIMULATED.c.parameters))
    return {row.participant_id: row.parameters for row in rows}
