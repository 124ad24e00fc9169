"""Profile likelihood intervals for the standard deviations and correlations of a mixed model.

An end is where the fitted criterion, minimised over all other parameters, has risen by 3.8415 (the 95 %
point of chi-squared with one degree of freedom). Where it never rises so far, the boundary of the parameter
is the end. Coordinates: ln of the standard deviations and atanh of their correlation in the units of the
data, tau = ln sigma^2 in the standardised units of the fit, and the free parameters of the residual.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize

from analysis.mixed.likelihood import DIRECTIONS, criterion
from analysis.mixed.optimise import matrix
from analysis.mixed.parts import jet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.mixed.inference import Inference
    from analysis.mixed.result import Component
    from analysis.serial import Floats, Residual

DROP = 3.841458820694124
FARTHEST = 14.0  # from the optimum in any coordinate: beyond it lies the boundary
SINGULAR = 7.0  # where a coordinate starts that is infinite at the optimum
STEPS = 50


@dataclass(frozen=True)
class _Surface:
    """-2 log-likelihood by the coordinates, with exact derivatives."""

    residual: Residual
    to_standard: Floats  # (d, d): entries of the random covariance to those of sigma^2 D, standardised
    n: int
    reml: bool

    def look(self, at: Floats) -> tuple[float, Floats, Floats]:
        """Value, gradient (c,) and Hessian (c, c)."""
        d = len(self.to_standard)
        tau = at[d]
        G, dG, d2G = _covariance(at[:d])
        shrink = np.exp(-tau) * self.to_standard
        entries, first, second = shrink @ G, shrink @ dG, np.einsum("ij,jkl->ikl", shrink, d2G)
        rho, d_rho, d2_rho = self.residual.natural(at[d + 1 :])
        size, k = len(at), len(rho)
        jacobian, bends = np.zeros((d + k, size)), np.zeros((d + k, size, size))
        jacobian[:d, :d], jacobian[:d, d] = first, -entries
        bends[:d, :d, :d] = second
        bends[:d, :d, d] = bends[:d, d, :d] = -first
        bends[:d, d, d] = entries
        for j in range(k):
            jacobian[d + j, d + 1 + j] = d_rho[j]
            bends[d + j, d + 1 + j, d + 1 + j] = d2_rho[j]
        with np.errstate(all="ignore"):
            found = criterion(jet(self.residual, rho, matrix(entries)), self.n, reml=self.reml)
            rss = found.freedom * found.sigma2 * np.exp(-tau)
            rest = found.value - found.freedom * (1 + np.log(2 * np.pi * found.sigma2))
        d_rss = found.d_rss * np.exp(-tau)
        by_t = found.gradient - found.d_rss / found.sigma2 + d_rss
        value = found.freedom * (np.log(2 * np.pi) + tau) + rest + rss
        gradient = jacobian.T @ by_t
        gradient[d] += found.freedom - rss
        curvature = found.d2_rest + found.d2_rss * np.exp(-tau)
        hessian = jacobian.T @ curvature @ jacobian + np.einsum("t,tij->ij", by_t, bends)
        cross = -jacobian.T @ d_rss
        hessian[d, :] += cross
        hessian[:, d] += cross
        hessian[d, d] += rss
        return float(value), gradient, hessian

    def settle(self, at: Floats, fixed: int) -> tuple[float, Floats]:
        """Minimise over all coordinates but one, starting from `at`."""
        free = np.arange(len(at)) != fixed
        value, gradient, hessian = self.look(at)
        for _ in range(STEPS):
            values, vectors = np.linalg.eigh(hessian[np.ix_(free, free)])
            step = -vectors @ ((vectors.T @ gradient[free]) / np.maximum(np.abs(values), 1e-6))
            expected = float(-gradient[free] @ step)
            if expected < 1e-7:
                break
            step *= min(1.0, 1.5 / float(np.max(np.abs(step))))
            for shrink in 0.5 ** np.arange(10):
                trial = at.copy()
                trial[free] = np.clip(at[free] + shrink * step, -2 * FARTHEST, 2 * FARTHEST)
                found = self.look(trial)
                if found[0] < value:
                    break
            else:
                break
            at, (value, gradient, hessian) = trial, found
        return value, at


def _covariance(spread: Floats) -> tuple[Floats, Floats, Floats]:
    """Entries of the random covariance by (ln sd, ln sd, atanh r), with first and second derivatives."""
    if len(spread) == 1:
        variance = np.exp(2 * spread)
        return variance, 2 * variance[:, None], 4 * variance[:, None, None]
    a, b = np.exp(spread[:2])
    r = np.tanh(spread[2])
    dr, d2r = 1 - r * r, -2 * r * (1 - r * r)
    first = np.array([[2 * a * a, 0, 0], [a * b * r, a * b * r, a * b * dr], [0, 2 * b * b, 0]])
    second = np.zeros((3, 3, 3))
    second[0, 0, 0], second[2, 1, 1] = 4 * a * a, 4 * b * b
    second[1] = a * b * np.array([[r, r, dr], [r, r, dr], [dr, dr, d2r]])
    return np.array([a * a, a * b * r, b * b]), first, second


def profile(
    inference: Inference, residual: Residual, parts: Sequence[Component], n: int, *, reml: bool
) -> tuple[Component, ...]:
    """The same components with profile intervals; residual parameters that the fit put at zero stay."""
    q = inference.optimum.shape.q
    inverse = np.linalg.inv(inference.M[:q, :q])
    upper = np.triu_indices(q)
    to_standard = np.array([(inverse @ E @ inverse.T)[upper] for E in DIRECTIONS[q]]).T
    surface = _Surface(residual, to_standard, n, reml)
    at = _coordinates(inference, residual)
    spread = ("sd_intercept", "sd_slope", "correlation")[: len(to_standard)]
    names = [*spread, "sigma", *residual.names]
    found = []
    for part in parts:
        if part.name not in names:
            found.append(part)
            continue
        i = names.index(part.name)
        ends = [_end(surface, at, i, sign, inference.optimum.point.value) for sign in (-1.0, 1.0)]
        moves = [sign * 40 if end is None else end for sign, end in zip((-1.0, 1.0), ends, strict=True)]
        along = np.eye(len(at))[i]
        low, high = sorted(_reported(part.name, i, at + move * along, inference, residual) for move in moves)
        if part.name.startswith("s"):  # a standard deviation has no upper boundary
            found.append(
                replace(part, low=low if ends[0] is not None else 0.0, high=high if ends[1] is not None else None)
            )
        else:
            found.append(replace(part, low=low, high=high))
    return tuple(found)


def _coordinates(inference: Inference, residual: Residual) -> Floats:
    """The optimum in the coordinates of the surface, drawn in from infinity where it is singular."""
    optimum = inference.optimum
    G = inference.ranef_cov
    tau = np.log(optimum.point.criterion.sigma2)
    least = np.exp(-SINGULAR) * np.sqrt(np.exp(tau)) * np.diag(inference.M)[: len(G)]
    sd = np.maximum(np.sqrt(np.diag(G)), least)
    at = list(np.log(sd))
    if len(G) == 2:
        r = G[0, 1] / (sd[0] * sd[1])
        at.append(float(np.clip(np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12)), -SINGULAR, SINGULAR)))
    return np.array([*at, tau, *optimum.point.free[len(optimum.point.free) - len(residual.names) :]])


def _end(surface: _Surface, at: Floats, i: int, sign: float, best: float) -> float | None:
    """How far coordinate i can go until the criterion has risen by DROP; None if it never does."""
    settled = {0.0: at}

    def rise(distance: float) -> float:
        near = settled[min(settled, key=lambda known: abs(known - distance))].copy()
        near[i] = at[i] + sign * distance
        value, settled[distance] = surface.settle(near, i)
        return float(np.sqrt(max(value - best, 0.0)) - np.sqrt(DROP))

    inner, outer = 0.0, 0.1
    while rise(outer) < 0:
        inner, outer = outer, 1.7 * outer
        if outer > FARTHEST:
            return None
    return sign * float(optimize.brentq(rise, inner, outer, xtol=1e-7, rtol=1e-9))


def _reported(name: str, i: int, at: Floats, inference: Inference, residual: Residual) -> float:
    """The parameter at coordinate i as it is reported."""
    if name == "correlation":
        return float(np.tanh(at[i]))
    if name == "sigma":
        return float(np.exp(at[i] / 2) * inference.M[0, 0])
    if name.startswith("sd_"):
        return float(np.exp(at[i]))
    with np.errstate(over="ignore"):
        natural = residual.natural(at[len(at) - len(residual.names) :])[0]
        return float(residual.reported(natural)[0][residual.names.index(name)])
