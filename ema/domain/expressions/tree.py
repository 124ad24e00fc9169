"""What an expression is made of. Two are equal when they say the same, wherever their words stand in the text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Value = bool | int | float | str | tuple[str, ...]
"""What an expression can come to. Dates are text as in ISO 8601, `2026-03-29`; missing is None."""

Comparison = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
Arithmetic = Literal["+", "-", "*", "/"]

COMPARISONS: tuple[Comparison, ...] = ("==", "!=", "<", "<=", ">", ">=", "in", "not in")


@dataclass(frozen=True)
class Literally:
    """A number (never below zero: that is `Negative`), a text, true or false."""

    value: bool | int | float | str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Name:
    """An answer (`wb_mood`), or with its space an earlier one, a score, a fact (`last.wb_mood`, `score.wb_state`)."""

    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class OneOf:
    """A list in square brackets; it stands only after `in`."""

    parts: tuple[Expression, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Negative:
    part: Expression
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Not:
    part: Expression
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Both:
    """`and`, `or`."""

    word: Literal["and", "or"]
    left: Expression
    right: Expression
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Compared:
    sign: Comparison
    left: Expression
    right: Expression
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Reckoned:
    sign: Arithmetic
    left: Expression
    right: Expression
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Call:
    function: str
    arguments: tuple[Expression, ...]
    at: int = field(default=0, compare=False)


Expression = Literally | Name | OneOf | Negative | Not | Both | Compared | Reckoned | Call
"""`at` is where in the text it stands, from 0: an operator's own place, otherwise where it begins."""

BINDING: dict[str, int] = {"or": 1, "and": 2, **dict.fromkeys(COMPARISONS, 4), "+": 5, "-": 5, "*": 6, "/": 6}
"""How tightly an operator holds its two sides; `not` stands at 3, a leading minus at 7."""
NOT, MINUS, WHOLE = 3, 7, 8


def parts_of(expression: Expression) -> tuple[Expression, ...]:
    """What it is directly made of."""
    match expression:
        case Literally() | Name():
            return ()
        case OneOf(parts=parts):
            return parts
        case Negative(part=part) | Not(part=part):
            return (part,)
        case Call(arguments=arguments):
            return arguments
        case _:
            return (expression.left, expression.right)


def every_part(expression: Expression) -> Iterator[Expression]:
    """The expression and everything inside it."""
    waiting = [expression]
    while waiting:
        part = waiting.pop()
        yield part
        waiting += reversed(parts_of(part))


def names_in(expression: Expression) -> frozenset[str]:
    """Every name that it mentions."""
    return frozenset(part.name for part in every_part(expression) if isinstance(part, Name))


def write(expression: Expression) -> str:
    """The expression as text that reads back as the same, with brackets only where they are needed."""
    match expression:
        case Literally(value=value):
            return _literal(value)
        case Name(name=name):
            return name
        case OneOf(parts=parts):
            return f"[{', '.join(write(part) for part in parts)}]"
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(write(argument) for argument in arguments)})"
        case Negative(part=part):
            return f"-{_inside(part, MINUS)}"
        case Not(part=part):
            return f"not {_inside(part, NOT)}"
        case Both(word=sign) | Compared(sign=sign) | Reckoned(sign=sign):
            binding = BINDING[sign]
            left = _inside(expression.left, binding + isinstance(expression, Compared))
            return f"{left} {sign} {_inside(expression.right, binding + 1)}"


def _inside(part: Expression, binding: int) -> str:
    """In brackets where it would otherwise fall apart."""
    return write(part) if _binding(part) >= binding else f"({write(part)})"


def _binding(part: Expression) -> int:
    match part:
        case Both(word=sign) | Compared(sign=sign) | Reckoned(sign=sign):
            return BINDING[sign]
        case Not():
            return NOT
        case Negative():
            return MINUS
        case _:
            return WHOLE


def _literal(value: bool | float | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, int):
        return str(value)
    digits = f"{value:.9f}".rstrip("0")
    return f"{digits}0" if digits.endswith(".") else digits
