"""What `ema analyse --full` adds to the contract's dictionary, and what --second and --item do.

    description   the answers before any model, and the share of slopes above zero
    checks        of the group model: robust standard errors, residuals, whether slopes differ, whether the course
                  bends, the first days, unequal follow-up, another kind of neighbourhood, change of spread,
                  every pair of phases or arms
    missing       what goes with answering, and how far the trend hangs on it
    variability   intraclass correlation, inertia
    second        cross-lagged effects and correlation within persons, with a second score
    items         each item, reliability and correlations at both levels, generalisability, differentiation, quality
    persons       for each: dynamics, change_points, rolling, newey_west, and with a phase before_after

Every part has a `sentence`, `assumptions` where it has any, and its numbers; or a `reason` why it can't be had.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, is_dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.breaks import change_points
from analysis.change import interrupted, newey_west, overlap
from analysis.description import describe, describe_items
from analysis.differentiation import differentiation
from analysis.dynamics import dynamics, inertia
from analysis.errors import AnalysisError
from analysis.frames import tidy
from analysis.lagged import cross_lagged
from analysis.missingness import answering, by_pattern, shifted
from analysis.mixed.compare import slopes_differ
from analysis.mixed.contrasts import contrasts
from analysis.mixed.courses import nonlinear, over_other_neighbours, within_persons, without_first_days
from analysis.mixed.design import column_of
from analysis.mixed.residuals import diagnose
from analysis.mixed.robust import robust
from analysis.mixed.spread import spread_trend
from analysis.partition import correlations, icc, levels, repeated_r
from analysis.persons import positive_slopes
from analysis.quality import quality
from analysis.reliability import generalisability, two_level
from analysis.rolling import rolling

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from analysis.frames import Tidy
    from analysis.mixed.design import Recipe
    from analysis.mixed.result import MixedResult
    from analysis.persons import PersonTrend

DRAWS, SEED = 10, 1
"""Of the imputations for the delta adjustment; the same answers give the same numbers."""
SHIFT = 0.5
"""Standard deviations by which unanswered prompts are taken to differ."""


@dataclass(frozen=True)
class Source:
    """The file as it was read, and which of its columns are what."""

    frame: pd.DataFrame
    person: str
    time: str
    score: str
    day: str | None
    beep: str | None
    origin: str


def described(data: Tidy, trends: Sequence[PersonTrend], bounds: tuple[float, float] | None) -> dict[str, Any]:
    """The answers before any model."""
    names = ("n", "n_persons", "mean", "sd", "sd_of_means", "quartiles", "floor", "ceiling", "distribution")
    found = _said(lambda: describe(data, bounds), *names, "slots", "weekdays")
    gaps = _said(lambda: describe(data, bounds).gaps, "runs", "missed", "longest") if data.has_position else None
    up = _said(lambda: positive_slopes(trends), "share", "low", "high", "positive", "n_persons", "left_out")
    return found | {"gaps": gaps, "positive_slopes": up}


def checked(data: Tidy, group: MixedResult, recipe: Recipe) -> dict[str, Any]:
    """The group model from all sides; `recipe` is the one of its fixed effects."""
    fixed = recipe.build(data)
    comparison = ("statistic", "reference", "p", "aic", "bic")
    again = ("fitted", "again", "more", "left_out")
    found = {
        "robust": _said(lambda: robust(data, group, fixed), "fixed", "ratio"),
        "residuals": _said(
            lambda: diagnose(data, group, fixed),
            *("skew", "kurtosis", "fan", "left", "quantiles", "far_answers", "far_persons", "notes"),
        ),
        "nonlinear": _said(
            lambda: nonlinear(data, recipe=recipe, residual=group.residual, random=group.random),
            *("test", "comparison", "change", "low", "high", "curve"),
        ),
        "first_days": _said(lambda: without_first_days(data, group, recipe=recipe), *again),
        "within_persons": _said(lambda: within_persons(data, group, recipe), *again),
        "neighbours": _said(lambda: over_other_neighbours(data, group, recipe), *again),
        "spread": _said(
            lambda: spread_trend(data, group, recipe),
            *("factor", "low", "high", "statistic", "p", "sd_first", "sd_last"),
        ),
    }
    if group.random == "slope":
        found["slopes_differ"] = _said(lambda: slopes_differ(data, group, fixed), *comparison)
    for label in map(column_of, recipe.categorical):
        found[f"contrasts of {label}"] = _said(partial(contrasts, data, group, recipe, label), "pairs")
    return found


def missing(source: Source, data: Tidy) -> dict[str, Any]:
    """Rows without a score count as prompts that were not answered."""
    text = source.frame[source.score].astype("string").str.strip()
    frame = source.frame.assign(**{source.score: (text.notna() & (text != "")).astype(float)})

    def prompts() -> pd.DataFrame:
        columns = {"person": source.person, "time": source.time, "score": source.score}
        return tidy(frame, **columns, day=source.day, beep=source.beep, origin=source.origin).rows

    step = SHIFT * float(data.values("score").std()) if len(data.rows) else 0.0
    return {
        "answering": _said(
            lambda: answering(prompts(), person="person", time="time", answered="score"),
            *("odds", "n", "n_persons", "answered", "left_out"),
        ),
        "by_pattern": _said(lambda: by_pattern(data), "fitted", "others"),
        "shifted": _said(
            lambda: shifted(
                data,
                prompts()[["person", "time", "position"]],
                (-step, 0.0, step),
                np.random.default_rng(SEED),
                draws=DRAWS,
            ),
            *("fitted", "others"),
        ),
    }


def varied(data: Tidy) -> dict[str, Any]:
    """Between and within persons, and from one prompt to the next."""
    return {
        "icc": _said(lambda: icc(data), "reml", "icc1", "icc2", "k", "k0"),
        "levels": _said(lambda: levels(data), "person", "day", "moment"),
        "dynamics": _said(lambda: dynamics(data), "acute_day", "acute_all", "slots_removed"),
        "inertia": _said(
            lambda: inertia(data), "estimate", "se", "low", "high", "df", "sd_between", "n_pairs", "n_persons"
        ),
    }


def beside(source: Source, data: Tidy, second: str) -> dict[str, Any]:
    """`data` must carry the column `second`."""
    numbers = pd.DataFrame(
        {
            "person": data.rows["person"],
            data.score: data.rows["score"],
            second: pd.to_numeric(data.covariates[second], errors="coerce"),
        }
    )
    return {
        "cross_lagged": _said(lambda: cross_lagged(data, second), "table", "n_pairs", "n_persons", "left_out"),
        "within_persons_r": _said(
            lambda: repeated_r(numbers, "person", source.score, second), "r", "low", "high", "df"
        ),
    }


def itemised(source: Source, items: Sequence[str], bounds: tuple[float, float] | None) -> dict[str, Any]:
    """The items of a score."""
    absent = [item for item in items if item not in source.frame.columns]
    if absent:
        raise AnalysisError(f"no column {', '.join(absent)}")
    numbers = source.frame[[source.person]].assign(
        **{item: pd.to_numeric(source.frame[item], errors="coerce").astype("float64") for item in items}
    )
    places = [column for column in (source.day, source.beep) if column]
    occasion = source.frame[places].astype("string").agg(".".join, axis=1) if source.beep else None
    found = {
        "each": _open(describe_items(numbers, items, bounds)),
        "reliability": _said(
            lambda: two_level(numbers, source.person, items),
            *("omega_within", "omega_between", "alpha_within", "alpha_between", "n", "n_persons"),
        ),
        "correlations": _said(lambda: correlations(numbers, source.person, items), "table", "n", "n_persons"),
        "differentiation": _said(lambda: differentiation(numbers, source.person, items), "table", "left_out"),
        "quality": _said(lambda: quality(numbers, source.person, items), "table", "left_out"),
    }
    if occasion is not None:
        numbers = numbers.assign(occasion=occasion)
        found["generalisability"] = _said(
            lambda: generalisability(numbers, source.person, "occasion", items),
            *("RkRn", "RkRn_answered", "Rcn", "occasions", "items"),
        )
    return found


def of_persons(data: Tidy, bounds: tuple[float, float] | None, phase: str | None = None) -> list[dict[str, Any]]:
    """For each person, in order: dynamics, change_points, rolling, newey_west; and where her answers in the column
    `phase` are two, one after the other, before_after.
    """
    counts = np.bincount(data.unit) if len(data.rows) else np.zeros(0, dtype=np.intp)
    try:
        moving: list[Any] = dynamics(data, bounds).table.drop(columns=["person", "n"]).to_dict("records")
    except AnalysisError as why:
        moving = [{"reason": str(why)}] * len(counts)
    found = []
    for end, count, own in zip(np.cumsum(counts), counts, moving, strict=True):
        one = _rows(data, int(end - count), int(end))
        entry = {
            "dynamics": own,
            "change_points": _said(partial(change_points, one), "segments", "moments", "phi"),
            "rolling": _said(partial(rolling, one), "width", "tau_variance", "tau_autocorrelation", "left_out"),
            "newey_west": _said(partial(newey_west, one), "estimate", "se", "low", "high", "p"),
        }
        moment = _moment(one, phase) if phase else None
        if moment is not None:
            sides = ("n_before", "n_after")
            entry["before_after"] = {
                "moment": moment,
                "interrupted": _said(partial(interrupted, one, moment), "effects", "phi", *sides),
                "overlap": _said(
                    partial(overlap, one, moment),
                    *("nap", "nap_low", "nap_high", "tau", "tau_low", "tau_high", *sides),
                ),
            }
        found.append(entry)
    return found


def _moment(one: Tidy, phase: str) -> float | None:
    """When the second of two phases begins; None unless there are two, one after the other."""
    spans = one.rows["time"].groupby(one.covariates[phase].astype(str)).agg(["min", "max"]).sort_values("min")
    if len(spans) != 2 or spans["max"].iloc[0] >= spans["min"].iloc[1]:
        return None
    return float(spans["min"].iloc[1])


def _rows(data: Tidy, start: int, end: int) -> Tidy:
    cut = slice(start, end)
    return replace(
        data,
        rows=data.rows[cut].reset_index(drop=True),
        covariates=data.covariates[cut].reset_index(drop=True),
    )


def _said(make: Callable[[], Any], *names: str) -> dict[str, Any]:
    """The named fields of a result with its sentence and assumptions, or the reason why there is none."""
    try:
        found = make()
    except AnalysisError as why:
        return {"reason": str(why)}
    except np.linalg.LinAlgError:
        return {"reason": "these answers are too few or too much alike for it"}
    also = [name for name in ("sentence", "assumptions") if hasattr(found, name)]
    return {name: _open(getattr(found, name)) for name in (*also, *names)}


def _open(value: Any) -> Any:
    """Frames and results as lists and dictionaries."""
    if isinstance(value, pd.DataFrame):
        return value.to_dict("records")
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, tuple):
        return [_open(item) for item in value]
    return value
