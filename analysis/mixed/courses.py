"""Is the average course a straight line? Nonlinear time, the first days, and follow-up of unequal length.

- `nonlinear`: a natural cubic spline in place of the line, with an F test of its bends and a comparison under maximum
  likelihood.
- `without_first_days`: the same model without the first days, because first answers are often higher or lower than all
  that follow (initial elevation, Shrout et al. 2018).
- `over_other_neighbours`: the same model with the correlation of neighbours over the clock instead of positions.
- `within_persons`: the person's mean time as a further effect, so that the trend compares each person with herself
  only, where some were followed for longer than others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from analysis.errors import NotEstimable
from analysis.frames import LeftOut
from analysis.mixed.compare import compare_fixed
from analysis.mixed.design import PLAIN
from analysis.mixed.model import fit
from analysis.mixed.words import number

if TYPE_CHECKING:
    from analysis.frames import Tidy
    from analysis.mixed.compare import Comparison
    from analysis.mixed.design import Recipe
    from analysis.mixed.result import CurvePoint, Estimate, MixedResult, Random, ResidualName, Test
    from analysis.serial import Bools

BENDS = 2
MEAN_TIME = "person's mean time"


@dataclass(frozen=True)
class Nonlinear:
    """The course as a curve: `test` of its bends, `comparison` with the straight line, change from first to last."""

    test: Test
    comparison: Comparison
    change: float
    low: float
    high: float
    curve: tuple[CurvePoint, ...]
    model: MixedResult
    sentence: str
    assumptions: tuple[str, ...] = (
        "the average course is smooth, with bends at the knots only",
        "persons differ from it by a level and a straight line of their own",
    )

    @property
    def table(self) -> pd.DataFrame:
        """The curve: time, estimate, low, high."""
        return pd.DataFrame(list(self.curve))


@dataclass(frozen=True)
class Again:
    """The trend as fitted, and fitted again in another way; `more` are further effects of the second fit."""

    fitted: Estimate
    again: Estimate
    more: tuple[Estimate, ...]
    left_out: tuple[LeftOut, ...]
    sentence: str
    assumptions: tuple[str, ...] = ("both fits are of the same model of persons and residuals",)

    @property
    def table(self) -> pd.DataFrame:
        """One row for each fit, then the further effects: name, estimate, se, df, low, high, p."""
        return pd.DataFrame([self.fitted, self.again, *self.more]).assign(
            name=["time, as fitted", "time, fitted again", *(effect.name for effect in self.more)]
        )


def nonlinear(
    data: Tidy,
    *,
    recipe: Recipe = PLAIN,
    residual: ResidualName | None = None,
    random: Random = "slope",
    bends: int = BENDS,
) -> Nonlinear:
    """A curve with so many inner knots beside the straight line."""
    bent = replace(recipe, bends=bends).build(data)
    comparison = compare_fixed(
        data,
        recipe.build(data),
        bent,
        residual=residual,
        random=random,
        question=f"does the average course of {data.score} bend?",
    )
    model = fit(data, fixed=bent, residual=residual, random=random)
    test = next(test for test in model.tests if test.term == "bend")
    time = data.values("time")
    start, end = bent.course(time, np.array([time.min(), time.max()]))
    step = end - start
    change = float(step @ np.array([effect.estimate for effect in model.fixed]))
    df = min(effect.df for effect in model.fixed[1:])  # the smallest of what it is made of: no interval too narrow
    reach = float(special.stdtrit(df, 0.975) * np.sqrt(step @ model.vcov_fixed @ step))
    clear = test.p < 0.05
    return Nonlinear(
        test,
        comparison,
        change,
        change - reach,
        change + reach,
        model.curve,
        model,
        f"From the first to the last moment the average of {data.score} changes by {number(change)} (95 % interval"
        f" {number(change - reach)} to {number(change + reach)}) along a curve; that it is no straight line is"
        f" {'clear' if clear else 'not clear'} (F = {number(test.F)}; the curve's AIC is"
        f" {number(abs(comparison.aic))} {'lower' if comparison.aic < 0 else 'higher'}).",
    )


def without_first_days(data: Tidy, result: MixedResult, days: float = 1.0, recipe: Recipe = PLAIN) -> Again:
    """`result` is a fit of `data` by this recipe; answers in the first `days` units of time are left out."""
    time = data.values("time")
    first = time < time.min() + days
    again = _fit_again(_only(data, ~first), result, recipe)
    left = LeftOut(f"in the first {_times(days, data.time_unit)}", int(first.sum()))
    return Again(
        result.trend,
        again.trend,
        (),
        (left,),
        f"Without the first {_times(days, data.time_unit)} the average trend of {data.score} is"
        f" {_span(again.trend)} per {data.time_unit}, with {'it' if days == 1 else 'them'} {_span(result.trend)}.",
    )


def within_persons(data: Tidy, result: MixedResult, recipe: Recipe = PLAIN) -> Again:
    """`result` is a fit of `data` by this recipe."""
    unit, time = data.unit, data.values("time")
    means = (np.bincount(unit, time) / np.bincount(unit))[unit]
    if np.ptp(means) <= 1e-9 * np.ptp(time):
        raise NotEstimable("everybody's answers have the same mean time: the trend is within persons already")
    marked = replace(data, covariates=data.covariates.assign(**{MEAN_TIME: means}))
    again = _fit_again(marked, result, replace(recipe, terms=(*recipe.terms, MEAN_TIME)))
    more = tuple(effect for effect in again.fixed if effect.name == MEAN_TIME)
    return Again(
        result.trend,
        again.trend,
        more,
        (),
        f"Each person compared with herself only, the average trend of {data.score} is {_span(again.trend)} per"
        f" {data.time_unit}, as first fitted {_span(result.trend)}; persons who were followed for one"
        f" {data.time_unit} longer on average differ by {_span(more[0])}.",
    )


def over_other_neighbours(data: Tidy, result: MixedResult, recipe: Recipe = PLAIN) -> Again:
    """CAR(1) over the clock where `result` goes by positions, and the other way round."""
    clock = result.residual.startswith("ar1")
    if not clock and not data.has_position:
        raise NotEstimable("there are no positions: neighbours can only be told by the clock")
    again = _fit_again(data, result, recipe, "car1" if clock else "ar1")
    ways = ("by the clock (CAR(1))", "by position (AR(1))")
    return Again(
        result.trend,
        again.trend,
        (),
        (),
        f"With the correlation of neighbours taken {ways[0] if clock else ways[1]} the average trend of {data.score} is"
        f" {_span(again.trend)} per {data.time_unit}, as first fitted {_span(result.trend)}.",
    )


def _fit_again(data: Tidy, result: MixedResult, recipe: Recipe, residual: ResidualName | None = None) -> MixedResult:
    return fit(
        data,
        fixed=recipe.build(data),
        residual=residual or result.residual,
        random=result.random,
        method=result.method,
    )


def _only(data: Tidy, keep: Bools) -> Tidy:
    return replace(
        data,
        rows=data.rows[keep].reset_index(drop=True),
        covariates=data.covariates[keep].reset_index(drop=True),
    )


def _times(days: float, unit: str) -> str:
    if unit == "day":
        return "day" if days == 1 else f"{days:g} days"
    return unit if days == 1 else f"{days:g} {unit.replace('unit', 'units', 1)}"


def _span(effect: Estimate) -> str:
    return f"{number(effect.estimate)} (95 % interval {number(effect.low)} to {number(effect.high)})"
