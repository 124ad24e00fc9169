"""Does one score go before the other, from a prompt to the next? Cross-lagged effects, in both directions.

Each score on both scores of the prompt before (each less the person's mean) and on time, with random intercepts and
random slopes of the cross-lagged effect, by REML; pairs as for inertia, consecutive prompts of one day. Effects are
also given in within-person standard deviations (Schuurman et al. 2016), which alone may be held against each other.
They say what goes before what, not what brings it about.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.dynamics import successive
from analysis.errors import AnalysisError, NotEstimable
from analysis.mixed.design import design
from analysis.mixed.model import fit
from analysis.mixed.words import number

if TYPE_CHECKING:
    from analysis.frames import Tidy
    from analysis.mixed.result import Estimate, MixedResult
    from analysis.serial import Floats, Ints

FEWEST_PAIRS = 30
OWN, MOMENT = "own score before", "moment"


@dataclass(frozen=True)
class Lagged:
    """`cross` is the effect of `earlier` on the next prompt's `later`, `own` of `later` on itself.

    `cross_sd`, `own_sd`: in within-person standard deviations; `sd_between`: of the cross-lagged effect over persons.
    """

    earlier: str
    later: str
    cross: Estimate
    own: Estimate
    cross_sd: float
    own_sd: float
    sd_between: float
    model: MixedResult
    sentence: str


@dataclass(frozen=True)
class CrossLagged:
    """Both directions, over the pairs of prompts at which both scores are known."""

    forth: Lagged
    back: Lagged
    n_pairs: int
    n_persons: int
    left_out: int  # answers without both scores at the prompt before
    sentence: str
    assumptions: tuple[str, ...] = (
        "effects are the same over the whole time and over gaps of every length within the day",
        "persons' means are known: with few answers each, effects of a score on itself are underestimated",
        "nothing that is not in the model drives both scores",
    )

    @property
    def table(self) -> pd.DataFrame:
        """earlier, later, estimate, se, df, low, high, p, standardised, sd_between: cross-lagged and own effects."""
        rows = []
        for way in (self.forth, self.back):
            for earlier, effect, standard, spread in (
                (way.earlier, way.cross, way.cross_sd, way.sd_between),
                (way.later, way.own, way.own_sd, None),
            ):
                rows.append(
                    {
                        "earlier": earlier,
                        "later": way.later,
                        **{name: getattr(effect, name) for name in ("estimate", "se", "df", "low", "high", "p")},
                        "standardised": standard,
                        "sd_between": spread,
                    }
                )
        return pd.DataFrame(rows)


def cross_lagged(data: Tidy, other: str) -> CrossLagged:
    """`data` with its score and, among its covariates, the column `other`: the second score."""
    if other not in data.covariates:
        raise AnalysisError(f"the second score, {other}, is not among the columns that were read")
    if not data.has_position:
        raise AnalysisError("cross-lagged effects need positions: give --beep, or a time in whole numbers")
    second = pd.to_numeric(data.covariates[other], errors="coerce").to_numpy(dtype=np.float64)
    known = np.isfinite(second)
    both = replace(
        data,
        rows=data.rows[known].reset_index(drop=True),
        covariates=data.covariates[known].reset_index(drop=True),
    )
    if not known.any():
        raise NotEstimable(f"there is no {other} beside {data.score}")
    later = successive(both, same_day=True)
    if len(later) < FEWEST_PAIRS:
        raise NotEstimable(f"{len(later)} pairs of consecutive answers; at least {FEWEST_PAIRS} are needed")
    scores = {data.score: both.values("score"), other: second[known]}
    flat = [name for name, values in scores.items() if values.std() == 0]
    if flat:
        raise NotEstimable(f"{', '.join(flat)} doesn't vary")
    forth, back = (
        _one_way(both, scores, later, earlier, now) for earlier, now in ((other, data.score), (data.score, other))
    )
    return CrossLagged(
        forth,
        back,
        n_pairs=len(later),
        n_persons=forth.model.n_persons,
        left_out=len(data.rows) - len(later),
        sentence=f"{forth.sentence} {back.sentence}",
    )


def _one_way(data: Tidy, scores: dict[str, Floats], later: Ints, earlier: str, now: str) -> Lagged:
    unit = data.unit
    away = {name: values - (np.bincount(unit, values) / np.bincount(unit))[unit] for name, values in scores.items()}
    freedom = len(unit) - len(data.persons)
    sd = {name: float(np.sqrt(np.sum(values**2) / freedom)) for name, values in away.items()}
    if min(sd.values()) == 0:
        raise NotEstimable("a score doesn't vary within persons")
    rows = data.rows.iloc[later].assign(score=scores[now][later], time=away[earlier][later - 1])
    covariates = pd.DataFrame({OWN: away[now][later - 1], MOMENT: data.values("time")[later]})
    pairs = replace(data, rows=rows.reset_index(drop=True), covariates=covariates, score=now)
    found = fit(pairs, fixed=design(pairs, (OWN, MOMENT)), residual="independent")
    cross, own = found.trend, found.fixed[2]
    ratio = sd[earlier] / sd[now]
    return Lagged(
        earlier,
        now,
        replace(cross, name=f"{earlier} before"),
        own,
        cross.estimate * ratio,
        own.estimate,
        next(part.estimate for part in found.components if part.name == "sd_slope"),
        found,
        f"Where {earlier} is one point above the person's mean, {now} at the next prompt of the day is"
        f" {number(abs(cross.estimate))} {'higher' if cross.estimate > 0 else 'lower'} on average (95 % interval of the"
        f" difference {number(cross.low)} to {number(cross.high)}; {number(cross.estimate * ratio)} in within-person"
        " standard deviations).",
    )
