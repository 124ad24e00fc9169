"""Prompts that follow the participant's own waking time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from ema.domain.localtime import DAY, Runs, clock_on, free_minutes
from ema.domain.rest import zero
from ema.domain.schedules.base import Day, Place, Preferences, Span
from ema.domain.schedules.recurring import Recurring

if TYPE_CHECKING:
    from ema.domain.protocol import Preset

Minutes = Annotated[int, Field(ge=0, lt=1440)]


class Waking(Recurring):
    """One slot a day at each of `minutes_after` she wakes, in elapsed time, or up to `jitter_minutes` later.

    Her waking time is a preference; without one, it is when her study day begins.
    """

    kind: Literal["waking"]
    minutes_after: tuple[Minutes, ...] = Field(min_length=1)
    jitter_minutes: int = Field(default=0, ge=0, lt=720, exclude_if=zero)
    """The prompt comes at a drawn minute, at most so much later."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if list(self.minutes_after) != sorted(set(self.minutes_after)):
            raise ValueError("minutes_after must come one after the other; order them")
        last = self.minutes_after[-1] + self.jitter_minutes
        if last >= 1440:
            raise ValueError(f"the last one comes up to {last} minutes after waking; choose less than 1440 minutes")
        return self

    def slot_names(self) -> tuple[str, ...]:
        return tuple(f"waking_{minutes}" for minutes in self.minutes_after)

    def places(self, day: Day) -> list[Place]:
        woke = waking(day.date, day.hers)
        lasts = timedelta(minutes=self.open_for_minutes)
        places = []
        for index, (name, minutes) in enumerate(zip(self.slot_names(), self.minutes_after, strict=True), start=1):
            start = woke + timedelta(minutes=minutes)
            free: Runs = ((0, self.jitter_minutes + 1),)
            if day.closed:
                end = start + timedelta(minutes=self.jitter_minutes + 1)
                free = free_minutes(start, end, day.hers.timezone, day.closed)
            places.append(Place(f"{day.number}.{index}", name, start, start, free, lasts))
        return places

    def spans(self, preset: Preset) -> list[Span]:  # noqa: ARG002
        drawn = self.jitter_minutes + 1 if self.jitter_minutes else 0
        return [
            Span(name, minutes, minutes + drawn)
            for name, minutes in zip(self.slot_names(), self.minutes_after, strict=True)
        ]


def waking(local_date: date, hers: Preferences) -> datetime:
    """When she wakes on the study day of this date: at the hour that lies nearest to its beginning."""
    wakes, begins = hers.wakes_on(local_date), hers.day_starts_on(local_date)
    later = (wakes.hour * 60 + wakes.minute - begins.hour * 60 - begins.minute) % 1440
    return clock_on(local_date if later <= 720 else local_date - DAY, wakes, hers)
