"""A set that comes once: a baseline at joining, a question on a certain day or in a phase, the last set."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from ema.domain.localtime import DAY, day_start, local_date_of, study_day_at, window_span
from ema.domain.phases import Stretch, Timeline
from ema.domain.rest import empty
from ema.domain.schedules.base import Day, Place, Preferences, Problem, Schedule, Slot, Span
from ema.domain.schedules.fixed import first_minute
from ema.domain.schedules.recurring import closing_problems

if TYPE_CHECKING:
    from ema.domain.protocol import Preset, Protocol

DAY_START = "day_start"
ENROLMENT = "enrolment"


class Once(Schedule):
    """One slot on study day `day`, open until study day `until_day` ends, or for `open_days`.

    `at` is a window's name (due when the window starts), `day_start`, or `enrolment`: open from the moment of joining,
    which may lie before study day 1. With `phase`, `day` counts in that phase, and it comes each time it is gone
    through.
    """

    kind: Literal["once"]
    at: str
    day: int | Literal["last"] = Field(default=1)
    """The study day, or the day of `phase`; `last` is the phase's last one."""
    until_day: int | None = Field(default=None, ge=1, le=3650, exclude_if=empty)
    phase: str | None = Field(default=None, exclude_if=empty)
    open_days: int | None = Field(default=None, ge=1, le=3650, exclude_if=empty)
    """In place of `until_day`: on how many study days it is open, the one on which it comes among them."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.day != "last" and not 1 <= self.day <= 3650:
            raise ValueError(f"day ({self.day}) must lie between 1 and 3650")
        if (self.until_day is None) == (self.open_days is None):
            raise ValueError("needs until_day or open_days, one of the two")
        if self.until_day is not None and (self.phase is not None or self.day == "last"):
            raise ValueError("in a phase, say for how many days it is open: open_days in place of until_day")
        if self.phase is None and self.day == "last":
            raise ValueError("day: last needs a phase; name one, or write the number of the study day")
        if self.until_day is not None and self.day != "last" and self.day > self.until_day:
            raise ValueError(f"day ({self.day}) lies after until_day ({self.until_day})")
        if self.at == ENROLMENT and (self.day != 1 or self.phase is not None or self.delivery != "offer"):
            raise ValueError("at: enrolment opens at joining, so leave day out and write delivery: offer")
        if self.at == DAY_START and self.delivery == "note":
            raise ValueError(
                "a note at day_start comes when she may be asleep; name a window, or write delivery: offer"
            )
        return self

    def slot_names(self) -> tuple[str, ...]:
        return (self.at,)

    def days(self, timeline: Timeline) -> tuple[int, int]:
        numbers = [self._number(stretch) for stretch in timeline.of([self.phase])] if self.phase else [self.day]
        coming = [number for number in numbers if isinstance(number, int)]
        return (coming[0], coming[-1]) if coming else (1, 0)

    def _number(self, stretch: Stretch) -> int | None:
        """The study day on which it comes in this run through its phase."""
        if self.day == "last":
            return stretch.last
        number = stretch.first + self.day - 1
        return number if number <= stretch.last else None

    def runs_on(self, day: Day) -> bool:
        if self.at == ENROLMENT:
            return False
        if self.phase is None:
            return day.number == self.day
        stretch = day.stretch
        return stretch is not None and stretch.phase == self.phase and day.number == self._number(stretch)

    def places(self, day: Day) -> list[Place]:
        round_ = day.stretch.round if self.phase is not None and day.stretch is not None else 1
        last_date = day.date + (self._open_days() - 1) * DAY
        if self.at == DAY_START:
            start = day_start(day.date, day.hers)
        else:
            start, _ = window_span(day.hers.windows_on(day.date)[self.at], day.date, day.hers)
        closed = day.closed if self.delivery == "note" else ()
        expires = day_start(last_date + DAY, day.hers)
        return [
            Place(
                key=f"once:{self.id}" if round_ == 1 else f"once:{self.id}.{round_}",
                slot=self.at,
                start=start,
                opens_at=start,
                free=first_minute(start, min(start + DAY, expires), day.hers.timezone, closed),
                expires_at=expires,
            )
        ]

    def _open_days(self) -> int:
        if self.until_day is None or self.day == "last":
            return self.open_days or 1
        return self.until_day - self.day + 1

    def joining_slots(self, joined_at: datetime, first_date: date, preferences: Preferences) -> list[Slot]:
        if self.at != ENROLMENT:
            return []
        joins_on = local_date_of(joined_at, preferences)
        last_date = max(first_date, joins_on) + (self._open_days() - 1) * DAY
        return [
            Slot(
                schedule=self.id,
                slot_key=f"once:{self.id}",
                slot=self.at,
                study_day=study_day_at(joined_at, first_date, preferences),
                local_date=joins_on,
                opens_at=joined_at,
                due_at=joined_at,
                expires_at=day_start(last_date + DAY, preferences),
            )
        ]

    def spans(self, preset: Preset) -> list[Span]:
        if self.at in (DAY_START, ENROLMENT):
            return []
        start, _ = preset.windows[self.at].minutes_after(preset.day_starts)
        return [Span(self.at, start, start)]

    def problems(self, study: Protocol) -> list[Problem]:
        if self.at in (DAY_START, ENROLMENT):
            return []
        known = study.hours.window_names()
        if self.at not in known:
            places = ", ".join((*known, DAY_START, ENROLMENT))
            return [Problem(("at",), f"“{self.at}” is no window of the hours; choose one of {places}")]
        latest = max(span.latest for preset in study.hours.presets.values() for span in self.spans(preset))
        return closing_problems(self, self._open_days() * 1440 - latest, "it can have closed by then")
