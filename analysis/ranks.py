"""Rank methods for one short series each, computed for many series of equal length at once.

Theil-Sen slope with Sen's (1968) interval as in scipy.stats.theilslopes, Kendall's tau-b with the
tie-corrected asymptotic p as in scipy.stats.kendalltau, and the Mann-Kendall test over the index of the answers,
plain and with the variance correction of Hamed and Rao (1998) over all lags, as in pymannkendall. All assume that
answers lie in order of time; all but Hamed and Rao that they are independent.

Shapes: `time` and `score` are (B, n), results (B,). NaN stands for "not estimable".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from analysis.serial import Floats, Ints

NORMAL = float(special.ndtri(0.975))
PAIRS_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Ranks:
    """Results for B series."""

    slope: Floats
    low: Floats
    high: Floats
    tau: Floats
    tau_p: Floats
    plain_z: Floats  # Mann-Kendall
    plain_p: Floats
    z: Floats  # Hamed-Rao; NaN where the corrected variance isn't positive
    z_p: Floats


def rank_methods(time: Floats, score: Floats) -> Ranks:
    """All rank methods for series in time order, (B, n) with n >= 3, in blocks that fit in the cache."""
    count, n = score.shape
    block = max(1, PAIRS_AT_ONCE // (n * n))
    parts = [_block(time[i : i + block], score[i : i + block]) for i in range(0, count, block)]
    return Ranks(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _block(time: Floats, score: Floats) -> tuple[Floats, ...]:
    early, late = np.triu_indices(score.shape[1], 1)
    rise, run = score[:, late] - score[:, early], time[:, late] - time[:, early]
    ties = _tie_counts(score)
    return (
        *_theil_sen(rise, run, _tie_counts(time), ties),
        *_kendall(rise, run, _tie_counts(time), ties),
        *_mann_kendall(rise, late - early, score, ties),
    )


def _tie_counts(values: Floats) -> Floats:
    """For each element how many equal it, itself included; sums over tied groups become sums over these."""
    found: Floats = (values[:, :, None] == values[:, None, :]).sum(axis=2).astype(float)
    return found


def _median(ordered: Floats, known: Ints) -> Floats:
    """Median of the first `known` entries of each sorted row."""
    rows = np.arange(len(ordered))
    upper = ordered[rows, known // 2]
    found: Floats = (ordered[rows, (known - 1) // 2] + upper) / 2
    return found


def _theil_sen(rise: Floats, run: Floats, time_ties: Floats, ties: Floats) -> tuple[Floats, Floats, Floats]:
    n = ties.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.where(run > 0, rise / run, np.inf)
    slopes.sort(axis=1)
    known = (run > 0).sum(axis=1)
    variance = n * (n - 1) * (2 * n + 5)
    for tied in (time_ties, ties):
        variance = variance - np.sum((tied - 1) * (2 * tied + 5), axis=1)
    sigma = np.sqrt(np.maximum(variance, 0) / 18)
    high = np.minimum(np.round((known + NORMAL * sigma) / 2), known - 1).astype(np.intp)
    low = np.maximum(np.round((known - NORMAL * sigma) / 2) - 1, 0).astype(np.intp)
    rows = np.arange(len(slopes))
    return _median(slopes, known), slopes[rows, low], slopes[rows, high]


def _kendall(rise: Floats, run: Floats, time_ties: Floats, ties: Floats) -> tuple[Floats, Floats]:
    n = ties.shape[1]
    total = n * (n - 1) / 2
    s = np.sum(np.sign(rise) * np.sign(run), axis=1)
    pairs_t, pairs_y = (np.sum(tied - 1, axis=1) / 2 for tied in (time_ties, ties))
    triples_t, triples_y = (np.sum((tied - 1) * (tied - 2), axis=1) for tied in (time_ties, ties))
    weight_t, weight_y = (np.sum((tied - 1) * (2 * tied + 5), axis=1) for tied in (time_ties, ties))
    m = n * (n - 1.0)
    variance = (m * (2 * n + 5) - weight_t - weight_y) / 18 + 2 * pairs_t * pairs_y / m
    variance = variance + triples_t * triples_y / (9 * m * (n - 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        tau = s / np.sqrt((total - pairs_t) * (total - pairs_y))
        p = 2 * special.ndtr(-np.abs(s) / np.sqrt(variance))
    return tau, np.where(np.isnan(tau), np.nan, p)


def _mann_kendall(rise: Floats, steps: Ints, score: Floats, ties: Floats) -> tuple[Floats, ...]:
    """Plain and corrected: z, p, z, p."""
    count, n = score.shape
    s = np.sum(np.sign(rise), axis=1)
    by_index = np.median(rise / steps, axis=1)
    detrended = score - by_index[:, None] * np.arange(1, n + 1)
    ranks = np.empty_like(score)
    for i in range(count):
        _, place, number = np.unique(detrended[i], return_inverse=True, return_counts=True)
        ranks[i] = (np.cumsum(number) - (number - 1) / 2)[place]
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(centred, 2 * n, axis=1)
    covariance = np.fft.irfft(np.abs(spectrum) ** 2, 2 * n, axis=1)[:, :n]
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = covariance[:, 1:] / covariance[:, :1]
    lag = np.arange(1, n)
    weight = (n - lag) * (n - lag - 1.0) * (n - lag - 2.0)
    telling = np.abs(correlation) > NORMAL / np.sqrt(n)
    ratio = 1 + 2 / (n * (n - 1) * (n - 2)) * np.sum(np.where(telling, correlation, 0.0) * weight, axis=1)
    plain = (n * (n - 1) * (2 * n + 5) - np.sum((ties - 1) * (2 * ties + 5), axis=1)) / 18
    found: list[Floats] = []
    for variance in (plain, plain * ratio):
        z = np.full(count, np.nan)
        sound = (variance > 0) & np.isfinite(variance)
        z[sound] = (s - np.sign(s))[sound] / np.sqrt(variance[sound])
        found += [z, 2 * special.ndtr(-np.abs(z))]
    return tuple(found)
