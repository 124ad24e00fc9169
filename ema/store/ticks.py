"""The heartbeats of the interval jobs, and alerts for staff. The caller owns the transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from ema.store.rows import insert_into, many, table_of
from ema.store.tables import Alert, Tick

_TICK = table_of(Tick)
_ALERT = table_of(Alert)


def ran(session: Session, name: str, every: timedelta, now: datetime) -> None:
    """A tick ended well."""
    values = {"every_seconds": every.total_seconds(), "ok_at": now, "error": None}
    statement = insert_into(session, _TICK).values(name=name, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def failed(session: Session, name: str, every: timedelta, now: datetime, error: str) -> None:
    """A tick raised. `error` carries no personal data. What `ok_at` says stays, or starts now."""
    values = {"every_seconds": every.total_seconds(), "failed_at": now, "error": error[:500]}
    statement = insert_into(session, _TICK).values(name=name, ok_at=now, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def late(
    session: Session, now: datetime, *, beats: float = 3, at_least: timedelta = timedelta(minutes=1)
) -> list[Tick]:
    """Ticks whose last success is more than so many intervals ago, and more than `at_least`."""
    grace = at_least.total_seconds()
    return [
        tick
        for tick in everything(session)
        if (now - tick.ok_at).total_seconds() > max(tick.every_seconds * beats, grace)
    ]


def everything(session: Session) -> list[Tick]:
    return many(session, Tick, select(_TICK).order_by(_TICK.c.name))


# --- alerts


def alert(session: Session, kind: str, summary: str, now: datetime, participant_id: str | None = None) -> bool:
    """Tell staff, in plain words without personal data. False: the same is told already and not acknowledged yet."""
    same = (_ALERT.c.kind == kind, _ALERT.c.summary == summary, _ALERT.c.acknowledged_at.is_(None))
    if session.execute(select(func.count()).select_from(_ALERT).where(*same)).scalar_one():
        return False
    session.execute(insert(_ALERT).values(kind=kind, summary=summary, participant_id=participant_id, created_at=now))
    return True


def acknowledge(session: Session, alert_id: int, staff_id: int, now: datetime) -> None:
    session.execute(
        update(_ALERT)
        .where(_ALERT.c.id == alert_id, _ALERT.c.acknowledged_at.is_(None))
        .values(acknowledged_at=now, staff_id=staff_id)
    )


def open_alerts(session: Session) -> list[Alert]:
    """Those that nobody has acknowledged, the newest first."""
    return many(session, Alert, select(_ALERT).where(_ALERT.c.acknowledged_at.is_(None)).order_by(_ALERT.c.id.desc()))
