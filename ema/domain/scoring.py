"""Scores from answers, by item id, with how many items each stands on.

A score is made in this order: its parts (items, or scores that stand above it) are turned round where they are
reversed, put together by `method`, multiplied, looked up in a table, and named by its cut-offs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from ema.domain.items.base import Item, Value
    from ema.domain.questionnaire import Questionnaire

Span = tuple[float, float]
"""The lowest and the highest value that a part can take."""


def _unused(value: Any) -> bool:
    """A field at rest is not written out, so that documents from before it existed keep their hash."""
    return value is None or value in ((), {})


class Missing(BaseModel):
    """What happens to unanswered items: nothing, or up to `up_to` of them take the mean of the answered ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: Literal["none", "mean_of_answered"] = "none"
    up_to: int = Field(default=0, ge=0)


class Cutoff(BaseModel):
    """From `at` on, up to the next cut-off, a value is called `label`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: float
    label: str = Field(min_length=1)


class Score(BaseModel):
    """How one score is made. A score that has fewer answers than it needs has no value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,23}$")
    label: str
    method: Literal["sum", "mean", "weighted"]
    items: tuple[str, ...] = Field(min_length=1)
    """Items of the questionnaire, or scores that stand above this one."""
    reverse: tuple[str, ...] = ()
    """Items, by id, whose lowest code counts as the highest and the other way round."""
    weights: dict[str, float] = Field(default={}, exclude_if=_unused)
    """For `weighted`: what each item is multiplied by before they are added."""
    minimum_answered: int | None = Field(default=None, ge=1)
    """Without it: all items, less those that the missing rule may replace."""
    missing: Missing = Missing()
    multiply_by: float | None = Field(default=None, gt=0, exclude_if=_unused)
    """WHO-5: 4."""
    lookup: dict[int, float] = Field(default={}, exclude_if=_unused)
    """The published value for every raw one, such as SWEMWBS's metric."""
    cutoffs: tuple[Cutoff, ...] = Field(default=(), exclude_if=_unused)
    """Upwards, the first at the lowest possible value."""
    meaningful_change: float | None = Field(default=None, gt=0, exclude_if=_unused)
    """A change of this many points, either way, is published as one that matters."""
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
        if given is not None and self.method != "mean" and given != len(self.items) - replaceable:
            raise ValueError(
                f"a sum of fewer items is another scale: leave minimum_answered out, or say with missing.up_to "
                f"that {len(self.items) - given} may be replaced"
            )
        if (self.method == "weighted") != bool(self.weights) or (self.weights and set(self.weights) != set(self.items)):
            raise ValueError("method weighted needs weights, one for each of its items, and no other method has them")
        if self.method == "weighted" and replaceable:
            raise ValueError("items of different weight can't stand in for each other; leave missing out")
        if self.lookup and (replaceable or self.method == "mean"):
            raise ValueError("a lookup table knows whole sums of all items; leave missing out, and use method sum")
        ats = [cutoff.at for cutoff in self.cutoffs]
        if ats and (ats != sorted(set(ats)) or ats[0] != self.range[0] or ats[-1] > self.range[1]):
            raise ValueError(
                f"cutoffs must rise, from {self.range[0]:g}, the lowest value, to {self.range[1]:g} at most"
            )
        return self

    @property
    def needed(self) -> int:
        """How many items must be answered for it to have a value."""
        return self.minimum_answered or len(self.items) - self.missing.up_to

    def band(self, value: float | None) -> str | None:
        """The label of the cut-off that a value has reached; None without cut-offs or value."""
        reached = (cutoff.label for cutoff in reversed(self.cutoffs) if value is not None and value >= cutoff.at)
        return next(reached, None)

    def raw_span(self, spans: Mapping[str, Span]) -> Span:
        """The lowest and highest value before the lookup, given those of its items."""
        ends = [(_exact(low), _exact(high)) for low, high in (spans[item] for item in self.items)]
        if self.method == "mean":
            low, high = min(one[0] for one in ends), max(one[1] for one in ends)
        else:
            weights = [_exact(self.weights.get(item, 1)) for item in self.items]
            products = [sorted((w * a, w * b)) for w, (a, b) in zip(weights, ends, strict=True)]
            low, high = sum((one[0] for one in products), Fraction()), sum((one[1] for one in products), Fraction())
        factor = _exact(self.multiply_by or 1)
        return float(low * factor), float(high * factor)

    def span(self, spans: Mapping[str, Span]) -> Span:
        """The lowest and highest value that it can take, given those of its items."""
        return (min(self.lookup.values()), max(self.lookup.values())) if self.lookup else self.raw_span(spans)


@dataclass(frozen=True)
class Scored:
    """A score and what it stands on. `value` is None below the minimum; `imputed` says that items were replaced."""

    name: str
    value: float | None
    n_items: int
    n_of: int
    imputed: bool = False
    band: str | None = None
    """The label of the cut-off that the value has reached."""
    modes: tuple[str, ...] = ()
    """The ways in which its items were answered, where that matters. More than one are no score: `value` is None."""


Exact = int | Fraction
"""Whole numbers stay whole: reckoning with them takes a tenth of the time."""


@dataclass(frozen=True)
class _Part:
    """An item's number, or a score's value, with the items that it stands on."""

    number: Exact | None
    span: Span | None
    answered: frozenset[str]
    of: frozenset[str]
    modes: frozenset[str] = frozenset()
    imputed: bool = False


def compute(questionnaire: Questionnaire, answers: Mapping[str, Value]) -> list[Scored]:
    """Every score of the questionnaire, in its order. `answers` holds answered items only, by item id."""
    parts = {item.id: _item(item, answers) for item in questionnaire.items}
    scored = []
    for score in questionnaire.scores:
        part = parts[score.name] = _score(score, [parts[name] for name in score.items])
        value = None if part.number is None else float(part.number)
        modes = tuple(sorted(part.modes))
        scored.append(
            Scored(score.name, value, len(part.answered), len(part.of), part.imputed, score.band(value), modes)
        )
    return scored


def _item(item: Item, answers: Mapping[str, Value]) -> _Part:
    only = frozenset((item.id,))
    number = item.number(answers[item.id]) if item.id in answers else None
    if number is None:
        return _Part(None, item.bounds(), frozenset(), only)
    mode = item.mode(answers[item.id])
    return _Part(_exact(number), item.bounds(), only, only, frozenset((mode,)) if mode else frozenset())


def _score(score: Score, parts: Sequence[_Part]) -> _Part:
    """Fractions keep it exact: the float is the nearest one to the true value."""
    of = frozenset().union(*(part.of for part in parts))
    answered = frozenset().union(*(part.answered for part in parts))
    modes = frozenset().union(*(part.modes for part in parts))
    numbers: list[Exact] = []
    for name, part in zip(score.items, parts, strict=True):
        if part.number is None:
            continue
        number = part.number
        if name in score.reverse and part.span:
            number = _exact(part.span[0]) + _exact(part.span[1]) - number
        numbers.append(number * _exact(score.weights.get(name, 1)))
    if len(numbers) < score.needed or len(modes) > 1:
        return _Part(None, score.range, answered, of, modes)
    imputed = any(part.imputed for part in parts)
    value: Exact = Fraction(sum(numbers)) / len(numbers)
    if score.method != "mean":
        value *= len(parts)
        imputed = imputed or len(numbers) < len(parts)
    value *= _exact(score.multiply_by or 1)
    if score.lookup:
        value = _exact(score.lookup[int(value)])
    return _Part(value, score.range, answered, of, modes, imputed)


@dataclass(frozen=True)
class Change:
    """How far a score lies from the person's own baseline. `value` is None where either side is missing."""

    value: float | None
    baseline: float | None
    """The mean of her baseline scores."""
    n_baseline: int
    meaningful: bool | None
    """It reaches the published change that matters; None where none is published or nothing can be said."""


def change(score: Score, now: Scored, baseline: Sequence[Scored]) -> Change:
    """`now` less the mean of her own `baseline` scores; those without value or answered in another mode don't count."""
    values = [_exact(one.value) for one in baseline if one.value is not None and one.modes == now.modes]
    if not values:
        return Change(None, None, 0, None)
    mean = Fraction(sum(values)) / len(values)
    if now.value is None:
        return Change(None, float(mean), len(values), None)
    moved = _exact(now.value) - mean
    matters = None if score.meaningful_change is None else abs(moved) >= _exact(score.meaningful_change)
    return Change(float(moved), float(mean), len(values), matters)


@lru_cache(maxsize=4096)
def _exact(number: float) -> Exact:
    """The number as it is written: 0.1 is a tenth."""
    exact = Fraction(str(number))
    return exact.numerator if exact.denominator == 1 else exact
