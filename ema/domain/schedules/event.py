"""A check-in that she starts herself, when something has happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from ema.domain.localised import Localised
from ema.domain.schedules.base import Day, Problem, Slot
from ema.domain.schedules.recurring import Brought

if TYPE_CHECKING:
    from ema.domain.protocol import Protocol


class Event(Brought):
    """Nothing is planned and nothing is missed: a slot is there once she begins it, up to `daily_cap` a study day."""

    kind: Literal["event"]
    counts: Literal[False] = False
    """Nobody can miss it, so it has no part in compliance; and what she feels brings it about, so none in trends."""
    delivery: Literal["note", "offer"] = "offer"
    label: Localised | None = None
    """On its button, where a study has several of them. Whoever glances at the phone can read it."""

    def problems(self, study: Protocol) -> list[Problem]:
        found = super().problems(study)
        several = sum(isinstance(other, Event) for other in study.schedules) > 1
        if several and self.label is None:
            found.append(Problem(("id",), "there are several event schedules, so each needs a label for its button"))
        return found

    def begin(self, now: datetime, day: Day, today: int) -> Slot | None:
        """The slot that she opens now (UTC), in study day `day`; `today` is how many of this schedule that day has.

        None on days on which it is not offered, and when the day's cap is reached.
        """
        if today >= self.daily_cap or not self.runs_on(day):
            return None
        return Slot(
            schedule=self.id,
            slot_key=f"event:{day.number}.{today + 1}",
            slot=self.id,
            study_day=day.number,
            local_date=day.date,
            opens_at=now,
            due_at=now,
            expires_at=now + timedelta(minutes=self.open_for_minutes),
        )
