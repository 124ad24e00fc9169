"""Scores from answers, by item id, with how many items each stands on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from ema.domain.items.base import Value
    from ema.domain.questionnaire import Questionnaire


class Missing(BaseModel):
    """What happens to unanswered items: nothing, or up to `up_to` of them take the mean of the answered ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: Literal["none", "mean_of_answered"] = "none"
    up_to: int = Field(default=0, ge=0)


class Score(BaseModel):
    """How one score is made. A score that has fewer answers than it needs has no value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,23}$")
    label: str
    method: Literal["sum", "mean"]
    items: tuple[str, ...] = Field(min_length=1)
    reverse: tuple[str, ...] = ()
    """Items, by id, whose lowest code counts as the highest and the other way round."""
    minimum_answered: int | None = Field(default=None, ge=1)
    """Without it: all items, less those that the missing rule may replace."""
    missing: Missing = Missing()
    direction: str
    """What a higher score says, in words."""
    range: tuple[float, float]
    """The lowest and the highest value that it can take."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(set(self.items)) < len(self.items):
            raise ValueError("an item is listed twice")
        if strangers := [item for item in self.reverse if item not in self.items]:
            raise ValueError(f"reverse names {', '.join(strangers)}, which the score's items do not")
        replaceable = self.missing.up_to
        if (self.missing.rule == "none") != (replaceable == 0):
            raise ValueError("missing: rule mean_of_answered needs up_to of 1 or more, rule none needs no up_to")
        if replaceable >= len(self.items):
            raise ValueError(f"missing.up_to must leave an answered item of {len(self.items)}")
        if self.method == "mean" and replaceable:
            raise ValueError("a mean stands on the answered items as it is; use minimum_answered instead of missing")
        given = self.minimum_answered
        if given is not None and given > len(self.items):
            raise ValueError(f"minimum_answered is {given}, but there are only {len(self.items)} items")
        if given is not None and self.method == "sum" and given != len(self.items) - replaceable:
            raise ValueError(
                f"a sum of fewer items is another scale: leave minimum_answered out, or say with missing.up_to "
                f"that {len(self.items) - given} may be replaced"
            )
        return self

    @property
    def needed(self) -> int:
        """How many items must be answered for it to have a value."""
        return self.minimum_answered or len(self.items) - self.missing.up_to


@dataclass(frozen=True)
class Scored:
    """A score and what it stands on. `value` is None below the minimum; `imputed` says that items were replaced."""

    name: str
    value: float | None
    n_items: int
    n_of: int
    imputed: bool = False


def compute(questionnaire: Questionnaire, answers: Mapping[str, Value]) -> list[Scored]:
    """Every score of the questionnaire, in its order. `answers` holds answered items only, by item id."""
    items = {item.id: item for item in questionnaire.items}
    scored = []
    for score in questionnaire.scores:
        numbers = []
        for item_id in score.items:
            item = items[item_id]
            number = item.number(answers[item_id]) if item_id in answers else None
            if number is None:
                continue
            if item_id in score.reverse and (bounds := item.bounds()):
                number = bounds[0] + bounds[1] - number
            numbers.append(Fraction(number))
        scored.append(_scored(score, numbers))
    return scored


def _scored(score: Score, numbers: list[Fraction]) -> Scored:
    """Fractions keep it exact: the float is the nearest one to the true value."""
    n_items, n_of = len(numbers), len(score.items)
    if n_items < score.needed:
        return Scored(score.name, None, n_items, n_of)
    value = sum(numbers, Fraction()) / n_items
    if score.method == "sum":
        value *= n_of
    return Scored(score.name, float(value), n_items, n_of, imputed=score.method == "sum" and n_items < n_of)
