"""Care rules of a study: what follows when scores stay low, or an answer discloses a risk. Pure; off unless declared.

A rule is named after what it looks at, never after what was found. Nothing here is randomised or put off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from ema.domain.directory import OpenHours, opening_of


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LowScore(_Part):
    """Gentle words follow where a score is `at_most` so much at so many check-ins in a row.

    A check-in in which the score has no value is passed over: leaving questions out says nothing.
    """

    score: str
    at_most: float
    check_ins: int = Field(default=2, ge=1, le=30)

    @property
    def name(self) -> str:
        return f"low_scores.{self.score}"

    def holds(self, values: Sequence[float]) -> bool:
        """`values` of the score, the newest first."""
        newest = values[: self.check_ins]
        return len(newest) == self.check_ins and all(value <= self.at_most for value in newest)


class RiskItem(_Part):
    """An answer of `at_least` so much to an item marked `risk` brings help at once, and calls who is on call."""

    item: str
    at_least: float

    @property
    def name(self) -> str:
        return f"risk_items.{self.item}"


@dataclass(frozen=True)
class Call:
    """Somebody on call is wanted. `begins`: when the next one is on call; None: somebody is now."""

    due: datetime
    """By when somebody must have seen it."""
    begins: datetime | None = None


class Care(_Part):
    """The rules of one version of a study."""

    low_scores: tuple[LowScore, ...] = ()
    not_again_days: int = Field(default=7, ge=1, le=365)
    """So long nobody gets gentle words a second time, whichever score stayed low."""
    risk_items: tuple[RiskItem, ...] = ()
    on_call: tuple[OpenHours, ...] = ()
    """When somebody is on call, by the study's clock."""
    answer_within_minutes: int = Field(default=30, ge=5, le=720)
    """By when the one on call must have seen a call. Then it is raised again, twice."""

    def gentle(self, scores: Mapping[str, Sequence[float]], last: datetime | None, now: datetime) -> tuple[str, ...]:
        """The rules by which gentle words follow now; none so soon after the last time.

        `scores`: of those that this check-in gave a value, the values so far, the newest first.
        """
        if last is not None and now < last + timedelta(days=self.not_again_days):
            return ()
        return tuple(rule.name for rule in self.low_scores if rule.holds(scores.get(rule.score, ())))

    def disclosed(self, numbers: Mapping[str, float]) -> tuple[str, ...]:
        """The rules that these answers meet. `numbers`: the code of each answer, by item."""
        return tuple(
            rule.name for rule in self.risk_items if rule.item in numbers and numbers[rule.item] >= rule.at_least
        )

    def call(self, now: datetime, timezone: str) -> Call:
        """A call made now. `timezone`: the study's."""
        within = timedelta(minutes=self.answer_within_minutes)
        found = opening_of(self.on_call, now, timezone)
        begins = found.opens.astimezone(UTC) if found is not None and found.opens is not None else None
        return Call((begins or now) + within, begins)
