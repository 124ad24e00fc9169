"""What the simulation asks the database: when something is due next, and the model behind who is virtual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from ema.domain.ways import PAGE
from ema.store import participants
from ema.store.rows import insert_into, is_one_of, table_of
from ema.store.tables import OPEN_STATES, Enrolment, Outbox, Prompt, SimulatedPerson

_OUTBOX = table_of(Outbox)
_PROMPT = table_of(Prompt)
_ENROLMENT = table_of(Enrolment)
_SIMULATED = table_of(SimulatedPerson)


@dataclass(frozen=True)
class Ahead:
    """What lies ahead of one moment."""

    sending: datetime | None
    """When the next message is due."""
    ticking: datetime | None
    """When a prompt's time is next over, or the next days are to be planned."""


def ahead(session: Session, now: datetime, grace: timedelta) -> Ahead:
    """Look ahead from `now`. `grace` is how long a started check-in may go on after its end."""
    row = session.execute(_ahead(), {"now": now, "begun": now - grace}).one()
    return Ahead(row.sending, earliest(row.ending, row.begun + grace if row.begun else None, row.planning))


@cache
def _ahead() -> Select[Any]:
    now = bindparam("now", type_=_OUTBOX.c.not_before.type)
    begun = bindparam("begun", type_=_PROMPT.c.expires_at.type)
    running, ends = is_one_of(_PROMPT.c.state, *OPEN_STATES), _PROMPT.c.expires_at
    plans, pending = _ENROLMENT.c.plan_next_at, is_one_of(_OUTBOX.c.state, "pending")
    return select(
        _first(_OUTBOX.c.not_before, pending, _OUTBOX.c.not_before > now).label("sending"),
        _first(ends, running, ends > now).label("ending"),
        _first(ends, running, ends > begun, _PROMPT.c.n_items > 0).label("begun"),
        _first(plans, _ENROLMENT.c.ended_at.is_(None), plans > now).label("planning"),
    )


def _first(column: ColumnElement[Any], *where: ColumnElement[bool]) -> Any:
    return select(func.min(column)).where(*where).scalar_subquery()


def to_send(session: Session, now: datetime) -> bool:
    """Whether anything may be sent now, or is being sent. What waits on a page is not."""
    return bool(session.execute(_to_send(), {"now": now}).scalar())


@cache
def _to_send() -> Select[Any]:
    now = bindparam("now", type_=_OUTBOX.c.not_before.type)
    alive = or_(_OUTBOX.c.expires_at.is_(None), _OUTBOX.c.expires_at > now)
    sends = _OUTBOX.c.bot_id != PAGE
    due = exists().where(is_one_of(_OUTBOX.c.state, "pending"), _OUTBOX.c.not_before <= now, alive, sends)
    claimed = exists().where(is_one_of(_OUTBOX.c.state, "claimed"))
    return select(or_(due, claimed))


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
