"""Prompts that follow from answers: planned in the transaction in which a check-in ends."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from ema.domain.flow import Walk
from ema.domain.schedules.follow_up import Finished, FollowUp
from ema.services import plan
from ema.services.situation import Person, day_of
from ema.store import prompts
from ema.store.tables import Prompt


def follow(session: Session, who: Person, prompt: Prompt, here: Walk, now: datetime) -> None:
    """Every follow-up of this prompt's schedule whose condition its answers meet."""
    enrolment = who.enrolment
    if enrolment is None or enrolment.id is None or enrolment.ended_at is not None:
        return
    for schedule in who.protocol.schedules_of(enrolment.arm):
        if not isinstance(schedule, FollowUp) or schedule.after != prompt.schedule:
            continue
        apart = timedelta(minutes=who.protocol.minimum_gap_minutes)
        due = now + timedelta(minutes=schedule.minutes)
        slot = schedule.follow(
            Finished(prompt.slot_key, now),
            here.facts,
            day_of(who, prompt.study_day, prompt.local_date),
            prompts.count_on_day(session, enrolment.id, prompt.study_day).get(schedule.id, 0),
            apart=apart,
            notes=prompts.notes_between(session, enrolment.id, due - apart, due + apart),
        )
        if slot is not None:
            plan.add(session, who, slot, now)
