"""Compare this room with reference values: `python -m analysis.verify [FOLDER]`.

FOLDER (default: `shared` beside the repository) holds `data/` and `reference/`. Prints, for every quantity, the
largest error over all its values beside the error allowed, and ends with 1 if any is exceeded. Errors are
relative or absolute as the line says; "se" counts in standard errors.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.frames import Tidy, tidy
from analysis.mixed.design import design
from analysis.mixed.model import fit
from analysis.partition import icc, levels
from analysis.persons import person_trends
from analysis.reliability import generalisability, two_level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analysis.mixed.result import Method, Random, ResidualName

STRESS = ["relax", "irritable", "worry", "nervous"]
MODELS: dict[str, tuple[Random, ResidualName]] = {
    "ris": ("slope", "independent"),
    "ri_ar1": ("intercept", "ar1"),
    "ri_car1": ("intercept", "car1"),
    "ris_ar1": ("slope", "ar1"),
    "ris_pm_ar1": ("slope", "ar1"),
    "ris_car1": ("slope", "car1"),
    "ris_car1_tod_wd": ("slope", "car1"),
}


@dataclass(frozen=True)
class Check:
    """One quantity: the largest error found and the error allowed."""

    name: str
    kind: str
    error: float
    allowed: float

    @property
    def passed(self) -> bool:
        return self.error <= self.allowed


def checks(shared: Path) -> list[Check]:
    """Every comparison, worst value of each quantity."""
    found: dict[tuple[str, str, float], float] = {}
    for name, kind, error, allowed in _errors(shared):
        key = (name, kind, allowed)
        found[key] = max(found.get(key, 0.0), float(error) if np.isfinite(error) else np.inf)
    return [Check(name, kind, error, allowed) for (name, kind, allowed), error in found.items()]


def _errors(shared: Path) -> Iterator[tuple[str, str, float, float]]:
    def reference(name: str) -> Any:
        return json.loads((shared / "reference" / name).read_text(encoding="utf-8"))

    frames = read_data(shared / "data")
    for case, expected in reference("trend_lme_polished_more.json").items():
        yield from _mixed_errors(frames, case, expected)
    lmer = reference("lmertest_more.json")["twicedaily_happy_pm"]["fixed"]
    data = _arrange(frames, "twicedaily", "happy", ("pm",))
    plain = fit(data, fixed=design(data, ("pm",)), residual="independent")
    for effect, name in zip(plain.fixed, ("(Intercept)", "time", "pm"), strict=True):
        yield "df, independent (lmerTest)", "relative", abs(effect.df / lmer[name]["df"] - 1), 1e-4
    trends = person_trends(tidy(frames["flueckiger"], person="id", time="time", score="pa"))
    by_person = reference("person_trend.json")["flueckiger_pa"]
    for trend in trends:
        theirs = by_person[str(trend.person)]
        if trend.theil_sen and trend.kendall and trend.hamed_rao:
            yield "Theil–Sen slope", "absolute", abs(trend.theil_sen.slope - theirs["sen_slope"]), 1e-8
            yield "Kendall tau-b", "absolute", abs(trend.kendall.tau - theirs["kendall_tau_b"]), 1e-8
            yield "Hamed–Rao z", "absolute", abs(trend.hamed_rao.z - theirs["hamed_rao_all_lags"]["z"]), 1e-8
    yield from _reliability_errors(frames, reference)


def read_data(folder: Path) -> dict[str, pd.DataFrame]:
    """The data sets as the reference values were computed from them."""
    twice = pd.read_csv(folder / "dejonckheere2019_twicedaily.csv")
    twice["time"] = (twice["obs2"] - 1) / 2
    twice["pm"] = (twice["slot"] == "pm").astype(int)
    twice["na"] = twice[["sad", "anger", "stress"]].mean(axis=1, skipna=False)
    fried = pd.read_csv(folder / "fried2022.csv").sort_values(["id", "scheduled"], kind="stable")
    fried["stress4"] = fried[STRESS].mean(axis=1, skipna=False)
    for beep in (2, 3, 4):
        fried[f"b{beep}"] = (fried["beep"] == beep).astype(int)
    fried["weekend"] = (pd.to_datetime(fried["scheduled"]).dt.day_of_week >= 5).astype(int)
    flueckiger = pd.read_csv(folder / "flueckiger2014.csv")
    flueckiger["time"] = flueckiger["day"] - 1
    synth = pd.read_csv(folder / "synth1000.csv")
    return {"twicedaily": twice, "fried": fried, "flueckiger": flueckiger, "synth": synth}


def _arrange(frames: dict[str, pd.DataFrame], name: str, score: str, terms: tuple[str, ...] = ()) -> Tidy:
    columns: dict[str, dict[str, str]] = {
        "twicedaily": {"time": "time", "beep": "obs2"},
        "fried": {"time": "scheduled", "origin": "file"},
        "flueckiger": {"time": "time"},
        "synth": {"time": "day", "beep": "obs"},
    }
    chosen = columns[name]
    return tidy(
        frames[name],
        person="id",
        time=chosen["time"],
        score=score,
        beep=chosen.get("beep"),
        origin=chosen.get("origin", "person"),
        terms=terms,
    )


def _mixed_errors(
    frames: dict[str, pd.DataFrame], case: str, expected: dict[str, Any]
) -> Iterator[tuple[str, str, float, float]]:
    path, _, method_name = case.partition("|")
    name, score, model = path.split("/")
    terms: tuple[str, ...] = ("pm",) if "pm" in model or name == "synth" else ()
    terms = ("b2", "b3", "b4", "weekend") if "tod" in model else terms
    data = _arrange(frames, name, score, terms)
    random, residual = MODELS[model]
    method: Method = "reml" if method_name == "REML" else "ml"
    found = fit(data, fixed=design(data, terms), random=random, residual=residual, method=method)
    se, beta = np.array(expected["se"]), np.array(expected["beta"])
    G = np.array(expected["ranef_cov"])
    size = np.sqrt(np.outer(np.diag(G), np.diag(G)))
    yield "log-likelihood", "absolute", abs(found.log_lik - expected["logLik"]), 1e-6
    estimate, error = (np.array([getattr(e, part) for e in found.fixed]) for part in ("estimate", "se"))
    tight = residual == "independent"
    label = "independent" if tight else "AR(1), CAR(1)"
    yield f"fixed effects, {label}", "se", np.max(np.abs(estimate - beta) / se), 1e-6 if tight else 1e-4
    yield f"standard errors, {label}", "relative", np.max(np.abs(error / se - 1)), 1e-6 if tight else 1e-4
    yield f"sigma, {label}", "relative", abs(found.sigma / expected["sigma"] - 1), 1e-6 if tight else 1e-4
    yield f"G, {label}", "relative", np.max(np.abs(found.ranef_cov - G) / size), 1e-6 if tight else 1e-3
    if found.phi is not None:
        yield "phi", "absolute", abs(found.phi - expected["phi"]), 1e-5


def _reliability_errors(
    frames: dict[str, pd.DataFrame], reference: Callable[[str], Any]
) -> Iterator[tuple[str, str, float, float]]:
    expected = reference("icc_reliability.json")
    for name, scores in expected["icc"].items():
        for score, theirs in scores.items():
            found = icc(_arrange(frames, name, score))
            yield "ICC, REML", "absolute", abs(found.reml.estimate - theirs["lmer_REML"]["icc"]), 1e-6
            yield "ICC1, analysis of variance", "absolute", abs(found.icc1 - theirs["anova"]["ICC1"]), 1e-8
    stress = frames["fried"].dropna(subset=STRESS).drop_duplicates(["id", "scheduled"])
    three = levels(tidy(stress, person="id", time="scheduled", score="stress4", day="day")).variances
    theirs = expected["three_level"]["fried_stress4"]
    yield "three-level log-likelihood", "absolute", abs(three.log_lik - theirs["logLik"]), 1e-6
    omega = two_level(stress, "id", STRESS)
    polished = reference("multilevel_omega_polished.json")["fried_stress4"]
    for name in ("omega_within", "omega_between", "alpha_within", "alpha_between"):
        yield "omega and alpha at two levels", "absolute", abs(getattr(omega, name) - polished[name]), 1e-5
    stacked = stress.assign(occasion=(stress["day"] - 1) * 4 + stress["beep"])
    nested = generalisability(stacked, "id", "occasion", STRESS)
    theirs = expected["multilevel_reliability"]["fried_stress4_tight_lmer"]
    for name in ("RkRn", "Rcn"):
        yield "RkRn, Rcn", "absolute", abs(getattr(nested, name) - theirs[name]), 1e-5


def table(found: list[Check]) -> str:
    """One line per quantity, with the digits achieved."""
    lines = [f"{'quantity':<34}{'kind':<10}{'error':>9}{'allowed':>9}  digits"]
    for check in found:
        digits = -np.log10(max(check.error, 1e-16))
        mark = "" if check.passed else "  EXCEEDED"
        lines.append(f"{check.name:<34}{check.kind:<10}{check.error:>9.0e}{check.allowed:>9.0e}{digits:>8.1f}{mark}")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Print the table; 0 if all is within what is allowed."""
    shared = Path(arguments[0]) if arguments else Path(__file__).parents[2] / "shared"
    if not (shared / "reference").is_dir():
        sys.stderr.write(f"no reference values in {shared}: give the folder that holds data/ and reference/\n")
        return 1
    found = checks(shared)
    sys.stdout.write(table(found))
    return 0 if all(check.passed for check in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
