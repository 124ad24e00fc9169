"""Do a person's answers scatter more or less as time goes? The within-person standard deviation over time.

The growth model with residual standard deviation sigma exp(rate t), the correlation between neighbours as before
(Pinheiro and Bates 2000, section 5.2; varExp of R's nlme). Rows divided by exp(rate t) follow the model with an even
spread, so that one number is left to search; its interval and test are by the likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import optimize, special

from analysis.errors import NotEstimable
from analysis.mixed.design import PLAIN
from analysis.mixed.layout import structure_of
from analysis.mixed.optimise import descend, search
from analysis.mixed.profile import DROP
from analysis.mixed.words import number

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.frames import Tidy
    from analysis.mixed.design import Recipe
    from analysis.mixed.result import MixedResult, ResidualName
    from analysis.serial import Floats

FARTHEST = 3.0  # ln of the standard deviation, over one standard deviation of time


@dataclass(frozen=True)
class SpreadTrend:
    """Factor by which the within-person standard deviation changes per unit of time, 95 % profile interval.

    `rate` is its logarithm; `sd_first` and `sd_last` are the standard deviations at the ends of the observed time.
    """

    factor: float
    low: float | None
    high: float | None
    rate: float
    statistic: float
    p: float
    sd_first: float
    sd_last: float
    log_lik: float
    n_used: int
    n_persons: int
    sentence: str
    assumptions: tuple[str, ...] = (
        "the logarithm of the spread follows a straight line, the same for everybody",
        "a score that nears an end of its scale scatters less there for that reason alone",
    )

    @property
    def table(self) -> pd.DataFrame:
        """One row: factor, low, high, statistic, p, sd_first, sd_last."""
        names = ["factor", "low", "high", "statistic", "p", "sd_first", "sd_last"]
        return pd.DataFrame([{name: getattr(self, name) for name in names}])


def spread_trend(data: Tidy, result: MixedResult, recipe: Recipe = PLAIN) -> SpreadTrend:
    """`result` is a fit of `data` by this recipe."""
    if result.residual.endswith("noise"):
        raise NotEstimable("a changing spread is fitted without measurement error only: choose ar1 or car1")
    fixed = recipe.build(data)
    n, p = fixed.X.shape
    time = data.values("time")
    unit = float(time.std())
    y = data.values("score")
    mean, scale = fixed.X.mean(axis=0), fixed.X.std(axis=0)
    mean[0], scale[0] = 0.0, 1.0
    columns = np.column_stack([(y - y.mean()) / y.std(), (fixed.X - mean) / scale])
    t = (time - time.mean()) / unit
    sigma2, value = _criterion(data, result, columns, t)
    best = _minimum(value)
    even, found = value(0.0), value(best)
    statistic = max(0.0, even - found)
    ends = [_end(value, best, found, sign) for sign in (-1.0, 1.0)]
    factors = [None if end is None else float(np.exp(end / unit)) for end in ends]
    reml = result.method == "reml"
    jacobian = -(n - p if reml else n) * np.log(y.std()) - (np.sum(np.log(scale)) if reml else 0.0)
    sd = np.sqrt(sigma2(best)) * y.std() * np.exp(best * np.array([t.min(), t.max()]))
    shown = SpreadTrend(
        factor=float(np.exp(best / unit)),
        low=factors[0],
        high=factors[1],
        rate=best / unit,
        statistic=statistic,
        p=float(special.chdtrc(1, statistic)),
        sd_first=float(sd[0]),
        sd_last=float(sd[1]),
        log_lik=float(-found / 2 + jacobian),
        n_used=n,
        n_persons=result.n_persons,
        sentence="",
    )
    return replace(shown, sentence=_sentence(shown, data))


def _criterion(
    data: Tidy, result: MixedResult, columns: Floats, t: Floats
) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """sigma^2 and -2 log-likelihood by the rate over standardised time, everything else at its best."""
    reml, q, n = result.method == "reml", 1 if result.random == "intercept" else 2, len(t)
    none = any(part.name == "phi" and part.boundary for part in result.components)
    residual: ResidualName = "independent" if none else result.residual
    start = search(structure_of(data, residual, columns), q, n, reml=reml)
    known = {0.0: start}

    def at(rate: float) -> tuple[float, float]:
        if rate not in known:
            near = known[min(known, key=lambda other: abs(other - rate))]
            structure = structure_of(data, residual, columns * np.exp(-rate * t)[:, None])
            known[rate] = descend(structure, near.shape, n, near.point.free, reml=reml, flat=0.0)
        found = known[rate].point
        return found.criterion.sigma2, found.value + 2 * rate * float(t.sum())

    return (lambda rate: at(rate)[0]), (lambda rate: at(rate)[1])


def _minimum(value: Callable[[float], float]) -> float:
    found = optimize.minimize_scalar(value, bounds=(-FARTHEST, FARTHEST), method="bounded", options={"xatol": 1e-7})
    best = float(found.x)
    if not np.isfinite(found.fun) or abs(best) > 0.99 * FARTHEST:
        raise NotEstimable("the spread of the answers runs to nothing at one end of the time")
    return best


def _end(value: Callable[[float], float], best: float, lowest: float, sign: float) -> float | None:
    """Where -2 log-likelihood has risen by DROP, None if it doesn't."""

    def rise(reach: float) -> float:
        return value(best + sign * reach) - lowest - DROP

    inner, outer = 0.0, 0.1
    while rise(outer) < 0:
        inner, outer = outer, 2 * outer
        if outer > 2 * FARTHEST:
            return None
    return best + sign * float(optimize.brentq(rise, inner, outer, xtol=1e-7))


def _sentence(found: SpreadTrend, data: Tidy) -> str:
    ends = " to ".join("–" if end is None else number(100 * (end - 1)) for end in (found.low, found.high))
    clear = found.low is not None and found.high is not None and (found.low > 1 or found.high < 1)
    way = "more" if found.factor > 1 else "less"
    text = (
        f"Around a person's own course {data.score} scatters {way} as time goes"
        if clear
        else (f"No clear change in how much {data.score} scatters around a person's own course")
    )
    return (
        f"{text}: its standard deviation goes from {number(found.sd_first)} to {number(found.sd_last)}, by"
        f" {number(100 * (found.factor - 1))} % per {data.time_unit} (95 % interval {ends})."
    )
