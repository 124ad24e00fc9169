"""Autocorrelation and variance in a window that moves along one person's answers.

Rising values are looked at as early signs of a sudden change. They are poor ones: in people who stopped their
antidepressants they preceded 33 of 100 recurrences (Smit et al. 2025), and rising autocorrelation was seen in 89 of 100
people with a sudden gain in treatment, but also in 63 of 100 without (Helmich et al. 2023). So they describe the past,
and raise no alarm. Overlapping windows share answers, so Kendall's tau over them has no p-value here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import AnalysisError, NotEstimable
from analysis.mixed.words import number

if TYPE_CHECKING:
    from analysis.frames import Tidy
    from analysis.serial import Floats

WIDTH = 14
FEWEST_ANSWERS, FEWEST_PAIRS, FEWEST_WINDOWS = 7, 5, 8
POOR = "poor signs of a coming change: they came before 33 of 100 recurrences of depression, and without any too"


@dataclass(frozen=True)
class Rolling:
    """`table`: a row per window: first, last (positions), n, pairs, mean,
    variance, autocorrelation; NaN where a window has too few answers. The taus are Kendall's over the windows.
    """

    table: pd.DataFrame
    width: int
    tau_variance: float | None
    tau_autocorrelation: float | None
    left_out: int  # windows with too few answers
    sentence: str
    assumptions: tuple[str, ...] = (
        "prompts are evenly spaced",
        f"these are {POOR} (Smit et al. 2025; Helmich et al. 2023): no alarm may rest on them",
        "a trend or a step inside a window counts as variance and as autocorrelation",
    )


def rolling(data: Tidy, width: int = WIDTH) -> Rolling:
    """`data` of one person; windows of `width` positions, each one position on."""
    if len(data.persons) != 1:
        raise NotEstimable(f"this looks at one person; there are {len(data.persons)}")
    if not data.has_position:
        raise AnalysisError("a moving window needs positions: give --beep, or a time in whole numbers")
    place = data.values("position").astype(np.intp)
    size = int(place[-1] - place[0]) + 1
    if size < width + FEWEST_WINDOWS - 1:
        raise NotEstimable(f"{size} positions; at least {width + FEWEST_WINDOWS - 1} are needed for windows of {width}")
    y = np.full(size, np.nan)
    y[place - place[0]] = data.values("score")
    rows = [_window(y[at : at + width]) for at in range(size - width + 1)]
    table = pd.DataFrame(rows)
    table.insert(0, "first", np.arange(len(rows)) + place[0])
    table.insert(1, "last", table["first"] + width - 1)
    variance, together = (_tau(table[name].to_numpy()) for name in ("variance", "autocorrelation"))
    return Rolling(
        table,
        width,
        variance,
        together,
        int(table["variance"].isna().sum()),
        f"In windows of {width} prompts the variance of {data.score} {_way(variance)} and the autocorrelation"
        f" {_way(together)}. Both are {POOR}.",
    )


def _window(y: Floats) -> dict[str, float]:
    known = np.isfinite(y)
    pair = known[1:] & known[:-1]
    n, pairs = int(known.sum()), int(pair.sum())
    found = {"n": n, "pairs": pairs, "mean": np.nan, "variance": np.nan, "autocorrelation": np.nan}
    if n >= FEWEST_ANSWERS:
        found["mean"], found["variance"] = float(y[known].mean()), float(y[known].var(ddof=1))
    before, now = y[:-1][pair], y[1:][pair]
    if n >= FEWEST_ANSWERS and pairs >= FEWEST_PAIRS and before.std() > 0 and now.std() > 0:
        found["autocorrelation"] = float(np.corrcoef(before, now)[0, 1])
    return found


def _tau(values: Floats) -> float | None:
    at = np.flatnonzero(np.isfinite(values))
    if len(at) < FEWEST_WINDOWS or np.ptp(values[at]) == 0:
        return None
    return float(stats.kendalltau(at, values[at], method="asymptotic").statistic)


def _way(tau: float | None) -> str:
    if tau is None:
        return "can't be followed"
    way = "rises" if tau > 0 else "falls"
    return f"{way if abs(tau) > 0.3 else 'neither clearly rises nor falls'} (Kendall's tau over windows {number(tau)})"
