"""From the optimum to statements: covariances, degrees of freedom, intervals, predictions.

Everything is computed in the standardised units of the fit and carried back by one matrix: with
X = X_s K the effects are beta = M beta_s + (mean of y, 0, ...), M = (scale of y) K^-1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from analysis.errors import NotEstimable
from analysis.mixed.likelihood import DIRECTIONS, marginal
from analysis.mixed.optimise import matrix
from analysis.mixed.result import Component, CurvePoint, Estimate, PersonSlope, Test

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.mixed.design import Design
    from analysis.mixed.optimise import Optimum
    from analysis.serial import Floats, Residual

NORMAL = float(special.ndtri(0.975))


@dataclass(frozen=True)
class Inference:
    """The optimum in original units, with the covariance of its parameters (free ones, then ln sigma^2)."""

    optimum: Optimum
    M: Floats  # (p, p)
    shift: Floats  # (p,)
    parameter_cov: Floats  # (f + 1, f + 1)

    @property
    def beta(self) -> Floats:
        return self.M @ self.optimum.point.criterion.beta + self.shift

    @property
    def vcov(self) -> Floats:
        found = self.optimum.point.criterion
        return found.sigma2 * self.M @ found.xx_inverse @ self.M.T

    @property
    def ranef_cov(self) -> Floats:
        point, q = self.optimum.point, self.optimum.shape.q
        M = self.M[:q, :q]
        G: Floats = point.criterion.sigma2 * M @ matrix(point.entries) @ M.T
        np.fill_diagonal(G, np.maximum(np.diag(G), 0.0))  # on the boundary rounding may go below
        return G

    @property
    def sigma(self) -> float:
        """Residual standard deviation; M[0, 0] is the scale of y."""
        return float(np.sqrt(self.optimum.point.criterion.sigma2) * self.M[0, 0])

    def df(self, contrast: Floats) -> float:
        """Satterthwaite's degrees of freedom of contrast @ beta: 2 C^2 / (g' A g)."""
        found = self.optimum.point.criterion
        lever = found.xx_inverse @ (self.M.T @ contrast)
        variance = found.sigma2 * float((self.M.T @ contrast) @ lever)
        by_entries = -found.sigma2 * np.einsum("i,tij,j->t", lever, found.d_xx, lever)
        g = np.r_[self.optimum.point.jacobian.T @ by_entries, variance]
        return float(2 * variance**2 / (g @ self.parameter_cov @ g))


def infer(optimum: Optimum, M: Floats, shift: Floats) -> Inference:
    """Observed information of the likelihood with sigma^2 as a parameter of its own."""
    point = optimum.point
    found = point.criterion
    f = len(point.free)
    information = np.empty((f + 1, f + 1))
    curvature = found.d2_rest + found.d2_rss / found.sigma2
    information[:f, :f] = point.jacobian.T @ curvature @ point.jacobian
    information[:f, :f] += np.einsum("t,tij->ij", found.gradient, point.bends)
    information[f, :f] = information[:f, f] = -point.jacobian.T @ found.d_rss / found.sigma2
    information[f, f] = found.freedom
    if not np.linalg.eigvalsh(information)[0] > 0:
        raise NotEstimable("the likelihood has no clear peak: these data can't carry this model, try a simpler one")
    return Inference(optimum, M, shift, (2 * np.linalg.inv(information)).astype(np.float64))


def estimates(inference: Inference, names: Sequence[str]) -> tuple[Estimate, ...]:
    """Fixed effects with t intervals."""
    found = []
    for row, name, value in zip(np.eye(len(names)), names, inference.beta, strict=True):
        se = float(np.sqrt(row @ inference.vcov @ row))
        df = inference.df(row)
        reach = float(special.stdtrit(df, 0.975)) * se
        p = float(2 * special.stdtr(df, -abs(value) / se))
        found.append(Estimate(name, float(value), se, df, float(value - reach), float(value + reach), p))
    return tuple(found)


def tests(inference: Inference, design: Design) -> tuple[Test, ...]:
    """An F test of every term."""
    found = []
    for term, columns in design.terms.items():
        L = np.eye(len(design.names))[list(columns)]
        values, vectors = np.linalg.eigh(L @ inference.vcov @ L.T)
        rows = vectors.T @ L
        squares = (rows @ inference.beta) ** 2 / values
        dfs = np.array([inference.df(row) for row in rows])
        r = len(columns)
        excess = float(np.sum(dfs[dfs > 2] / (dfs[dfs > 2] - 2)))
        df2 = float(dfs[0]) if r == 1 else (2 * excess / (excess - r) if excess > r else 0.0)
        F = float(np.mean(squares))
        found.append(Test(term, F, r, df2, float(special.fdtrc(r, df2, F))))
    return tuple(found)


def components(inference: Inference, residual: Residual, gone: tuple[str, ...]) -> tuple[Component, ...]:
    """Standard deviations (Wald on the log scale) and correlations (Wald on atanh).

    `gone` names residual parameters that the fit put at zero.
    """
    optimum = inference.optimum
    point, q = optimum.point, optimum.shape.q
    f, d = len(point.free), len(point.entries)
    G = inference.ranef_cov
    M = inference.M[:q, :q]
    by_entries = point.criterion.sigma2 * np.stack([M @ E @ M.T for E in DIRECTIONS[q]])
    dG = np.concatenate([np.einsum("tij,tf->fij", by_entries, point.jacobian[:d]), G[None]])  # (f + 1, q, q)
    found = []
    sd = np.sqrt(np.diag(G))
    for i, name in enumerate(("sd_intercept", "sd_slope")[:q]):
        if optimum.shape.rank == 0 or G[i, i] == 0:
            found.append(Component(name, 0.0, 0.0, None, boundary=True))
        else:
            found.append(_on_log(name, sd[i], dG[:, i, i] / (2 * G[i, i]), inference.parameter_cov))
    if q == 2 and optimum.shape.rank == 2:
        r = G[0, 1] / (sd[0] * sd[1])
        slope = dG[:, 0, 1] / (sd[0] * sd[1]) - r / 2 * (dG[:, 0, 0] / G[0, 0] + dG[:, 1, 1] / G[1, 1])
        found.append(_on_atanh("correlation", r, slope, inference.parameter_cov))
    elif q == 2 and optimum.shape.rank == 1:
        found.append(Component("correlation", float(np.sign(G[0, 1])), None, None, boundary=True))
    by_scale = np.r_[np.zeros(f), 0.5]
    found.append(_on_log("sigma", inference.sigma, by_scale, inference.parameter_cov))
    reported, derivative = residual.reported(point.rho)
    for j, (name, scale) in enumerate(zip(residual.names, residual.scales, strict=True)):
        slope = np.r_[derivative[j] * point.jacobian[d + j], 0.0]
        make = _on_atanh if scale == "atanh" else _on_logit
        found.append(make(name, reported[j], slope, inference.parameter_cov))
    found.extend(Component(name, 0.0, 0.0, None, boundary=True) for name in gone)
    return tuple(found)


def _on_log(name: str, value: float, slope_of_log: Floats, cov: Floats) -> Component:
    reach = _reach(slope_of_log, cov)
    with np.errstate(over="ignore"):  # a flat likelihood: no upper end
        return _between(name, value, value * np.exp(-reach), value * np.exp(reach))


def _on_atanh(name: str, value: float, slope: Floats, cov: Floats) -> Component:
    if 1 - abs(value) < 1e-12:  # too near the end to say how near
        return Component(name, float(value), None, None, boundary=True)
    middle, reach = np.arctanh(value), _reach(slope / (1 - value**2), cov)
    return _between(name, value, np.tanh(middle - reach), np.tanh(middle + reach))


def _on_logit(name: str, value: float, slope: Floats, cov: Floats) -> Component:
    middle, reach = special.logit(value), _reach(slope / (value * (1 - value)), cov)
    return _between(name, value, special.expit(middle - reach), special.expit(middle + reach))


def _reach(slope: Floats, cov: Floats) -> float:
    """Half the width of a Wald interval."""
    return NORMAL * float(np.sqrt(slope @ cov @ slope))


def _between(name: str, value: float, low: float, high: float) -> Component:
    ends = [float(end) if np.isfinite(end) else None for end in (low, high)]
    return Component(name, float(value), ends[0], ends[1], boundary=False)


def curve(inference: Inference, design: Design, time: Floats, points: int = 25) -> tuple[CurvePoint, ...]:
    """The average course over the observed time, other terms at their mean over answers."""
    found = []
    moments = np.linspace(time.min(), time.max(), points)
    for t, x in zip(moments, design.course(time, moments), strict=True):
        value = float(x @ inference.beta)
        reach = float(special.stdtrit(inference.df(x), 0.975) * np.sqrt(x @ inference.vcov @ x))
        found.append(CurvePoint(float(t), value, value - reach, value + reach))
    return tuple(found)


def person_slopes(
    inference: Inference, cross: Floats, pull: Floats, persons: Sequence[object]
) -> tuple[PersonSlope, ...]:
    """Best linear unbiased predictions of each person's slope (Henderson 1975), normal 95 % intervals.

    `cross` is W'R^-1W (B, m, m) at the optimum, `pull` (B, p) how the person's fixed part moves with time.
    """
    optimum = inference.optimum
    found = optimum.point.criterion
    D = matrix(optimum.point.entries)
    person = marginal(cross, D)
    kappa = D @ inference.M[:2, :2][1]  # D times the slope's place in standardised random effects
    g = np.r_[1.0, -found.beta]
    slope = pull @ inference.beta + (person.b @ g) @ kappa
    fixed = pull @ inference.M - np.einsum("bqp,q->bp", person.b[:, :, 1:], kappa)
    own = kappa @ inference.M[:2, :2][1] - np.einsum("q,bqr,r->b", kappa, person.K, kappa)
    variance = found.sigma2 * (own + np.einsum("bi,ij,bj->b", fixed, found.xx_inverse, fixed))
    reach = NORMAL * np.sqrt(np.maximum(variance, 0.0))
    return tuple(
        PersonSlope(who, float(s), float(s - w), float(s + w)) for who, s, w in zip(persons, slope, reach, strict=True)
    )
