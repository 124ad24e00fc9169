"""Serial correlation within persons, at a cost of persons times gaps instead of rows.

A first-order autoregression over positions gives two answers of one person the correlation phi^gap. Its
inverse couples only neighbours: with w_j the row of all columns (score, predictors) and w_j- the row
before it, r = phi^gap,

    W' R^-1 W = sum over first rows of w w'  +  sum over pairs of
                [w w' - r (w w-' + w- w') + r^2 w- w-'] / (1 - r^2)

and ln|R| is the sum over pairs of ln(1 - r^2). The three products are summed once per person and distinct
gap; after that one evaluation at a new phi doesn't look at the rows again. AR(1) takes r = phi^gap over
whole positions, CAR(1) takes r = exp(-rate * gap) over clock time, phi = exp(-rate).

Shapes: B persons, m columns, E (person, gap) entries, k parameters of the residual correlation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
Decay = Literal["ar1", "car1"]
Scale = Literal["atanh", "logit"]  # on which intervals of a correlation or a share are made
Edge = Literal["one", "no correlation", "no noise"]


@dataclass(frozen=True)
class Spacing:
    """How far neighbouring answers of one person lie apart: the median and the least."""

    typical: float
    least: float


def spacing(unit: Ints, place: Floats, fresh: Bools | None = None) -> Spacing:
    """Over rows sorted by unit and place; NaN where no two answers are neighbours."""
    joined = np.diff(unit) == 0
    if fresh is not None:
        joined &= ~fresh[1:]
    gaps = np.diff(place)[joined]
    return Spacing(float(np.median(gaps)), float(gaps.min())) if len(gaps) else Spacing(np.nan, np.nan)


@dataclass(frozen=True)
class Pairs:
    """Cross-products of the rows of each person, first rows apart, successive rows summed by gap."""

    n_rows: int
    starts: Floats  # (B, m, m)
    unit: Ints  # (E,) the person of each entry, ascending
    gap: Floats  # (E,)
    count: Floats  # (E,) how many pairs
    products: Floats  # (3, E, m, m): w w', w w-' + w- w', w- w-'
    spacing: Spacing

    def gather(self, weights: Floats) -> Floats:
        """Sum the products with weights (3, E) within each person: (B, m, m), first rows not included."""
        total = np.zeros_like(self.starts)
        if self.unit.size:
            entry = np.einsum("ce,ceab->eab", weights, self.products)
            first = np.flatnonzero(np.r_[True, np.diff(self.unit) > 0])
            total[self.unit[first]] = np.add.reduceat(entry, first, axis=0)
        return total


def pair_up(
    unit: Ints, place: Floats, columns: Floats, fresh: Bools | None = None, spaced: Spacing | None = None
) -> Pairs:
    """Sum cross-products over rows sorted by unit (0..B-1, each present) and place.

    `columns` is (N, m). `fresh` marks rows that start anew although the unit goes on: a new day of
    within-day correlation, or every row when answers are independent. `spaced` is the spacing of all persons, where
    these are only some of them.
    """
    n, m = columns.shape
    first = np.r_[True, np.diff(unit) > 0]
    if fresh is not None:
        first |= fresh
    n_units = int(unit[-1]) + 1
    starts = np.empty((n_units, m, m))
    start_rows = np.flatnonzero(first)
    bounds = np.flatnonzero(np.r_[True, np.diff(unit[start_rows]) > 0])

    later = np.flatnonzero(~first)
    gap = place[later] - place[later - 1]
    order = np.lexsort((gap, unit[later]))
    later, gap = later[order], gap[order]
    fresh_entry = np.r_[True, (np.diff(gap) != 0) | (np.diff(unit[later]) > 0)]
    entry = np.flatnonzero(fresh_entry[: later.size])
    products = np.zeros((3, entry.size, m, m))
    for a in range(m):
        for b in range(a, m):
            head = np.add.reduceat(columns[start_rows, a] * columns[start_rows, b], bounds)
            starts[:, a, b] = starts[:, b, a] = head
            if later.size:
                now_a, now_b = columns[later, a], columns[later, b]
                old_a, old_b = columns[later - 1, a], columns[later - 1, b]
                for c, product in enumerate((now_a * now_b, now_a * old_b + old_a * now_b, old_a * old_b)):
                    products[c, :, a, b] = products[c, :, b, a] = np.add.reduceat(product, entry)
    count = np.diff(np.r_[entry, later.size]).astype(float)
    spaced = spaced or spacing(unit, place, fresh)
    return Pairs(n, starts, unit[later][entry], gap[entry], count, products, spaced)


def decay(kind: Decay, rho: Floats, gap: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """The correlation r over a gap, 1 - r^2, and dr, d2r with respect to rho.

    rho is phi for "ar1" and the rate -ln(phi) for "car1"; it is one number or one for each gap.
    """
    if kind == "car1":
        r = np.exp(-rho * gap)
        return r, -np.expm1(-2 * rho * gap), -gap * r, gap**2 * r
    r = rho**gap
    dr = gap * rho ** (gap - 1)
    d2r = gap * (gap - 1) * rho ** np.maximum(gap - 2, 0)
    return r, 1 - r * r, dr, d2r


def whitening(kind: Decay, rho: Floats, gap: Floats) -> tuple[Floats, Floats]:
    """Weights of the three products and ln(1 - r^2), each with its first two derivatives by rho.

    Returns arrays of shape (3 derivatives, 3 products, E) and (3 derivatives, E).
    """
    r, rest, dr, d2r = decay(kind, rho, gap)
    c = 1 / rest
    dc = 2 * r * c**2
    d2c = 2 * c**2 + 8 * r**2 * c**3
    value = np.stack([c, -r * c, c - 1])
    slope = np.stack([dc, -(c + r * dc), dc])
    bend = np.stack([d2c, -(2 * dc + r * d2c), d2c])
    log_slope, log_bend = -2 * r * c, -2 * c - 4 * r**2 * c**2
    weights = np.stack([value, slope * dr, bend * dr**2 + slope * d2r])
    logs = np.stack([np.log(rest), log_slope * dr, log_bend * dr**2 + log_slope * d2r])
    return weights, logs


@dataclass(frozen=True)
class Whitened:
    """W'R^-1W of every person and the sum of ln|R|, with derivatives by the k residual parameters."""

    cross: Floats  # (B, m, m)
    d_cross: Floats  # (k, B, m, m)
    d2_cross: Floats  # (k, k, B, m, m)
    log_det: float
    d_log_det: Floats  # (k,)
    d2_log_det: Floats  # (k, k)


class Residual(Protocol):
    """A correlation structure of the residuals, with its free parameters on an unbounded scale."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters as reported, in order; empty when there are none."""

    @property
    def scales(self) -> tuple[Scale, ...]:
        """On which scale the interval of each is made."""

    def starts(self) -> tuple[Floats, ...]:
        """Unbounded starting values, one array (k,) per start."""

    def natural(self, free: Floats) -> tuple[Floats, Floats, Floats]:
        """Natural parameters with first and second derivatives by the free ones: each (k,)."""

    def reported(self, natural: Floats) -> tuple[Floats, Floats]:
        """What is reported (phi, and so on) and its derivative by the natural parameter: each (k,)."""

    def edge(self, natural: Floats) -> Edge | None:
        """The simpler model that it has run to: no correlation, no noise, or a correlation of one."""

    def whiten(self, natural: Floats) -> Whitened:
        """Cross-products at these natural parameters."""


@dataclass(frozen=True)
class Independent:
    """No correlation: pairs must have been built with every row fresh."""

    pairs: Pairs
    names: tuple[str, ...] = ()
    scales: tuple[Scale, ...] = ()

    def starts(self) -> tuple[Floats, ...]:
        return (np.empty(0),)

    def natural(self, free: Floats) -> tuple[Floats, Floats, Floats]:
        return free, free, free

    def reported(self, natural: Floats) -> tuple[Floats, Floats]:
        return natural, natural

    def edge(self, natural: Floats) -> Edge | None:  # noqa: ARG002 - nothing can run to an edge
        return None

    def whiten(self, natural: Floats) -> Whitened:  # noqa: ARG002 - no parameters
        cross = self.pairs.starts
        none = np.empty((0, *cross.shape))
        return Whitened(cross, none, none[None][:0], 0.0, np.empty(0), np.empty((0, 0)))


@dataclass(frozen=True)
class Autoregressive:
    """AR(1) over whole positions or CAR(1) over clock time: one parameter."""

    pairs: Pairs
    kind: Decay
    names: tuple[str, ...] = ("phi",)
    scales: tuple[Scale, ...] = ("atanh",)

    def starts(self) -> tuple[Floats, ...]:
        if self.kind == "ar1":
            return np.arctanh([0.1]), np.arctanh([0.3])
        typical = self.pairs.spacing.typical
        return np.log([-np.log(0.1) / typical]), np.log([-np.log(0.4) / typical])

    def natural(self, free: Floats) -> tuple[Floats, Floats, Floats]:
        if self.kind == "car1":
            rate = np.exp(free)
            return rate, rate, rate
        phi = np.tanh(free)
        return phi, 1 - phi**2, -2 * phi * (1 - phi**2)

    def reported(self, natural: Floats) -> tuple[Floats, Floats]:
        if self.kind == "car1":
            phi = np.exp(-natural)
            return phi, -phi
        return natural, np.ones_like(natural)

    def edge(self, natural: Floats) -> Edge | None:
        if self.kind == "ar1":
            return "one" if abs(natural[0]) > 0.999 else None
        if np.exp(-natural[0] * self.pairs.spacing.typical) > 0.999:
            return "one"
        return "no correlation" if np.exp(-natural[0] * self.pairs.spacing.least) < 1e-9 else None

    def whiten(self, natural: Floats) -> Whitened:
        pairs = self.pairs
        weights, logs = whitening(self.kind, natural, pairs.gap)
        cross, d_cross, d2_cross = (pairs.gather(w) for w in weights)
        log_det, d_log_det, d2_log_det = logs @ pairs.count
        return Whitened(
            pairs.starts + cross,
            d_cross[None],
            d2_cross[None, None],
            float(log_det),
            np.array([d_log_det]),
            np.array([[d2_log_det]]),
        )
