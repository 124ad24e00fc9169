"""Rows of a fit, brought to one scale block by block: nothing of the size of all rows is made on the way.

The fit sees the score and every effect with mean 0 and standard deviation 1 (the intercept as it is).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from analysis.errors import NotEstimable
from analysis.mixed.parts import Parts
from analysis.noisy import noisy
from analysis.parallel import blocks, each
from analysis.serial import Autoregressive, Independent, pair_up, spacing

if TYPE_CHECKING:
    from analysis.frames import Tidy
    from analysis.mixed.result import ResidualName
    from analysis.parallel import Parallel
    from analysis.serial import Bools, Decay, Floats, Ints, Pairs, Residual, Spacing


@dataclass(frozen=True)
class Layout:
    """Score y (N,) and effects X (N, p) of persons in order; the first column of X is the intercept."""

    data: Tidy
    X: Floats
    y: Floats

    @cached_property
    def blocks(self) -> list[slice]:
        return blocks(self.data.unit)

    @cached_property
    def middle(self) -> float:
        return float(self.y.mean())

    @cached_property
    def spread(self) -> float:
        return float(self.y.std())

    @cached_property
    def mean(self) -> Floats:
        """Of each effect, 0 for the intercept (p,)."""
        found: Floats = self.X.mean(axis=0)
        found[0] = 0.0
        return found

    @cached_property
    def scale(self) -> Floats:
        """Standard deviation of each effect, 1 for the intercept (p,)."""
        squares = np.zeros(self.X.shape[1])
        for rows in self.blocks:
            squares += np.sum((self.X[rows] - self.mean) ** 2, axis=0)
        found = np.sqrt(squares / len(self.y))
        found[0] = 1.0
        return found

    def __getitem__(self, rows: slice) -> Floats:
        """(y, X) of some rows, standardised."""
        score = (self.y[rows] - self.middle) / self.spread
        return np.column_stack([score, (self.X[rows] - self.mean) / self.scale])

    def rank(self) -> int:
        """Of the effects: the triangle of a QR decomposition, block upon block, has the same."""
        triangle: Floats = np.empty((0, self.X.shape[1]))
        for rows in self.blocks:
            triangle = np.linalg.qr(np.vstack([triangle, self[rows][:, 1:]])).R
        largest = float(np.linalg.norm(triangle, 2))
        return int(np.linalg.matrix_rank(triangle, tol=largest * len(self.y) * np.finfo(np.float64).eps))

    def leaves_nothing(self, q: int) -> bool:
        """Whether fixed effects and a line of her own for each person leave no residual at all."""
        total = np.sum([_swept(_units(self.data.unit, rows), self[rows], q) for rows in self.blocks], axis=0)
        rest = total[0, 0] - total[0, 1:] @ np.linalg.pinv(total[1:, 1:], hermitian=True) @ total[1:, 0]
        return bool(rest < 1e-12 * len(self.y))


class Columns(Protocol):
    """(score, then fixed effects) of some rows: a matrix, or what makes them when they are wanted."""

    def __getitem__(self, rows: slice) -> Floats: ...


def structure_of(data: Tidy, residual: ResidualName, columns: Columns, parallel: Parallel | None = None) -> Parts:
    """The residual model over these columns of the rows of `data`, with the cross-products that an evaluation needs."""
    unit = data.unit
    if residual == "independent":
        whole = ((_units(unit, rows), columns[rows]) for rows in blocks(unit))
        return Parts(tuple(each(_independent, whole, parallel)), parallel)
    kind: Decay = "ar1" if residual.startswith("ar1") else "car1"
    place = data.values("position") if kind == "ar1" else data.clock
    fresh = np.r_[True, np.diff(data.values("day")) != 0] if residual == "ar1-day" else None
    spaced = spacing(unit, place, fresh)
    if np.isnan(spaced.least):
        raise NotEstimable("no two answers are neighbours: there is no correlation of neighbours to estimate")
    if spaced.least <= 0:
        raise NotEstimable("two answers of one person have the same time, or later positions earlier times")
    lay = _noisy if residual.endswith("noise") else _autoregressive
    parts = (
        (_Block(_units(unit, r), place[r], columns[r], None if fresh is None else fresh[r]), kind, spaced)
        for r in blocks(unit)
    )
    return Parts(tuple(each(lay, parts, parallel)), parallel)


def _units(unit: Ints, rows: slice) -> Ints:
    """The persons of a block, from 0."""
    found: Ints = unit[rows] - unit[rows.start]
    return found


@dataclass(frozen=True)
class _Block:
    unit: Ints
    place: Floats
    columns: Floats
    fresh: Bools | None


def _independent(unit: Ints, columns: Floats) -> Residual:
    return Independent(_apart(unit, columns))


def _apart(unit: Ints, columns: Floats) -> Pairs:
    return pair_up(unit, unit.astype(float), columns, np.ones(len(unit), dtype=np.bool_))


def _autoregressive(block: _Block, kind: Decay, spaced: Spacing) -> Residual:
    return Autoregressive(pair_up(block.unit, block.place, block.columns, block.fresh, spaced), kind)


def _noisy(block: _Block, kind: Decay, spaced: Spacing) -> Residual:
    return noisy(block.unit, block.place, block.columns, kind, spaced)


def _swept(unit: Ints, columns: Floats, q: int) -> Floats:
    """Cross-products of what a line of her own for each person leaves, summed over persons."""
    cross = _apart(unit, columns).starts
    own = cross[:, 1 : 1 + q, :]
    swept: Floats = cross - np.swapaxes(own, 1, 2) @ np.linalg.pinv(own[:, :, 1 : 1 + q], hermitian=True) @ own
    total: Floats = swept.sum(axis=0)
    return total
