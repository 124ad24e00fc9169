"""A prompt that comes some time after another one's answers met a condition."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ema.domain.expressions import Facts, holds, parse
from ema.domain.localtime import allowed
from ema.domain.phases import Id
from ema.domain.schedules.base import Barred, Day, Problem, Slot
from ema.domain.schedules.recurring import Brought

if TYPE_CHECKING:
    from ema.domain.protocol import Protocol


@dataclass(frozen=True)
class Finished:
    """A prompt of the schedule that is followed: its slot's key, and when she finished it (UTC)."""

    slot_key: str
    at: datetime


class FollowUp(Brought):
    """One slot `minutes` after a prompt of `after` was finished, if its answers meet `when`.

    It belongs to that prompt's study day, and there is at most one for each prompt.
    """

    kind: Literal["follow_up"]
    after: Id
    """The id of another schedule."""
    when: str
    """An expression (`ema.domain.expressions`) over what that schedule's questionnaires ask and score."""
    minutes: int = Field(ge=1, le=10080)
    daily_cap: int = Field(default=1, ge=1, le=100)

    def follow(
        self, finished: Finished, facts: Facts, day: Day, today: int, *, apart: timedelta, notes: Iterable[datetime]
    ) -> Slot | None:
        """The slot that follows, or None where the condition does not hold or the day's cap is reached.

        `day` is the finished prompt's study day, and `today` how many of this schedule it has. `notes` are the due
        times of her other notes that count, sent or planned; nearer than `apart` to one of them it is barred.
        """
        if today >= self.daily_cap or not self.runs_on(day) or not holds(parse(self.when), facts):
            return None
        due = finished.at + timedelta(minutes=self.minutes)
        barred: Barred = ""
        if self.delivery == "note" and not allowed(due, day.hers):
            barred = "quiet hours"
        elif self.is_note() and any(abs(due - other) < apart for other in notes):
            barred = "no room"
        return Slot(
            schedule=self.id,
            slot_key=f"follow:{finished.slot_key}",
            slot=self.id,
            study_day=day.number,
            local_date=day.date,
            opens_at=due,
            due_at=due,
            expires_at=due + timedelta(minutes=self.open_for_minutes),
            barred=barred,
        )

    def problems(self, study: Protocol) -> list[Problem]:
        found = super().problems(study)
        if self.is_note() and self.minutes < study.minimum_gap_minutes:
            found.append(
                Problem(
                    ("minutes",),
                    f"it comes {self.minutes} minutes after a prompt, and minimum_gap_minutes keeps notes "
                    f"{study.minimum_gap_minutes} apart; choose {study.minimum_gap_minutes} or more",
                )
            )
        return found
