"""Prompts of one day drawn together, so that any two of them lie far enough apart.

Minutes are whole numbers on one scale of elapsed time. All ways to put the prompts far enough apart are equally likely:
they are drawn independently, and again where two come too near each other. Where that fails too often, the ways are
counted, and one is drawn among them, for the order in which the prompts' last minutes come.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from random import Random

from ema.domain.localtime import Runs

TRIES = 60


def nth(runs: Runs, share: float) -> int:
    """The minute that lies `share` (0 to below 1) of the way through them."""
    if len(runs) == 1:
        ((begin, end),) = runs
        return begin + int(share * (end - begin))
    at = int(share * sum(end - begin for begin, end in runs))
    for begin, end in runs:
        if at < end - begin:
            return begin + at
        at -= end - begin
    raise ValueError("there is no minute to draw from")


def spread(places: Sequence[Runs], apart: int, rng: Random) -> list[int | None]:
    """A minute for each place, any two at least `apart`; None where there is none or no room is left."""
    drawn: list[int | None] = [None] * len(places)
    able = [at for at, runs in enumerate(places) if runs]
    for _ in range(TRIES):
        minutes = [nth(places[at], rng.random()) for at in able]
        if are_apart(minutes, apart):
            for at, minute in zip(able, minutes, strict=True):
                drawn[at] = minute
            return drawn
    order = _order(places, able, apart)
    for at, minute in zip(order, _counted([places[at] for at in order], apart, rng), strict=True):
        drawn[at] = minute
    return drawn


def are_apart(minutes: Sequence[int], apart: int) -> bool:
    """Whether any two of them are."""
    return apart == 0 or all(after - before >= apart for before, after in pairwise(sorted(minutes)))


def fit(places: Sequence[Runs], apart: int) -> bool:
    """Whether there is a minute for each of the places."""
    return len(_order(places, range(len(places)), apart)) == len(places)


_ORDERS: tuple[Callable[[Runs], tuple[int, int]], ...] = (
    lambda runs: (runs[-1][1], runs[0][0]),
    lambda runs: (runs[0][0], runs[-1][1]),
)
"""By the last minute, which fits whatever can fit but for a short window inside a long one; then by the first."""


def _order(places: Sequence[Runs], able: Sequence[int], apart: int) -> list[int]:
    """The places in an order in which they have room, without those for which none is left."""
    found = [_earliest(places, sorted(able, key=lambda at: by(places[at])), apart) for by in _ORDERS]
    return max(found, key=len)


def _earliest(places: Sequence[Runs], order: Sequence[int], apart: int) -> list[int]:
    """Those that find room when each in turn takes the earliest minute that it can."""
    placed: list[int] = []
    free_from: int | None = None
    for at in order:
        minutes = (begin if free_from is None else max(begin, free_from) for begin, end in places[at])
        ends = (end for _, end in places[at])
        earliest = next((minute for minute, end in zip(minutes, ends, strict=True) if minute < end), None)
        if earliest is not None:
            placed.append(at)
            free_from = earliest + apart
    return placed


def _counted(places: Sequence[Runs], apart: int, rng: Random) -> list[int]:
    """One of all the ways to place them in this order, each as likely as any other. There must be one."""
    minutes = [[minute for begin, end in runs for minute in range(begin, end)] for runs in places]
    ways: list[list[int]] = []
    """For each place and minute, the ways to place it at its minutes up to this one, and those after it."""
    for at in reversed(range(len(places))):
        if not ways:
            ways = [list(range(1, len(minutes[at]) + 1))]
            continue
        later, total = ways[0], ways[0][-1]
        starts = (bisect_left(minutes[at + 1], minute + apart) for minute in minutes[at])
        ways.insert(0, list(accumulate(total - (later[start - 1] if start else 0) for start in starts)))
    drawn: list[int] = []
    for at, counted in enumerate(ways):
        start = bisect_left(minutes[at], drawn[-1] + apart) if drawn else 0
        before = counted[start - 1] if start else 0
        drawn.append(minutes[at][bisect_right(counted, rng.randrange(before, counted[-1]))])
    return drawn
