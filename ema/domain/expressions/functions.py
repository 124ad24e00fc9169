"""The functions by name. A new one is an entry here: its arguments, its kind, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf, isfinite
from typing import TYPE_CHECKING, Literal

from ema.domain.expressions.tree import Value

if TYPE_CHECKING:
    from ema.domain.expressions.evaluating import Facts

Kind = Literal["number", "text", "boolean", "date", "options"]
"""What a value is; `options` are the ones chosen in a multiple choice."""


@dataclass(frozen=True)
class Function:
    """`of_name` is given the name itself (for what was done with an item), `of_values` the arguments' values."""

    usage: str
    gives: Kind
    takes: Kind | None
    """The kind of every argument; None takes any."""
    at_least: int = 1
    at_most: int | None = None
    of_values: Callable[[Sequence[Value | None], Facts], Value | None] | None = None
    of_name: Callable[[Facts, str], Value | None] | None = None


def _numbers(values: Sequence[Value | None]) -> list[float]:
    return [float(value) for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]


def _least(values: Sequence[Value | None], _facts: Facts) -> Value | None:
    return min(_numbers(values), default=None)


def _greatest(values: Sequence[Value | None], _facts: Facts) -> Value | None:
    return max(_numbers(values), default=None)


def _mean(values: Sequence[Value | None], _facts: Facts) -> Value | None:
    numbers = _numbers(values)
    mean = sum(numbers) / len(numbers) if numbers else inf
    return mean if isfinite(mean) else None


def _count(values: Sequence[Value | None], _facts: Facts) -> Value:
    return sum(value is not None for value in values)


def _any(values: Sequence[Value | None], _facts: Facts) -> Value | None:
    return True if True in values else None if None in values else False


def _all(values: Sequence[Value | None], _facts: Facts) -> Value | None:
    return False if False in values else None if None in values else True


def _if(values: Sequence[Value | None], _facts: Facts) -> Value | None:
    condition, then, otherwise = values
    return None if condition is None else then if condition is True else otherwise


def _days_since(values: Sequence[Value | None], facts: Facts) -> Value | None:
    then, today = _date(values[0]), _date(facts.value("today"))
    return None if then is None or today is None else (today - then).days


def _date(value: Value | None) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _answered(facts: Facts, name: str) -> bool:
    return facts.value(name) is not None


def _skipped(facts: Facts, name: str) -> bool:
    return facts.skipped(name)


def _number(facts: Facts, name: str) -> float | None:
    return facts.number(name)


FUNCTIONS: dict[str, Function] = {
    "answered": Function("answered(item): it has an answer", "boolean", None, at_most=1, of_name=_answered),
    "skipped": Function(
        "skipped(item): it was shown and not answered, for whatever reason",
        "boolean",
        None,
        at_most=1,
        of_name=_skipped,
    ),
    "number": Function("number(item): an option's code", "number", None, at_most=1, of_name=_number),
    "min": Function("min(a, b, …): the lowest of those that have an answer", "number", "number", of_values=_least),
    "max": Function("max(a, b, …): the highest of those that have an answer", "number", "number", of_values=_greatest),
    "mean": Function("mean(a, b, …): over those that have an answer", "number", "number", of_values=_mean),
    "count": Function("count(a, b, …): how many have an answer", "number", None, of_values=_count),
    "any": Function("any(a <= 2, b <= 2): at least one holds", "boolean", "boolean", of_values=_any),
    "all": Function("all(a <= 2, b <= 2): each holds", "boolean", "boolean", of_values=_all),
    "if": Function("if(condition, then, otherwise)", "number", None, at_least=3, at_most=3, of_values=_if),
    "days_since": Function(
        "days_since(date): whole days up to today", "number", "date", at_most=1, of_values=_days_since
    ),
}
"""`if` gives what its branches are: the checker looks at them."""
