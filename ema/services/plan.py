"""Plan prompts: at joining, by the tick as time goes on, and anew when her hours change. Each slot exactly once."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlmodel import Session

from ema.domain import planning
from ema.domain.allocation import Characteristic, allocate, stratum
from ema.domain.localtime import day_start, study_day_at
from ema.domain.schedules.base import Slot
from ema.services.hours import preferences
from ema.services.installation import Installation
from ema.services.situation import Person, person
from ema.store import outbox, participants, prompts, studies
from ema.store.tables import Enrolment, Prompt

HORIZON = timedelta(hours=48)
BATCH = 200
"""Enrolments in one transaction."""
PROMPT = 2
"""Its priority in the outbox."""


def plan_ahead(installation: Installation) -> int:
    """The planning tick: every enrolment whose next study day comes within the horizon. Returns prompts planned."""
    now, planned = installation.clock.now(), 0
    while True:
        with installation.database.transaction() as session:
            due = participants.enrolments_to_plan(session, now, BATCH)
            for enrolment in due:
                planned += _extend(session, person(session, enrolment.participant_id), enrolment, now)
        if len(due) < BATCH:
            return planned


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
    joined = person(session, participant.id)
    slots = planning.plan(protocol, joined.seed, first_date, hers, range(0), joined_at=now, arm=enrolment.arm)
    _store(session, joined, enrolment, slots, now)
    _extend(session, joined, enrolment, now)


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
    enrolment = who.enrolment
    if enrolment is None or enrolment.id is None:
        return
    hers = preferences(who.participant)
    # the day before may still have something unsent: where she was yesterday its evening has not come
    today = study_day_at(now, enrolment.first_date, hers)
    first = max(min(prompts.first_unsent_day(session, enrolment.id, now) or today, today - 1), 1)
    days = range(first, enrolment.planned_through + 1)
    settled = prompts.settled(session, enrolment.id, first, now)
    slots = planning.plan(
        who.protocol,
        who.seed,
        enrolment.first_date,
        hers,
        days,
        arm=enrolment.arm,
        previous=_previous(session, who, enrolment, first),
        kept=settled,
        not_before=now,
    )
    moved = prompts.replan(
        session, enrolment.id, slots, now, timezone=hers.timezone, protocol_version=enrolment.protocol_version
    )
    for prompt in moved:
        outbox.supersede(session, who.participant.id, ["note", "reminder"], now=now, prompt_id=prompt.id)
    _enqueue_notes(session, moved, now)
    there = {(prompt.schedule, prompt.slot_key) for prompt in moved} | settled.keys()
    new = [slot for slot in slots if (slot.schedule, slot.slot_key) not in there]
    _store(session, who, enrolment, new, now)
    _extend(session, who, enrolment, now)


def _extend(session: Session, who: Person, enrolment: Enrolment, now: datetime) -> int:
    """Plan the study days that come within the horizon, and note when the next one does."""
    assert enrolment.id is not None
    hers = preferences(who.participant)
    last = who.protocol.last_planned_day(enrolment.arm)
    through = min(study_day_at(now + HORIZON, enrolment.first_date, hers), last)
    through = max(through, enrolment.planned_through)
    first = enrolment.planned_through + 1
    slots = planning.plan(
        who.protocol,
        who.seed,
        enrolment.first_date,
        hers,
        range(first, through + 1),
        arm=enrolment.arm,
        previous=_previous(session, who, enrolment, first),
    )
    planned = _store(session, who, enrolment, slots, now)
    next_at = day_start(enrolment.first_date + timedelta(days=through), hers) - HORIZON if through < last else None
    participants.planned(session, enrolment.id, through=through, next_at=next_at)
    return planned


def _previous(session: Session, who: Person, enrolment: Enrolment, study_day: int) -> datetime | None:
    """When the last note before this day is due, where notes are to be kept apart from it."""
    if not who.protocol.minimum_gap_minutes:
        return None
    assert enrolment.id is not None
    return prompts.last_note_before(session, enrolment.id, study_day)


def add(session: Session, who: Person, slot: Slot, now: datetime) -> None:
    """One slot that something she did has brought about. If it is there already, nothing happens."""
    if who.enrolment is not None:
        _store(session, who, who.enrolment, [slot], now)


def _store(session: Session, who: Person, enrolment: Enrolment, slots: Iterable[Slot], now: datetime) -> int:
    """Slots with what their schedule says about them. Position counts over the counted slots of all days."""
    rows: list[prompts.Planned] = []
    for slot in slots:
        schedule = who.protocol.schedule(slot.schedule)
        names = schedule.slot_names()
        planned = schedule.counts and schedule.planned
        position = (slot.study_day - 1) * len(names) + names.index(slot.slot) + 1 if planned else None
        rows.append((slot, "scheduled" if schedule.counts else "once", schedule.delivery, schedule.counts, position))
    added = prompts.add_slots(session, enrolment, who.participant.timezone, rows, now)
    _enqueue_notes(session, added, now)
    return len(added)


def _enqueue_notes(session: Session, planned: Iterable[Prompt], now: datetime) -> None:
    """The note waits in the outbox until it is due: no other tick stands between the plan and the sending."""
    for prompt in planned:
        if prompt.delivery == "note" and prompt.state == "planned":
            outbox.enqueue(
                session,
                participant_id=prompt.participant_id,
                kind="note",
                priority=PROMPT,
                prompt_id=prompt.id,
                dedupe_key=f"note:{prompt.id}:{secrets.token_hex(4)}",  # it may move twice within one instant
                not_before=prompt.due_at,
                expires_at=prompt.expires_at,
                now=now,
            )
