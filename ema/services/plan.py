"""Plan prompts: at joining, by the tick as time goes on, and anew when her hours change. Each slot exactly once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from ema.domain import planning
from ema.domain.allocation import Characteristic, allocate, stratum
from ema.domain.localtime import day_start, study_day_at
from ema.domain.protocol import Protocol
from ema.domain.schedules.base import Preferences, Slot
from ema.services.hours import alike, preferences
from ema.services.installation import Installation
from ema.services.situation import Person, enrolment_seed, person
from ema.store import outbox, participants, planned_slots, prompts, studies
from ema.store.tables import Enrolment

HORIZON = timedelta(hours=48)
BATCH = 400
"""Enrolments in one transaction: who wants to write meanwhile waits for it."""


@dataclass(frozen=True, slots=True)
class Course:
    """One enrolment, as planning sees it."""

    enrolment_id: int
    participant_id: str
    protocol: Protocol
    seed: str
    arm: str | None
    first_date: date
    planned_through: int
    hers: Preferences


def plan_ahead(installation: Installation) -> int:
    """The planning tick: every enrolment whose next study day comes within the horizon. Returns prompts planned."""
    now = installation.clock.now()
    if installation.database.dialect == "sqlite":
        return _lane(installation, now)
    with ThreadPoolExecutor(2) as lanes:  # while PostgreSQL stores a batch of one lane, the other plans its next
        return sum(lanes.map(lambda _: _lane(installation, now), range(2)))


def _lane(installation: Installation, now: datetime) -> int:
    """Batch after batch until nothing is left that no other lane or process has taken."""
    planned = 0
    while True:
        with installation.database.transaction() as session:
            due = participants.enrolments_to_plan(session, now, BATCH)
            if due:
                planned += _extend(session, _courses(session, due), now)
        if len(due) < BATCH:
            return planned


def _courses(session: Session, due: Iterable[participants.ToPlan]) -> list[Course]:
    versions: dict[tuple[str, int], tuple[Protocol, str]] = {}
    for each in due:
        key = each.study_id, each.protocol_version
        if key not in versions:
            versions[key] = studies.protocol(session, *key), studies.get(session, each.study_id).seed
    found = []
    for each in due:
        protocol, seed = versions[each.study_id, each.protocol_version]
        found.append(
            Course(
                each.id,
                each.participant_id,
                protocol,
                enrolment_seed(seed, each.id),
                each.arm,
                each.first_date,
                each.planned_through,
                alike(*each.hours),
            )
        )
    return found


def _course(who: Person, enrolment: Enrolment) -> Course:
    assert enrolment.id is not None
    return Course(
        enrolment.id,
        who.participant.id,
        who.protocol,
        who.seed,
        enrolment.arm,
        enrolment.first_date,
        enrolment.planned_through,
        preferences(who.participant),
    )


def join(session: Session, who: Person, now: datetime) -> None:
    """Consent is complete: chance puts her into an arm if there are any, and the first days are planned."""
    participant, protocol = who.participant, who.protocol
    hers = preferences(participant)
    version, test = studies.use_invitation(session, participant.id, now)
    participants.change(session, participant.id, standing="active")
    first_date = protocol.first_date(now, hers)
    enrolment = participants.add_enrolment(
        session,
        participant_id=participant.id,
        study_id=who.study_id,
        protocol_version=version,
        test=test,
        arm=_arm(session, who, test=test),
        joined_at=now,
        first_date=first_date,
        planned_through=protocol.first_planned_day(now, first_date, hers) - 1,
    )
    course = _course(person(session, participant.id), enrolment)
    slots = planning.plan(protocol, course.seed, first_date, hers, range(0), joined_at=now, arm=enrolment.arm)
    _store(session, [(course, slots)], now)
    _extend(session, [course], now)


def _arm(session: Session, who: Person, *, test: bool) -> str | None:
    """Who joins as a test is allocated apart, so that the arms of real participants stay balanced."""
    allocation = who.protocol.allocation
    if allocation is None:
        return None
    participant = who.participant
    known: dict[Characteristic, str] = {
        "language": participant.language,
        "timezone": participant.timezone,
        "hours": participant.hours_preset or "own",
    }
    hers = f"{'test' if test else 'real'}|{stratum(allocation, known)}"
    number = studies.next_in_stratum(session, who.study_id, hers)
    return allocate(allocation, studies.get(session, who.study_id).seed, hers, number)


def replan(session: Session, who: Person, now: datetime) -> None:
    """Her hours, zone or protocol changed: unsent future prompts move to where they now belong; what was sent stays.

    A prompt whose new window is over when it is planned anew keeps its row, which says so. The study day before is
    looked at too: where hers now begins earlier, it may have prompts that were still to come.
    """
    if who.enrolment is None or who.enrolment.id is None:
        return
    # a tick that is planning her next day with what she had chosen before must end first, or that day stays so
    enrolment = participants.locked_enrolment(session, who.enrolment.id)
    assert enrolment.id is not None
    participants.watch_next(session, who.participant.id, now)
    course = _course(who, enrolment)
    # the day before may still have something unsent: where she was yesterday its evening has not come
    today = study_day_at(now, course.first_date, course.hers)
    first = max(min(prompts.first_unsent_day(session, enrolment.id, now) or today, today - 1), 1)
    settled = prompts.settled(session, enrolment.id, first, now)
    slots = planning.plan(
        course.protocol,
        course.seed,
        course.first_date,
        course.hers,
        range(first, course.planned_through + 1),
        arm=course.arm,
        previous=_previous(session, [(course, first)]).get(enrolment.id),
        kept=settled,
        not_before=now,
    )
    moved = prompts.replan(
        session,
        enrolment.id,
        slots,
        now,
        timezone=course.hers.timezone,
        protocol_version=enrolment.protocol_version,
    )
    for prompt in moved:
        outbox.supersede(session, who.participant.id, ["note", "reminder"], now=now, prompt_id=prompt.id)
    outbox.enqueue_notes(session, [prompt.id for prompt in moved if prompt.id is not None], now)
    there = {(prompt.schedule, prompt.slot_key) for prompt in moved} | settled.keys()
    new = [slot for slot in slots if (slot.schedule, slot.slot_key) not in there]
    _store(session, [(course, new)], now)
    _extend(session, [course], now)


def add(session: Session, who: Person, slot: Slot, now: datetime) -> None:
    """One slot that something she did has brought about. If it is there already, nothing happens."""
    if who.enrolment is not None:
        _store(session, [(_course(who, who.enrolment), [slot])], now)


def _extend(session: Session, courses: Sequence[Course], now: datetime) -> int:
    """Plan the study days that come within the horizon, and note when the next one does. Returns prompts planned."""
    previous = _previous(session, [(course, course.planned_through + 1) for course in courses])
    planned: list[tuple[Course, list[Slot]]] = []
    noted: list[tuple[int, int, datetime | None]] = []
    for course in courses:
        last = course.protocol.last_planned_day(course.arm)
        through = min(study_day_at(now + HORIZON, course.first_date, course.hers), last)
        through = max(through, course.planned_through)
        slots = planning.plan(
            course.protocol,
            course.seed,
            course.first_date,
            course.hers,
            range(course.planned_through + 1, through + 1),
            arm=course.arm,
            previous=previous.get(course.enrolment_id),
        )
        next_day = course.first_date + timedelta(days=through)
        next_at = day_start(next_day, course.hers) - HORIZON if through < last else None
        planned.append((course, slots))
        noted.append((course.enrolment_id, through, next_at))
    added = _store(session, planned, now)
    participants.planned(session, noted)
    return added


def _previous(session: Session, before: Iterable[tuple[Course, int]]) -> dict[int, datetime]:
    """Enrolment → when the last note before this study day is due, where notes are to be kept apart from it."""
    wanted = {course.enrolment_id: day for course, day in before if course.protocol.minimum_gap_minutes}
    return prompts.last_notes(session, wanted)


def _store(session: Session, planned: Iterable[tuple[Course, Iterable[Slot]]], now: datetime) -> int:
    """Store slots, and their notes. Returns how many were not there yet."""
    return planned_slots.add(session, [row for course, slots in planned for row in _rows(course, slots)], now)


def _rows(course: Course, slots: Iterable[Slot]) -> Iterator[planned_slots.Planned]:
    """Slots with what their schedules say about them. Position counts over the counted slots of all days."""
    schedules = {schedule.id: (schedule, schedule.slot_names()) for schedule in course.protocol.schedules}
    hers = course.enrolment_id, course.participant_id, course.hers.timezone, course.protocol.version
    for slot in slots:
        schedule, names = schedules[slot.schedule]
        planned = schedule.counts and schedule.planned
        yield planned_slots.Planned(
            *hers,
            slot,
            "scheduled" if schedule.counts else "once",
            schedule.delivery,
            schedule.counts,
            (slot.study_day - 1) * len(names) + names.index(slot.slot) + 1 if planned else None,
        )
