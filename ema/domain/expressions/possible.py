"""Can a condition ever be true? Decided by trying every answer, where there are few enough to try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise, product
from math import prod

from ema.domain.expressions.checking import Known
from ema.domain.expressions.evaluating import Given, holds
from ema.domain.expressions.tree import (
    Both,
    Call,
    Compared,
    Expression,
    Literally,
    Name,
    Negative,
    OneOf,
    Value,
    every_part,
    names_in,
)

MOST = 4000
"""Combinations of answers that are tried before the question is left open."""

_Possible = tuple[Value | None, float | None, bool]
"""A value, its number, and whether it was skipped."""

SKIPPED: _Possible = (None, None, True)
ABSENT: _Possible = (None, None, False)


def never_true(conditions: Sequence[Expression], names: Mapping[str, Known]) -> bool:
    """Whether they can certainly not all hold at once. False also where that can't be decided.

    Checked expressions only. Names without a bounded range are left out, with the conditions that mention them.
    """
    parts = [part for condition in conditions for part in _conjuncts(condition)]
    tried = {part: _domains(part, names) for part in parts}
    decidable = [part for part in parts if tried[part] is not None]
    if any(_none_holds([part], names) for part in decidable):
        return True
    return len(decidable) > 1 and _none_holds(decidable, names)


def _conjuncts(condition: Expression) -> list[Expression]:
    if isinstance(condition, Both) and condition.word == "and":
        return [*_conjuncts(condition.left), *_conjuncts(condition.right)]
    return [condition]


def _none_holds(parts: Sequence[Expression], names: Mapping[str, Known]) -> bool:
    domains: dict[str, dict[_Possible, None]] = {}
    for name in sorted({name for part in parts for name in names_in(part)}):
        possible = _domain(name, parts, names[name])
        if possible is None:
            return False
        domains[name] = dict.fromkeys(possible)
    if prod(len(possible) for possible in domains.values()) > MOST:
        return False
    for chosen in product(*domains.values()):
        facts = Given(
            values={name: value for name, (value, _, _) in zip(domains, chosen, strict=True) if value is not None},
            numbers={name: number for name, (_, number, _) in zip(domains, chosen, strict=True) if number is not None},
            passed=frozenset(name for name, (_, _, skipped) in zip(domains, chosen, strict=True) if skipped),
        )
        if all(holds(part, facts) for part in parts):
            return False
    return True


def _domains(part: Expression, names: Mapping[str, Known]) -> list[list[_Possible]] | None:
    domains = [_domain(name, [part], names[name]) for name in names_in(part)]
    return None if None in domains else [domain for domain in domains if domain is not None]


def _domain(name: str, parts: Sequence[Expression], known: Known) -> list[_Possible] | None:
    """Every value that can make a difference, with skipped and absent; None where they can't be listed."""
    match known.kind:
        case "boolean":
            return [(True, None, False), (False, None, False), SKIPPED, ABSENT]
        case "text":
            if known.choices:
                codes: Sequence[float | None] = known.codes or [None] * len(known.choices)
                listed: list[_Possible] = [
                    (choice, code, False) for choice, code in zip(known.choices, codes, strict=True)
                ]
                return [*listed, SKIPPED, ABSENT]
            return None
        case "number":
            numbers = _numbers(name, parts, known)
            if numbers is None:
                return None
            return [*((number, number, False) for number in numbers), SKIPPED, ABSENT]
    return None


def _numbers(name: str, parts: Sequence[Expression], known: Known) -> list[float] | None:
    """All whole numbers of a range; of a continuous one the ends, the numbers it is compared with, and between them."""
    if known.low is None or known.high is None:
        return None
    if known.whole:
        return list(range(int(known.low), int(known.high) + 1)) if known.high - known.low < MOST else None
    points = {known.low, known.high}
    for part in parts:
        beside = _compared_with(name, part)
        if beside is None:
            return None
        points |= {number for number in beside if known.low <= number <= known.high}
    steps = sorted(points)
    return sorted({*steps, *((low + high) / 2 for low, high in pairwise(steps))})


def _compared_with(name: str, part: Expression) -> set[float] | None:
    """The numbers that a name is directly compared with; None where it is used in any other way."""
    numbers: set[float] = set()
    direct = 0
    for inside in every_part(part):
        if isinstance(inside, Compared):
            for side, other in ((inside.left, inside.right), (inside.right, inside.left)):
                if side == Name(name) and (beside := _constants(other)) is not None:
                    direct += 1
                    numbers |= beside
        elif isinstance(inside, Call) and inside.function in ("answered", "skipped"):
            direct += inside.arguments == (Name(name),)
    mentioned = sum(inside == Name(name) for inside in every_part(part))
    return numbers if direct == mentioned else None


def _constants(part: Expression) -> set[float] | None:
    match part:
        case Literally(value=int() | float() as value):
            return {float(value)}
        case Negative(part=Literally(value=int() | float() as value)):
            return {-float(value)}
        case OneOf(parts=parts):
            several = [_constants(one) for one in parts]
            return {number for one in several if one for number in one} if None not in several else None
    return None
