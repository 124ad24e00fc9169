"""Participants, their enrolments and consents. Addresses are sealed: see `ema.store.sealed`.

The caller owns the transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, String, Update, bindparam, cast, delete, func, insert, select, update
from sqlalchemy.orm import Session

from ema.domain.errors import EmaError
from ema.store import ledger, outbox
from ema.store.body import later
from ema.store.given import GIVEN, document, given
from ema.store.rows import dialect_of, insert_into, is_one_of, many, one, row_of, snapshot, table_of
from ema.store.tables import (
    OPEN_STATES,
    Alert,
    Answer,
    Care,
    ConsentRecord,
    Contact,
    Conversation,
    Decision,
    Enrolment,
    Inbox,
    Invitation,
    Media,
    Message,
    Participant,
    Prompt,
    Score,
    Secret,
    Share,
    SimulatedPerson,
    WebLink,
)

_PARTICIPANT = table_of(Participant)
_ENROLMENT = table_of(Enrolment)
_PROMPT = table_of(Prompt)
_CONSENT = table_of(ConsentRecord)


class NoSuchParticipant(EmaError):
    """There is no participant of this id (any more)."""

    status = 404


def add(session: Session, **values: Any) -> None:
    """Add a participant; columns of `Participant` by name. One that is there already stays as she is."""
    session.execute(
        insert_into(session, _PARTICIPANT)
        .values(row_of(Participant, **values))
        .on_conflict_do_nothing(index_elements=["id"])
    )


def get(session: Session, participant_id: str, *, lock: bool = False) -> Participant:
    """Raises NoSuchParticipant. `lock`: nobody else changes her until the transaction ends."""
    found = one(session, Participant, _one(lock=lock), participant_id=participant_id)
    if found is None:
        raise NoSuchParticipant(f"there is no participant {participant_id}")
    return found


@cache
def _one(*, lock: bool) -> Select[Any]:
    statement = select(_PARTICIPANT).where(_PARTICIPANT.c.id == bindparam("participant_id"))
    return statement.with_for_update() if lock else statement


def change(session: Session, participant_id: str, **values: Any) -> None:
    """Set columns of hers by name."""
    session.execute(update(_PARTICIPANT).where(_PARTICIPANT.c.id == participant_id).values(**values))


def heard(session: Session, participant_id: str, at: datetime) -> None:
    """Note an event from her phone; an older one, delivered late, changes nothing."""
    later(session, _heard(), {"her": participant_id, "at": at})


@cache
def _heard() -> Update:
    at = bindparam("at", type_=_PARTICIPANT.c.last_heard_at.type)
    newer = func.coalesce(_PARTICIPANT.c.last_heard_at < at, True)
    return update(_PARTICIPANT).where(_PARTICIPANT.c.id == bindparam("her"), newer).values(last_heard_at=at)


def everyone(
    session: Session,
    *,
    study_id: str | None = None,
    standings: Collection[str] | None = None,
    worker_id: int | None = None,
    simulated: bool | None = None,
) -> list[Participant]:
    """Participants by id, narrowed by what is given."""
    statement = select(_PARTICIPANT).order_by(_PARTICIPANT.c.id)
    if study_id is not None:
        enrolled = select(_ENROLMENT.c.participant_id).where(_ENROLMENT.c.study_id == study_id)
        statement = statement.where(_PARTICIPANT.c.id.in_(enrolled))
    if standings is not None:
        statement = statement.where(_PARTICIPANT.c.standing.in_(standings))
    if worker_id is not None:
        statement = statement.where(_PARTICIPANT.c.worker_id == worker_id)
    if simulated is not None:
        statement = statement.where(_PARTICIPANT.c.simulated == simulated)
    return many(session, Participant, statement)


# --- enrolments


def with_reminders(session: Session, participant_ids: Collection[str]) -> set[str]:
    """Who of them wants to be reminded."""
    if not participant_ids:
        return set()
    return set(session.execute(_with_reminders(), {"participant_ids": list(participant_ids)}).scalars())


@cache
def _with_reminders() -> Select[Any]:
    theirs = _PARTICIPANT.c.id.in_(bindparam("participant_ids", expanding=True))
    return select(_PARTICIPANT.c.id).where(theirs, _PARTICIPANT.c.reminders)


def undecided(session: Session, before: datetime, limit: int = 500) -> list[str]:
    """Ids of those who began to join before then, have not been heard since, and never decided."""
    heard = func.coalesce(_PARTICIPANT.c.last_heard_at, _PARTICIPANT.c.created_at)
    statement = select(_PARTICIPANT.c.id).where(_PARTICIPANT.c.standing == "joining", heard < before)
    return list(session.execute(statement.order_by(_PARTICIPANT.c.id).limit(limit)).scalars())


def missing(session: Session, participant_ids: Collection[str]) -> list[str]:
    """Which of these ids have no row."""
    asked = sorted(participant_ids)
    found: set[str] = set()
    for start in range(0, len(asked), 500):
        portion = _PARTICIPANT.c.id.in_(asked[start : start + 500])
        found.update(session.execute(select(_PARTICIPANT.c.id).where(portion)).scalars())
    return [participant_id for participant_id in asked if participant_id not in found]


def add_enrolment(session: Session, **values: Any) -> Enrolment:
    """Enrol a participant in a study; columns of `Enrolment` by name. Who is enrolled already stays as she is."""
    joined = {"joined_version": values["protocol_version"], "silence_next_at": values["joined_at"]}
    statement = insert_into(session, _ENROLMENT).values(row_of(Enrolment, **joined | values))
    # an update that changes nothing, because only then the row that is there comes back
    statement = statement.on_conflict_do_update(
        index_elements=["participant_id", "study_id"], set_={"study_id": _ENROLMENT.c.study_id}
    )
    return snapshot(Enrolment, session.execute(statement.returning(*_ENROLMENT.c)).one())


def enrolment_of(session: Session, participant_id: str) -> Enrolment | None:
    """The enrolment that she is in, or was in last."""
    return one(session, Enrolment, _newest(), participant_id=participant_id)


@cache
def _newest() -> Select[Any]:
    return (
        select(_ENROLMENT)
        .where(_ENROLMENT.c.participant_id == bindparam("participant_id"))
        .order_by(_ENROLMENT.c.ended_at.is_(None).desc(), _ENROLMENT.c.id.desc())
        .limit(1)
    )


@dataclass(frozen=True, slots=True)
class ToPlan:
    """What planning needs to know of one enrolment, and of her hours. Columns as in their tables."""

    id: int
    participant_id: str
    study_id: str
    protocol_version: int
    arm: str | None
    first_date: date
    planned_through: int
    hours: tuple[str, str, str, str]
    """Zone, when her day begins, windows and rules as they are stored: many people have the same, read once for all."""


def enrolments_to_plan(session: Session, now: datetime, limit: int) -> list[ToPlan]:
    """Running enrolments whose next study day comes within the horizon, the most pressing first.

    On PostgreSQL they are locked, and those that another process plans are left out.
    """
    due = session.execute(_to_plan(), {"now": now, "limit": limit}).all()
    found = session.execute(_hours(), {"whose": [row.participant_id for row in due]}) if due else ()
    hers = {row[0]: tuple(row[1:]) for row in found}
    return [ToPlan(*[*row, hers[row.participant_id]]) for row in due]


@cache
def _hours() -> Select[Any]:
    plain = (_PARTICIPANT.c.id, _PARTICIPANT.c.timezone, _PARTICIPANT.c.day_starts)
    texts = (cast(_PARTICIPANT.c[name], String) for name in ("windows", "hour_rules"))
    return select(*plain, *texts).where(_PARTICIPANT.c.id.in_(bindparam("whose", expanding=True)))


@cache
def _to_plan() -> Select[Any]:
    names = ("id", "participant_id", "study_id", "protocol_version", "arm", "first_date", "planned_through")
    due = _ENROLMENT.c.plan_next_at <= bindparam("now", type_=_ENROLMENT.c.plan_next_at.type)
    return (
        select(*(_ENROLMENT.c[name] for name in names))
        .where(_ENROLMENT.c.ended_at.is_(None), due)
        # by nothing else: where many wait for the same instant, all of them would be sorted for each portion
        .order_by(_ENROLMENT.c.plan_next_at)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
    )


def planned(session: Session, enrolments: Iterable[tuple[int, int, datetime | None]]) -> None:
    """Note for each enrolment through which study day its slots are planned, and when to plan on (None: all are)."""
    dialect = dialect_of(session)
    session.execute(_planned(dialect), {GIVEN: document(dialect, enrolments)})


@cache
def _planned(dialect: str) -> Update:
    columns = (_ENROLMENT.c.id, _ENROLMENT.c.planned_through, _ENROLMENT.c.plan_next_at)
    new = given(dialect, *columns)
    values = {"planned_through": new.c.planned_through, "plan_next_at": new.c.plan_next_at}
    return update(_ENROLMENT).where(_ENROLMENT.c.id == new.c.id).values(values)


def to_watch(session: Session, now: datetime, limit: int) -> list[str]:
    """Ids of those at whom it is time to look for silence, the longest overdue first."""
    due = (_ENROLMENT.c.ended_at.is_(None), _ENROLMENT.c.silence_next_at <= now)
    first = select(_ENROLMENT.c.participant_id).where(*due).order_by(_ENROLMENT.c.silence_next_at).limit(limit)
    return list(session.execute(first).scalars())


def watch_next(session: Session, participant_id: str, at: datetime) -> None:
    """Look then whether she has been silent: at once where her pause, hours, standing or study have changed."""
    hers = (_ENROLMENT.c.participant_id == participant_id, _ENROLMENT.c.ended_at.is_(None))
    session.execute(update(_ENROLMENT).where(*hers).values(silence_next_at=at))


def fall_quiet(session: Session, participant_id: str, now: datetime, *, silent_since: datetime) -> bool:
    """Her notes rest. False: in this moment she was heard, or left."""
    heard = func.coalesce(_PARTICIPANT.c.last_heard_at, _PARTICIPANT.c.created_at)
    still = (_PARTICIPANT.c.id == participant_id, _PARTICIPANT.c.standing == "active", heard <= silent_since)
    resting = update(_PARTICIPANT).where(*still).values(standing="quiet", quiet_at=now)
    return session.execute(resting.returning(_PARTICIPANT.c.id)).first() is not None


def running(session: Session, study_id: str) -> list[Enrolment]:
    """A study's enrolments that have not ended."""
    statement = select(_ENROLMENT).where(_ENROLMENT.c.study_id == study_id, _ENROLMENT.c.ended_at.is_(None))
    return many(session, Enrolment, statement.order_by(_ENROLMENT.c.id))


def locked_enrolment(session: Session, enrolment_id: int) -> Enrolment:
    """As it is now, and until the transaction ends: the planning tick passes it by meanwhile."""
    found = one(session, Enrolment, select(_ENROLMENT).where(_ENROLMENT.c.id == enrolment_id).with_for_update())
    assert found is not None
    return found


def move_on(session: Session, enrolment_id: int, version: int, now: datetime) -> None:
    """From now on she is planned under this version of the study."""
    session.execute(
        update(_ENROLMENT).where(_ENROLMENT.c.id == enrolment_id).values(protocol_version=version, moved_at=now)
    )


def completed(session: Session, limit: int) -> list[Enrolment]:
    """Running enrolments with nothing left to plan and no prompt that is not final."""
    unfinished = select(_PROMPT.c.id).where(
        _PROMPT.c.enrolment_id == _ENROLMENT.c.id, is_one_of(_PROMPT.c.state, *OPEN_STATES)
    )
    statement = (
        select(_ENROLMENT)
        .where(_ENROLMENT.c.ended_at.is_(None), _ENROLMENT.c.plan_next_at.is_(None), ~unfinished.exists())
        .order_by(_ENROLMENT.c.id)
        .limit(limit)
    )
    return many(session, Enrolment, statement)


def end_enrolment(session: Session, participant_id: str, reason: str, now: datetime) -> None:
    """End what she is in. What had ended before keeps its time and reason."""
    running = (_ENROLMENT.c.participant_id == participant_id, _ENROLMENT.c.ended_at.is_(None))
    session.execute(update(_ENROLMENT).where(*running).values(ended_at=now, end_reason=reason))


def resume_enrolment(session: Session, participant_id: str) -> None:
    """She came back: the enrolment that ended last runs on."""
    last = select(func.max(_ENROLMENT.c.id)).where(_ENROLMENT.c.participant_id == participant_id).scalar_subquery()
    session.execute(update(_ENROLMENT).where(_ENROLMENT.c.id == last).values(ended_at=None, end_reason=None))


# --- consents


def record_consent(session: Session, participant_id: str, *, now: datetime, **values: Any) -> None:
    """Note a decision; columns of `ConsentRecord` by name. Decisions are only ever added."""
    session.execute(insert(_CONSENT).values(participant_id=participant_id, at=now, **values))


def consents_of(session: Session, participant_id: str) -> list[ConsentRecord]:
    """Her decisions in order; the last of each purpose holds."""
    return many(
        session,
        ConsentRecord,
        select(_CONSENT).where(_CONSENT.c.participant_id == participant_id).order_by(_CONSENT.c.id),
    )


# --- erasing

_HERS = tuple(
    table_of(model)
    for model in (
        Decision,
        Answer,
        Score,
        Media,
        Message,
        Conversation,
        ConsentRecord,
        Contact,
        Care,
        Inbox,
        Secret,
        SimulatedPerson,
        WebLink,
        Share,
        Prompt,
        Enrolment,
    )
)
"""What is deleted with her, in an order that foreign keys allow."""


def purge(session: Session, participant_id: str) -> None:
    """Delete everything that hangs on her, and her. Her key is destroyed before this, apart.

    What stays: that an invitation was used, alerts without her id, what was given out, as nobody's, and audit
    rows, which name only the pseudonym.
    """
    enrolments = select(_ENROLMENT.c.id).where(_ENROLMENT.c.participant_id == participant_id)
    for table in _HERS:
        by_enrolment = "enrolment_id" in table.c
        hers = table.c.enrolment_id.in_(enrolments) if by_enrolment else table.c.participant_id == participant_id
        session.execute(delete(table).where(hers))
    outbox.forget(session, participant_id)
    ledger.unlink(session, participant_id)
    for table in (table_of(Invitation), table_of(Alert)):
        session.execute(update(table).where(table.c.participant_id == participant_id).values(participant_id=None))
    session.execute(delete(_PARTICIPANT).where(_PARTICIPANT.c.id == participant_id))
