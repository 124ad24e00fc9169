"""Fit the growth model of an EMA study: score on time, random effects of persons, correlated residuals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import AnalysisError, NotEstimable
from analysis.mixed.design import Design, design
from analysis.mixed.inference import components, curve, estimates, infer, person_slopes, tests
from analysis.mixed.optimise import search
from analysis.mixed.profile import profile
from analysis.mixed.result import MixedResult
from analysis.mixed.words import sentence
from analysis.noisy import noisy
from analysis.serial import Autoregressive, Independent, pair_up

if TYPE_CHECKING:
    from analysis.frames import Tidy
    from analysis.mixed.optimise import Optimum
    from analysis.mixed.result import Method, PersonSlope, Random, ResidualName
    from analysis.serial import Decay, Floats, Ints, Residual

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
) -> MixedResult:
    """Fit by (restricted) maximum likelihood; `profiled` asks for profile intervals of the components.

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

    mean, scale = fixed.X.mean(axis=0), fixed.X.std(axis=0)
    mean[0], scale[0] = 0.0, 1.0
    flat = [name for name, s in zip(fixed.names, scale, strict=True) if s == 0]
    if flat:
        raise NotEstimable(f"{', '.join(flat)} doesn't vary")
    middle, spread = float(y.mean()), float(y.std())
    columns = np.column_stack([(y - middle) / spread, (fixed.X - mean) / scale])
    if np.linalg.matrix_rank(columns[:, 1:]) < p:
        raise NotEstimable(f"the effects of {', '.join(fixed.names)} can't be told apart: one follows from the rest")

    if _leaves_nothing(columns, unit, q):
        raise NotEstimable("straight lines fit every answer exactly: there is no residual to judge them by")

    structure, best, gone = _search(data, residual, columns, q, reml=method == "reml")
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


def _leaves_nothing(columns: Floats, unit: Ints, q: int) -> bool:
    """Whether fixed effects and a line of her own for each person leave no residual at all."""
    cross = pair_up(unit, unit.astype(float), columns, np.ones(len(unit), dtype=np.bool_)).starts
    own = cross[:, 1 : 1 + q, :]
    swept = cross - np.swapaxes(own, 1, 2) @ np.linalg.pinv(own[:, :, 1 : 1 + q], hermitian=True) @ own
    total = swept.sum(axis=0)
    rest = total[0, 0] - total[0, 1:] @ np.linalg.pinv(total[1:, 1:], hermitian=True) @ total[1:, 0]
    return bool(rest < 1e-12 * len(unit))


def _search(
    data: Tidy, residual: ResidualName, columns: Floats, q: int, *, reml: bool
) -> tuple[Residual, Optimum, tuple[str, ...]]:
    """The optimum, in a simpler structure where the one asked for runs to it; and what is gone by that."""
    wanted = structure_of(data, residual, columns)
    structure = wanted
    best = search(structure, q, len(columns), reml=reml)
    while (edge := structure.edge(best.point.rho)) is not None:
        if edge == "one":
            raise NotEstimable("the correlation of neighbouring answers runs to one: not estimable")
        simpler: ResidualName = "independent"
        if edge == "no noise":
            simpler = "ar1" if residual == "ar1-noise" else "car1"
        structure = structure_of(data, simpler, columns)
        best = search(structure, q, len(columns), reml=reml)
    return structure, best, tuple(name for name in wanted.names if name not in structure.names)


def structure_of(data: Tidy, residual: ResidualName, columns: Floats) -> Residual:
    """The residual model over these columns (score, then fixed effects) of the rows of `data`."""
    unit = data.unit
    if residual == "independent":
        return Independent(pair_up(unit, data.values("time"), columns, np.ones(len(unit), dtype=np.bool_)))
    kind: Decay = "ar1" if residual.startswith("ar1") else "car1"
    place = data.values("position") if kind == "ar1" else data.clock
    fresh = np.r_[True, np.diff(data.values("day")) != 0] if residual == "ar1-day" else None
    pairs = pair_up(unit, place, columns, fresh)
    if not pairs.gap.size:
        raise NotEstimable("no two answers are neighbours: there is no correlation of neighbours to estimate")
    if pairs.gap.min() <= 0:
        raise NotEstimable("two answers of one person have the same time, or later positions earlier times")
    if residual in {"ar1-noise", "car1-noise"}:
        return noisy(unit, place, columns, kind)
    return Autoregressive(pairs, kind)


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
