"""Do the residuals look as the model says? Pictures in numbers, and flags; nobody is left out for one.

Normalised residuals (Pinheiro and Bates 2000, section 6.2) are answers less the average course and the person's
own line, with the fitted correlation taken out: L^-1 (y - X beta - Z u), R = L L'. If the model holds they are
roughly independent standard normal numbers. A person is far out if (y - X beta)' V^-1 (y - X beta) is (chi-squared
with as many degrees of freedom as answers, Holm over persons), an answer if its normalised residual is beyond FAR.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import linalg, special

from analysis.adjust import holm
from analysis.mixed.blocks import blocks
from analysis.mixed.design import design
from analysis.mixed.words import number

if TYPE_CHECKING:
    from analysis.frames import Tidy
    from analysis.mixed.design import Design
    from analysis.mixed.result import MixedResult
    from analysis.serial import Bools, Floats, Ints

NORMAL = float(special.ndtri(0.975))
LAGS = 5
FAR = 4.0
UNLIKELY = 0.05
QUANTILES = np.array([0.005, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.995])
NOTABLE = {"left": 0.1, "skew": 1.0, "kurtosis": 2.0, "fan": 0.15}


@dataclass(frozen=True)
class Left:
    """Correlation of normalised residuals `lag` answers apart (prompts, where there are positions); 95 % interval."""

    lag: int
    correlation: float | None
    low: float | None
    high: float | None
    pairs: int


@dataclass(frozen=True)
class Diagnostics:
    """`normalised` (N,) in the order of the rows; `quantiles` their distribution beside the normal one's.

    `skew` and `kurtosis` (0 for a normal distribution); `fan` is the rank correlation of the residuals' size with the
    fitted value. `persons`: person, n, distance, p, p_holm, far, largest (her largest normalised residual in size).
    """

    normalised: Floats
    quantiles: pd.DataFrame
    skew: float
    kurtosis: float
    left: tuple[Left, ...]
    fan: float
    persons: pd.DataFrame
    far_answers: int
    notes: tuple[str, ...]
    sentence: str
    assumptions: tuple[str, ...] = ("flags to look at: they leave nobody out",)

    @property
    def table(self) -> pd.DataFrame:
        """The correlation left: lag, correlation, low, high, pairs."""
        return pd.DataFrame(list(self.left))

    @property
    def far_persons(self) -> list[object]:
        """Who is far out."""
        found: list[object] = self.persons.loc[self.persons["far"], "person"].tolist()
        return found


def diagnose(data: Tidy, result: MixedResult, fixed: Design | None = None) -> Diagnostics:
    """`result` must be a fit of `data` with these fixed effects (without `fixed`: intercept and time)."""
    fixed = fixed or design(data)
    beta = np.array([effect.estimate for effect in result.fixed])
    n = result.n_used
    normalised, expected = np.empty(n), np.empty(n)
    distance = []
    for block in blocks(data, fixed, result):
        away = block.y - block.X @ beta
        solved = linalg.cho_solve(linalg.cho_factor(block.V), away)
        own = block.Z @ result.ranef_cov @ (block.Z.T @ solved)
        L = np.linalg.cholesky(block.R)
        normalised[block.rows] = linalg.solve_triangular(L, away - own, lower=True)
        expected[block.rows] = block.X @ beta + own
        distance.append(float(away @ solved))
    persons = _persons(data, normalised, np.array(distance))
    left = _left(data, normalised)
    standard = (normalised - normalised.mean()) / normalised.std()
    skew, kurtosis = float(np.mean(standard**3)), float(np.mean(standard**4) - 3)
    fan = float(pd.Series(np.abs(normalised)).corr(pd.Series(expected), method="spearman"))
    far_answers = int(np.sum(np.abs(normalised) > FAR))
    far_persons = int(persons["far"].sum())
    notes = _notes(left, skew=skew, kurtosis=kurtosis, fan=fan, far_answers=far_answers, far_persons=far_persons)
    return Diagnostics(
        normalised=normalised,
        quantiles=pd.DataFrame(
            {"share": QUANTILES, "normal": special.ndtri(QUANTILES), "residual": np.quantile(normalised, QUANTILES)}
        ),
        skew=skew,
        kurtosis=kurtosis,
        left=left,
        fan=fan if np.isfinite(fan) else 0.0,
        persons=persons,
        far_answers=far_answers,
        notes=notes,
        sentence=_sentence(data.score, left[0], notes),
    )


def _persons(data: Tidy, normalised: Floats, distance: Floats) -> pd.DataFrame:
    counts = np.bincount(data.unit)
    p = special.chdtrc(counts, distance)
    adjusted = holm(p)
    return pd.DataFrame(
        {
            "person": data.persons,
            "n": counts,
            "distance": distance,
            "p": p,
            "p_holm": adjusted,
            "far": adjusted < UNLIKELY,
            "largest": pd.Series(np.abs(normalised)).groupby(data.unit).max().to_numpy(),
        }
    )


def _left(data: Tidy, normalised: Floats) -> tuple[Left, ...]:
    unit = data.unit
    place = data.values("position") if data.has_position else np.arange(len(unit), dtype=np.float64)
    found = []
    for lag in range(1, LAGS + 1):
        early, late = _apart(unit, place, lag)
        pairs = len(late)
        if pairs < 10:
            found.append(Left(lag, None, None, None, pairs))
            continue
        r = float(np.corrcoef(normalised[early], normalised[late])[0, 1])
        reach = NORMAL / np.sqrt(pairs - 3)
        low, high = np.tanh(np.arctanh(r) - reach), np.tanh(np.arctanh(r) + reach)
        found.append(Left(lag, r, float(low), float(high), pairs))
    return tuple(found)


def _apart(unit: Ints, place: Floats, lag: int) -> tuple[Ints, Ints]:
    """Rows of one person that are `lag` places apart."""
    early, late = [], []
    for rows in range(1, lag + 1):  # gaps are at least one, so nobody is further away than `lag` rows
        same: Bools = (unit[rows:] == unit[:-rows]) & (place[rows:] - place[:-rows] == lag)
        at = np.flatnonzero(same)
        early.append(at)
        late.append(at + rows)
    return np.concatenate(early), np.concatenate(late)


def _notes(
    left: tuple[Left, ...], *, skew: float, kurtosis: float, fan: float, far_answers: int, far_persons: int
) -> tuple[str, ...]:
    found = []
    first = left[0].correlation
    if first is not None and abs(first) > NOTABLE["left"]:
        found.append(f"neighbouring residuals are still correlated ({number(first)}): try another residual model")
    if abs(skew) > NOTABLE["skew"]:
        where = "floor" if skew > 0 else "ceiling"
        found.append(f"residuals are skewed ({number(skew)}), as with many answers at the {where} of the scale")
    if kurtosis > NOTABLE["kurtosis"]:
        found.append(f"residuals have heavy tails (excess kurtosis {number(kurtosis)})")
    if abs(fan) > NOTABLE["fan"]:
        found.append(f"residuals are {'larger' if fan > 0 else 'smaller'} where the fitted score is higher")
    if far_answers:
        found.append(f"answers more than {FAR:g} standard deviations from what is expected: {far_answers}")
    if far_persons:
        found.append(f"persons further from the average course than the model makes likely: {far_persons}")
    if found:
        found.append("robust standard errors (CR2) don't depend on these assumptions")
    return tuple(found)


def _sentence(score: str, first: Left, notes: tuple[str, ...]) -> str:
    text = f"Residuals of {score} look much as the model says" if not notes else f"Look at the residuals of {score}"
    if first.correlation is not None and first.low is not None and first.high is not None:
        text += (
            f"; between neighbours a correlation of {number(first.correlation)} is left (95 % interval"
            f" {number(first.low)} to {number(first.high)})"
        )
    return text + "."
