"""What a study asks of a participant's time: prompts, questions and minutes, by study day and in total.

Counted from the plan itself. What she begins or brings about herself (check-ins of her own, follow-ups) can't be
planned, and is counted apart as the most that it can be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ema.domain.localtime import DAY, day_start
from ema.domain.planning import plan
from ema.domain.schedules.base import Day, Preferences, Schedule
from ema.domain.schedules.follow_up import FollowUp

if TYPE_CHECKING:
    from ema.domain.protocol import Protocol


@dataclass(frozen=True)
class Asked:
    """How much: so many prompts, questions at most, and minutes as the questionnaires state them."""

    prompts: int = 0
    questions: int = 0
    seconds: int = 0

    @property
    def minutes(self) -> float:
        return self.seconds / 60

    def __add__(self, other: Asked) -> Asked:
        return Asked(self.prompts + other.prompts, self.questions + other.questions, self.seconds + other.seconds)

    def times(self, prompts: int) -> Asked:
        return Asked(self.prompts * prompts, self.questions * prompts, self.seconds * prompts)


@dataclass(frozen=True)
class Load:
    """What one schedule asks over the whole study."""

    schedule: str
    up_to: bool
    """Nothing of it is planned: this is the most that it can come to."""
    days: int
    """Study days on which anything of it comes, or can come."""
    each: Asked
    """One prompt of it."""
    total: Asked


@dataclass(frozen=True)
class Burden:
    """What the study asks of somebody in one arm."""

    arm: str | None
    loads: tuple[Load, ...]
    days: int
    """Study days on which a planned prompt comes."""
    busiest: Asked
    """The study day with the most minutes, of what is planned."""
    total: Asked
    """All that is planned."""
    more: Asked
    """The most that can come on top of it."""

    def a_day(self, what: str) -> float:
        """Prompts, questions or minutes on the average day that has any, of what is planned."""
        amount: float = getattr(self.total, what)
        return amount / self.days if self.days else 0.0


def burden(protocol: Protocol, hers: Preferences, first_date: date, seed: str, arm: str | None = None) -> Burden:
    """What the whole study asks of somebody with these hours, whose study day 1 is `first_date`."""
    days = range(1, max(protocol.days, protocol.last_planned_day(arm)) + 1)
    joined_at = day_start(first_date, hers)
    planned: Counter[tuple[str, int]] = Counter()
    for slot in plan(protocol, seed, first_date, hers, days, joined_at=joined_at, arm=arm):
        planned[slot.schedule, slot.study_day] += 1
    timeline = protocol.timeline(arm)
    able = {
        (schedule.id, number): _able(
            protocol, schedule, Day(number, first_date + (number - 1) * DAY, hers, timeline, seed), arm, planned
        )
        for schedule in protocol.schedules_of(arm)
        for number in days
    }
    each = {schedule.id: one_prompt(protocol, schedule.questionnaires) for schedule in protocol.schedules}
    loads = tuple(
        _load(schedule.id, able, each[schedule.id], up_to=not schedule.planned)
        for schedule in protocol.schedules_of(arm)
    )
    by_day: dict[int, Asked] = {}
    for (name, day), prompts in planned.items():
        by_day[day] = by_day.get(day, Asked()) + each[name].times(prompts)
    return Burden(
        arm,
        loads,
        days=len(by_day),
        busiest=max(by_day.values(), key=lambda asked: (asked.seconds, asked.prompts), default=Asked()),
        total=_sum(load.total for load in loads if not load.up_to),
        more=_sum(load.total for load in loads if load.up_to),
    )


def one_prompt(protocol: Protocol, questionnaires: Iterable[str]) -> Asked:
    """One prompt that asks these. Conditions and pools may ask fewer questions, never more."""
    forms = [protocol.questionnaires[name] for name in questionnaires]
    questions = sum(item.answers_expected for form in forms for item in form.items)
    return Asked(1, questions, sum(form.seconds for form in forms))


def _able(
    protocol: Protocol, schedule: Schedule, day: Day, arm: str | None, planned: Mapping[tuple[str, int], int]
) -> int:
    """How many prompts of it this day can have at most."""
    if schedule.planned:
        return planned.get((schedule.id, day.number), 0)
    if not schedule.is_for(arm) or not schedule.runs_on(day):
        return 0
    most = schedule.most_a_day()
    if isinstance(schedule, FollowUp):  # one for each prompt that it follows
        return min(most, _able(protocol, protocol.schedule(schedule.after), day, arm, planned))
    return most


def _load(name: str, prompts: Mapping[tuple[str, int], int], each: Asked, *, up_to: bool) -> Load:
    hers = [number for (schedule, _), number in prompts.items() if schedule == name and number]
    return Load(name, up_to, len(hers), each, each.times(sum(hers)))


def _sum(parts: Iterable[Asked]) -> Asked:
    return sum(parts, Asked())
