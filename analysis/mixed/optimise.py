"""Find the optimum of the profiled likelihood by a safeguarded Newton method.

Free parameters are unbounded: the relative Cholesky factor L of D = L L' as (log L11, L21, log L22), and
the residual's own (atanh phi, log rate). A covariance matrix of full rank, of rank one (D = v v') and zero
are three parametrisations; an optimum on the boundary is looked for in the smaller one and accepted only if
it is as good (within 1e-6 of the log-likelihood) and moving inwards doesn't help.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from analysis.errors import NotEstimable
from analysis.mixed.likelihood import Criterion, criterion
from analysis.mixed.parts import jet

if TYPE_CHECKING:
    from analysis.serial import Floats, Residual

Rank = Literal[0, 1, 2]
TOLERANCE = 1e-10  # of g' H^-1 g, the expected fall of -2 log-likelihood (twice)
STEPS = 100
FLAT = 1e-5  # an eigenvalue of D, relative to sigma^2, from which on a smaller rank is tried


@dataclass(frozen=True)
class Shape:
    """How the entries of D (q x q) depend on the free parameters: at most rank `rank`."""

    q: int
    rank: Rank

    @property
    def size(self) -> int:
        if self.rank == 0:
            return 0
        return self.q if self.rank == 1 else 3

    def entries(self, free: Floats) -> tuple[Floats, Floats, Floats]:
        """D's free entries (d,), their Jacobian (d, f) and second derivatives (d, f, f)."""
        if self.rank == 0:
            d = 1 if self.q == 1 else 3
            return np.zeros(d), np.zeros((d, 0)), np.zeros((d, 0, 0))
        if self.q == 1:
            variance = np.exp(2 * free)
            return variance, 2 * variance[:, None], 4 * variance[:, None, None]
        if self.rank == 1:
            v, w = free
            second = np.array([[[2.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]], [[0.0, 0.0], [0.0, 2.0]]])
            return np.array([v * v, v * w, w * w]), np.array([[2 * v, 0.0], [w, v], [0.0, 2 * w]]), second
        a, b, c = np.exp(free[0]), free[1], np.exp(free[2])
        first = np.array([[2 * a * a, 0.0, 0.0], [a * b, a, 0.0], [0.0, 2 * b, 2 * c * c]])
        second = np.zeros((3, 3, 3))
        second[0, 0, 0] = 4 * a * a
        second[1] = [[a * b, a, 0.0], [a, 0.0, 0.0], [0.0, 0.0, 0.0]]
        second[2, 1, 1], second[2, 2, 2] = 2.0, 4 * c * c
        return np.array([a * a, a * b, b * b + c * c]), first, second


def matrix(entries: Floats) -> Floats:
    """D (q, q) from its free entries."""
    if len(entries) == 1:
        return np.array([[entries[0]]])
    return np.array([[entries[0], entries[1]], [entries[1], entries[2]]])


@dataclass(frozen=True)
class Point:
    """One evaluation: -2 log-likelihood with its derivatives by the free parameters."""

    free: Floats
    entries: Floats
    rho: Floats
    jacobian: Floats  # (t, f) of (entries, rho) by the free parameters
    bends: Floats  # (t, f, f)
    criterion: Criterion
    gradient: Floats
    hessian: Floats

    @property
    def value(self) -> float:
        return self.criterion.value


@dataclass(frozen=True)
class Optimum:
    """Where the search ended, and whether it ended well."""

    point: Point
    shape: Shape
    converged: bool
    evaluations: int


def evaluate(residual: Residual, shape: Shape, n: int, free: Floats, *, reml: bool) -> Point:
    """The criterion and its exact derivatives at `free`."""
    entries, first, second = shape.entries(free[: shape.size])
    rho, d_rho, d2_rho = residual.natural(free[shape.size :])
    d, k, f = len(entries), len(rho), len(free)
    jacobian, bends = np.zeros((d + k, f)), np.zeros((d + k, f, f))
    jacobian[:d, : shape.size] = first
    bends[:d, : shape.size, : shape.size] = second
    for j in range(k):
        at = shape.size + j
        jacobian[d + j, at], bends[d + j, at, at] = d_rho[j], d2_rho[j]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        found = criterion(jet(residual, rho, matrix(entries)), n, reml=reml)
    return Point(
        free,
        entries,
        rho,
        jacobian,
        bends,
        found,
        jacobian.T @ found.gradient,
        jacobian.T @ found.hessian @ jacobian + np.einsum("t,tij->ij", found.gradient, bends),
    )


def _step(point: Point, reach: float) -> Floats:
    """Newton's step with the curvature made positive, at most `reach` long."""
    values, vectors = np.linalg.eigh(point.hessian)
    floor = max(1e-8 * float(np.max(np.abs(values))), 1e-12)
    step: Floats = -vectors @ ((vectors.T @ point.gradient) / np.maximum(np.abs(values), floor))
    length = float(np.linalg.norm(step))
    return step if length <= reach else step * (reach / length)


def _at_edge(point: Point, shape: Shape, residual: Residual, flat: float) -> bool:
    """Whether the residual has run to an edge, or D nearly lost a rank (an eigenvalue below `flat`)."""
    if residual.edge(point.rho) is not None:
        return True
    if shape.rank < min(shape.q, 2):
        return False
    return bool(np.linalg.eigvalsh(matrix(point.entries))[0] < flat)


def descend(residual: Residual, shape: Shape, n: int, free: Floats, *, reml: bool, flat: float = FLAT) -> Optimum:
    """Newton's method from `free` until the expected gain is nothing or an edge is reached."""
    point = evaluate(residual, shape, n, free, reml=reml)
    if not np.isfinite(point.value):
        raise NotEstimable("the likelihood can't be computed for these data")
    evaluations = 1
    for _ in range(STEPS):
        if not len(point.free) or _at_edge(point, shape, residual, flat):
            return Optimum(point, shape, converged=not len(point.free), evaluations=evaluations)
        step = _step(point, reach=2.0)
        expected = float(-point.gradient @ step)
        better = None
        for shrink in 0.5 ** np.arange(12):
            trial = evaluate(residual, shape, n, point.free + shrink * step, reml=reml)
            evaluations += 1
            if trial.value <= point.value - 1e-4 * shrink * expected:
                better = trial
                break
        if expected < TOLERANCE and np.linalg.eigvalsh(point.hessian)[0] > 0:
            final = better if better is not None else point
            return Optimum(final, shape, converged=True, evaluations=evaluations)
        if better is None:  # rounding hides any further gain
            flat = expected < 1e-6 and bool(np.linalg.eigvalsh(point.hessian)[0] > 0)
            return Optimum(point, shape, converged=flat, evaluations=evaluations)
        point = better
    return Optimum(point, shape, converged=False, evaluations=evaluations)


def _smaller(best: Optimum) -> list[tuple[Shape, Floats]]:
    """Parametrisations of lower rank to try, with a start near the point found."""
    shape, rho = best.shape, best.point.free[best.shape.size :]
    D = matrix(best.point.entries)
    if shape.rank == 0:
        return []
    if shape.q == 1 or shape.rank == 1:
        return [(Shape(shape.q, 0), rho)] if np.trace(D) < FLAT else []
    values, vectors = np.linalg.eigh(D)
    if values[0] > FLAT:
        return []
    v = np.sqrt(max(values[1], 1e-4)) * vectors[:, 1]
    return [(Shape(2, 1), np.r_[v, rho])]


def _rises_inward(found: Optimum) -> bool:
    """Whether a boundary point can be bettered by giving D another rank."""
    slope = found.point.criterion.gradient
    if found.shape.q == 1:
        return bool(slope[0] < -1e-6)
    pull = np.array([[slope[0], slope[1] / 2], [slope[1] / 2, slope[2]]])
    v, w = (0.0, 0.0) if found.shape.rank == 0 else found.point.free[:2]
    if np.hypot(v, w) < 1e-6:
        return bool(np.linalg.eigvalsh(pull)[0] < -1e-6)
    across = np.array([-w, v]) / np.hypot(v, w)
    return bool(across @ pull @ across < -1e-6)


def search(residual: Residual, q: int, n: int, *, reml: bool) -> Optimum:
    """The best optimum from all starts, on the boundary where that is where it lies."""
    full = Shape(q, 1 if q == 1 else 2)
    best: Optimum | None = None
    evaluations = 0
    for ratio, rho in zip((0.3, 0.05), (residual.starts() * 2)[:2], strict=True):
        scale = np.array([0.0]) if q == 1 else np.array([0.0, 0.0, np.log(ratio)])
        found = descend(residual, full, n, np.r_[scale, rho], reml=reml)
        evaluations += found.evaluations
        if best is None or found.point.value < best.point.value:
            best = found
    if best is None:  # there is always a start
        raise AssertionError
    for _ in range(2):
        for shape, start in _smaller(best):
            found = descend(residual, shape, n, start, reml=reml)
            evaluations += found.evaluations
            if found.point.value <= best.point.value + 2e-6 and not _rises_inward(found):
                best = found
    if not best.converged and best.shape == full:  # near the boundary, but not on it
        best = descend(residual, full, n, best.point.free, reml=reml, flat=0.0)
        evaluations += best.evaluations
    return Optimum(best.point, best.shape, best.converged, evaluations)
