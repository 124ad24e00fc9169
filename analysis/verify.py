"""Compare this room with reference values: `python -m analysis.verify [FOLDER]`.

FOLDER (default: `shared` beside the repository) holds `data/` and `reference/`. Prints, for every quantity, the
largest error over all its values beside the error allowed, and ends with 1 if any is exceeded. Errors are
relative or absolute as the line says; "se" counts in standard errors. What was computed with other programs for
`tests/reference` is compared by the tests.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis import closed
from analysis.closed import STRESS
from analysis.frames import Tidy, tidy
from analysis.mixed.design import design
from analysis.mixed.model import fit
from analysis.partition import icc, levels
from analysis.reliability import crossed, generalisability, two_level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analysis.mixed.result import Method, Random, ResidualName

MODELS: dict[str, tuple[Random, ResidualName]] = {
    "ris": ("slope", "independent"),
    "ri_ar1": ("intercept", "ar1"),
    "ri_car1": ("intercept", "car1"),
    "ris_ar1": ("slope", "ar1"),
    "ris_pm_ar1": ("slope", "ar1"),
    "ris_car1": ("slope", "car1"),
    "ris_car1_tod_wd": ("slope", "car1"),
}

DF = {"ris_ar1": (98.417, 96.685), "ris_pm_ar1": (112.116, 97.228, 972.367)}
"""Satterthwaite's, by an independent computation for twicedaily/happy."""
TRUTH = {"intercept": 60.0, "time": 0.15, "pm": 2.0}
"""What synth1000 was made with."""


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
    for model, dfs in DF.items():
        terms = ("pm",) if "pm" in model else ()
        data = _arrange(frames, "twicedaily", "happy", terms)
        for effect, df in zip(fit(data, fixed=design(data, terms)).fixed, dfs, strict=True):
            yield "df, AR(1) (independent program)", "relative", abs(effect.df / df - 1), 1e-4
    yield from _singular_errors(frames)
    yield from _noise_errors(frames, reference)
    yield from _truth_errors(frames)
    yield from closed.errors(frames, reference)
    yield "null simulation: share of p < .05, from 6 %", "absolute", abs(closed.rejected() - 0.06), 0.02
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
    shrout = pd.read_csv(folder / "shrout2012_example.csv")
    return {"shrout": shrout, "twicedaily": twice, "fried": fried, "flueckiger": flueckiger, "synth": synth}


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


def _singular_errors(frames: dict[str, pd.DataFrame]) -> Iterator[tuple[str, str, float, float]]:
    """A fit that lies on the boundary must end there and say so, one that lies near it must not."""
    on, off = (fit(_arrange(frames, "flueckiger", score), residual="ar1") for score in ("na", "pa"))
    correlation = next(part for part in on.components if part.name == "correlation")
    yield "singular: log-likelihood short of", "absolute", max(0.0, -3300.8642 - on.log_lik), 0.0
    yield "singular: correlation of +1, flagged", "absolute", abs(correlation.estimate - 1) + (not on.singular), 0.0
    yield "near it: log-likelihood, not flagged", "absolute", abs(off.log_lik + 3260.65466) + off.singular, 5e-6


def _noise_errors(
    frames: dict[str, pd.DataFrame], reference: Callable[[str], Any]
) -> Iterator[tuple[str, str, float, float]]:
    """Lme stops early here, too: a higher likelihood is no error."""
    fits = reference("trend_lme_fried.json")["fits"]["stress4"]
    methods: tuple[Method, Method] = ("reml", "ml")
    for method in methods:
        expected = fits[method.upper()]["ris_car1_nugget_exp"]
        found = fit(_arrange(frames, "fried", "stress4"), residual="car1-noise", method=method)
        parts = {part.name: part.estimate for part in found.components}
        hours, nugget = expected["phi"]
        yield (
            "with noise: log-likelihood short of nlme's",
            "absolute",
            max(0.0, expected["logLik"] - found.log_lik),
            1e-9,
        )
        yield "with noise: phi, noise", "relative", abs(parts["phi"] / np.exp(-1 / hours) - 1), 1e-4
        yield "with noise: phi, noise", "relative", abs(parts["noise"] / nugget - 1), 1e-4


def _truth_errors(frames: dict[str, pd.DataFrame]) -> Iterator[tuple[str, str, float, float]]:
    data = _arrange(frames, "synth", "wb", ("pm",))
    for effect in fit(data, fixed=design(data, ("pm",))).fixed:
        yield "synth1000: from the truth", "se", abs(effect.estimate - TRUTH[effect.name]) / effect.se, 2.0


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
    example = frames["shrout"]
    table = crossed(example, "Person", "Time", [f"Item{k}" for k in (1, 2, 3)])
    theirs = expected["multilevel_reliability"]["shrout_psych_aov_only"]
    for name in ("RkF", "R1R"):
        yield "RkF, R1R", "absolute", abs(getattr(table, name) - theirs[name]), 1e-5
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
    lines = [f"{'quantity':<46}{'kind':<10}{'error':>9}{'allowed':>9}  digits"]
    for check in found:
        digits = -np.log10(max(check.error, 1e-16))
        mark = "" if check.passed else "  EXCEEDED"
        lines.append(f"{check.name:<46}{check.kind:<10}{check.error:>9.0e}{check.allowed:>9.0e}{digits:>8.1f}{mark}")
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
