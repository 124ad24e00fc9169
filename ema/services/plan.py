"""Plan prompts: at joining, by the tick as time goes on, and anew when her hours change. Each slot exactly once."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlmodel import Session

from ema.domain import planning
from ema.domain.localtime import day_start, first_study_date, study_day_at
from ema.domain.schedules.base import Slot
from ema.services.installation import Installation
from ema.services.situation import Person, person, preferences
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
    """Consent is complete: the enrolment begins, and the first days are planned."""
    participant = who.participant
    hers = preferences(participant)
    version, test = studies.use_invitation(session, participant.id, now)
    participants.change(session, participant.id, standing="active")
    enrolment = participants.add_enrolment(
        session,
        participant_id=participant.id,
        study_id=who.study_id,
        protocol_version=version,
        test=test,
        joined_at=now,
        first_date=first_study_date(now, hers, who.protocol.hours.window_names()),
    )
    joined = person(session, participant.id)
    slots = planning.plan(joined.protocol, joined.seed, enrolment.first_date, hers, range(0), joined_at=now)
    _store(session, joined, enrolment, slots, now)
    _extend(session, joined, enrolment, now)


def replan(session: Session, who: Person, now: datetime) -> None:
    """Her hours, zone or protocol changed: unsent future prompts move to where they now belong; what was sent stays.

    A prompt whose new window is open or past already stays where it was, so that nothing is lost within a day.
    """
    enrolment = who.enrolment
    if enrolment is None or enrolment.id is None:
        return
    hers = preferences(who.participant)
    today = max(study_day_at(now, enrolment.first_date, hers), 1)
    days = range(today, enrolment.planned_through + 1)
    slots = planning.plan(who.protocol, who.seed, enrolment.first_date, hers, days)
    moved = prompts.replan(
        session,
        enrolment.id,
        [slot for slot in slots if slot.opens_at > now],
        now,
        stay={(slot.schedule, slot.slot_key) for slot in slots if slot.opens_at <= now},
        timezone=hers.timezone,
        protocol_version=enrolment.protocol_version,
    )
    for prompt in moved:
        outbox.supersede(session, who.participant.id, ["note", "reminder"], now=now, prompt_id=prompt.id)
    _enqueue_notes(session, moved, now)
    _extend(session, who, enrolment, now)


def _extend(session: Session, who: Person, enrolment: Enrolment, now: datetime) -> int:
    """Plan the study days that come within the horizon, and note when the next one does."""
    assert enrolment.id is not None
    hers = preferences(who.participant)
    last = who.protocol.last_planned_day()
    through = min(study_day_at(now + HORIZON, enrolment.first_date, hers), last)
    through = max(through, enrolment.planned_through)
    days = range(enrolment.planned_through + 1, through + 1)
    slots = planning.plan(who.protocol, who.seed, enrolment.first_date, hers, days)
    planned = _store(session, who, enrolment, slots, now)
    next_at = day_start(enrolment.first_date + timedelta(days=through), hers) - HORIZON if through < last else None
    participants.planned(session, enrolment.id, through=through, next_at=next_at)
    return planned


def _store(session: Session, who: Person, enrolment: Enrolment, slots: Iterable[Slot], now: datetime) -> int:
    """Slots with what their schedule says about them. Position counts over the counted slots of all days."""
    rows: list[prompts.Planned] = []
    for slot in slots:
        schedule = who.protocol.schedule(slot.schedule)
        names = schedule.slot_names()
        position = (slot.study_day - 1) * len(names) + names.index(slot.slot) + 1 if schedule.counts else None
        rows.append((slot, "scheduled" if schedule.counts else "once", schedule.delivery, schedule.counts, position))
    added = prompts.add_slots(session, enrolment, who.participant.timezone, rows, now)
    _enqueue_notes(session, added, now)
    return len(added)


def _enqueue_notes(session: Session, planned: Iterable[Prompt], now: datetime) -> None:
    """The note waits in the outbox until it is due: no other tick stands between the plan and the sending."""
    for prompt in planned:
        if prompt.delivery == "note":
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
