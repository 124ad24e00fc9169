"""All slots of one participant for a span of study days. Pure: any process, at any time, plans the same."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from hashlib import sha256
from random import Random

from ema.domain.protocol import Protocol
from ema.domain.schedules.base import Preferences, Slot


def plan(
    protocol: Protocol,
    enrolment_seed: str,
    first_date: date,
    preferences: Preferences,
    days: range,
    *,
    joined_at: datetime | None = None,
) -> list[Slot]:
    """The slots of the study days in `days`, in the order in which they are due.

    `first_date` is study day 1's date. With `joined_at` (UTC) the slots that joining opens come too.
    """
    slots: list[Slot] = []
    for schedule in protocol.schedules:
        if joined_at is not None:
            slots += schedule.joining_slots(joined_at, first_date, preferences)
        first, last = schedule.days()
        for study_day in days:
            if first <= study_day <= last:
                local_date = first_date + timedelta(days=study_day - 1)
                rng = seeded(enrolment_seed, schedule.id, study_day)
                slots += schedule.slots(study_day, local_date, preferences, rng)
    return sorted(slots, key=lambda slot: (slot.due_at, slot.schedule, slot.slot_key))


def seeded(enrolment_seed: str, schedule_id: str, study_day: int) -> Random:
    """The source of chance for one schedule's study day, the same in every process."""
    digest = sha256(f"{enrolment_seed}|{schedule_id}|{study_day}".encode()).digest()
    return Random(int.from_bytes(digest[:8]))  # noqa: S311 - reproducible by intention, nothing secret
