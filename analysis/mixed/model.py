"""Fit the growth model of an EMA study: score on time, random effects of persons, correlated residuals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import AnalysisError, NotEstimable
from analysis.mixed.design import Design, design
from analysis.mixed.inference import components, curve, estimates, infer, person_slopes, tests
from analysis.mixed.layout import Layout, structure_of
from analysis.mixed.optimise import search
from analysis.mixed.profile import profile
from analysis.mixed.result import MixedResult
from analysis.mixed.words import sentence

if TYPE_CHECKING:
    from analysis.frames import Tidy
    from analysis.mixed.optimise import Optimum
    from analysis.mixed.result import Method, PersonSlope, Random, ResidualName
    from analysis.parallel import Parallel
    from analysis.serial import Floats, Residual

FEWEST_PERSONS = 3
FEW_PERSONS = 10


def fit(
    data: Tidy,
    *,
    fixed: Design | None = None,
    residual: ResidualName | None = None,
    random: Random = "slope",
    method: Method = "reml",
    profiled: bool = False,
    parallel: Parallel | None = None,
) -> MixedResult:
    """Fit by (restricted) maximum likelihood; `profiled` asks for profile intervals of the components.

    Parts of persons go through `parallel`, a joblib.Parallel, where one is given.
    Without `residual`: AR(1) over positions, gaps honoured, or CAR(1) over the clock where there are none.
    Raises NotEstimable in plain words when the data can't carry the model.
    """
    residual = residual or ("ar1" if data.has_position else "car1")
    _check(data, residual, random)
    fixed = fixed or design(data)
    unit = data.unit
    y = data.values("score")
    n, p = fixed.X.shape
    n_persons = int(unit[-1]) + 1
    q = 1 if random == "intercept" else 2
    if n <= p + q + 2:
        raise NotEstimable(f"{n} answers are too few for {p} fixed effects")

    laid = Layout(data, fixed.X, y)
    mean, scale = laid.mean, laid.scale
    flat = [name for name, s in zip(fixed.names, scale, strict=True) if s == 0]
    if flat:
        raise NotEstimable(f"{', '.join(flat)} doesn't vary")
    middle, spread = laid.middle, laid.spread
    if laid.rank() < p:
        raise NotEstimable(f"the effects of {', '.join(fixed.names)} can't be told apart: one follows from the rest")
    if laid.leaves_nothing(q):
        raise NotEstimable("straight lines fit every answer exactly: there is no residual to judge them by")

    structure, best, gone = _search(data, laid, residual, q, parallel, reml=method == "reml")
    M = np.diag(spread / scale)
    M[0, 1:] = -spread * mean[1:] / scale[1:]
    inference = infer(best, M, np.r_[middle, np.zeros(p - 1)])
    parts = components(inference, structure, gone)
    if profiled:
        parts = profile(inference, structure, parts, n, reml=method == "reml")
    singular = best.shape.rank < min(q, 2)
    by_name = {part.name: part for part in parts}
    slopes: tuple[PersonSlope, ...] = ()
    if random == "slope":
        counts = np.bincount(unit).astype(float)
        pull = np.column_stack([np.bincount(unit, column) / counts for column in fixed.by_time.T])
        slopes = person_slopes(inference, structure.whiten(best.point.rho).cross, pull, data.persons)
    result = MixedResult(
        score=data.score,
        random=random,
        residual=residual,
        method=method,
        n_used=n,
        n_persons=n_persons,
        converged=best.converged,
        singular=singular,
        warnings=(),
        units=_units(data, residual),
        log_lik=_log_likelihood(best.point.value, n, p, spread, scale, reml=method == "reml"),
        fixed=estimates(inference, fixed.names),
        vcov_fixed=inference.vcov,
        ranef_cov=inference.ranef_cov,
        sigma=inference.sigma,
        phi=by_name["phi"].estimate if "phi" in by_name else None,
        components=parts,
        tests=tests(inference, fixed),
        curve=curve(inference, fixed, data.values("time")),
        person_slopes=slopes,
        sentence="",
    )
    if fixed.spline:
        result = replace(result, assumptions=("the average course is a smooth curve", *result.assumptions[1:]))
    return replace(result, warnings=_warnings(result, gone), sentence=sentence(result), left_out=data.left_out)


def _check(data: Tidy, residual: ResidualName, random: Random) -> None:
    y = data.values("score")
    if not len(y):
        raise NotEstimable(f"there is no row with a {data.score}, a person and a time")
    counts = np.bincount(data.unit)
    if len(counts) == 1:
        raise NotEstimable("only one person has answers: there is no group to describe")
    if len(counts) < FEWEST_PERSONS:
        raise NotEstimable(f"{len(counts)} persons are too few for a group trend; at least {FEWEST_PERSONS}")
    if y.std() <= 1e-12 * max(1.0, float(np.abs(y).max())):
        raise NotEstimable(f"every {data.score} is the same: no variation to describe")
    if int(counts.max()) < (2 if random == "intercept" else 3):
        raise NotEstimable("no person has enough answers to tell change within persons from differences between")
    if residual.startswith("ar1") and not data.has_position:
        raise AnalysisError("AR(1) needs positions: give --beep, or a time in whole numbers, or use car1")
    if residual == "ar1-day" and data.rows["day"].isna().any():
        raise AnalysisError("correlation within the day needs --day")


def _search(
    data: Tidy, laid: Layout, residual: ResidualName, q: int, parallel: Parallel | None, *, reml: bool
) -> tuple[Residual, Optimum, tuple[str, ...]]:
    """The optimum, in a simpler structure where the one asked for runs to it; and what is gone by that."""
    wanted = structure_of(data, residual, laid, parallel)
    structure: Residual = wanted
    n = len(laid.y)
    best = search(structure, q, n, reml=reml)
    while (edge := structure.edge(best.point.rho)) is not None:
        if edge == "one":
            raise NotEstimable("the correlation of neighbouring answers runs to one: not estimable")
        simpler: ResidualName = "independent"
        if edge == "no noise":
            simpler = "ar1" if residual == "ar1-noise" else "car1"
        structure = structure_of(data, simpler, laid, parallel)
        best = search(structure, q, n, reml=reml)
    return structure, best, tuple(name for name in wanted.names if name not in structure.names)


def _log_likelihood(value: float, n: int, p: int, spread: float, scale: Floats, *, reml: bool) -> float:
    """Back from standardised columns: the Jacobian of y, and for REML ln|X'V^-1X| of the given X."""
    if not reml:
        return float(-value / 2 - n * np.log(spread))
    return float(-value / 2 - (n - p) * np.log(spread) - np.sum(np.log(scale)))


def _units(data: Tidy, residual: ResidualName) -> dict[str, str]:
    units = {"score": f"as in {data.score}", "time": data.time_unit, "slope": f"{data.score} per {data.time_unit}"}
    whose = "residuals free of noise" if residual.endswith("noise") else "residuals"
    if residual.startswith("ar1"):
        where = " on the same day" if residual == "ar1-day" else ""
        units["phi"] = f"correlation of {whose} one position apart{where}"
    elif residual.startswith("car1"):
        units["phi"] = f"correlation of {whose} one {data.clock_unit} apart"
    if residual.endswith("noise"):
        units["noise"] = "share of the residual variance that belongs to one answer alone"
    return units


def _warnings(result: MixedResult, gone: tuple[str, ...]) -> tuple[str, ...]:
    found = []
    if not result.converged:
        found.append("the search for the best fit did not end cleanly: don't rely on the intervals")
    if result.singular:
        found.append(
            "singular fit: the data can't tell all differences between persons apart"
            " (a variance of zero, or level and slope perfectly correlated)"
        )
    if "phi" in gone:
        found.append("no correlation of neighbouring answers was found: the fit is the independent one")
    elif "noise" in gone:
        found.append("no measurement error was found: the fit is the one without")
    if result.n_persons < FEW_PERSONS:
        found.append(f"only {result.n_persons} persons: differences between persons are poorly known")
    return tuple(found)
