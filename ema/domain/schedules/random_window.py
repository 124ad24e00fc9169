"""A prompt at a random minute of each of the participant's windows, every study day."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Literal, Self

from pydantic import Field, model_validator

from ema.domain.localtime import MINUTE, window_span
from ema.domain.schedules.base import Preferences, Schedule, Slot


class RandomWindow(Schedule):
    """One slot a day in each of `windows`, due at a uniformly drawn minute, open `open_for_minutes` from then on.

    Minutes are drawn in elapsed time between the window's ends, so that a repeated hour is used too.
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
            due = start + int(rng.random() * ((end - start) // MINUTE)) * MINUTE
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
