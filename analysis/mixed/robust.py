"""Standard errors of fixed effects that stay right when the model of the residuals is wrong.

CR2, the bias-reduced sandwich with persons as clusters (Bell and McCaffrey 2002; Pustejovsky and Tipton 2018), with
Satterthwaite's degrees of freedom, as in R's clubSandwich: with M = (X'V^-1X)^-1 and D the upper Cholesky factor
of V_i,

    A_i = D' [D (V_i - X_i M X_i') D']^(-1/2) D,      CR2 = M (sum of X_i'V_i^-1A_i e_i e_i'A_i'V_i^-1X_i) M.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import linalg, special

from analysis.mixed.blocks import blocks
from analysis.mixed.design import design
from analysis.mixed.result import Estimate
from analysis.mixed.words import number

if TYPE_CHECKING:
    from analysis.frames import Tidy
    from analysis.mixed.design import Design
    from analysis.mixed.result import MixedResult
    from analysis.serial import Floats

WIDER = 1.25  # a standard error this many times the model's is worth a word
NOTHING = 1e-12  # of the largest eigenvalue: a direction that the fixed effects take up wholly


@dataclass(frozen=True)
class Robust:
    """Fixed effects with CR2 standard errors and t intervals; `ratio` is CR2 over the model's standard error."""

    fixed: tuple[Estimate, ...]
    vcov: Floats
    ratio: dict[str, float]
    n_used: int
    n_persons: int
    sentence: str
    assumptions: tuple[str, ...] = (
        "persons are independent of each other",
        "the fixed effects are the right ones; covariances within persons may be anything",
    )

    @property
    def table(self) -> pd.DataFrame:
        """name, estimate, se, df, low, high, p."""
        return pd.DataFrame(list(self.fixed))


def robust(data: Tidy, result: MixedResult, fixed: Design | None = None) -> Robust:
    """`result` must be a fit of `data` with these fixed effects (without `fixed`: intercept and time)."""
    fixed = fixed or design(data)
    beta = np.array([effect.estimate for effect in result.fixed])
    persons = list(blocks(data, fixed, result))
    solved = [linalg.cho_solve(linalg.cho_factor(b.V), b.X) for b in persons]
    M = np.linalg.inv(sum(b.X.T @ W for b, W in zip(persons, solved, strict=True)))
    pulls = [_adjusted(b.V, b.X, M) @ W @ M for b, W in zip(persons, solved, strict=True)]  # (n_i, p) each
    scores = np.array([pull.T @ (b.y - b.X @ beta) for b, pull in zip(persons, pulls, strict=True)])
    vcov = scores.T @ scores
    own = np.array([np.einsum("na,nm,ma->a", pull, b.V, pull) for b, pull in zip(persons, pulls, strict=True)])
    h = np.array([b.X.T @ pull for b, pull in zip(persons, pulls, strict=True)])  # (B, p, p): column a of effect a
    effects = []
    for a, effect in enumerate(result.fixed):
        se, df = float(np.sqrt(vcov[a, a])), _df(own[:, a], h[:, :, a], M)
        reach = float(special.stdtrit(df, 0.975)) * se
        p = float(2 * special.stdtr(df, -abs(effect.estimate) / se))
        effects.append(
            Estimate(effect.name, effect.estimate, se, df, effect.estimate - reach, effect.estimate + reach, p)
        )
    ratio = {new.name: new.se / old.se for new, old in zip(effects, result.fixed, strict=True)}
    return Robust(
        tuple(effects),
        vcov,
        ratio,
        result.n_used,
        result.n_persons,
        _sentence(result, effects, ratio),
    )


def _adjusted(V: Floats, X: Floats, M: Floats) -> Floats:
    """A_i; it is symmetric."""
    D = np.linalg.cholesky(V).T
    values, vectors = np.linalg.eigh(D @ (V - X @ M @ X.T) @ D.T)
    root = np.where(values > NOTHING * values[-1], np.maximum(values, 1e-300) ** -0.5, 0.0)
    side = D.T @ vectors
    found: Floats = (side * root) @ side.T
    return found


def _df(own: Floats, h: Floats, M: Floats) -> float:
    """2 E^2 / Var of the CR2 variance under the fitted model; P_ij = own_i (if i = j) - h_i' M h_j."""
    taken = np.einsum("bi,ij,bj->b", h, M, h)
    H = M @ (h.T @ h)
    mean = float(np.sum(own - taken))
    squares = float(np.sum(own**2) - 2 * np.sum(own * taken) + np.trace(H @ H))
    return mean**2 / squares


def _sentence(result: MixedResult, effects: list[Estimate], ratio: dict[str, float]) -> str:
    trend = next(effect for effect in effects if effect.name == "time")
    text = (
        f"With standard errors that don't rely on the model of the residuals, the average trend of {result.score} is"
        f" {number(trend.estimate)} per {result.units['time']} (95 % interval {number(trend.low)} to"
        f" {number(trend.high)})."
    )
    far = [name for name, times in ratio.items() if not 1 / WIDER < times < WIDER]
    if far:
        text += f" They differ by more than a quarter from the model's for {', '.join(far)}: prefer these."
    return text
