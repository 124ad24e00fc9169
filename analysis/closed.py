"""For `python -m analysis.verify`: closed formulas beside reference values, and the level of the headline test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.dynamics import dynamics
from analysis.frames import tidy
from analysis.partition import correlations, repeated_r
from analysis.persons import person_trends
from analysis.quality import quality
from analysis.reliability import alpha

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STRESS = ["relax", "irritable", "worry", "nervous"]
DYNAMICS = {
    "mssd_day": "mssd_day",
    "rmssd_day": "rmssd_day",
    "masd_day": "masd_day",
    "mssd_all": "mssd_all",
    "rmssd_all": "rmssd_all",
    "relative_sd": "relative_sd",
    "ar1_ols_day": "inertia",
    "ar1_ols_se": "inertia_se",
}
"""Their names and ours."""
NULL = ((22, 0.0), (22, 0.25), (30, 0.5), (45, 0.0), (45, 0.25), (45, 0.5))
"""Answers of a person, and how neighbours go together."""
PERSONS = 600


def errors(frames: dict[str, pd.DataFrame], reference: Callable[[str], Any]) -> Iterator[tuple[str, str, float, float]]:
    """Name, kind, error, error allowed."""
    flueckiger = tidy(frames["flueckiger"], person="id", time="time", score="pa")
    by_person = reference("person_trend.json")["flueckiger_pa"]
    for trend in person_trends(flueckiger):
        theirs = by_person[str(trend.person)]
        if trend.theil_sen and trend.kendall and trend.hamed_rao:
            yield "Theil–Sen slope", "absolute", abs(trend.theil_sen.slope - theirs["sen_slope"]), 1e-8
            yield "Kendall tau-b", "absolute", abs(trend.kendall.tau - theirs["kendall_tau_b"]), 1e-8
            yield "Hamed–Rao z", "absolute", abs(trend.hamed_rao.z - theirs["hamed_rao_all_lags"]["z"]), 1e-8
    by_person = reference("person_dynamics.json")["flueckiger_pa"]
    for row in dynamics(flueckiger, bounds=(1, 7)).table.to_dict("records"):
        for name, ours in DYNAMICS.items():
            value = by_person[str(row["person"])].get(name)
            if isinstance(value, int | float):
                label = "relative SD" if name == "relative_sd" else "MSSD, RMSSD, MASD, a person's inertia"
                yield label, "absolute", abs(row[ours] - value), 1e-8
    stress = frames["fried"].dropna(subset=STRESS).drop_duplicates(["id", "scheduled"])
    expected = reference("icc_reliability.json")
    pooled = expected["alpha"]["fried_pooled"]["raw_alpha"]
    yield "alpha of plain rows", "absolute", abs(alpha(stress, STRESS) - pooled), 1e-8
    theirs = expected["statsBy"]["fried"]
    both = correlations(stress, "id", STRESS)
    for matrix, name in ((both.within, "rwg"), (both.between, "rbg")):
        worst = np.max(np.abs(matrix.to_numpy() - np.array(theirs[name])))
        yield "correlations within and between", "absolute", float(worst), 1e-8
    repeated = repeated_r(stress, "id", "worry", "nervous").r
    yield "repeated-measures r", "absolute", abs(repeated - theirs["rwg"][2][3]), 1e-8
    careless = reference("careless_fried.json")
    prompts = quality(frames["fried"], "id", careless["items"]).prompts
    yield (
        "longstring, variability over items",
        "absolute",
        abs(prompts["longstring"].mean() - careless["longstring_mean"]),
        1e-8,
    )
    yield "longstring, variability over items", "absolute", abs(prompts["irv"].mean() - careless["irv_mean"]), 1e-8


def rejected() -> float:
    """How often the headline finds a trend at 5 % in people who have none."""
    rng = np.random.default_rng(2)
    p: list[float] = []
    for n, phi in NULL:
        error = rng.standard_normal((PERSONS, n))
        for at in range(1, n):
            error[:, at] = phi * error[:, at - 1] + np.sqrt(1 - phi**2) * error[:, at]
        frame = pd.DataFrame({"who": np.repeat(np.arange(PERSONS), n), "day": np.tile(np.arange(n), PERSONS)})
        trends = person_trends(tidy(frame.assign(score=error.ravel()), person="who", time="day", score="score"))
        p.extend(trend.gls_ar1.p for trend in trends if trend.gls_ar1)
    return float(np.mean(np.array(p) < 0.05))
