"""A prompt at the same times every day: times of the clock, or the moment at which a window of hers starts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from ema.domain.localtime import MINUTE, Runs, clock_on, free_minutes, window_span
from ema.domain.rest import empty
from ema.domain.schedules import windows
from ema.domain.schedules.base import ClockTime, Day, Place, Problem, Span, Window
from ema.domain.schedules.recurring import Recurring

if TYPE_CHECKING:
    from ema.domain.protocol import Preset, Protocol


class Fixed(Recurring):
    """One slot a day at each of `times`, or when each of `windows` starts.

    In quiet hours a time of the clock is barred; a window's prompt comes at the first minute of it that is not quiet.
    """

    kind: Literal["fixed"]
    times: tuple[ClockTime, ...] = Field(default=(), exclude_if=empty)
    windows: tuple[str, ...] = Field(default=(), exclude_if=empty)

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if bool(self.times) == bool(self.windows):
            raise ValueError("needs times or windows, one of the two")
        if len(set(self.slot_names())) < len(self.slot_names()):
            raise ValueError("a time or window is named twice; name each once")
        return self

    def slot_names(self) -> tuple[str, ...]:
        return self.windows or tuple(f"{clock:%H:%M}" for clock in self.times)

    def places(self, day: Day) -> list[Place]:
        hers = day.hers.windows_on(day.date)
        if self.windows:
            spans = [window_span(hers[name], day.date, day.hers) for name in self.windows]
        else:
            starts = [clock_on(day.date, clock, day.hers) for clock in self.times]
            spans = [(start, start + MINUTE) for start in starts]
        return [
            Place(
                key=f"{day.number}.{index}",
                slot=name,
                start=start,
                opens_at=start,
                free=first_minute(start, end, day.hers.timezone, day.closed),
                lasts=timedelta(minutes=self.open_for_minutes),
            )
            for index, (name, (start, end)) in enumerate(zip(self.slot_names(), spans, strict=True), start=1)
        ]

    def spans(self, preset: Preset) -> list[Span]:
        named = [preset.windows[name] for name in self.windows] or [Window(start=at, end=at) for at in self.times]
        starts = [window.minutes_after(preset.day_starts)[0] for window in named]
        return [Span(name, start, start) for name, start in zip(self.slot_names(), starts, strict=True)]

    def problems(self, study: Protocol) -> list[Problem]:
        if found := windows.unknown(self.windows, study) or windows.out_of_order(self.windows, study):
            return found
        return super().problems(study) + windows.too_near(self, self.windows, 0, study)


def first_minute(start: datetime, end: datetime, timezone: str, closed: Runs) -> Runs:
    """The first minute that is not closed, alone; none where all are."""
    if not closed:
        return ((0, 1),)
    return tuple((begin, begin + 1) for begin, _ in free_minutes(start, end, timezone, closed)[:1])
