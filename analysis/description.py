"""A score before any model: distribution, floor and ceiling, persons, gaps between answers, time of day and weekday.

Profiles compare each person with herself: her mean at that time of day less her own mean, averaged over persons, so
that who answers when makes no difference; t intervals over persons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from analysis.errors import AnalysisError, NotEstimable
from analysis.mixed.design import WEEKDAYS, slots_of
from analysis.mixed.words import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.frames import LeftOut, Tidy

MOST_VALUES = 15
BINS = 10


@dataclass(frozen=True)
class Gaps:
    """Prompts between a person's first and last answer that have none, as runs; counted over positions."""

    runs: int
    missed: int
    longest: int
    persons: pd.DataFrame  # person, answered, runs, missed, longest


@dataclass(frozen=True)
class Description:
    """`distribution`: value (or from, to) and answers; `persons`: person, n, mean, sd, and with bounds floor, ceiling.

    `floor` and `ceiling` are the shares of answers at the ends of the scale, None without bounds. `slots` and
    `weekdays` are profiles: level, n_persons, difference, low, high (None where there are no slots or no dates).
    """

    score: str
    n: int
    n_persons: int
    mean: float
    sd: float
    sd_of_means: float
    quartiles: tuple[float, float, float]
    floor: float | None
    ceiling: float | None
    distribution: pd.DataFrame
    persons: pd.DataFrame
    gaps: Gaps | None
    slots: pd.DataFrame | None
    weekdays: pd.DataFrame | None
    left_out: tuple[LeftOut, ...]
    sentence: str
    assumptions: tuple[str, ...] = ("answers count equally, so who answers more counts more, but not in profiles",)

    @property
    def table(self) -> pd.DataFrame:
        """One row per person."""
        return self.persons


def describe(data: Tidy, bounds: tuple[float, float] | None = None) -> Description:
    """`bounds` are the lowest and the highest possible score."""
    y = data.values("score")
    if not len(y):
        raise NotEstimable(f"there is no {data.score}")
    persons = _persons(data, bounds)
    ends = (None, None) if bounds is None else tuple(float(np.mean(y == end)) for end in bounds)
    low, middle, high = (float(cut) for cut in np.quantile(y, [0.25, 0.5, 0.75]))
    text = (
        f"{len(y):,} answers of {len(persons):,} persons: {data.score} has a mean of {number(float(y.mean()))}, half of"
        f" the answers lie between {number(low)} and {number(high)}"
    )
    if ends[0] is not None and ends[1] is not None:
        text += f"; {ends[0]:.0%} are at the lowest possible value, {ends[1]:.0%} at the highest"
    return Description(
        score=data.score,
        n=len(y),
        n_persons=len(persons),
        mean=float(y.mean()),
        sd=float(y.std(ddof=1)) if len(y) > 1 else 0.0,
        sd_of_means=float(persons["mean"].std(ddof=1)) if len(persons) > 1 else 0.0,
        quartiles=(low, middle, high),
        floor=ends[0],
        ceiling=ends[1],
        distribution=_distribution(pd.Series(y)),
        persons=persons,
        gaps=_gaps(data) if data.has_position else None,
        slots=_slots(data),
        weekdays=_weekdays(data),
        left_out=data.left_out,
        sentence=text + ".",
    )


def describe_items(
    frame: pd.DataFrame, items: Sequence[str], bounds: tuple[float, float] | None = None
) -> pd.DataFrame:
    """A row per item: item, n, missing, mean, sd, min, quartiles, max, and with bounds floor and ceiling."""
    absent = [item for item in items if item not in frame.columns]
    if absent:
        raise AnalysisError(f"no column {', '.join(absent)}")
    rows = []
    for item in items:
        values = pd.to_numeric(frame[item], errors="coerce")
        known = values.dropna()
        cuts = known.quantile([0, 0.25, 0.5, 0.75, 1]).to_numpy()
        row: dict[str, object] = {"item": item, "n": len(known), "missing": len(values) - len(known)}
        row |= {"mean": known.mean(), "sd": known.std()}
        row |= dict(zip(("min", "quartile_1", "median", "quartile_3", "max"), cuts, strict=True))
        if bounds:
            row |= {"floor": (known == bounds[0]).mean(), "ceiling": (known == bounds[1]).mean()}
        rows.append(row)
    return pd.DataFrame(rows)


def _persons(data: Tidy, bounds: tuple[float, float] | None) -> pd.DataFrame:
    score = data.rows["score"].groupby(data.unit)
    found = {"person": data.persons, "n": score.size(), "mean": score.mean(), "sd": score.std()}
    if bounds:
        for name, end in zip(("floor", "ceiling"), bounds, strict=True):
            found[name] = (data.rows["score"] == end).groupby(data.unit).mean()
    return pd.DataFrame(found)


def _distribution(y: pd.Series) -> pd.DataFrame:
    """Each value where there are few, else bins of equal width, the last one closed."""
    if y.nunique() <= MOST_VALUES:
        counts = y.value_counts().sort_index()
        return pd.DataFrame({"value": counts.index.to_numpy(), "answers": counts.to_numpy()})
    binned, edges = np.histogram(y, bins=BINS)
    return pd.DataFrame({"from": edges[:-1], "to": edges[1:], "answers": binned})


def _gaps(data: Tidy) -> Gaps:
    unit, place = data.unit, data.values("position")
    same = np.diff(unit) == 0
    missed = np.where(same, np.diff(place) - 1, 0)
    owner = unit[1:]
    size = len(data.persons)
    persons = pd.DataFrame(
        {
            "person": data.persons,
            "answered": np.bincount(unit, minlength=size),
            "runs": np.bincount(owner, missed > 0, minlength=size).astype(int),
            "missed": np.bincount(owner, missed, minlength=size).astype(int),
            "longest": pd.Series(missed).groupby(owner).max().reindex(range(size), fill_value=0).astype(int),
        }
    )
    runs, total = int(persons["runs"].sum()), int(persons["missed"].sum())
    return Gaps(runs, total, int(persons["longest"].max()), persons)


def _slots(data: Tidy) -> pd.DataFrame | None:
    try:
        slots = slots_of(data)
    except AnalysisError:
        return None
    return _profile(data, slots, sorted(slots.dropna().unique()))


def _weekdays(data: Tidy) -> pd.DataFrame | None:
    if data.rows["stamp"].isna().any():
        return None
    return _profile(data, data.rows["stamp"].dt.day_of_week.map(dict(enumerate(WEEKDAYS))), WEEKDAYS)


def _profile(data: Tidy, levels: pd.Series, order: Sequence[object]) -> pd.DataFrame:
    score = data.rows["score"]
    away = score - score.groupby(data.unit).transform("mean")
    own = away.groupby([data.unit, levels.to_numpy()]).mean()
    rows = []
    for level in order:
        values = own[own.index.get_level_values(1) == level].to_numpy()
        if not len(values):
            continue
        mean, low, high = float(values.mean()), None, None
        if len(values) > 1:
            reach = float(special.stdtrit(len(values) - 1, 0.975) * values.std(ddof=1) / np.sqrt(len(values)))
            low, high = mean - reach, mean + reach
        rows.append({"level": str(level), "n_persons": len(values), "difference": mean, "low": low, "high": high})
    return pd.DataFrame(rows)
