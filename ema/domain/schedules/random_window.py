"""A prompt at a random minute of each of the participant's windows, every study day."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from ema.domain.localtime import minute_within, window_span
from ema.domain.schedules.base import Preferences, Problem, Schedule, Slot

if TYPE_CHECKING:
    from ema.domain.protocol import Hours, Preset


class RandomWindow(Schedule):
    """One slot a day in each of `windows`, due at a uniformly drawn minute, open `open_for_minutes` from then on.

    Minutes are drawn in elapsed time between the window's ends, so that a repeated hour is used too, but never one at
    which the clock shows a time outside the window. The exception is a window wholly in a gap: it comes after it.
    """

    kind: Literal["random_window"]
    windows: tuple[str, ...] = Field(min_length=1)
    first_day: int = Field(default=1, ge=1)
    last_day: int = Field(ge=1, le=3650)
    open_for_minutes: int = Field(gt=0, le=10080)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.first_day > self.last_day:
            raise ValueError(f"first_day ({self.first_day}) lies after last_day ({self.last_day})")
        if len(set(self.windows)) < len(self.windows):
            raise ValueError("a window is named twice; name each once")
        return self

    def slot_names(self) -> tuple[str, ...]:
        return self.windows

    def days(self) -> tuple[int, int]:
        return self.first_day, self.last_day

    def slots(self, study_day: int, local_date: date, preferences: Preferences, rng: Random) -> list[Slot]:
        if not self.first_day <= study_day <= self.last_day:
            return []
        slots = []
        for index, name in enumerate(self.windows, start=1):
            start, end = window_span(preferences.windows[name], local_date, preferences)
            # One draw for each window, whatever its length: a change of one window leaves the others' minutes alone.
            due = minute_within(start, end, rng.random(), preferences.timezone)
            slots.append(
                Slot(
                    schedule=self.id,
                    slot_key=f"{study_day}.{index}",
                    slot=name,
                    study_day=study_day,
                    local_date=local_date,
                    opens_at=start,
                    due_at=due,
                    expires_at=due + timedelta(minutes=self.open_for_minutes),
                )
            )
        return slots

    def problems(self, hours: Hours) -> list[Problem]:
        known = hours.window_names()
        unknown = [
            Problem(("windows", at), f"“{name}” is no window of the hours; they have {', '.join(known)}")
            for at, name in enumerate(self.windows)
            if name not in known
        ]
        if unknown:
            return unknown
        found = [
            Problem(
                ("reminders", at, "after_minutes"),
                f"the prompt has closed by then ({self.open_for_minutes} minutes after it was due); choose less",
            )
            for at, reminder in enumerate(self.reminders)
            if reminder.after_minutes >= self.open_for_minutes
        ]
        for name, preset in hours.presets.items():
            found += self._overlaps(name, preset)
        if hours.own is not None and len(self.windows) > 1:
            needed = hours.own.length_minutes + self.open_for_minutes
            if hours.own.at_least_apart_minutes < needed:
                found.append(
                    Problem(
                        ("open_for_minutes",),
                        f"with hours of her own {hours.own.at_least_apart_minutes} minutes apart a prompt can still be "
                        f"open when the next one comes; hours.own.at_least_apart_minutes must be {needed} or more",
                    )
                )
        return found

    def _overlaps(self, name: str, preset: Preset) -> list[Problem]:
        """A prompt that is still open when the next one's window starts, today or on the next study day."""
        spans = [(window, *preset.windows[window].minutes_after(preset.day_starts)) for window in self.windows]
        if [start for _, start, _ in spans] != sorted(start for _, start, _ in spans):
            return [Problem(("windows",), f"in the hours “{name}” they come in another order; list them as they come")]
        later = spans[1:]
        if self.last_day > self.first_day:
            window, start, end = spans[0]
            later = [*later, (window, start + 1440, end + 1440)]
        return [
            Problem(
                ("open_for_minutes",),
                f"in the hours “{name}” a prompt of {window} can still be open when {next_window} starts, "
                + (
                    f"{start - end} minutes after {window} ends; at most {start - end} fits"
                    if start > end
                    else "before it ends; move one of them"
                ),
            )
            for (window, _, end), (next_window, start, _) in zip(spans, later, strict=False)
            if end + self.open_for_minutes > start
        ]
