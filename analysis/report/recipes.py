"""From the exported tables to every number and figure of a study's report.

The report prints this file and what it was called with. To compute it all again, write the tables by `ema export
STUDY --format csv`, and run the printed code in that folder. With `fewest` above 1 it is the edition to send: nothing
that stands on fewer persons is computed, and counts by day are rounded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from analysis import compliance, dynamics, figures, missingness, partition, quality, reliability, study
from analysis.errors import AnalysisError
from analysis.frames import Tidy, tidy
from analysis.mixed.design import design
from analysis.mixed.model import fit
from analysis.mixed.result import MixedResult
from analysis.report import pictures

T = TypeVar("T")
OVER = ("planned", "open", "cancelled")
INSTANTS = ("due_at", "sent_at", "first_action_at", "finished_at")


@dataclass(frozen=True)
class Score:
    """A score that the study follows. `turned`: item that counts the other way round → its lowest plus highest code."""

    name: str
    label: str
    low: float
    high: float
    items: tuple[str, ...]
    turned: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Study:
    """What the tables don't say. The first score is the primary one; `slots` are the counted prompts of a day."""

    id: str
    slots: int
    closed: bool
    minimum: int  # answered prompts, for a person's own trend
    fewest: int  # persons that a number must stand on
    scores: tuple[Score, ...]


@dataclass(frozen=True)
class Tables:
    prompts: pd.DataFrame
    checkins: pd.DataFrame
    scores: pd.DataFrame


@dataclass(frozen=True)
class Found:
    """What can be said of one score; where something can't, the reason stands in its place."""

    score: Score
    rows: pd.DataFrame
    alpha: float | str  # within persons, from the pooled covariance
    two_level: reliability.TwoLevelReliability | str
    general: reliability.Generalisability | str
    icc: partition.Icc | str
    levels: partition.Levels | str
    movement: pd.DataFrame | str
    inertia: dynamics.Inertia | str
    trend: MixedResult | str
    by_the_clock: MixedResult | str
    persons: study.PersonTrends | str
    pictures: dict[str, figures.Picture]


@dataclass(frozen=True)
class Everything:
    answered: compliance.Compliance | str
    scores: tuple[Found, ...]
    answering: missingness.Answering | str
    patterns: missingness.Sensitivity | str
    shifts: missingness.Sensitivity | str
    quality: quality.Quality | str
    pictures: dict[str, figures.Picture]


def read(folder: Path, about: Study) -> Tables:
    """The exported CSV tables. Pseudonyms stay text, and numbers exactly what was written."""
    files = (folder / f"{about.id}_{name}.csv" for name in ("prompts", "checkins", "scores"))
    return typed(*(pd.read_csv(file, dtype={"participant": str}) for file in files))


def typed(prompts: pd.DataFrame, checkins: pd.DataFrame, scores: pd.DataFrame) -> Tables:
    """The same types, whether the tables come from files or straight from the export."""
    for frame in (prompts, checkins, scores):
        frame["participant"] = frame["participant"].astype(object)
    for name in INSTANTS:
        prompts[name] = pd.to_datetime(prompts[name], utc=True, format="ISO8601").dt.floor("ms")
    scores["value"] = pd.to_numeric(scores["value"]).astype("float64")
    prompts["duration_s"] = pd.to_numeric(prompts["duration_s"]).astype("float64")
    return Tables(prompts, checkins, scores)


def everything(about: Study, tables: Tables) -> Everything:
    answered = tried(about, tables.prompts, lambda: by_day(about, tables.prompts))
    scores = tuple(one_score(about, tables, score) for score in about.scores)
    primary = scores[0]
    patterns = tried(about, primary.rows, lambda: by_pattern(about, primary.rows))
    shifts = tried(about, primary.rows, lambda: shifted(about, tables, primary.rows))
    drawn = {} if isinstance(answered, str) else {"compliance": figures.compliance(answered)}
    forest = pictures.forest(trends_compared(primary, patterns, shifts), primary.score.label)
    return Everything(
        answered=answered,
        scores=scores,
        answering=tried(about, tables.prompts, lambda: answering(about, tables.prompts)),
        patterns=patterns,
        shifts=shifts,
        quality=tried(about, primary.rows, lambda: careless(about, tables, primary.rows)),
        pictures=drawn | ({"sensitivity": forest} if forest else {}),
    )


def tried(about: Study, rows: pd.DataFrame, make: Callable[[], T]) -> T | str:
    """What `make` gives, or why there is nothing."""
    persons = rows["participant"].nunique()
    if not persons:
        return "nobody has answered yet"
    if persons < about.fewest:
        return f"it would stand on fewer than {about.fewest} persons"
    try:
        return make()
    except AnalysisError as why:
        return str(why)


def one_score(about: Study, tables: Tables, score: Score) -> Found:
    rows = one_way(about, tables, score)
    items = partial(answers, tables, score, rows)
    trend = tried(about, rows, lambda: group_trend(rows, score))
    levels = tried(about, rows, lambda: partition.levels(in_order(rows, score)))
    persons = tried(about, rows, lambda: each_person(about, rows, score))
    drawn = {
        "spread": tried(about, rows, lambda: pictures.spread(rows, score.label, (score.low, score.high), about.fewest))
    }
    if isinstance(trend, MixedResult):
        drawn["trend"] = figures.group_trend(
            trend.curve, trend.sentence, score=score.label, time_label=study.TIME_LABEL, means=daily_means(about, rows)
        )
    if isinstance(persons, study.PersonTrends):
        drawn["persons"] = persons.picture
    if isinstance(levels, partition.Levels):
        drawn["shares"] = pictures.shares(levels, score.label)
    return Found(
        score=score,
        rows=rows,
        alpha=tried(about, rows, lambda: alpha_within(items(), score)),
        two_level=tried(about, rows, lambda: reliability.two_level(items(), "participant", score.items)),
        general=tried(
            about, rows, lambda: reliability.generalisability(items(), "participant", "position", score.items)
        ),
        icc=tried(about, rows, lambda: partition.icc(in_order(rows, score))),
        levels=levels,
        movement=tried(about, rows, lambda: dynamics.dynamics(in_order(rows, score), (score.low, score.high)).table),
        inertia=tried(about, rows, lambda: dynamics.inertia(in_order(rows, score))),
        trend=trend,
        by_the_clock=tried(about, rows, lambda: by_the_clock(rows, score)),
        persons=persons,
        pictures={name: one for name, one in drawn.items() if isinstance(one, figures.Picture)},
    )


def words(score: Score) -> str:
    """The score's label in the middle of a sentence."""
    return score.label if score.label[1:2].isupper() else score.label[:1].lower() + score.label[1:]


def one_way(about: Study, tables: Tables, score: Score) -> pd.DataFrame:
    """The scores of counted prompts, answered in the way in which most of them were. `time` 0: day 1, first slot."""
    rows = tables.scores
    rows = rows[(rows["score"] == score.name) & (rows["counts"] == 1) & (rows["kind"] == "scheduled")]
    rows = rows.dropna(subset=["value"])
    mode = rows["mode"].astype(object).where(rows["mode"].notna(), "")
    rows = rows[mode == min(mode.unique(), key=lambda one: (-(mode == one).sum(), one), default="")]
    when = tables.prompts.set_index("prompt")["first_action_at"]
    place = (rows["position"].astype("int64") - 1) % about.slots
    return pd.DataFrame(
        {
            "participant": rows["participant"],
            "prompt": rows["prompt"].astype("int64"),
            "study_day": rows["study_day"].astype("int64"),
            "slot": rows["slot"].astype(object),
            "place": place + 1,
            "position": rows["position"].astype("int64"),
            "time": rows["study_day"].astype("int64") - 1 + place / about.slots,
            "answered_at": when.reindex(rows["prompt"]).to_numpy(),
            "score": words(score),
            "value": rows["value"],
        }
    ).reset_index(drop=True)


def answers(tables: Tables, score: Score, rows: pd.DataFrame) -> pd.DataFrame:
    """The items behind these scores, a row for each check-in, turned the same way round."""
    if absent := [item for item in score.items if item not in tables.checkins.columns]:
        raise AnalysisError(f"it is made of other scores ({', '.join(absent)}), not of questions")
    found = tables.checkins[tables.checkins["prompt"].isin(rows["prompt"])]
    items = {name: pd.to_numeric(found[name], errors="coerce").astype("float64") for name in score.items}
    items |= {name: ends - items[name] for name, ends in score.turned.items()}
    return pd.DataFrame(
        {"participant": found["participant"], "position": found["position"], "prompt": found["prompt"], **items}
    )


def alpha_within(items: pd.DataFrame, score: Score) -> float:
    """Cronbach's alpha of the deviations from each person's own means."""
    rows = items.dropna(subset=list(score.items))
    values, persons = rows[list(score.items)], rows["participant"]
    freedom = len(rows) - persons.nunique()
    if len(score.items) < 2 or freedom < 3:
        raise AnalysisError("at least two items, and persons with several complete answers, are needed")
    away = (values - values.groupby(persons).transform("mean")).to_numpy(dtype=np.float64)
    return reliability.alpha_of(away.T @ away / freedom)


def in_order(rows: pd.DataFrame, score: Score) -> Tidy:
    data = tidy(rows, person="participant", time="time", score="value", day="study_day", beep="place")
    return replace(data, score=words(score), time_unit="day", clock_unit="day")


def by_day(about: Study, prompts: pd.DataFrame) -> compliance.Compliance:
    """Compliance. In the edition to send: days with enough persons only, shares in whole percent, persons in fives."""
    found = compliance.compliance(prompts)
    if about.fewest == 1:
        return found
    days = found.by_day[found.by_day["participants"] >= about.fewest].copy()
    shares = [str(name) for name in days.columns if str(name).startswith("answered_")]
    days[shares] = days[shares].astype("float64").round(2)
    days["participants"] = 5 * (days["participants"] / 5).round().astype(int)
    return replace(found, by_day=days.reset_index(drop=True))


def group_trend(rows: pd.DataFrame, score: Score) -> MixedResult:
    """Score on study day and slot, random level and slope, AR(1) over the planned prompts with gaps honoured."""
    found = study.group_trend(rows)[words(score)]
    if found.result is None:
        raise AnalysisError(found.reason or "")
    return found.result


def each_person(about: Study, rows: pd.DataFrame, score: Score) -> study.PersonTrends:
    """Theil-Sen for everybody with enough answers; tests of single persons only when the study is closed."""
    if about.fewest > 1:
        raise AnalysisError("single persons stand in the internal edition only")
    return study.person_trends(rows, open_study=not about.closed, minimum=about.minimum)[words(score)]


def by_the_clock(rows: pd.DataFrame, score: Score) -> MixedResult:
    """The same with CAR(1) over the hours between answers, and time as days elapsed since the first answer."""
    data = tidy(rows, person="participant", time="answered_at", score="value", terms=("slot",))
    slots = ("slot",) if len(set(rows["slot"])) > 1 else ()
    return fit(replace(data, score=words(score)), fixed=design(data, categorical=slots), residual="car1")


def daily_means(about: Study, rows: pd.DataFrame) -> np.ndarray:
    """The mean answer of each study day on which enough persons answered: (days, 2)."""
    days = rows.groupby("study_day").agg({"time": "mean", "value": "mean", "participant": "nunique"})
    found: np.ndarray = days.loc[days["participant"] >= about.fewest, ["time", "value"]].to_numpy(dtype=np.float64)
    return found


def answering(about: Study, prompts: pd.DataFrame) -> missingness.Answering:
    """What goes with answering a prompt that was delivered: the study day and the place in the day."""
    sent = prompts[(prompts["kind"] == "scheduled") & prompts["state"].isin(compliance.DELIVERED)]
    rows = pd.DataFrame(
        {
            "participant": sent["participant"],
            "study day": sent["study_day"].astype("float64"),
            "answered": sent["state"].isin(compliance.ANSWERED),
            "place in the day": (sent["position"].astype("float64") - 1) % about.slots + 1,
        }
    )
    more = ["place in the day"] if about.slots > 1 else []
    return missingness.answering(rows, person="participant", time="study day", answered="answered", predictors=more)


def by_pattern(about: Study, rows: pd.DataFrame) -> missingness.Sensitivity:
    """Persons in thirds by how much they answered. A third of few persons is not shown by itself."""
    found = missingness.by_pattern(in_order(rows, about.scores[0]))
    counts = rows.groupby("participant").size()
    thirds = np.searchsorted(np.quantile(counts, [1 / 3, 2 / 3]), counts, side="left")
    few = np.unique(thirds, return_counts=True)[1].min() < about.fewest
    return replace(found, others=found.others[-1:]) if few else found


def shifted(about: Study, tables: Tables, rows: pd.DataFrame) -> missingness.Sensitivity:
    """What if what was not answered lay half a standard deviation within persons lower, or higher, than expected?"""
    prompts = tables.prompts
    past = prompts[(prompts["kind"] == "scheduled") & (prompts["counts"] == 1) & ~prompts["state"].isin(OVER)]
    place = (past["position"].astype("int64") - 1) % about.slots
    day = past["study_day"].astype("int64")
    data = in_order(rows, about.scores[0])
    position = day * int(rows["place"].max()) + place + 1  # as in_order numbers them
    planned = pd.DataFrame({"person": past["participant"], "time": day - 1 + place / about.slots, "position": position})
    half = float(np.sqrt(partition.icc(data).variances.rest)) / 2
    return missingness.shifted(data, planned, (-half, half), np.random.default_rng(1), draws=10)


def careless(about: Study, tables: Tables, rows: pd.DataFrame) -> quality.Quality:
    """Signs of careless answering over all items of the scores whose ends are the same."""
    primary = about.scores[0]
    alike = [one for one in about.scores if (one.low, one.high) == (primary.low, primary.high)]
    items = list(dict.fromkeys(item for one in alike for item in one.items))
    found = answers(tables, replace(primary, items=tuple(items), turned={}), rows)
    took = tables.prompts.set_index("prompt")["duration_s"]
    return quality.quality(found.assign(took=took.reindex(found["prompt"]).to_numpy()), "participant", items, "took")


Compared = tuple[str, float, float, float]


def trends_compared(
    primary: Found, patterns: missingness.Sensitivity | str, shifts: missingness.Sensitivity | str
) -> list[Compared]:
    """Label, change per day, both ends of its interval: as reported first, then under other assumptions."""
    rows = [
        (label, one.trend.estimate, one.trend.low, one.trend.high)
        for label, one in (("as reported, AR(1)", primary.trend), ("by the clock, CAR(1)", primary.by_the_clock))
        if isinstance(one, MixedResult)
    ]
    if isinstance(patterns, missingness.Sensitivity):
        rows += [(one.label, one.slope, one.low, one.high) for one in patterns.others]
    if isinstance(shifts, missingness.Sensitivity):
        labels = ("unanswered ones lower", "unanswered ones higher")
        rows += [(label, one.slope, one.low, one.high) for label, one in zip(labels, shifts.others, strict=True)]
    return rows


def numbers(found: Everything) -> dict[str, float]:
    """The numbers behind the figures, by name: to compare two runs."""
    out: dict[str, float] = {}
    if isinstance(found.answered, compliance.Compliance):
        out |= {rate.name: rate.rate for rate in found.answered.rates if rate.rate is not None}
        days = found.answered.by_day
        out |= {
            f"answered on day {day}": rate
            for day, rate in zip(days["study_day"], days["answered_of_planned"], strict=True)
        }
    for one in found.scores:
        name = one.score.name
        if isinstance(one.trend, MixedResult):
            out |= {f"{name} {effect.name}": effect.estimate for effect in one.trend.fixed}
            out |= {f"{name} at {point.time:g}": point.estimate for point in one.trend.curve}
        if isinstance(one.levels, partition.Levels):
            out[f"{name} between persons"] = one.levels.person.estimate
        if isinstance(one.alpha, float):
            out[f"{name} alpha within"] = one.alpha
        if isinstance(one.general, reliability.Generalisability):
            out[f"{name} Rcn"] = one.general.Rcn
    compared = trends_compared(found.scores[0], found.patterns, found.shifts)
    return out | {label: slope for label, slope, _, _ in compared}
