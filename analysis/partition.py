"""Where the variance lies: between persons, between days, between moments; and correlations at each level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from analysis.errors import NotEstimable
from analysis.mixed.words import number
from analysis.nested import variances

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.frames import Tidy
    from analysis.nested import Share, Variances


@dataclass(frozen=True)
class Icc:
    """Share of the variance between persons.

    `reml` from a random-intercept model, with its interval; `icc1` and `icc2` from the analysis of variance
    with the mean number of answers k (Bartko 1976), `icc2` the reliability of a person's mean; `k0` is the
    mean corrected for unequal numbers.
    """

    reml: Share
    icc1: float
    icc2: float
    k: float
    k0: float
    variances: Variances
    sentence: str


@dataclass(frozen=True)
class Levels:
    """Shares of persons, of days within persons, and of moments within days."""

    person: Share
    day: Share | None
    moment: float
    variances: Variances
    sentence: str


@dataclass(frozen=True)
class Correlations:
    """Correlations of items within persons (pooled) and between persons' means (weighted by answers)."""

    within: pd.DataFrame
    between: pd.DataFrame
    n: int
    n_persons: int


@dataclass(frozen=True)
class RepeatedR:
    """Correlation of two measures within persons (Bland and Altman 1995) with a Fisher interval."""

    r: float
    low: float
    high: float
    df: int
    sentence: str


def icc(data: Tidy) -> Icc:
    """The intraclass correlation of a score. Raises NotEstimable where there is nothing to compare."""
    y, unit = data.values("score"), data.unit
    if not len(y):
        raise NotEstimable(f"there is no {data.score}")
    fitted = variances(y, unit)
    counts = np.bincount(unit).astype(float)
    means = np.bincount(unit, y) / counts
    between = float(np.sum(counts * (means - y.mean()) ** 2)) / (len(counts) - 1)
    within = float(np.sum((y - means[unit]) ** 2)) / (len(y) - len(counts))
    k = float(counts.mean())
    share = fitted.person_share
    ends = "" if share.low is None or share.high is None else f" (95 % interval {share.low:.0%} to {share.high:.0%})"
    return Icc(
        reml=share,
        icc1=(between - within) / (between + (k - 1) * within),
        icc2=(between - within) / between,
        k=k,
        k0=float((counts.sum() - np.sum(counts**2) / counts.sum()) / (len(counts) - 1)),
        variances=fitted,
        sentence=f"{share.estimate:.0%} of the variance of {data.score} lies between persons{ends},"
        " the rest within them.",
    )


def levels(data: Tidy) -> Levels:
    """Three levels: person, day within person, moment within day. Needs the day of every answer."""
    day = data.values("day")
    if not len(day) or np.isnan(day).any():
        raise NotEstimable("the day of every answer is needed")
    fitted = variances(data.values("score"), data.unit, day.astype(np.intp))
    group = fitted.group or 0.0
    total = fitted.person + group + fitted.rest
    return Levels(
        person=fitted.person_share,
        day=fitted.group_share,
        moment=fitted.rest / total,
        variances=fitted,
        sentence=f"Of the variance of {data.score}, {fitted.person / total:.0%} lies between persons,"
        f" {group / total:.0%} between days of one person, {fitted.rest / total:.0%} between moments of one day.",
    )


def centred(frame: pd.DataFrame, person: str, columns: Sequence[str]) -> pd.DataFrame:
    """For each column its person mean (COL_mean) and the deviation from it (COL_within)."""
    means = frame.groupby(person)[list(columns)].transform("mean")
    out = frame.copy()
    for column in columns:
        out[f"{column}_mean"] = means[column]
        out[f"{column}_within"] = frame[column] - means[column]
    return out


def correlations(frame: pd.DataFrame, person: str, items: Sequence[str]) -> Correlations:
    """Within and between, over rows with every item."""
    names = list(items)
    rows = frame.dropna(subset=[person, *names])
    means = rows.groupby(person)[names].transform("mean")
    if rows[person].nunique() < 3 or len(rows) <= rows[person].nunique():
        raise NotEstimable("at least three persons, and some with several complete answers, are needed")
    return Correlations(
        within=(rows[names] - means).corr(),
        between=means.corr(),
        n=len(rows),
        n_persons=int(rows[person].nunique()),
    )


def repeated_r(frame: pd.DataFrame, person: str, first: str, second: str) -> RepeatedR:
    """How far two measures move together within persons."""
    found = correlations(frame, person, [first, second])
    r = float(found.within.to_numpy()[0, 1])
    df = found.n - found.n_persons - 1
    if not np.isfinite(r) or df < 3:
        raise NotEstimable("too few answers, or no variation within persons")
    if abs(r) > 1 - 1e-12:
        raise NotEstimable(f"{first} and {second} follow from each other: there is no correlation to estimate")
    reach = float(special.ndtri(0.975)) / np.sqrt(df - 1)
    low, high = np.tanh(np.arctanh(r) - reach), np.tanh(np.arctanh(r) + reach)
    text = (
        f"Within persons, {first} and {second} go together with r = {number(r)}"
        f" (95 % interval {number(float(low))} to {number(float(high))}; answers taken as independent)."
    )
    return RepeatedR(r, float(low), float(high), df, text)
