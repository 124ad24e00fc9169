"""What the researcher's page of a study shows: trends from a frame of scores.

The frame has one row per score of a scheduled prompt: participant, study_day (1, 2, ...), slot (name),
position ((study_day - 1) K + slot index + 1), time (days: study_day - 1 + slot index / K), score (name),
value, n_items.

While a study is open, a person's trend carries no p-value, is shown from `minimum` answered prompts on, and
everything is marked NOT_MONITORED: nobody reads answers as they come in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis import figures
from analysis.errors import AnalysisError, NotEstimable
from analysis.frames import tidy
from analysis.mixed.design import design
from analysis.mixed.model import fit
from analysis.persons import GlsTrend, TheilSen
from analysis.persons import person_trends as trends_of

if TYPE_CHECKING:
    from analysis.figures import Picture
    from analysis.frames import Tidy
    from analysis.mixed.result import MixedResult
    from analysis.serial import Floats

NOT_MONITORED = "not clinically monitored"
MINIMUM = 20
COLUMNS = ("participant", "study_day", "slot", "position", "time", "score", "value")
TIME_LABEL = "days in the study"


@dataclass(frozen=True)
class PersonRow:
    """One person's trend in one score, per day; `headline` only once the study is closed."""

    participant: object
    n: int
    theil_sen: TheilSen | None
    headline: GlsTrend | None
    reason: str | None


@dataclass(frozen=True)
class PersonTrends:
    """All persons in one score."""

    score: str
    rows: tuple[PersonRow, ...]
    picture: Picture
    note: str
    mark: str = NOT_MONITORED

    @property
    def table(self) -> pd.DataFrame:
        """participant, n, slope, low, high (per day), reason."""
        slopes = [row.theil_sen for row in self.rows]
        return pd.DataFrame(
            {
                "participant": [row.participant for row in self.rows],
                "n": [row.n for row in self.rows],
                "slope": [sen.slope if sen else None for sen in slopes],
                "low": [sen.low if sen else None for sen in slopes],
                "high": [sen.high if sen else None for sen in slopes],
                "reason": pd.Series([row.reason for row in self.rows], dtype=object),
            }
        )


@dataclass(frozen=True)
class GroupTrend:
    """The group trend in one score, or the reason why there is none yet."""

    score: str
    result: MixedResult | None
    reason: str | None
    sentence: str
    picture: Picture | None
    mark: str = NOT_MONITORED

    @property
    def table(self) -> pd.DataFrame:
        """Fixed effects: name, estimate, se, df, low, high, p; empty without a result."""
        names = ["name", "estimate", "se", "df", "low", "high", "p"]
        return pd.DataFrame(list(self.result.fixed) if self.result else [], columns=names)


def person_trends(scores: pd.DataFrame, *, open_study: bool, minimum: int = MINIMUM) -> dict[str, PersonTrends]:
    """Each person's Theil-Sen slope per day with its interval, by score."""
    return {name: _persons(data, open_study=open_study, minimum=minimum) for name, data in _split(scores)}


def group_trend(scores: pd.DataFrame) -> dict[str, GroupTrend]:
    """The mixed model on study day and slot with AR(1) over positions, by score."""
    return {name: _group(data) for name, data in _split(scores)}


def _split(scores: pd.DataFrame) -> list[tuple[str, Tidy]]:
    absent = [column for column in COLUMNS if column not in scores.columns]
    if absent:
        raise AnalysisError(f"the frame of scores has no column {', '.join(absent)}")
    found = []
    for name in dict.fromkeys(scores["score"]):
        data = tidy(
            scores[scores["score"] == name],
            person="participant",
            time="time",
            score="value",
            beep="position",
            terms=("slot",),
        )
        found.append((str(name), replace(data, score=str(name), time_unit="day", clock_unit="day")))
    return found


def _persons(data: Tidy, *, open_study: bool, minimum: int) -> PersonTrends:
    rows = []
    for trend in trends_of(data):
        reasons = dict(trend.reasons)
        if trend.n < minimum:
            reasons["theil_sen"] = f"{trend.n} answered prompts; a trend is shown from {minimum} on"
        enough = "theil_sen" not in reasons
        rows.append(
            PersonRow(
                participant=trend.person,
                n=trend.n,
                theil_sen=trend.theil_sen if enough else None,
                headline=trend.gls_ar1 if enough and not open_study else None,
                reason=reasons.get("theil_sen"),
            )
        )
    slopes = {row.participant: row.theil_sen.slope if row.theil_sen else None for row in rows}
    series = [
        figures.PersonSeries(str(person), part["time"].to_numpy(float), part["score"].to_numpy(float), slopes[person])
        for person, part in data.rows.groupby("person", sort=False)
    ]
    note = (
        f"Theil–Sen slope per day with its 95 % interval, which assumes independent answers; from {minimum}"
        " answered prompts on."
    )
    if open_study:
        note += " No tests of single persons while the study is open."
    drawn = figures.persons(series, score=data.score, time_label=TIME_LABEL)
    return PersonTrends(data.score, tuple(rows), drawn, note)


def _group(data: Tidy) -> GroupTrend:
    try:
        slots = len(set(data.covariates["slot"])) > 1
        result = fit(data, fixed=design(data, categorical=("slot",) if slots else ()) if len(data.rows) else None)
    except NotEstimable as why:
        text = f"No group trend of {data.score} yet: {why}."
        return GroupTrend(data.score, None, str(why), text, None)
    drawn = figures.group_trend(
        result.curve, result.sentence, score=data.score, time_label=TIME_LABEL, means=_daily_means(data)
    )
    return GroupTrend(data.score, result, None, result.sentence, drawn)


def _daily_means(data: Tidy) -> Floats:
    """Mean answer of each study day, at the middle of the day's prompts: (days, 2)."""
    rows = data.rows[["time", "score"]]
    means = rows.groupby(np.floor(rows["time"])).mean()
    found: Floats = means.to_numpy(dtype=np.float64)
    return found
