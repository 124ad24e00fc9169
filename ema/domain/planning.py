"""All slots of one participant for a span of study days. Pure: any process, at any time, plans the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from ema.domain.chance import shares
from ema.domain.localtime import DAY
from ema.domain.protocol import Protocol
from ema.domain.schedules.base import Day, Preferences, Schedule, Slot
from ema.domain.schedules.spacing import nth
from ema.domain.together import Kept, Prompt, Rules, together


def plan(
    protocol: Protocol,
    enrolment_seed: str,
    first_date: date,
    preferences: Preferences,
    days: range,
    *,
    joined_at: datetime | None = None,
    arm: str | None = None,
    previous: datetime | None = None,
    kept: Kept | None = None,
    not_before: datetime | None = None,
) -> list[Slot]:
    """The slots of the study days in `days`, in the order in which they are due.

    `first_date` is study day 1's date. With `joined_at` (UTC) the slots that joining opens come too. `arm` is where the
    allocation put her.

    Minimum gaps are kept to `previous`, when the last note that counts before these days was due, and to `kept`, the
    prompts of these days that were sent already: they are not planned again and not among the slots. `not_before` is
    the moment of planning days anew that have begun: a prompt keeps its minute if that lies after it, and otherwise
    comes in what is left of its window.

    A slot that can't be sent is there all the same, and `barred` says why. Without `minimum_gap_minutes`, `kept` and
    `not_before`, each schedule's prompts follow from its own chance alone.
    """
    closed = preferences.closed()
    timeline = protocol.timeline(arm)
    schedules = protocol.schedules_of(arm)
    planned = [schedule for schedule in schedules if schedule.planned]
    rules = Rules.of(protocol, kept or {}, not_before)
    settled = [] if previous is None else [previous]
    slots: list[Slot] = []
    if joined_at is not None:
        for schedule in schedules:
            slots += schedule.joining_slots(joined_at, first_date, preferences)
    for number in days:
        local_date = first_date + timedelta(days=number - 1)
        day = Day(number, local_date, preferences, timeline, enrolment_seed, closed)
        prompts = drawn(day, (schedule for schedule in planned if schedule.runs_on(day)))
        if rules.at_rest:
            slots += [prompt.slot(day) for prompt in prompts]
            continue
        prompts = together(prompts, rules, settled, enrolment_seed, number)
        slots += [prompt.slot(day) for prompt in prompts if prompt.key not in rules.kept]
        settled += [prompt.due for prompt in prompts if prompt.note and prompt.minute is not None]
        settled = [due for due in settled if max(settled) - due <= DAY]
    return sorted(slots, key=lambda slot: (slot.due_at, slot.schedule, slot.slot_key))


def drawn(day: Day, schedules: Iterable[Schedule]) -> list[Prompt]:
    """Every prompt of the day at the minute that its schedule's own chance gives it."""
    prompts = []
    for schedule in schedules:
        places = schedule.places(day)
        # One draw for each place, whatever its length: a change of one window leaves the others' minutes alone.
        for place, share in zip(places, shares(day.seed, schedule.id, day.number), strict=False):
            prompts.append(Prompt(schedule, place, nth(place.free, share) if place.free else None))
    return prompts
