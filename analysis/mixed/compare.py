"""Is the fuller of two models needed? Likelihood ratio tests with AIC and BIC.

Models with different fixed effects are compared by maximum likelihood only. A variance of slopes lies on the
boundary of what is possible when there is none, so that twice the difference is an even mixture of chi-squared
with one and with two degrees of freedom (Self and Liang 1987; Stram and Lee 1994); it is tested under REML with
the same fixed effects.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pandas as pd
from scipy import special

from analysis.errors import AnalysisError
from analysis.mixed.design import design
from analysis.mixed.model import fit
from analysis.mixed.words import number

if TYPE_CHECKING:
    from analysis.frames import Tidy
    from analysis.mixed.design import Design
    from analysis.mixed.result import MixedResult, Random, ResidualName


@dataclass(frozen=True)
class Comparison:
    """Twice the difference of log-likelihoods; `reference` says against which distribution it was held.

    `aic` and `bic` are those of the fuller model less those of the simpler one: below zero speaks for the fuller.
    """

    question: str
    statistic: float
    reference: str
    p: float
    aic: float
    bic: float
    log_lik_simpler: float
    log_lik_fuller: float
    sentence: str
    assumptions: tuple[str, ...] = ("both models were fitted to the same answers", "many persons")

    @property
    def table(self) -> pd.DataFrame:
        """One row: question, statistic, reference, p, aic, bic and both log-likelihoods."""
        return pd.DataFrame([asdict(self)]).drop(columns=["sentence", "assumptions"])


def compare_fixed(
    data: Tidy,
    simpler: Design,
    fuller: Design,
    *,
    residual: ResidualName | None = None,
    random: Random = "slope",
    question: str | None = None,
) -> Comparison:
    """Fits both by maximum likelihood; the simpler model's effects must be among those of the fuller."""
    more = len(fuller.names) - len(simpler.names)
    if more < 1:
        raise AnalysisError("the fuller model must have more effects than the simpler one")
    small, large = (fit(data, fixed=d, residual=residual, random=random, method="ml") for d in (simpler, fuller))
    statistic = _twice(small, large)
    extra = [name for name in fuller.names if name not in simpler.names]
    return _report(
        question or f"does {data.score} go with {', '.join(extra)}?",
        small,
        large,
        more,
        reference=f"chi-squared with {more} df",
        p=float(special.chdtrc(more, statistic)),
    )


def slopes_differ(data: Tidy, result: MixedResult, fixed: Design | None = None) -> Comparison:
    """`result`, a fit with random slopes and these fixed effects, beside the same model without random slopes."""
    if result.random != "slope":
        raise AnalysisError("a variance of slopes can be tested only in a model that has one")
    flat = fit(data, fixed=fixed or design(data), residual=result.residual, random="intercept", method=result.method)
    statistic = _twice(flat, result)
    p = float(special.chdtrc(1, statistic) + special.chdtrc(2, statistic)) / 2
    mixture = "even mixture of chi-squared with 1 and 2 df"
    return _report(f"do persons' trends of {data.score} differ?", flat, result, 2, reference=mixture, p=p)


def _twice(small: MixedResult, large: MixedResult) -> float:
    """Never below zero, although two searches end a rounding apart."""
    return max(0.0, 2 * (large.log_lik - small.log_lik))


def _report(
    question: str, small: MixedResult, large: MixedResult, more: int, *, reference: str, p: float
) -> Comparison:
    statistic = _twice(small, large)
    n = large.n_used - (len(large.fixed) if large.method == "reml" else 0)
    aic, bic = 2 * more - statistic, math.log(n) * more - statistic
    which = "The fuller model fits better" if p < 0.05 else "These answers don't clearly call for the fuller model"
    shown = "<.001" if p < 0.0005 else f"= {p:.3f}".replace("0.", ".", 1)
    return Comparison(
        question,
        statistic,
        reference,
        p,
        aic,
        bic,
        small.log_lik,
        large.log_lik,
        f"{question[0].upper()}{question[1:]} {which}: likelihood ratio {number(statistic)} ({reference}, p {shown};"
        f" AIC {number(aic)}).",
    )
