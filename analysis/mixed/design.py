"""Fixed effects: intercept, time, and further terms with their interactions.

Numbers enter as they are, text as treatment contrasts against the first sorted level or the one named in
"COL=LEVEL". Names of effects: intercept, time, COL, COL[level], time:COL[level].
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError, NotEstimable
from analysis.frames import labels
from analysis.mixed.spline import Spline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.frames import Tidy
    from analysis.serial import Floats

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST_SLOTS = 12


@dataclass(frozen=True)
class Design:
    """The fixed effects: X (N, p), and how each column moves with time (N, p)."""

    names: tuple[str, ...]
    X: Floats
    by_time: Floats
    terms: dict[str, tuple[int, ...]]  # columns of each term except the intercept
    spline: Spline | None = None  # of the term `bend`, where the course is a curve

    def course(self, time: Floats, at: Floats) -> Floats:
        """The rows (k, p) of the average course `at` these times, other terms at their mean over the answers (N,)."""
        base = self.X.mean(axis=0) - np.einsum("n,np->p", time, self.by_time) / len(time)
        rows: Floats = base + at[:, None] * self.by_time.mean(axis=0)
        if self.spline:
            rows[:, list(self.terms["bend"])] = self.spline.bends(at)
        return rows


@dataclass(frozen=True)
class Recipe:
    """What `design` is to be built of, so that it can be built again for other rows or with one thing changed."""

    terms: tuple[str, ...] = ()
    interactions: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    slot: bool = False
    weekday: bool = False
    bends: int = 0

    def build(self, data: Tidy) -> Design:
        """The fixed effects for these rows."""
        return design(
            data,
            self.terms,
            self.interactions,
            categorical=self.categorical,
            slot=self.slot,
            weekday=self.weekday,
            bends=self.bends,
        )


PLAIN = Recipe()
"""Intercept and time."""


@dataclass(frozen=True)
class _Effect:
    names: tuple[str, ...]
    columns: Floats  # (N, c)


def column_of(term: str) -> str:
    """The column that a term "COL" or "COL=LEVEL" stands for."""
    return term.partition("=")[0]


def design(
    data: Tidy,
    terms: Sequence[str] = (),
    interactions: Sequence[str] = (),
    *,
    categorical: Sequence[str] = (),
    slot: bool = False,
    weekday: bool = False,
    bends: int = 0,
) -> Design:
    """Build the fixed effects. `categorical` are terms whose numbers are labels (phase, arm); `bends` more than 0
    make the average course a natural cubic spline with so many inner knots.
    """
    time = data.values("time")[:, None]
    effects = {"time": _Effect(("time",), time)}
    spline = Spline.over(time[:, 0], bends) if bends else None
    if spline:
        effects["bend"] = _Effect(tuple(f"bend[{k + 1}]" for k in range(bends)), spline.bends(time[:, 0]))
    if slot:
        effects["slot"] = _contrasts("slot", slots_of(data), None)
    if weekday:
        if data.rows["stamp"].isna().any():
            raise AnalysisError("weekdays need dates: give an ISO time")
        names = data.rows["stamp"].dt.day_of_week.map(dict(enumerate(WEEKDAYS)))
        effects["weekday"] = _contrasts("weekday", names, None, order=WEEKDAYS)
    for term in (*terms, *categorical):
        name, _, reference = term.partition("=")
        if name in {"time", "bend"}:
            raise AnalysisError(f"a term can't be named {name}; rename the column")
        values = data.covariates[name]
        numbers = pd.to_numeric(values, errors="coerce")
        if term in categorical or reference or numbers.isna().any():
            effects[name] = _contrasts(name, labels(values), reference or None)
        else:
            effects[name] = _Effect((name,), numbers.to_numpy(dtype=np.float64)[:, None])
    for pair in interactions:
        first, _, second = pair.partition(":")
        for part in (first, second):
            if part not in effects:
                raise AnalysisError(f"the interaction {pair} needs {part or 'two names'} as a term")
        left, right = effects[first], effects[second]
        effects[pair] = _Effect(
            tuple(f"{a}:{b}" for a, b in product(left.names, right.names)),
            (left.columns[:, :, None] * right.columns[:, None, :]).reshape(len(time), -1),
        )

    names, blocks, moves, where = ["intercept"], [np.ones_like(time)], [np.zeros_like(time)], {}
    for term, effect in effects.items():
        where[term] = tuple(range(len(names), len(names) + len(effect.names)))
        names.extend(effect.names)
        blocks.append(effect.columns)
        parts = term.split(":")
        if term == "time":
            moves.append(np.ones_like(time))
        elif term == "bend" and spline:
            moves.append(spline.slopes(time[:, 0]))
        elif "time" in parts:
            other = parts[1 - parts.index("time")]
            moves.append(effects[other].columns * (1.0 if other != "time" else 2.0))
        else:
            moves.append(np.zeros_like(effect.columns))
    by_time = np.hstack(moves) if spline or any(":" in term for term in effects) else _alike(moves, len(time))
    return Design(tuple(names), np.hstack(blocks), by_time, where, spline)


def _alike(moves: Sequence[Floats], rows: int) -> Floats:
    """Without interactions every row moves alike: one row that stands for all, and takes no room."""
    return np.broadcast_to(np.hstack([block[:1] for block in moves]), (rows, sum(block.shape[1] for block in moves)))


def _contrasts(name: str, values: pd.Series, reference: str | None, order: Sequence[str] = ()) -> _Effect:
    known = values.drop_duplicates().tolist()
    levels = [str(v) for v in (sorted(known) if not order else sorted(known, key=order.index))]
    if reference is not None:
        if reference not in levels:
            raise AnalysisError(f"{name} has no level {reference}; its levels are {', '.join(levels)}")
        levels = [reference, *(level for level in levels if level != reference)]
    text = values.astype(str)
    columns = [text.eq(level).to_numpy(dtype=np.float64) for level in levels[1:]]
    if not columns:
        raise NotEstimable(f"{name} has only one value among the answers that can be used")
    return _Effect(tuple(f"{name}[{level}]" for level in levels[1:]), np.column_stack(columns))


def slots_of(data: Tidy) -> pd.Series:
    """The slot of the day: beep within the day, a column `slot`, or the hour of the local stamp."""
    rows = data.rows
    if rows["beep"].notna().all() and rows["day"].notna().all():
        return labels(rows["beep"])
    if "slot" in data.covariates:
        return labels(data.covariates["slot"])
    if rows["stamp"].notna().all():
        hours = rows["stamp"].dt.hour
        if hours.nunique() <= MOST_SLOTS:
            names: pd.Series = hours.map("{:02d}h".format)
            return names
    raise AnalysisError("slots need --day with --beep, a column named slot, or times at few hours of the day")
