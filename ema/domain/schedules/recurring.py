"""On which study days something comes: what all kinds that come again share."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import Field, model_validator

from ema.domain.chance import seeded
from ema.domain.phases import Timeline
from ema.domain.rest import empty, one
from ema.domain.schedules.base import Day, Place, Problem, Schedule, Span

if TYPE_CHECKING:
    from ema.domain.protocol import Preset, Protocol

Weekday = Annotated[int, Field(ge=1, le=7)]
"""1 is Monday, 7 is Sunday."""


class Recurring(Schedule):
    """A schedule that comes on every study day to which all of this applies."""

    first_day: int = Field(default=1, ge=1)
    last_day: int | None = Field(default=None, ge=1, le=3650, exclude_if=empty)
    """Left out: the last day of the study."""
    phases: tuple[str, ...] = Field(default=(), exclude_if=empty)
    """In these phases only."""
    every_n_days: int = Field(default=1, ge=1, le=3650, exclude_if=one)
    """Counted from `first_day`, or where phases are named from the first day of each; 2 is every other day."""
    weekdays: tuple[Weekday, ...] = Field(default=(), exclude_if=empty)
    """1 (Monday) to 7, of the date on which the study day begins."""
    days_a_week: int | None = Field(default=None, ge=1, le=7, exclude_if=empty)
    """So many days, drawn anew in each seven days since study day 1 from those to which the rest applies."""
    open_for_minutes: int = Field(gt=0, le=10080)
    """How long a prompt can be begun after it was due."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.last_day is not None and self.first_day > self.last_day:
            raise ValueError(f"first_day ({self.first_day}) lies after last_day ({self.last_day})")
        if len(set(self.weekdays)) < len(self.weekdays):
            raise ValueError("a weekday is named twice; name each once")
        if self.weekdays and self.days_a_week is not None and self.days_a_week > len(self.weekdays):
            raise ValueError(
                f"days_a_week ({self.days_a_week}) is more than the {len(self.weekdays)} weekdays that are named"
            )
        return self

    def days(self, timeline: Timeline) -> tuple[int, int]:
        first, last = self.first_day, timeline.days if self.last_day is None else self.last_day
        if self.phases:
            hers = timeline.of(self.phases)
            first = max([first, *(stretch.first for stretch in hers[:1])])
            last = min([last, *(stretch.last for stretch in hers[-1:])]) if hers else 0
        return first, last

    def runs_on(self, day: Day) -> bool:
        if not self.suits(day.number, day.date, day.timeline):
            return False
        return self.days_a_week is None or day.number in self._drawn(day, self.days_a_week)

    def suits(self, number: int, on: date, timeline: Timeline) -> bool:
        """Whether it may come on study day `number`, which begins on this date: all but what is drawn."""
        last = timeline.days if self.last_day is None else self.last_day
        if not self.first_day <= number <= last:
            return False
        begins = self.first_day
        if self.phases:
            stretch = timeline.at(number)
            if stretch is None or stretch.phase not in self.phases:
                return False
            begins = stretch.first
        return (number - begins) % self.every_n_days == 0 and (not self.weekdays or on.isoweekday() in self.weekdays)

    def _drawn(self, day: Day, wanted: int) -> list[int]:
        """The days that are drawn of the seven in which this one lies."""
        week = (day.number - 1) // 7
        days = range(week * 7 + 1, week * 7 + 8)
        suit = [n for n in days if self.suits(n, day.date + timedelta(days=n - day.number), day.timeline)]
        if len(suit) <= wanted:
            return suit
        return seeded(day.seed, self.id, f"week {week}").sample(suit, wanted)

    def problems(self, study: Protocol) -> list[Problem]:
        found = closing_problems(self, self.open_for_minutes, "the prompt has closed by then")
        apart = study.minimum_gap_minutes if self.is_note() else 0
        if self.when_unfinished is None and apart < self.open_for_minutes:
            for name, preset in study.hours.presets.items():
                found += self._overlaps(name, preset, study)
        return found

    def _overlaps(self, hours: str, preset: Preset, study: Protocol) -> list[Problem]:
        """A prompt that is still open when the next one may come, today or on the next day that has any."""
        spans = sorted(self.spans(preset), key=lambda span: span.begins())
        first, last = self.days(study.timeline(self.arms[0] if self.arms else None))
        later = spans[1:]
        if spans and last >= first + self.every_n_days:
            later += [spans[0].on_day(self.every_n_days)]
        for span, after in zip(spans, later, strict=False):
            between = after.begins() - span.ends()
            if between < self.open_for_minutes:
                words = f"in the hours “{hours}” a prompt of {span.slot} can still be open when {after.slot} starts, "
                return [Problem(("open_for_minutes",), words + _remedy(between, span.slot, self.open_for_minutes))]
        return []


class Brought(Recurring):
    """What something that she does brings about: nothing of it is planned ahead."""

    planned: ClassVar[bool] = False

    daily_cap: int = Field(ge=1, le=100)
    """The most on one study day."""

    def most_a_day(self) -> int:
        return self.daily_cap

    def slot_names(self) -> tuple[str, ...]:
        return (self.id,)

    def places(self, day: Day) -> list[Place]:  # noqa: ARG002
        return []

    def spans(self, preset: Preset) -> list[Span]:  # noqa: ARG002
        return []


def _remedy(between: int, slot: str, open_for: int) -> str:
    """`between` are the minutes from the end of one slot to the start of the next."""
    unless = "say when_unfinished: replace, wait or skip"
    if between > 0:
        return f"{between} minutes after {slot} ends; at most {between} fits, or {unless}"
    if between == 0:
        return f"as soon as {slot} ends; keep notes apart with minimum_gap_minutes: {open_for}, or {unless}"
    return f"before it ends; move one of them, or {unless}"


def closing_problems(schedule: Schedule, open_for: int, closed: str) -> list[Problem]:
    """Reminders and snoozes that come after the prompt has closed, `open_for` minutes after it was due."""
    found = [
        Problem(("reminders", at, "after_minutes"), f"{closed} ({open_for} minutes after it was due); choose less")
        for at, reminder in enumerate(schedule.reminders)
        if reminder.after_minutes >= open_for
    ]
    latest = open_for + schedule.late_grace_minutes
    return found + [
        Problem(
            ("snooze", at),
            f"{closed} ({latest} minutes after it was due); choose less, or let it be begun later with "
            f"late_grace_minutes: {minutes - open_for + 1} or more",
        )
        for at, minutes in enumerate(schedule.snooze)
        if minutes != "tonight" and minutes >= latest
    ]
