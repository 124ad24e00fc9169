"""When did one person's level change? Moments that nobody named beforehand.

For each number of changes the best moments are those of least squares over all possibilities (dynamic programming,
Truong et al. 2020; every answer may be a moment, a jump of 1). How many there are is chosen by the modified BIC
of Zhang and Siegmund (2007) from the likelihood with autocorrelated residuals, because neighbouring answers that go
together look like changes of level. Intervals of levels and steps take the moments as given, and are too narrow
for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from analysis.errors import NotEstimable
from analysis.mixed.optimise import Shape, descend
from analysis.mixed.words import number
from analysis.serial import Autoregressive, pair_up

if TYPE_CHECKING:
    from analysis.frames import Tidy
    from analysis.mixed.optimise import Optimum
    from analysis.serial import Decay, Floats, Ints

FEWEST = 20
FEWEST_BETWEEN = 5
MOST = 3


@dataclass(frozen=True)
class Segment:
    """Level from `start` to `end` (times of its first and last answer), and the step from the level before it."""

    start: float
    end: float
    n: int
    level: float
    level_low: float
    level_high: float
    step: float | None
    step_low: float | None
    step_high: float | None


@dataclass(frozen=True)
class ChangePoints:
    """The levels between the moments found; `criterion` is the modified BIC by number of changes (smallest is best)."""

    segments: tuple[Segment, ...]
    criterion: dict[int, float]
    phi: float
    n: int
    sentence: str
    assumptions: tuple[str, ...] = (
        "the level is constant between moments of change, without a trend of its own",
        "intervals take the moments as given: they are too narrow for that",
        "of made-up series without any change 4 to 12 in 100 showed one all the same, most of them short or at a floor",
    )

    @property
    def moments(self) -> tuple[float, ...]:
        """Times of the first answer after each change."""
        return tuple(segment.start for segment in self.segments[1:])

    @property
    def table(self) -> pd.DataFrame:
        """One row for each segment."""
        return pd.DataFrame(list(self.segments))


def change_points(data: Tidy, most: int = MOST) -> ChangePoints:
    """`data` of one person; at most `most` changes, each level held for at least FEWEST_BETWEEN answers."""
    from ruptures import KernelCPD

    if len(data.persons) != 1:
        raise NotEstimable(f"this looks at one person; there are {len(data.persons)}")
    y, time = data.values("score"), data.values("time")
    n = len(y)
    if n < FEWEST:
        raise NotEstimable(f"{n} answers; at least {FEWEST} are needed to look for changes of level")
    scale = float(y.std())
    if scale <= 1e-12 * max(1.0, float(np.abs(y).max())):
        raise NotEstimable("no variation")
    z = (y - y.mean()) / scale
    searcher = KernelCPD(kernel="linear", min_size=FEWEST_BETWEEN).fit(z[:, None])  # least squares; its jump is 1
    tried: dict[int, Ints] = {0: np.array([0, n])}
    for k in range(1, min(most, n // FEWEST_BETWEEN - 1) + 1):
        tried[k] = np.r_[0, searcher.predict(n_bkps=k)]
    fits: dict[int, Optimum] = {}
    for k, ends in tried.items():
        fits[k] = _fit(data, z, ends, reml=False, near=fits.get(k - 1))
    criterion = {k: _modified_bic(fits[k], ends) for k, ends in tried.items()}
    best = min(criterion, key=lambda k: criterion[k])
    ends = tried[best]
    found = _fit(data, z, ends, reml=True, near=fits[best])
    segments = _segments(found, ends, time, y.mean(), scale)
    return ChangePoints(
        segments,
        criterion,
        float(found.point.rho[0] if data.has_position else np.exp(-found.point.rho[0])),
        n,
        _sentence(segments, data),
    )


def _fit(data: Tidy, z: Floats, ends: Ints, *, reml: bool, near: Optimum | None) -> Optimum:
    """A level for each segment, AR(1) over positions or CAR(1) over the clock; the search begins at `near`."""
    n = len(z)
    X = (np.searchsorted(ends, np.arange(n), side="right")[:, None] == np.arange(1, len(ends))).astype(np.float64)
    kind: Decay = "ar1" if data.has_position else "car1"
    place = data.values("position") if data.has_position else data.clock
    residual = Autoregressive(pair_up(data.unit, place, np.column_stack([z, X])), kind)
    starts = (near.point.free,) if near else residual.starts()
    tried = [descend(residual, Shape(1, 0), n, free, reml=reml) for free in starts]
    best = min(tried, key=lambda found: found.point.value)
    if residual.edge(best.point.rho) == "one" or best.point.criterion.sigma2 < 1e-16:
        raise NotEstimable(
            "the correlation of neighbouring answers runs to one: changes of level can't be told from it"
        )
    return best


def _modified_bic(found: Optimum, ends: Ints) -> float:
    n, k = float(ends[-1]), len(ends) - 2
    return float(found.point.value + 3 * k * np.log(n) + np.sum(np.log(np.diff(ends) / n)))


def _segments(found: Optimum, ends: Ints, time: Floats, middle: float, scale: float) -> tuple[Segment, ...]:
    levels = len(ends) - 1
    peak = found.point.criterion
    vcov = peak.sigma2 * peak.xx_inverse * scale**2
    beta = middle + scale * peak.beta
    t = float(special.stdtrit(ends[-1] - levels, 0.975))
    segments = []
    for k in range(levels):
        reach = t * float(np.sqrt(vcov[k, k]))
        step: tuple[float | None, ...] = (None, None, None)
        if k:
            size = float(beta[k] - beta[k - 1])
            wide = t * float(np.sqrt(vcov[k, k] + vcov[k - 1, k - 1] - 2 * vcov[k, k - 1]))
            step = (size, size - wide, size + wide)
        first, last = int(ends[k]), int(ends[k + 1])
        level = float(beta[k])
        segments.append(
            Segment(float(time[first]), float(time[last - 1]), last - first, level, level - reach, level + reach, *step)
        )
    return tuple(segments)


def _sentence(segments: tuple[Segment, ...], data: Tidy) -> str:
    if len(segments) == 1:
        return f"No change of the level of {data.score} stands out from the usual ups and downs."
    parts = [
        f"at {number(after.start)} by {number(after.step or 0.0)} (95 % interval {number(after.step_low or 0.0)} to"
        f" {number(after.step_high or 0.0)}, the moment taken as given)"
        for after in segments[1:]
    ]
    return f"The level of {data.score} changes {'; '.join(parts)}."
