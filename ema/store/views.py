"""Read-only queries for pages and exports. Nothing here unseals anything.

The queries of the peer worker's page are those from `engaged` to `last_contacts`. They touch no answer, no score and no
count of items: that is how the promise that a peer worker cannot see an answer is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, Table, and_, exists, func, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from ema.store.rows import table_of
from ema.store.tables import (
    Answer,
    Contact,
    Enrolment,
    Invitation,
    Media,
    Participant,
    Prompt,
    Score,
    SimulatedPerson,
    Staff,
    Study,
)

Rows = Sequence[Any]

_answer: Final = table_of(Answer)
_contact: Final = table_of(Contact)
_enrolment: Final = table_of(Enrolment)
_invitation: Final = table_of(Invitation)
_media: Final = table_of(Media)
_participant: Final = table_of(Participant)
_prompt: Final = table_of(Prompt)
_score: Final = table_of(Score)
_simulated: Final = table_of(SimulatedPerson)
_staff: Final = table_of(Staff)
_study: Final = table_of(Study)

COUNTED: Final[ColumnElement[bool]] = and_(_prompt.c.counts, _prompt.c.kind == "scheduled")
"""Prompts that are part of compliance and trends."""

_IN_STUDY: Final[ColumnElement[bool]] = and_(
    or_(_study.c.state == "piloting", _enrolment.c.test.is_(False)),
    _participant.c.standing != "erasing",
)
"""Who is counted: once a study is open, those who joined as tests are counted nowhere."""


def _without_sealed(table: Table) -> list[Any]:
    return [column for column in table.c if not column.name.endswith("_sealed")]


def _people(*columns: Any) -> Any:
    return (
        select(*columns)
        .select_from(_enrolment)
        .join(_participant, _participant.c.id == _enrolment.c.participant_id)
        .join(_study, _study.c.id == _enrolment.c.study_id)
        .where(_IN_STUDY)
    )


def people(session: Session, study_id: str) -> Rows:
    """The counted participants of a study, by pseudonym; never their addresses."""
    wanted = (
        *_without_sealed(_participant),
        _enrolment.c.id.label("enrolment_id"),
        _enrolment.c.protocol_version,
        _enrolment.c.test,
        _enrolment.c.arm,
        _enrolment.c.joined_at,
        _enrolment.c.first_date,
        _enrolment.c.ended_at,
        _enrolment.c.end_reason,
    )
    return session.execute(_people(*wanted).where(_enrolment.c.study_id == study_id).order_by(_participant.c.id)).all()


def person(session: Session, study_id: str, participant_id: str) -> Row[Any] | None:
    return next((row for row in people(session, study_id) if row.id == participant_id), None)


def invitations(session: Session, study_id: str) -> Any:
    """How many were made, how many are held by somebody who is still joining, and how many by somebody who is gone."""
    holder = select(_participant.c.id).where(_participant.c.id == _invitation.c.participant_id)
    counted = or_(_study.c.state == "piloting", _invitation.c.test.is_(False))
    # one that was burned, because somebody may not take part, carries the moment at which it was made
    gone = and_(_invitation.c.used_at > _invitation.c.created_at, ~exists(holder))
    joining = exists(holder.where(_participant.c.standing == "joining"))
    return session.execute(
        select(
            func.count().label("invited"),
            func.count().filter(joining).label("joining"),
            func.count().filter(gone).label("erased"),
        )
        .select_from(_invitation)
        .join(_study, _study.c.id == _invitation.c.study_id)
        .where(_invitation.c.study_id == study_id, counted)
    ).one()


def prompts(session: Session, study_id: str, participant_id: str | None = None) -> Rows:
    """Every prompt of the study's counted participants: by participant, in the order in which they are due."""
    wanted = _people(*_prompt.c).join(_prompt, _prompt.c.enrolment_id == _enrolment.c.id)
    wanted = wanted.where(_enrolment.c.study_id == study_id)
    if participant_id is not None:
        wanted = wanted.where(_participant.c.id == participant_id)
    return session.execute(wanted.order_by(_prompt.c.participant_id, _prompt.c.due_at, _prompt.c.id)).all()


def prompt_counts(session: Session, study_id: str) -> Rows:
    """Participant, state and how many counted prompts."""
    return session.execute(
        _people(_prompt.c.participant_id, _prompt.c.state, func.count().label("n"))
        .join(_prompt, _prompt.c.enrolment_id == _enrolment.c.id)
        .where(_enrolment.c.study_id == study_id, COUNTED)
        .group_by(_prompt.c.participant_id, _prompt.c.state)
    ).all()


def truths(session: Session, study_id: str) -> dict[str, dict[str, Any]]:
    """The stated model behind each virtual participant of the study."""
    rows = session.execute(
        _people(_simulated.c.participant_id, _simulated.c.parameters)
        .join(_simulated, _simulated.c.participant_id == _participant.c.id)
        .where(_enrolment.c.study_id == study_id)
    )
    return {row.participant_id: row.parameters for row in rows}


def fingerprint(session: Session, study_id: str) -> tuple[object, ...]:
    """Changes whenever a prompt is closed, an answer, score or recording is added, or somebody joins, leaves or is
    erased.
    """
    mine = _people(
        func.count(_prompt.c.id),
        func.max(_prompt.c.id),
        func.max(_prompt.c.closed_at),
        func.sum(_prompt.c.n_answered),
        func.count(func.distinct(_participant.c.id)),
    )
    mine = mine.join(_prompt, _prompt.c.enrolment_id == _enrolment.c.id).where(_enrolment.c.study_id == study_id)
    scored = session.execute(select(func.count(), func.max(_score.c.id), func.max(_score.c.computed_at))).one()
    given = session.execute(select(func.count(), func.max(_answer.c.id))).one()
    settled = func.count().filter(_media.c.state != "expected")
    sent = session.execute(select(func.count(), settled).select_from(_media)).one()
    state = select(_study.c.state, _study.c.current_version).where(_study.c.id == study_id)
    return (*session.execute(mine).one(), *scored, *given, *sent, *session.execute(state).one())


# The peer worker's page: engagement only ----


_HER_DAY = tuple(_participant.c[name] for name in ("timezone", "day_starts", "windows", "hour_rules"))
"""By which it is known what is today for her."""


def engaged(session: Session) -> Rows:
    """Everybody whom a peer worker may look after, newest enrolment first. No address, no clock of answers."""
    return session.execute(
        _people(
            _participant.c.id,
            _participant.c.standing,
            *_HER_DAY,
            _participant.c.bot_id,
            _participant.c.contact_preference,
            _participant.c.wishes_sealed,
            _participant.c.worker_id,
            _participant.c.not_worker_id,
            _participant.c.paused_from,
            _participant.c.paused_until,
            _participant.c.blocked_at,
            _participant.c.last_heard_at,
            _participant.c.simulated,
            _enrolment.c.study_id,
            _enrolment.c.protocol_version,
            _enrolment.c.test,
            _enrolment.c.joined_at,
            _enrolment.c.first_date,
            _enrolment.c.ended_at,
        ).order_by(_participant.c.id, _enrolment.c.id.desc())
    ).all()


def asking_while_joining(session: Session) -> Rows:
    """Who asked to be contacted before she had joined anything."""
    return session.execute(
        select(
            _participant.c.id,
            *_HER_DAY,
            _participant.c.bot_id,
            _participant.c.contact_preference,
            _participant.c.wishes_sealed,
            _participant.c.worker_id,
            _participant.c.not_worker_id,
            _participant.c.last_heard_at,
            _participant.c.simulated,
        )
        .where(
            _participant.c.standing != "erasing",
            ~exists(select(_enrolment.c.id).where(_enrolment.c.participant_id == _participant.c.id)),
            exists(
                select(_contact.c.id).where(_contact.c.participant_id == _participant.c.id, _contact.c.state == "open")
            ),
        )
        .order_by(_participant.c.id)
    ).all()


def open_requests(session: Session) -> Rows:
    """Requests to be contacted that nobody has settled, oldest first."""
    return session.execute(
        select(_contact.c.participant_id, _contact.c.origin, _contact.c.asked_at)
        .where(_contact.c.state == "open")
        .order_by(_contact.c.asked_at, _contact.c.id)
    ).all()


def last_contacts(session: Session) -> Rows:
    """What workers recorded, newest first: participant, outcome, when."""
    return session.execute(
        select(_contact.c.participant_id, _contact.c.outcome, _contact.c.done_at)
        .where(_contact.c.state == "done")
        .order_by(_contact.c.done_at.desc(), _contact.c.id.desc())
    ).all()


# Staff ----


def staff(session: Session) -> Rows:
    return session.execute(select(_staff).order_by(_staff.c.disabled_at.is_not(None), _staff.c.name)).all()
