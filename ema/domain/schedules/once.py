"""A set that comes once: a baseline at joining, a question on a certain day, the last set after the study."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from ema.domain.localtime import day_start, local_date_of, study_day_at, window_span
from ema.domain.schedules.base import Preferences, Problem, Schedule, Slot

if TYPE_CHECKING:
    from ema.domain.protocol import Hours

DAY_START = "day_start"
ENROLMENT = "enrolment"


class Once(Schedule):
    """One slot on study day `day`, open until study day `until_day` ends.

    `at` is a window's name (due when the window starts), `day_start`, or `enrolment`: open from the moment of joining,
    which may lie before study day 1.
    """

    kind: Literal["once"]
    at: str
    day: int = Field(default=1, ge=1, le=3650)
    until_day: int = Field(ge=1, le=3650)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.day > self.until_day:
            raise ValueError(f"day ({self.day}) lies after until_day ({self.until_day})")
        if self.at == ENROLMENT and (self.day > 1 or self.delivery != "offer"):
            raise ValueError("at: enrolment opens at joining, so leave day out and write delivery: offer")
        if self.at == DAY_START and self.delivery == "note":
            raise ValueError(
                "a note at day_start comes when she may be asleep; name a window, or write delivery: offer"
            )
        return self

    def slot_names(self) -> tuple[str, ...]:
        return (self.at,)

    def days(self) -> tuple[int, int]:
        return self.day, self.day

    def slots(self, study_day: int, local_date: date, preferences: Preferences, rng: Random) -> list[Slot]:  # noqa: ARG002
        if study_day != self.day or self.at == ENROLMENT:
            return []
        if self.at == DAY_START:
            opens = day_start(local_date, preferences)
        else:
            opens, _ = window_span(preferences.windows[self.at], local_date, preferences)
        last_date = local_date + timedelta(days=self.until_day - self.day)
        return [self._slot(study_day, local_date, opens, last_date, preferences)]

    def joining_slots(self, joined_at: datetime, first_date: date, preferences: Preferences) -> list[Slot]:
        if self.at != ENROLMENT:
            return []
        study_day = study_day_at(joined_at, first_date, preferences)
        last_date = first_date + timedelta(days=self.until_day - 1)
        return [self._slot(study_day, local_date_of(joined_at, preferences), joined_at, last_date, preferences)]

    def _slot(
        self, study_day: int, local_date: date, opens: datetime, last_date: date, preferences: Preferences
    ) -> Slot:
        return Slot(
            schedule=self.id,
            slot_key=f"once:{self.id}",
            slot=self.at,
            study_day=study_day,
            local_date=local_date,
            opens_at=opens,
            due_at=opens,
            expires_at=day_start(last_date + timedelta(days=1), preferences),
        )

    def problems(self, hours: Hours) -> list[Problem]:
        if self.at in (DAY_START, ENROLMENT):
            return []
        known = hours.window_names()
        if self.at not in known:
            places = ", ".join((*known, DAY_START, ENROLMENT))
            return [Problem(("at",), f"“{self.at}” is no window of the hours; choose one of {places}")]
        latest = max(preset.windows[self.at].minutes_after(preset.day_starts)[0] for preset in hours.presets.values())
        open_for = (self.until_day - self.day + 1) * 1440 - latest
        return [
            Problem(
                ("reminders", at, "after_minutes"),
                f"it can have closed by then ({open_for} minutes after it was due); choose less",
            )
            for at, reminder in enumerate(self.reminders)
            if reminder.after_minutes >= open_for
        ]
