"""The whole of `ema analyse`: a tidy file and options in, the contract's dictionary out.

    run(file, options) -> dict      read the CSV or Parquet file and analyse it
    analyse(frame, options) -> dict the same for a DataFrame
    as_json(result), as_text(result), as_html(result) -> str

The dictionary holds only what JSON can say: no NaN. What can't be estimated is null; why stands beside it
in `reason`: at the top for the group (a sentence), in each person for her methods (by name of method).
Input that can't be analysed at all raises AnalysisError, one plain line.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError, NotEstimable
from analysis.files import read
from analysis.frames import Tidy, tidy
from analysis.mixed.design import Recipe, column_of
from analysis.mixed.model import fit
from analysis.persons import PersonTrend, person_trends

if TYPE_CHECKING:
    from pathlib import Path

    from analysis.mixed.result import Method, MixedResult, PersonSlope, Random, ResidualName
    from analysis.parallel import Parallel


@dataclass(frozen=True)
class Options:
    """The options of `ema analyse`, by their names there.

    `term`, `phase` and `arm` are columns; "COL=LEVEL" names the reference level. Numbers in `term` enter as
    they are, `phase` and `arm` are always labels. `arm` comes with its interaction with time. `full`, `second` (another
    score) and `item` (its items) ask for what `analysis.further` adds.
    """

    person: str
    time: str
    score: str
    day: str | None = None
    beep: str | None = None
    origin: str = "person"
    residual: ResidualName | None = None
    random: Random = "slope"
    method: Method = "reml"
    term: tuple[str, ...] = ()
    slot: bool = False
    weekday: bool = False
    phase: str | None = None
    arm: str | None = None
    interact: tuple[str, ...] = ()
    profile: bool = False
    bounds: tuple[float, float] | None = None
    full: bool = False
    second: str | None = None
    item: tuple[str, ...] = ()


def run(file: Path, options: Options, parallel: Parallel | None = None) -> dict[str, Any]:
    """Read a CSV or Parquet file (a row per prompt) and analyse it."""
    named = (options.person, options.time, options.score, options.day, options.beep, options.second, *options.item)
    terms = (*options.term, *(column for column in (options.phase, options.arm) if column))
    wanted = [*(name for name in named if name), *map(column_of, terms)]
    return analyse(read(file, wanted, ("slot",) if options.slot else ()), options, parallel)


def analyse(frame: pd.DataFrame, options: Options, parallel: Parallel | None = None) -> dict[str, Any]:
    """Trends per person and for the group, by the contract of `ema analyse --format json`.

    Persons and blocks of them go through `parallel`, a joblib.Parallel, where one is given.
    """
    labels = tuple(column for column in (options.phase, options.arm) if column)
    columns = [column_of(term) for term in (*options.term, *labels)]
    if options.slot and not (options.day and options.beep) and "slot" in frame.columns:
        columns.append("slot")
    if options.second:
        columns.append(options.second)
    data = tidy(
        frame,
        person=options.person,
        time=options.time,
        score=options.score,
        day=options.day,
        beep=options.beep,
        origin=options.origin,
        terms=tuple(dict.fromkeys(columns)),
    )
    if options.bounds:
        _check_bounds(data, *options.bounds)
    group, reason = _group(data, options, labels, parallel)
    slopes = {slope.person: slope for slope in group.person_slopes} if group else {}
    result: dict[str, Any] = {
        "n_rows": data.n_rows,
        "n_persons": len(data.persons),
        "left_out": [asdict(item) for item in data.left_out],
        "score": data.score,
        "time_unit": data.time_unit,
        "group": _group_dict(group) if group else None,
    }
    if reason:
        result["reason"] = reason
    trends = person_trends(data, parallel)
    result["persons"] = [_person_dict(trend, slopes.get(trend.person)) for trend in trends]
    if options.full or options.second or options.item:
        _add_further(result, frame, data, options, group=group, trends=trends)
    found: dict[str, Any] = _plain(result)
    return found


def _group(
    data: Tidy, options: Options, labels: tuple[str, ...], parallel: Parallel | None
) -> tuple[MixedResult | None, str | None]:
    try:
        fixed = _recipe(options, labels).build(data) if len(data.rows) else None
        found = fit(
            data,
            fixed=fixed,
            residual=options.residual,
            random=options.random,
            method=options.method,
            profiled=options.profile,
            parallel=parallel,
        )
    except NotEstimable as why:
        return None, str(why)
    return found, None


def _recipe(options: Options, labels: tuple[str, ...]) -> Recipe:
    interactions = list(options.interact)
    if options.arm:
        interactions.append(f"time:{column_of(options.arm)}")
    return Recipe(
        options.term,
        tuple(dict.fromkeys(interactions)),
        categorical=labels,
        slot=options.slot,
        weekday=options.weekday,
    )


def _add_further(
    result: dict[str, Any],
    frame: pd.DataFrame,
    data: Tidy,
    options: Options,
    *,
    group: MixedResult | None,
    trends: tuple[PersonTrend, ...],
) -> None:
    from analysis import further

    source = further.Source(
        frame, options.person, options.time, options.score, options.day, options.beep, options.origin
    )
    if options.full:
        labels = tuple(column for column in (options.phase, options.arm) if column)
        result["description"] = further.described(data, trends, options.bounds)
        result["checks"] = further.checked(data, group, _recipe(options, labels)) if group else None
        result["missing"] = further.missing(source, data)
        result["variability"] = further.varied(data)
        phase = column_of(options.phase) if options.phase else None
        for person, more in zip(result["persons"], further.of_persons(data, options.bounds, phase), strict=True):
            person.update(more)
    if options.second:
        result["second"] = further.beside(source, data, options.second)
    if options.item:
        result["items"] = further.itemised(source, options.item, options.bounds)


def _check_bounds(data: Tidy, low: float, high: float) -> None:
    score = data.values("score")
    outside = int(np.sum((score < low) | (score > high)))
    if outside:
        raise AnalysisError(f"{outside} values of {data.score} are outside the bounds {low:g} to {high:g}")


def _group_dict(group: MixedResult) -> dict[str, Any]:
    return {
        "random": group.random,
        "residual": group.residual,
        "method": group.method,
        "n_used": group.n_used,
        "n_persons": group.n_persons,
        "converged": group.converged,
        "singular": group.singular,
        "warnings": list(group.warnings),
        "units": group.units,
        "logLik": group.log_lik,
        "fixed": {effect.name: _without(asdict(effect), "name") for effect in group.fixed},
        "vcov_fixed": group.vcov_fixed.tolist(),
        "ranef_cov": group.ranef_cov.tolist(),
        "sigma": group.sigma,
        "phi": group.phi,
        "components": {part.name: _without(asdict(part), "name") for part in group.components},
        "tests": {test.term: _without(asdict(test), "term") for test in group.tests},
        "curve": [asdict(point) for point in group.curve],
        "sentence": group.sentence,
        "assumptions": list(group.assumptions),
    }


def _person_dict(trend: PersonTrend, slope: PersonSlope | None) -> dict[str, Any]:
    reasons = dict(trend.reasons)
    found = _without(asdict(trend), "reasons")
    found["blup"] = _without(asdict(slope), "person") if slope else None
    if not slope:
        reasons["blup"] = "the group model has no slopes of persons"
    return found | {"reason": reasons or None}


def _without(mapping: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name != key}


def _plain(value: Any) -> Any:
    """Only what JSON knows: numbers of numpy become Python's, NaN and infinity become null."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value if value is None else str(value)


def as_json(result: dict[str, Any]) -> str:
    """JSON with full precision."""
    return json.dumps(result, ensure_ascii=False, indent=2, allow_nan=False)


def as_text(result: dict[str, Any]) -> str:
    """Tables for a terminal: what was used, the group, each person."""
    from analysis.tables import FOOTNOTE, further_lines, group_lines, layout, person_table, used_lines

    lines = [*used_lines(result), "", "Group", *group_lines(result)]
    for heading, said in further_lines(result).items():
        lines += ["", heading, *said]
    lines += ["", "Persons"]
    return "\n".join([*lines, *layout(*person_table(result)), "", FOOTNOTE]) + "\n"


def as_html(result: dict[str, Any]) -> str:
    """One self-contained page with the same tables."""
    from analysis.page import page

    return page(result)
