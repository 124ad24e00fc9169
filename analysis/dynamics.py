"""How much and how fast a person's score moves.

Successive differences come in two kinds: `day`, between consecutive prompts of one day, and `all`, between
positions one apart, nights included. A pair counts only if both prompts were answered. Sources: MSSD von
Neumann 1941, Jahng, Wood and Trull 2008 (also the probability of acute change); relative SD Mestdagh et al.
2018; inertia Kuppens, Allen and Sheeber 2010. A residual autocorrelation is not called inertia.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError, NotEstimable
from analysis.mixed.model import fit
from analysis.mixed.words import number

if TYPE_CHECKING:
    from analysis.frames import Tidy
    from analysis.serial import Bools, Floats, Ints

ACUTE = 0.9  # quantile (type 7) of all changes from which a rise is acute
FEWEST_PAIRS = 3


@dataclass(frozen=True)
class Dynamics:
    """`table` has one row per person; a cell that can't be had is NaN. `acute_day`, `acute_all` are the
    smallest rises that count as acute.

    Columns: person, n, mean, sd, median, min, max; for each kind k: pairs_k, mssd_k, rmssd_k, masd_k, pac_k;
    inertia (slope of a prompt on the one before, same day), inertia_se, inertia_r; relative_sd with bounds.
    """

    table: pd.DataFrame
    acute_day: float | None
    acute_all: float | None
    slots_removed: bool
    sentence: str
    assumptions: tuple[str, ...] = (
        "prompts one position apart are evenly spaced",
        "who is near an end of the scale can't move as far: look at the mean and the relative SD too",
    )


@dataclass(frozen=True)
class Inertia:
    """Average carry-over from one prompt to the next of the same day, and its spread between persons."""

    estimate: float
    se: float
    low: float
    high: float
    df: float
    sd_between: float
    n_pairs: int
    n_persons: int
    sentence: str
    assumptions: tuple[str, ...] = (
        "persons' means are known: with few answers each, inertia is underestimated",
        "prompts of one day are evenly spaced",
    )

    @property
    def table(self) -> pd.DataFrame:
        """One row: estimate, se, df, low, high, sd_between."""
        return pd.DataFrame(
            [{name: getattr(self, name) for name in ("estimate", "se", "df", "low", "high", "sd_between")}]
        )


def dynamics(data: Tidy, bounds: tuple[float, float] | None = None, *, remove_slots: bool = False) -> Dynamics:
    """Describe every person. Without days, kind `day` takes every pair of positions one apart.

    `remove_slots` takes each person's mean of each slot (beep) off first, so that a difference between
    mornings and evenings isn't counted as instability; mean, sd and bounds keep the score as it is.
    """
    if not len(data.rows):
        raise NotEstimable(f"there is no {data.score}")
    if not data.has_position:
        raise AnalysisError("dynamics need positions: give --beep, or a time in whole numbers")
    unit, y = data.unit, data.values("score")
    moving = _without_slots(data) if remove_slots else y
    later = {"day": successive(data, same_day=True), "all": successive(data, same_day=False)}
    counts = np.bincount(unit)
    grouped = pd.Series(y).groupby(unit)
    columns: dict[str, object] = {
        "person": data.persons,
        "n": counts,
        "mean": grouped.mean().to_numpy(),
        "sd": grouped.std(ddof=1).to_numpy(),
        "median": grouped.median().to_numpy(),
        "min": grouped.min().to_numpy(),
        "max": grouped.max().to_numpy(),
    }
    limits: dict[str, float | None] = {}
    for kind, at in later.items():
        change = moving[at] - moving[at - 1]
        limit = float(np.quantile(change, ACUTE)) if len(change) else np.inf
        limits[kind] = limit if len(change) else None
        owner = unit[at]
        pairs = np.bincount(owner, minlength=len(counts)).astype(np.float64)
        columns[f"pairs_{kind}"] = pairs.astype(int)
        columns[f"mssd_{kind}"] = _mean(change**2, owner, pairs)
        columns[f"rmssd_{kind}"] = np.sqrt(_mean(change**2, owner, pairs))
        columns[f"masd_{kind}"] = _mean(np.abs(change), owner, pairs)
        columns[f"pac_{kind}"] = _mean((change >= limit).astype(np.float64), owner, pairs)
    columns |= _carry_over(moving, later["day"], unit, len(counts))
    if bounds:
        columns["relative_sd"] = _relative_sd(columns, bounds)
    table = pd.DataFrame(columns)
    moves = table["rmssd_all"].dropna()
    usual = f"is {number(float(moves.median()))}" if len(moves) else "can't be told"
    return Dynamics(
        table,
        limits["day"],
        limits["all"],
        remove_slots,
        f"From one prompt to the next the usual change of {data.score} (root mean square, the median of {len(moves)}"
        f" persons) {usual}.",
    )


def inertia(data: Tidy) -> Inertia:
    """Multilevel: a prompt on the one before it (centred on the person's mean), with random slopes."""
    later = successive(data, same_day=True)
    if len(later) < FEWEST_PAIRS:
        raise NotEstimable("too few pairs of consecutive answers")
    y = data.values("score")
    means = np.bincount(data.unit, y) / np.bincount(data.unit)
    rows = data.rows.iloc[later].assign(time=y[later - 1] - means[data.unit[later - 1]]).reset_index(drop=True)
    found = fit(replace(data, rows=rows, covariates=rows[[]]), residual="independent")
    slope = found.trend
    spread = next(part.estimate for part in found.components if part.name == "sd_slope")
    return Inertia(
        slope.estimate,
        slope.se,
        slope.low,
        slope.high,
        slope.df,
        spread,
        n_pairs=found.n_used,
        n_persons=found.n_persons,
        sentence=f"A prompt's deviation of {data.score} from the person's mean carries over to the next of the day"
        f" by {number(slope.estimate)} on average (95 % interval {number(slope.low)} to {number(slope.high)};"
        f" standard deviation between persons {number(spread)}).",
    )


def largest_variance(n: Floats, mean: Floats, bounds: tuple[float, float]) -> Floats:
    """The largest variance that n answers with this mean can have between the bounds."""
    low, high = bounds
    a = np.floor(n * (mean - low) / (high - low) + 1e-9)
    b = n - 1 - a
    x = n * mean - a * high - b * low
    found: Floats = (a * (high - mean) ** 2 + b * (low - mean) ** 2 + (x - mean) ** 2) / (n - 1)
    return found


def _relative_sd(columns: dict[str, object], bounds: tuple[float, float]) -> Floats:
    n, mean, sd = (np.asarray(columns[name], dtype=np.float64) for name in ("n", "mean", "sd"))
    low, high = bounds
    if np.any(np.asarray(columns["min"]) < low) or np.any(np.asarray(columns["max"]) > high):
        raise AnalysisError(f"some scores are outside the bounds {low:g} to {high:g}")
    with np.errstate(divide="ignore", invalid="ignore"):
        largest = largest_variance(n, mean, bounds)
        return np.where(largest > 1e-12 * (high - low) ** 2, sd / np.sqrt(largest), np.nan)


def successive(data: Tidy, *, same_day: bool) -> Ints:
    """Rows whose predecessor is the prompt one position before, of the same person."""
    position, unit, day = data.values("position"), data.unit, data.values("day")
    together: Bools = (np.diff(unit) == 0) & (np.diff(position) == 1)
    if same_day and not np.isnan(day).any():
        together &= np.diff(day) == 0
    return np.flatnonzero(together) + 1


def _without_slots(data: Tidy) -> Floats:
    if data.rows["beep"].isna().any() or data.rows["day"].isna().any():
        raise AnalysisError("slots can be removed only with --day and --beep")
    score = data.rows["score"]
    found: Floats = (score - score.groupby([data.rows["person"], data.rows["beep"]]).transform("mean")).to_numpy()
    return found


def _mean(values: Floats, owner: Ints, pairs: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.bincount(owner, values, minlength=len(pairs)) / pairs


def _carry_over(y: Floats, later: Ints, unit: Ints, n_persons: int) -> dict[str, Floats]:
    """Least squares of each prompt on the one before, person by person."""
    owner = unit[later]
    pairs = np.bincount(owner, minlength=n_persons).astype(np.float64)
    before, now = (x - _mean(x, owner, pairs)[owner] for x in (y[later - 1], y[later]))
    early, late, both = (np.bincount(owner, x, minlength=n_persons) for x in (before**2, now**2, before * now))
    least = 1e-24 * _largest(y, unit, n_persons) ** 2 * pairs
    known = (pairs >= FEWEST_PAIRS) & (early > least) & (late > least)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = both / early
        rest = np.maximum(late - slope * both, 0.0)
        found = {
            "inertia": slope,
            "inertia_se": np.sqrt(rest / (pairs - 2) / early),
            "inertia_r": both / np.sqrt(early * late),
        }
    return {name: np.where(known, values, np.nan) for name, values in found.items()}


def _largest(y: Floats, unit: Ints, n_persons: int) -> Floats:
    """The largest value of each person in size, by which rounding is judged."""
    found = np.zeros(n_persons)
    np.maximum.at(found, unit, np.abs(y))
    return found
