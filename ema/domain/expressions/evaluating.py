"""What an expression comes to, given what is known. Total: a checked expression always has a value or is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Protocol

from ema.domain.expressions.functions import FUNCTIONS
from ema.domain.expressions.tree import (
    Both,
    Call,
    Compared,
    Expression,
    Literally,
    Name,
    Negative,
    Not,
    OneOf,
    Reckoned,
    Value,
)


class Facts(Protocol):
    """What can be looked up. A name that has no answer (yet) gives None."""

    def value(self, name: str) -> Value | None:
        """The answer, score, fact or circumstance of this name."""

    def number(self, name: str) -> float | None:
        """The number that scores use for it: a rating itself, an option's code."""

    def skipped(self, name: str) -> bool:
        """She was shown it and gave no answer."""


@dataclass(frozen=True)
class Given:
    """Facts written out by name."""

    values: Mapping[str, Value] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    passed: frozenset[str] = frozenset()

    def value(self, name: str) -> Value | None:
        return self.values.get(name)

    def number(self, name: str) -> float | None:
        value = self.values.get(name)
        known = isinstance(value, (int, float)) and not isinstance(value, bool)
        return self.numbers.get(name, float(value) if known else None)  # type: ignore[arg-type]

    def skipped(self, name: str) -> bool:
        return name in self.passed


def holds(expression: Expression, facts: Facts) -> bool | None:
    """A condition: true, false, or None where it is missing and so does not hold for now."""
    value = evaluate(expression, facts)
    return value if isinstance(value, bool) else None


def evaluate(expression: Expression, facts: Facts) -> Value | None:
    """The value, or None where it is missing. Values of a kind that doesn't fit count as missing."""
    match expression:
        case Name(name=name):
            return facts.value(name)
        case Literally():
            return expression.value
        case Compared(sign="in" | "not in"):
            return _contained(expression, facts)
        case Compared(sign=sign, left=left, right=right):
            return _compared(sign, evaluate(left, facts), evaluate(right, facts))
        case Both():
            return _both(expression, facts)
        case Not(part=part):
            truth = evaluate(part, facts)
            return not truth if isinstance(truth, bool) else None
        case Reckoned(sign=sign, left=left, right=right):
            return _reckoned(sign, evaluate(left, facts), evaluate(right, facts))
        case Negative(part=part):
            value = evaluate(part, facts)
            return -value if _is_number(value) else None  # type: ignore[operator]
        case Call():
            return _called(expression, facts)
        case OneOf():
            return None


def _called(call: Call, facts: Facts) -> Value | None:
    function = FUNCTIONS.get(call.function)
    if function is None:
        return None
    if function.of_name is not None:
        (argument,) = call.arguments
        assert isinstance(argument, Name)
        return function.of_name(facts, argument.name)
    assert function.of_values is not None
    return function.of_values([evaluate(argument, facts) for argument in call.arguments], facts)


def _both(both: Both, facts: Facts) -> bool | None:
    deciding = both.word == "or"
    left = evaluate(both.left, facts)
    if left is deciding:
        return deciding
    right = evaluate(both.right, facts)
    if right is deciding:
        return deciding
    return None if left is None or right is None else not deciding


def _contained(compared: Compared, facts: Facts) -> bool | None:
    left = evaluate(compared.left, facts)
    if isinstance(compared.right, OneOf):
        among = [evaluate(part, facts) for part in compared.right.parts]
    else:
        several = evaluate(compared.right, facts)
        if not isinstance(several, tuple):
            return None
        among = list(several)
    if left is None:
        return None
    found = [_compared("==", left, one) for one in among]
    if True in found:
        return compared.sign == "in"
    return None if None in found else compared.sign == "not in"


def _compared(sign: str, left: Value | None, right: Value | None) -> bool | None:
    """Numbers that differ by less than a billionth of themselves are equal: 0.1 + 0.2 == 0.3."""
    order: float
    if _is_number(left) and _is_number(right):
        near = 1e-9 * max(1.0, abs(left), abs(right))  # type: ignore[arg-type]
        difference = left - right  # type: ignore[operator]
        order = 0 if abs(difference) <= near else difference
    elif isinstance(left, str) and isinstance(right, str):
        order = (left > right) - (left < right)
    elif isinstance(left, bool) and isinstance(right, bool):
        order = left - right
    else:
        return None
    match sign:
        case "==":
            return order == 0
        case "!=":
            return order != 0
        case "<":
            return order < 0
        case "<=":
            return order <= 0
        case ">":
            return order > 0
        case _:
            return order >= 0


def _reckoned(sign: str, left: Value | None, right: Value | None) -> float | None:
    """Division by zero and anything beyond the largest number are missing."""
    if not (_is_number(left) and _is_number(right)):
        return None
    a, b = float(left), float(right)  # type: ignore[arg-type]
    match sign:
        case "+":
            result = a + b
        case "-":
            result = a - b
        case "*":
            result = a * b
        case _:
            if b == 0:
                return None
            result = a / b
    return result if isfinite(result) else None


def _is_number(value: Value | None) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
