"""How well several items measure one thing: between persons, and within them from moment to moment.

- alpha (Cronbach 1951) of plain rows; alpha and omega within and between persons from two-level covariance
  matrices (Geldhof, Preacher and Zyphur 2014), listwise maximum likelihood.
- Generalisability of Shrout and Lane (2012): RkRn (a person's mean over nested occasions) and Rcn (change
  within persons) from nested variances over stacked items; RkF and R1R from the crossed analysis of variance,
  for complete tables only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.errors import NotEstimable
from analysis.nested import variances
from analysis.twolevel import Moments, one_factor, saturated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.nested import Variances
    from analysis.serial import Floats

FEWEST_FOR_OMEGA = 3


@dataclass(frozen=True)
class TwoLevelReliability:
    """Omega and alpha at both levels; an omega that can't be had is None, with the reason."""

    omega_within: float | None
    omega_between: float | None
    alpha_within: float
    alpha_between: float
    reason: str | None
    n: int
    n_persons: int
    sentence: str
    assumptions: tuple[str, ...] = (
        "one factor at each level, the same loadings for everybody",
        "prompts with an item missing are left out",
    )

    @property
    def table(self) -> pd.DataFrame:
        """One row per level: level, omega, alpha."""
        return pd.DataFrame(
            {
                "level": ["within", "between"],
                "omega": [self.omega_within, self.omega_between],
                "alpha": [self.alpha_within, self.alpha_between],
            }
        )


@dataclass(frozen=True)
class Generalisability:
    """RkRn and Rcn; `RkRn_answered` uses the harmonic mean of occasions answered instead of all distinct."""

    RkRn: float
    RkRn_answered: float
    Rcn: float
    occasions: int
    items: int
    variances: Variances
    sentence: str
    assumptions: tuple[str, ...] = (
        "occasions are each person's own",
        "items are equally good",
    )

    @property
    def table(self) -> pd.DataFrame:
        """One row: RkRn, RkRn_answered, Rcn."""
        return pd.DataFrame([{"RkRn": self.RkRn, "RkRn_answered": self.RkRn_answered, "Rcn": self.Rcn}])


@dataclass(frozen=True)
class Crossed:
    """RkF (a person's mean over these very occasions) and R1R (one random occasion)."""

    RkF: float
    R1R: float
    components: dict[str, float]
    sentence: str
    assumptions: tuple[str, ...] = ("an occasion means the same for everybody", "effects add up")

    @property
    def table(self) -> pd.DataFrame:
        """One row: RkF, R1R."""
        return pd.DataFrame([{"RkF": self.RkF, "R1R": self.R1R}])


def alpha(frame: pd.DataFrame, items: Sequence[str]) -> float:
    """Cronbach's alpha over complete rows."""
    rows = frame[list(items)].dropna()
    if len(rows) < 3 or len(items) < 2:
        raise NotEstimable("alpha needs at least two items and three complete rows")
    return alpha_of(np.cov(rows.to_numpy(dtype=np.float64).T))


def alpha_of(covariance: Floats) -> float:
    """k/(k-1) (1 - trace/sum) of a covariance matrix."""
    k, total = len(covariance), float(covariance.sum())
    if total <= 0:
        raise NotEstimable("the items don't go together at all: alpha means nothing")
    return k / (k - 1) * (1 - float(np.trace(covariance)) / total)


def two_level(frame: pd.DataFrame, person: str, items: Sequence[str]) -> TwoLevelReliability:
    """Alpha and omega within and between persons, over rows with every item."""
    names = list(items)
    rows = frame.dropna(subset=[person, *names])
    if len(names) < 2 or not len(rows):
        raise NotEstimable("at least two items and some complete rows are needed")
    moments = Moments.of(rows[names].to_numpy(dtype=np.float64), pd.factorize(rows[person])[0])
    free = saturated(moments)
    omegas: list[float | None] = [None, None]
    reason = None
    if len(names) < FEWEST_FOR_OMEGA:
        reason = f"omega needs at least {FEWEST_FOR_OMEGA} items"
    else:
        fitted = one_factor(moments)
        loadings, unique = fitted.loadings or (), fitted.unique or ()
        for level, (loading, rest) in enumerate(zip(loadings, unique, strict=True)):
            if rest.min() < 0:
                where = ("within", "between")[level]
                reason = f"inadmissible {where} persons: an item has a negative unique variance"
            else:
                omegas[level] = float(loading.sum() ** 2 / (loading.sum() ** 2 + rest.sum()))
    within, between = alpha_of(free.within), alpha_of(free.between)
    shown = [f"{value:.2f}" if value is not None else "not to be had" for value in omegas]
    return TwoLevelReliability(
        omega_within=omegas[0],
        omega_between=omegas[1],
        alpha_within=within,
        alpha_between=between,
        reason=reason,
        n=len(rows),
        n_persons=len(moments.n),
        sentence=f"From moment to moment the items hold together with omega {shown[0]} (alpha {within:.2f}),"
        f" between persons with omega {shown[1]} (alpha {between:.2f}).",
    )


def generalisability(frame: pd.DataFrame, person: str, occasion: str, items: Sequence[str]) -> Generalisability:
    """RkRn = p/(p + pt/T + e/(T I)) and Rcn = pt/(pt + e/I), T the number of distinct occasions."""
    rows = frame.dropna(subset=[person, occasion])[[person, occasion, *items]]
    long = rows.melt([person, occasion], list(items)).dropna(subset=["value"])
    if not len(long) or len(items) < 2:
        raise NotEstimable("at least two items and some answers are needed")
    unit = pd.factorize(long[person])[0]
    when = pd.factorize(long[occasion])[0]
    fitted = variances(long["value"].to_numpy(dtype=np.float64), unit, when)
    answered = long.groupby(person)[occasion].nunique().to_numpy(dtype=np.float64)
    p, pt, e = fitted.person, fitted.group or 0.0, fitted.rest
    occasions, k = len(np.unique(when)), len(items)

    def mean_of(t: float) -> float:
        return p / (p + pt / t + e / (t * k))

    change = pt / (pt + e / k)
    return Generalisability(
        RkRn=mean_of(occasions),
        RkRn_answered=mean_of(float(len(answered) / np.sum(1 / answered))),
        Rcn=change,
        occasions=occasions,
        items=k,
        variances=fitted,
        sentence=f"A person's mean over {occasions} occasions is reliable to {mean_of(occasions):.2f},"
        f" change within persons to {change:.2f}.",
    )


def crossed(frame: pd.DataFrame, person: str, occasion: str, items: Sequence[str]) -> Crossed:
    """RkF and R1R by expected mean squares; every person must have every item at every occasion."""
    rows = frame.dropna(subset=[person, occasion, *items])
    table = rows.pivot_table(index=person, columns=occasion, values=list(items), aggfunc="first")
    n, t, k = rows[person].nunique(), rows[occasion].nunique(), len(items)
    if table.isna().to_numpy().any() or len(rows) != n * t or min(n, t, k) < 2:
        raise NotEstimable("not every person has every item at every occasion: use RkRn and Rcn")
    cube = table[list(items)].to_numpy(dtype=np.float64).reshape(n, k, t)
    mean_square = {name: _mean_square(cube, axes) for name, axes in EFFECTS.items()}
    e = mean_square["pit"]
    found = {
        "person:items": (mean_square["pi"] - e) / t,
        "person:time": (mean_square["pt"] - e) / k,
        "items:time": (mean_square["it"] - e) / n,
        "person": (mean_square["p"] - mean_square["pi"] - mean_square["pt"] + e) / (t * k),
        "time": (mean_square["t"] - mean_square["pt"] - mean_square["it"] + e) / (n * k),
        "items": (mean_square["i"] - mean_square["pi"] - mean_square["it"] + e) / (n * t),
        "residual": e,
    }
    lasting = found["person"] + found["person:items"] / k
    fixed = lasting / (lasting + e / (k * t))
    single = lasting / (lasting + found["time"] + found["person:time"] + e / k)
    return Crossed(
        RkF=fixed,
        R1R=single,
        components=found,
        sentence=f"A person's mean over these {t} occasions is reliable to {fixed:.2f}, her score at one occasion to"
        f" {single:.2f}.",
    )


EFFECTS = {"p": (0,), "i": (1,), "t": (2,), "pi": (0, 1), "pt": (0, 2), "it": (1, 2), "pit": (0, 1, 2)}


def _mean_square(cube: Floats, axes: tuple[int, ...]) -> float:
    """Mean square of a main effect or interaction in a complete table (persons, items, occasions)."""
    effect = cube
    for axis in range(3):
        mean = effect.mean(axis=axis, keepdims=True)
        effect = effect - mean if axis in axes else mean
    weight = cube.size / effect.size
    freedom = np.prod([cube.shape[axis] - 1 for axis in axes])
    return float(weight * np.sum(effect**2) / freedom)
