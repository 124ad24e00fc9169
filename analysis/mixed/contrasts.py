"""How do the levels of a term (phases, arms, slots) differ from each other? Every pair, other terms held.

The model is fitted again with each level as the reference, so that every difference has the degrees of freedom of its
own. p-values are adjusted over the pairs by Holm. With an interaction with time the differences are those at time 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.adjust import holm
from analysis.errors import AnalysisError
from analysis.frames import labels
from analysis.mixed.design import column_of
from analysis.mixed.model import fit
from analysis.mixed.words import number

if TYPE_CHECKING:
    from analysis.frames import Tidy
    from analysis.mixed.design import Recipe
    from analysis.mixed.result import Estimate, MixedResult


@dataclass(frozen=True)
class Contrast:
    """Level `level` less level `reference`, 95 % interval; `p_holm` is adjusted over all pairs."""

    level: str
    reference: str
    estimate: float
    se: float
    df: float
    low: float
    high: float
    p: float
    p_holm: float


@dataclass(frozen=True)
class Contrasts:
    """All pairs of levels of one term."""

    term: str
    pairs: tuple[Contrast, ...]
    sentence: str
    assumptions: tuple[str, ...] = (
        "a difference between phases is one between times too: what else changed then is in it",
        "the average course is otherwise the one fitted",
    )

    @property
    def table(self) -> pd.DataFrame:
        """One row for each pair."""
        return pd.DataFrame(list(self.pairs))


def contrasts(data: Tidy, result: MixedResult, recipe: Recipe, term: str) -> Contrasts:
    """`result` is a fit of `data` by this recipe; `term` is one of its columns that hold labels."""
    asked = next((one for one in (*recipe.terms, *recipe.categorical) if column_of(one) == term), None)
    if asked is None:
        raise AnalysisError(f"{term} is not a term of the model")
    levels = [str(level) for level in sorted(labels(data.covariates[term]).unique())]
    found: list[tuple[str, str, Estimate]] = []
    for at, reference in enumerate(levels[:-1]):
        turned = replace(
            recipe,
            terms=tuple(f"{term}={reference}" if one == asked else one for one in recipe.terms),
            categorical=tuple(f"{term}={reference}" if one == asked else one for one in recipe.categorical),
        )
        again = fit(
            data, fixed=turned.build(data), residual=result.residual, random=result.random, method=result.method
        )
        by_name = {effect.name: effect for effect in again.fixed}
        found += [(level, reference, by_name[f"{term}[{level}]"]) for level in levels[at + 1 :]]
    adjusted = holm(np.array([effect.p for _, _, effect in found]))
    pairs = tuple(
        Contrast(level, reference, e.estimate, e.se, e.df, e.low, e.high, e.p, float(p))
        for (level, reference, e), p in zip(found, adjusted, strict=True)
    )
    said = [
        f"{pair.level} less {pair.reference} {number(pair.estimate)} (95 % interval {number(pair.low)} to"
        f" {number(pair.high)})"
        for pair in pairs
    ]
    return Contrasts(term, pairs, f"Differences of {data.score} by {term}: {'; '.join(said)}.")
