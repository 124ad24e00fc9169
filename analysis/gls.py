"""Straight lines with autocorrelated residuals, one per person, for many persons at once.

For each person separately: y = a + b t + e with e an AR(1) or CAR(1) process; its parameter by REML, the
line by generalised least squares (Pinheiro and Bates 2000, section 5.3). With A = W'R^-1W of
W = (y, 1, t) the criterion of one person is

    ln|R| + ln|A_XX| + (n - 2) ln(A_yy - A_yX A_XX^-1 A_Xy),

looked at on a grid and finished by Newton's method inside the best bracket.

Shapes: B persons; every result is (B,).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.serial import whitening

if TYPE_CHECKING:
    from analysis.serial import Bools, Decay, Floats, Ints, Pairs

AR1_GRID = np.tanh(np.linspace(-3.8, 3.8, 61))  # phi from -.999 to .999
CAR1_GRID = np.geomspace(1e-3, 100.0, 50)  # -ln of the correlation over a person's median gap
STEPS = 60


@dataclass(frozen=True)
class Lines:
    """Slope, standard error and phi; `runs_to_one` where phi is not estimable, `exact` where nothing is left."""

    slope: Floats
    se: Floats
    phi: Floats
    runs_to_one: Bools
    exact: Bools


@dataclass(frozen=True)
class _State:
    value: Floats
    first: Floats
    second: Floats
    slope: Floats
    variance: Floats  # of the slope
    rss: Floats


def fit_lines(pairs: Pairs, kind: Decay, n: Floats) -> Lines:
    """`pairs` of the columns (score, 1, time), `n` answers per person; a score or time that doesn't vary
    gives NaN.
    """
    persons = np.arange(len(n))
    if kind == "ar1":
        grid = np.broadcast_to(AR1_GRID, (len(n), len(AR1_GRID)))
    else:
        grid = CAR1_GRID / _median_gap(pairs, n)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.column_stack([_state(pairs, kind, rho, n).value for rho in grid.T])
        best = np.argmin(np.where(np.isfinite(values), values, np.inf), axis=1)
        last = grid.shape[1] - 1
        low, high = grid[persons, np.maximum(best - 1, 0)], grid[persons, np.minimum(best + 1, last)]
        rho = grid[persons, best]
        for _ in range(STEPS):
            state = _state(pairs, kind, rho, n)
            low, high = np.where(state.first < 0, rho, low), np.where(state.first > 0, rho, high)
            newton = rho - state.first / state.second
            inside = (state.second > 0) & (newton > low) & (newton < high)
            moved = np.where(inside, newton, (low + high) / 2)
            done = np.abs(moved - rho) < 1e-13 * np.maximum(1.0, np.abs(rho))
            rho = np.where(np.isfinite(moved), moved, rho)
            if bool(np.all(done | ~np.isfinite(moved))):
                break
        state = _state(pairs, kind, rho, n)
        one = (best == 0) | (best == last) if kind == "ar1" else best == 0
        phi = rho if kind == "ar1" else np.exp(-rho)
        return Lines(state.slope, np.sqrt(state.variance), phi, one, state.rss < 1e-18 * n)


def _median_gap(pairs: Pairs, n: Floats) -> Floats:
    return np.array([np.median(pairs.gap[pairs.unit == i]) for i in range(len(n))])


def _state(pairs: Pairs, kind: Decay, rho: Floats, n: Floats) -> _State:
    """The criterion of every person at her own rho, with its derivatives and the line."""
    weights, logs = whitening(kind, rho[pairs.unit], pairs.gap)
    A, dA, d2A = (pairs.gather(w) for w in weights)
    A = A + pairs.starts
    log_det, d_log, d2_log = (_sum(pairs.unit, log * pairs.count, len(n)) for log in logs)
    det = A[:, 1, 1] * A[:, 2, 2] - A[:, 1, 2] ** 2
    inverse = np.empty((len(n), 2, 2))
    inverse[:, 0, 0], inverse[:, 1, 1] = A[:, 2, 2] / det, A[:, 1, 1] / det
    inverse[:, 0, 1] = inverse[:, 1, 0] = -A[:, 1, 2] / det
    beta = np.einsum("bij,bj->bi", inverse, A[:, 1:, 0])
    g = np.column_stack([np.ones(len(n)), -beta])
    rss = np.einsum("bi,bij,bj->b", g, A, g)
    pull = np.einsum("bij,bj->bi", dA, g)
    d_rss = np.einsum("bi,bi->b", pull, g)
    bend = np.einsum("bi,bij,bj->b", pull[:, 1:], inverse, pull[:, 1:])
    d2_rss = np.einsum("bi,bij,bj->b", g, d2A, g) - 2 * bend
    spin = inverse @ dA[:, 1:, 1:]
    first = d_log + np.einsum("bii->b", spin) + (n - 2) * d_rss / rss
    second = d2_log + np.einsum("bij,bji->b", inverse, d2A[:, 1:, 1:]) - np.einsum("bij,bji->b", spin, spin)
    second = second + (n - 2) * (d2_rss / rss - (d_rss / rss) ** 2)
    value = log_det + np.log(det) + (n - 2) * np.log(rss)
    return _State(value, first, second, beta[:, 1], rss / (n - 2) * inverse[:, 1, 1], rss)


def _sum(unit: Ints, values: Floats, n_units: int) -> Floats:
    return np.bincount(unit, values, minlength=n_units).astype(np.float64)
