"""Who is there for whom: peer workers, how many people each has, and their days off. The caller owns the transaction.

Somebody whose worker does not work here any more has nobody.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from ema.store.rows import table_of
from ema.store.tables import DayOff, Enrolment, Participant, Staff, Study

_day_off = table_of(DayOff)
_enrolment = table_of(Enrolment)
_participant = table_of(Participant)
_staff = table_of(Staff)
_study = table_of(Study)

_WORKS = and_(_staff.c.role == "peer", _staff.c.disabled_at.is_(None))


def names(session: Session) -> dict[int, str]:
    """Everybody who works here as a peer worker, by name."""
    return {row.id: row.name for row in session.execute(select(_staff).where(_WORKS).order_by(_staff.c.name))}


def name_of(session: Session, staff_id: int | None, *, lock: bool = False) -> str | None:
    """None: she does not work here as a peer worker. `lock`: her people are not counted by another meanwhile."""
    if staff_id is None:
        return None
    statement = select(_staff.c.name).where(_staff.c.id == staff_id, _WORKS)
    # without the key, to which a recorded contact refers
    statement = statement.with_for_update(key_share=True) if lock else statement
    return session.execute(statement).scalar()


def how_many(session: Session, staff_id: int) -> int:
    """Her people whose part is not over. Once a study is open, those who joined as tests are not counted."""
    enrolled = exists().where(_enrolment.c.participant_id == _participant.c.id)
    running = (
        select(_enrolment.c.id)
        .join(_study, _study.c.id == _enrolment.c.study_id)
        .where(
            _enrolment.c.participant_id == _participant.c.id,
            _enrolment.c.ended_at.is_(None),
            or_(_study.c.state == "piloting", _enrolment.c.test.is_(False)),
        )
        .exists()
    )
    counted = (
        select(func.count())
        .select_from(_participant)
        .where(
            _participant.c.worker_id == staff_id,
            _participant.c.standing.in_(("joining", "active", "quiet")),
            or_(~enrolled, running),
        )
    )
    return session.execute(counted).scalar_one()


def let_go(session: Session, participant_id: str, worker_id: int) -> bool:
    """She has nobody any more, if she had this one still; it is remembered whom she would rather not have."""
    hers = (_participant.c.id == participant_id, _participant.c.worker_id == worker_id)
    changed = session.execute(update(_participant).where(*hers).values(worker_id=None, not_worker_id=worker_id))
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def days_off(session: Session, staff_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """Weekdays by name and dates as YYYY-MM-DD, of those who have any."""
    found: dict[int, set[str]] = {}
    for row in session.execute(select(_day_off).where(_day_off.c.staff_id.in_(staff_ids))):
        found.setdefault(row.staff_id, set()).add(row.day)
    return {staff_id: frozenset(days) for staff_id, days in found.items()}


def set_days_off(session: Session, staff_id: int, days: Collection[str], today: date) -> None:
    """These from now on. Dates that are over are forgotten."""
    session.execute(delete(_day_off).where(_day_off.c.staff_id == staff_id))
    kept = [day for day in sorted(days) if not day[0].isdigit() or day >= today.isoformat()]
    if kept:
        session.execute(insert(_day_off), [{"staff_id": staff_id, "day": day} for day in kept])
