"""Covariance matrices of items within and between persons, by maximum likelihood.

y_ij = mu + b_i + w_ij with covariances Sb and Sw; person i has n_i complete rows, mean m_i. With Spw the
pooled within matrix and O_i = Sw + n_i Sb (Muthén 1994),

    -2 ln L = (N - B) [ln|Sw| + tr(Sw^-1 Spw)] + sum of [ln|O_i| + n_i (m_i - mu)' O_i^-1 (m_i - mu)] + const.

Two shapes of the matrices: free ("saturated"), or one factor at each level, S = l l' + diag(t) with t
unbounded. Found by BFGS with the exact gradient, finished by Newton's method.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import NotEstimable

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.serial import Floats, Ints

STEPS = 100
Shape = tuple["Callable[[Floats], Floats]", "Callable[[Floats, Floats], Floats]", "Floats"]


@dataclass(frozen=True)
class TwoLevel:
    """Covariance matrices (k, k) within and between; loadings and unique variances for one factor."""

    within: Floats
    between: Floats
    log_lik: float
    loadings: tuple[Floats, Floats] | None = None
    unique: tuple[Floats, Floats] | None = None


@dataclass(frozen=True)
class Moments:
    """What the likelihood needs of the data, in units of one common scale."""

    n: Floats  # (B,) rows of each person
    means: Floats  # (B, k)
    pooled: Floats  # (k, k)
    scale: float

    @classmethod
    def of(cls, items: Floats, person: Ints) -> Moments:
        """From complete rows (N, k) of persons 0..B-1."""
        scale = float(np.sqrt(items.var(axis=0).mean()))
        counts = np.bincount(person).astype(np.float64)
        if len(counts) <= items.shape[1] + 1 or len(items) - len(counts) <= items.shape[1]:
            raise NotEstimable("too few persons or rows for this many items")
        if not np.all(items.std(axis=0) > 0):
            raise NotEstimable("an item doesn't vary")
        scaled = items / scale
        means = np.column_stack([np.bincount(person, column) / counts for column in scaled.T])
        rest = scaled - means[person]
        return cls(counts, means, rest.T @ rest / (len(items) - len(counts)), scale)

    def deviance(self, within: Floats, between: Floats) -> tuple[float, Floats, Floats]:
        """-2 ln L (constants included, in scaled units) with gradients by both matrices."""
        inner = float(self.n.sum() - len(self.n))
        k = len(within)
        outer = within + self.n[:, None, None] * between
        try:
            np.linalg.cholesky(within)
            np.linalg.cholesky(outer)
        except np.linalg.LinAlgError:
            return np.inf, np.zeros((k, k)), np.zeros((k, k))
        inverse, outers = np.linalg.inv(within), np.linalg.inv(outer)
        weights = self.n[:, None, None] * outers
        mu = np.linalg.solve(weights.sum(axis=0), np.einsum("bij,bj->i", weights, self.means))
        away = self.means - mu
        pulled = np.einsum("bij,bj->bi", outers, away)
        value = inner * (np.linalg.slogdet(within)[1] + np.sum(inverse * self.pooled))
        value += float(np.sum(np.linalg.slogdet(outer)[1] + self.n * np.sum(pulled * away, axis=1)))
        each = outers - self.n[:, None, None] * pulled[:, :, None] * pulled[:, None, :]
        by_within = inner * (inverse - inverse @ self.pooled @ inverse) + each.sum(axis=0)
        by_between = np.einsum("b,bij->ij", self.n, each)
        return float(value + k * self.n.sum() * np.log(2 * np.pi)), by_within, by_between


def saturated(moments: Moments) -> TwoLevel:
    """Both matrices free."""
    k = len(moments.pooled)
    lower = np.tril_indices(k)

    def build(free: Floats) -> Floats:
        S = np.zeros((k, k))
        S[lower] = free
        S += np.tril(S, -1).T
        return S

    def back(_: Floats, by_matrix: Floats) -> Floats:
        found: Floats = ((2 - np.eye(k)) * by_matrix)[lower]
        return found

    starts = [S[lower] for S in _starts(moments)]
    within, between, value = _minimise(moments, (build, back, starts[0]), (build, back, starts[1]))
    return _scaled(moments, build(within), build(between), value)


def one_factor(moments: Moments) -> TwoLevel:
    """One factor at each level; a negative unique variance is possible and must be looked for."""
    k = len(moments.pooled)

    def build(free: Floats) -> Floats:
        S: Floats = np.outer(free[:k], free[:k]) + np.diag(free[k:])
        return S

    def back(free: Floats, by_matrix: Floats) -> Floats:
        found: Floats = np.concatenate([2 * by_matrix @ free[:k], np.diag(by_matrix)])
        return found

    starts = []
    for S in _starts(moments):
        values, vectors = np.linalg.eigh(S)
        loading = np.sqrt(0.8 * values[-1]) * vectors[:, -1]
        starts.append(np.r_[loading, np.maximum(np.diag(S) - loading**2, 0.2 * np.diag(S))])
    within, between, value = _minimise(moments, (build, back, starts[0]), (build, back, starts[1]))
    found = _scaled(moments, build(within), build(between), value)
    loadings, unique = ((within[:k], between[:k]), (within[k:], between[k:]))
    s = moments.scale
    return TwoLevel(
        found.within,
        found.between,
        found.log_lik,
        loadings=(s * np.abs(loadings[0]) * _signs(loadings[0]), s * np.abs(loadings[1]) * _signs(loadings[1])),
        unique=(s**2 * unique[0], s**2 * unique[1]),
    )


def _signs(loading: Floats) -> Floats:
    """A factor may be turned round: mostly positive loadings."""
    return np.sign(loading) * (1.0 if loading.sum() >= 0 else -1.0)


def _starts(moments: Moments) -> tuple[Floats, Floats]:
    away = moments.means - np.average(moments.means, axis=0, weights=moments.n)
    between = away.T @ away / len(away) - moments.pooled / moments.n.mean()
    values, vectors = np.linalg.eigh(between)
    floor = 0.05 * float(np.trace(moments.pooled)) / len(values)
    return moments.pooled, (vectors * np.maximum(values, floor)) @ vectors.T


def _minimise(moments: Moments, inside: Shape, outside: Shape) -> tuple[Floats, Floats, float]:
    (build_w, back_w, start_w), (build_b, back_b, start_b) = inside, outside
    cut = len(start_w)

    def look(free: Floats) -> tuple[float, Floats]:
        value, by_w, by_b = moments.deviance(build_w(free[:cut]), build_b(free[cut:]))
        return value, np.r_[back_w(free[:cut], by_w), back_b(free[cut:], by_b)]

    at = np.r_[start_w, start_b]
    value, gradient = look(at)
    for _ in range(STEPS):
        moves = 1e-5 * np.eye(len(at))
        hessian = np.array([(look(at + h)[1] - look(at - h)[1]) / 2e-5 for h in moves])
        values, vectors = np.linalg.eigh((hessian + hessian.T) / 2)
        step = -vectors @ ((vectors.T @ gradient) / np.maximum(np.abs(values), 1e-10 * np.max(np.abs(values))))
        expected = float(-gradient @ step)
        trials = (at + shrink * step for shrink in 0.5 ** np.arange(25))
        better = next((trial for trial in trials if look(trial)[0] <= value), None)
        if better is not None:
            at = better
            value, gradient = look(at)
        if values[0] > 0 and (expected < 1e-12 or (better is None and expected < 1e-7)):
            return at[:cut], at[cut:], value
        if better is None:
            break
    if np.linalg.eigvalsh(build_b(at[cut:]))[0] < 0:
        # one person with the most rows then makes the likelihood grow without end, as her own matrix turns singular
        raise NotEstimable(
            "inadmissible: between persons the items go together so closely that a variance there would be negative"
        )
    raise NotEstimable("the search for the covariance matrices within and between persons found no end")


def _scaled(moments: Moments, within: Floats, between: Floats, value: float) -> TwoLevel:
    s = moments.scale
    k = len(within)
    return TwoLevel(s**2 * within, s**2 * between, -value / 2 - float(moments.n.sum()) * k * np.log(s))
