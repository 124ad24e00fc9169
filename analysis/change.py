"""Change within one person: before and after a known moment.

- `interrupted`: a line that may jump and bend at the moment (Wagner et al. 2002), AR(1) or CAR(1) residuals by
  REML, t intervals with n - 4 degrees of freedom.
- `overlap`: NAP, the share of pairs in which the later answer is higher, ties by half (Parker and Vannest
  2009), with Tau = 2 NAP - 1 and an interval by DeLong's variance; it ignores trend and autocorrelation.
- `newey_west`: the plain least squares slope with a standard error that allows for autocorrelation.

They describe; what happened at that moment they can't tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from analysis.errors import NotEstimable
from analysis.mixed.optimise import Shape, descend
from analysis.mixed.words import number
from analysis.serial import Autoregressive, pair_up

if TYPE_CHECKING:
    from analysis.frames import Tidy
    from analysis.serial import Bools, Floats

FEWEST_ON_EACH_SIDE = 5
NORMAL = float(special.ndtri(0.975))


@dataclass(frozen=True)
class Effect:
    """An estimate with its 95 % interval."""

    name: str
    estimate: float
    se: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Interrupted:
    """Level and slope before, and how both change at the moment; phi of neighbouring residuals."""

    effects: tuple[Effect, ...]
    phi: float
    n_before: int
    n_after: int
    sentence: str
    assumptions: tuple[str, ...] = (
        "a straight line before and one after",
        "nothing else changed at that moment",
        "residuals are roughly normal",
    )

    @property
    def table(self) -> pd.DataFrame:
        """One row per effect."""
        return pd.DataFrame(list(self.effects))


@dataclass(frozen=True)
class Overlap:
    """NAP and Tau, each with its 95 % interval."""

    nap: float
    nap_low: float
    nap_high: float
    tau: float
    tau_low: float
    tau_high: float
    n_before: int
    n_after: int
    sentence: str
    assumptions: tuple[str, ...] = ("answers are independent, and would have had no trend",)

    @property
    def table(self) -> pd.DataFrame:
        """One row each for nap and tau: measure, estimate, low, high."""
        return pd.DataFrame(
            {
                "measure": ["nap", "tau"],
                "estimate": [self.nap, self.tau],
                "low": [self.nap_low, self.tau_low],
                "high": [self.nap_high, self.tau_high],
            }
        )


def interrupted(data: Tidy, moment: float) -> Interrupted:
    """`data` of one person; answers at `moment` (in units of time) or later count as after."""
    y, time = _one_person(data)
    after = time >= moment
    _enough(after)
    since = np.where(after, time - moment, 0.0)
    scale = float(y.std())
    if scale == 0:
        raise NotEstimable("no variation")
    span = float(np.ptp(time))
    X = np.column_stack([np.ones_like(time), (time - moment) / span, after, since / span])
    if np.linalg.matrix_rank(X) < X.shape[1]:
        raise NotEstimable("the times on one side of the moment are all the same")
    place, kind = (data.values("position"), "ar1") if data.has_position else (data.clock, "car1")
    pairs = pair_up(data.unit, place, np.column_stack([(y - y.mean()) / scale, X]))
    residual = Autoregressive(pairs, "ar1" if kind == "ar1" else "car1")
    nothing = Shape(1, 0)
    starts = [descend(residual, nothing, len(y), free, reml=True) for free in residual.starts()]
    best = min(starts, key=lambda found: found.point.value)
    if residual.edge(best.point.rho) == "one" or best.point.criterion.sigma2 < 1e-16:
        raise NotEstimable("the correlation of neighbouring answers runs to one: not estimable")
    found = best.point.criterion
    units = np.array([1.0, 1 / span, 1.0, 1 / span]) * scale
    shift = np.array([y.mean(), 0.0, 0.0, 0.0])
    se = np.sqrt(found.sigma2 * np.diag(found.xx_inverse)) * units
    values = found.beta * units + shift
    df = len(y) - 4
    reach = float(special.stdtrit(df, 0.975)) * se
    p = 2 * special.stdtr(df, -np.abs(values / se))
    names = ("level before", "slope before", "change of level", "change of slope")
    effects = tuple(
        Effect(name, float(v), float(s), float(v - r), float(v + r), float(q))
        for name, v, s, r, q in zip(names, values, se, reach, p, strict=True)
    )
    step, bend = effects[2:]
    return Interrupted(
        effects,
        float(residual.reported(best.point.rho)[0][0]),
        int((~after).sum()),
        int(after.sum()),
        f"At {number(moment)} the level of {data.score} differs by {number(step.estimate)} (95 % interval"
        f" {number(step.low)} to {number(step.high)}) from where the earlier line would be, its slope by"
        f" {number(bend.estimate)} per {data.time_unit} ({number(bend.low)} to {number(bend.high)}).",
    )


def overlap(data: Tidy, moment: float) -> Overlap:
    """Pairs of an answer before and one at `moment` or later, of one person."""
    y, time = _one_person(data)
    _enough(time >= moment)
    before, after = y[time < moment], y[time >= moment]
    wins = (np.sign(np.subtract.outer(after, before)) + 1) / 2
    nap = float(wins.mean())
    spread = wins.mean(axis=1).var(ddof=1) / len(after) + wins.mean(axis=0).var(ddof=1) / len(before)
    reach = NORMAL * float(np.sqrt(spread))
    low, high = max(0.0, nap - reach), min(1.0, nap + reach)
    return Overlap(
        nap,
        low,
        high,
        2 * nap - 1,
        2 * low - 1,
        2 * high - 1,
        len(before),
        len(after),
        f"In {nap:.0%} of pairs of an earlier and a later answer (95 % interval {low:.0%} to {high:.0%}) the later"
        f" {data.score} is higher, ties counted by half.",
    )


def newey_west(data: Tidy, lags: int | None = None) -> Effect:
    """Slope per unit of time for one person, Bartlett weights; lags default to 4 (n / 100)^(2/9)."""
    import statsmodels.api as sm

    y, time = _one_person(data)
    if len(y) < 2 * FEWEST_ON_EACH_SIDE or np.ptp(time) == 0 or y.std() == 0:
        raise NotEstimable("too few answers, or no variation")
    chosen = int(4 * (len(y) / 100) ** (2 / 9)) if lags is None else lags
    found = sm.OLS(y, sm.add_constant(time)).fit(
        cov_type="HAC", cov_kwds={"maxlags": chosen, "use_correction": True}, use_t=True
    )
    low, high = found.conf_int()[1]
    return Effect(
        "slope", float(found.params[1]), float(found.bse[1]), float(low), float(high), float(found.pvalues[1])
    )


def _one_person(data: Tidy) -> tuple[Floats, Floats]:
    if len(data.persons) != 1:
        raise NotEstimable(f"this looks at one person; there are {len(data.persons)}")
    return data.values("score"), data.values("time")


def _enough(after: Bools) -> None:
    fewer = min(int(after.sum()), int(len(after) - after.sum()))
    if fewer < FEWEST_ON_EACH_SIDE:
        raise NotEstimable(f"{fewer} answers on one side of the moment; at least {FEWEST_ON_EACH_SIDE} are needed")
