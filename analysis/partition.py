"""Where the variance lies: between persons, between days, between moments; and correlations at each level."""

from __future__ import annotations

from dataclasses import asdict, dataclass
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
    icc2: float | None  # None where all persons have the same mean
    k: float
    k0: float
    variances: Variances
    sentence: str
    assumptions: tuple[str, ...] = (
        "persons' levels and the deviations from them are roughly normal",
        "answers of one person are alike for no other reason than her level",
    )

    @property
    def table(self) -> pd.DataFrame:
        """One row: share, low, high (REML), icc1, icc2, k, k0."""
        return pd.DataFrame([{**asdict(self.reml), "icc1": self.icc1, "icc2": self.icc2, "k": self.k, "k0": self.k0}])


@dataclass(frozen=True)
class Levels:
    """Shares of persons, of days within persons, and of moments within days."""

    person: Share
    day: Share | None
    moment: float
    variances: Variances
    sentence: str
    assumptions: tuple[str, ...] = ("persons, days and moments add up, each roughly normal",)

    @property
    def table(self) -> pd.DataFrame:
        """One row per level: level, share."""
        return pd.DataFrame(
            {
                "level": ["person", "day", "moment"],
                "share": [self.person.estimate, self.day.estimate if self.day else None, self.moment],
            }
        )


@dataclass(frozen=True)
class Correlations:
    """Correlations of items within persons (pooled) and between persons' means (weighted by answers)."""

    within: pd.DataFrame
    between: pd.DataFrame
    n: int
    n_persons: int
    sentence: str
    assumptions: tuple[str, ...] = ("prompts with an item missing are left out",)

    @property
    def table(self) -> pd.DataFrame:
        """One row per pair: first, second, within, between."""
        names = list(self.within.columns)
        pairs = [(a, b) for at, a in enumerate(names) for b in names[at + 1 :]]
        return pd.DataFrame(
            {
                "first": [a for a, _ in pairs],
                "second": [b for _, b in pairs],
                "within": [self.within.loc[pair] for pair in pairs],
                "between": [self.between.loc[pair] for pair in pairs],
            }
        )


@dataclass(frozen=True)
class RepeatedR:
    """Correlation of two measures within persons (Bland and Altman 1995) with a Fisher interval."""

    r: float
    low: float
    high: float
    df: int
    sentence: str
    assumptions: tuple[str, ...] = (
        "answers of one person are independent once her level is taken out",
        "the two go together alike in everybody",
    )

    @property
    def table(self) -> pd.DataFrame:
        """One row: r, low, high, df."""
        return pd.DataFrame([{"r": self.r, "low": self.low, "high": self.high, "df": self.df}])


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
        icc2=(between - within) / between if between > 0 else None,
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
    within, between = (rows[names] - means).corr(), means.corr()
    low, high = (_off_diagonal(part) for part in (within, between))
    return Correlations(
        within=within,
        between=between,
        n=len(rows),
        n_persons=int(rows[person].nunique()),
        sentence=f"From moment to moment the items go together with r = {low} on average, between persons with r ="
        f" {high}.",
    )


def _off_diagonal(r: pd.DataFrame) -> str:
    values = r.to_numpy()[np.triu_indices(len(r), 1)]
    known = values[np.isfinite(values)]
    return number(float(known.mean())) if len(known) else "not to be had"


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
