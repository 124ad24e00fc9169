"""The trend of each person by herself.

Headline: generalised least squares with AR(1) residuals, phi by REML, a t interval with n - 2 degrees of
freedom; gaps are honoured through positions, and CAR(1) over the clock takes its place where there are no
positions. Beside it, descriptive: Theil-Sen, Kendall's tau-b and Hamed-Rao (see `analysis.ranks`).
p-values of the headline are adjusted over the persons for whom it could be estimated (Benjamini and
Hochberg 1995).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import special

from analysis.adjust import benjamini_hochberg
from analysis.errors import NotEstimable
from analysis.gls import fit_lines
from analysis.parallel import blocks, each
from analysis.ranks import rank_methods
from analysis.serial import pair_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.frames import Tidy
    from analysis.parallel import Parallel
    from analysis.serial import Decay, Floats, Ints

FEWEST_FOR_GLS = 10
NORMAL = float(special.ndtri(0.975))
FEWEST_FOR_RANKS = 3
THEIL_SEN_LABEL = "assumes independence"


@dataclass(frozen=True)
class GlsTrend:
    """Slope per unit of time with its t(n-2) interval; phi is the correlation of neighbouring residuals."""

    slope: float
    se: float
    low: float
    high: float
    p: float
    p_fdr: float
    phi: float


@dataclass(frozen=True)
class TheilSen:
    """Median of the slopes between all pairs of answers; its interval assumes independent answers."""

    slope: float
    low: float
    high: float
    label: str = THEIL_SEN_LABEL


@dataclass(frozen=True)
class Kendall:
    tau: float
    p: float


@dataclass(frozen=True)
class MannKendall:
    """Over the index of the answers, continuity-corrected; it assumes independent answers."""

    z: float
    p: float


@dataclass(frozen=True)
class HamedRao:
    z: float
    p: float


@dataclass(frozen=True)
class PersonTrend:
    """All that is said about one person's trend; what can't be said is None, with the reason by method."""

    person: object
    n: int
    gls_ar1: GlsTrend | None
    theil_sen: TheilSen | None
    kendall: Kendall | None
    mann_kendall: MannKendall | None
    hamed_rao: HamedRao | None
    reasons: dict[str, str]


@dataclass(frozen=True)
class Positive:
    """Share of persons whose headline slope is above zero, Wilson's 95 % interval; persons without one left out."""

    share: float
    low: float
    high: float
    positive: int
    n_persons: int
    left_out: int
    sentence: str
    assumptions: tuple[str, ...] = ("a slope counts as positive however small and however unsure it is",)

    @property
    def table(self) -> pd.DataFrame:
        """One row: share, low, high, positive, n_persons, left_out."""
        return pd.DataFrame([asdict(self)]).drop(columns=["sentence", "assumptions"])


def positive_slopes(trends: Sequence[PersonTrend]) -> Positive:
    """How many go up; how surely, each person's own interval says."""
    slopes = np.array([trend.gls_ar1.slope for trend in trends if trend.gls_ar1 is not None])
    n = len(slopes)
    if not n:
        raise NotEstimable("nobody has a trend of her own that can be estimated")
    positive = int(np.sum(slopes > 0))
    share, square = positive / n, NORMAL**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    reach = NORMAL * float(np.sqrt(share * (1 - share) / n + square / (4 * n * n))) / (1 + square / n)
    low, high = middle - reach, middle + reach
    return Positive(
        share,
        low,
        high,
        positive,
        n,
        len(trends) - n,
        f"{positive} of {n} persons have a slope above zero ({share:.0%}, 95 % interval {low:.0%} to {high:.0%});"
        f" {len(trends) - n} have none that can be estimated.",
    )


def person_trends(data: Tidy, parallel: Parallel | None = None) -> tuple[PersonTrend, ...]:
    """Every person with at least one answer, in order; blocks of them go through `parallel`, a joblib.Parallel."""
    time, score = data.values("time"), data.values("score")
    kind: Decay = "ar1" if data.has_position else "car1"
    place = data.values("position") if data.has_position else data.clock
    unit = data.unit
    parts = ((time[rows], score[rows], place[rows], unit[rows] - unit[rows.start], kind) for rows in blocks(unit))
    trends = chain.from_iterable(each(_block_trends, parts, parallel))
    counts = np.bincount(unit)
    found = []
    for person, n, methods in zip(data.persons, counts, trends, strict=True):
        parts_of: dict[str, Any] = {name: None if isinstance(value, str) else value for name, value in methods.items()}
        reasons = {name: value for name, value in methods.items() if isinstance(value, str)}
        found.append(PersonTrend(person=person, n=int(n), reasons=reasons, **parts_of))
    return _adjust(found)


def _block_trends(time: Floats, score: Floats, place: Floats, unit: Ints, kind: Decay) -> list[dict[str, object]]:
    """All methods of each person, by name: what was found, or the reason why not."""
    counts = np.bincount(unit)
    ranks, lines = _rank_trends(time, score, counts), _gls_trends(time, score, place, unit, kind)
    return [of_ranks | of_lines for of_ranks, of_lines in zip(ranks, lines, strict=True)]


def _rank_trends(time: Floats, score: Floats, counts: Ints) -> list[dict[str, object]]:
    """The descriptive methods of each person, or the reason why not; persons of equal length together."""
    firsts = np.r_[0, np.cumsum(counts)[:-1]]
    trends: list[dict[str, object]] = [{} for _ in counts]
    for n in np.unique(counts):
        who = np.flatnonzero(counts == n)
        if n < FEWEST_FOR_RANKS:
            few = f"{n} answers; at least {FEWEST_FOR_RANKS} are needed"
            for at in who:
                trends[at] = dict.fromkeys(("theil_sen", "kendall", "mann_kendall", "hamed_rao"), few)
            continue
        rows = firsts[who][:, None] + np.arange(n)
        rows = np.take_along_axis(rows, np.argsort(time[rows], axis=1, kind="stable"), axis=1)
        found = rank_methods(time[rows], score[rows])
        for i, at in enumerate(who):
            constant = "no variation"
            slope, tau, z = found.slope[i], found.tau[i], found.z[i]
            trends[at] = {
                "theil_sen": TheilSen(float(slope), float(found.low[i]), float(found.high[i]))
                if np.isfinite(slope)
                else "all answers are at the same time",
                "kendall": Kendall(float(tau), float(found.tau_p[i])) if np.isfinite(tau) else constant,
                "mann_kendall": MannKendall(float(found.plain_z[i]), float(found.plain_p[i]))
                if np.isfinite(found.plain_z[i])
                else constant,
                "hamed_rao": HamedRao(float(z), float(found.z_p[i]))
                if np.isfinite(z)
                else ("not estimable: the corrected variance isn't positive" if np.isfinite(tau) else constant),
            }
    return trends


def _gls_trends(time: Floats, score: Floats, place: Floats, unit: Ints, kind: Decay) -> list[dict[str, object]]:
    """The headline of each person, or the reason why not."""
    counts = np.bincount(unit)
    trends: list[dict[str, object]] = [
        {"gls_ar1": f"{n} answers; at least {FEWEST_FOR_GLS} are needed"} for n in counts
    ]
    who = np.flatnonzero(counts >= FEWEST_FOR_GLS)
    if not len(who):
        return trends
    rows = counts[unit] >= FEWEST_FOR_GLS
    unit = np.searchsorted(who, unit[rows])
    n = counts[who].astype(np.float64)
    y, y_scale = _standardise(score[rows], unit, n)
    t, t_scale = _standardise(time[rows], unit, n)
    pairs = pair_up(unit, place[rows], np.column_stack([y, np.ones_like(t), t]))
    lines = fit_lines(pairs, kind, n)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope, se = lines.slope * y_scale / t_scale, lines.se * y_scale / t_scale
        p = 2 * special.stdtr(n - 2, -np.abs(lines.slope / lines.se))
    reach = special.stdtrit(n - 2, 0.975) * se
    for i, at in enumerate(who):
        found: object
        if t_scale[i] == 0:
            found = "all answers are at the same time"
        elif y_scale[i] == 0:
            found = "no variation"
        elif lines.exact[i]:
            found = "the answers lie on a line: there is no residual to judge it by"
        elif lines.runs_to_one[i]:
            found = "not estimable: the correlation of neighbouring answers runs to one"
        else:
            numbers = (slope[i], se[i], slope[i] - reach[i], slope[i] + reach[i], p[i], p[i], lines.phi[i])
            found = GlsTrend(*map(float, numbers))
        trends[at] = {"gls_ar1": found}
    return trends


def _standardise(values: Floats, unit: Ints, n: Floats) -> tuple[Floats, Floats]:
    """Values with mean 0 and SD 1 within each person (0 where they don't vary), and the SDs (B,)."""
    centred = values - (np.bincount(unit, values) / n)[unit]
    scale = np.sqrt(np.bincount(unit, centred**2) / n)
    size = np.sqrt(np.bincount(unit, values**2) / n)
    scale = np.where(scale > 1e-12 * size, scale, 0.0)
    return np.divide(centred, scale[unit], out=np.zeros_like(centred), where=scale[unit] > 0), scale


def _adjust(trends: Sequence[PersonTrend]) -> tuple[PersonTrend, ...]:
    """Benjamini and Hochberg over the estimable persons."""
    at = [i for i, trend in enumerate(trends) if trend.gls_ar1 is not None]
    adjusted = list(trends)
    p = np.array([trend.gls_ar1.p for trend in trends if trend.gls_ar1 is not None])
    for i, value in zip(at, benjamini_hochberg(p), strict=True):
        trend = trends[i]
        if trend.gls_ar1 is not None:
            adjusted[i] = replace(trend, gls_ar1=replace(trend.gls_ar1, p_fdr=float(value)))
    return tuple(adjusted)
