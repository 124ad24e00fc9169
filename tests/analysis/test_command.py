"""`ema analyse`: the contract's dictionary, the table for the terminal, the page."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.command import Options, analyse, as_html, as_json, as_text, run
from analysis.errors import AnalysisError

from .conftest import shared

DIARY = Options(person="who", time="day", score="score", beep="obs")


def test_the_issues_example_prints_a_trend_per_person_and_for_the_group():
    file = shared("data", "dejonckheere2019_twicedaily.csv")
    result = run(file, Options(person="id", time="obs2", score="happy"))
    text = as_text(result)
    assert "On average, happy rose by 0.240 per unit of obs2" in text
    assert "left out: 343 rows, no happy" in text
    assert (
        sum(line.startswith(str(person["person"])) for line in text.splitlines() for person in result["persons"][:1])
        == 1
    )
    assert len(result["persons"]) == 100


def test_the_dictionary_has_the_names_of_the_contract(diary):
    result = json.loads(as_json(analyse(diary(), DIARY)))
    assert {"n_rows", "n_persons", "left_out", "group", "persons"} <= set(result)
    assert set(result["left_out"][0]) == {"reason", "rows"}
    group = result["group"]
    assert {
        "random", "residual", "method", "n_used", "converged", "singular", "warnings", "units", "logLik",
        "fixed", "vcov_fixed", "ranef_cov", "sigma", "phi", "components", "tests", "curve", "sentence",
    } <= set(group)  # fmt: skip
    assert (group["random"], group["residual"], group["method"]) == ("slope", "ar1", "reml")
    assert set(group["fixed"]) == {"intercept", "time"}
    assert set(group["fixed"]["time"]) == {"estimate", "se", "df", "low", "high", "p"}
    assert set(group["components"]) == {"sd_intercept", "sd_slope", "correlation", "sigma", "phi"}
    assert set(group["components"]["phi"]) == {"estimate", "low", "high", "boundary"}
    assert set(group["tests"]["time"]) == {"F", "df1", "df2", "p"}
    person = result["persons"][0]
    assert set(person["gls_ar1"]) == {"slope", "se", "low", "high", "p", "p_fdr", "phi"}
    assert {"slope", "low", "high"} <= set(person["theil_sen"])
    assert set(person["kendall"]) == {"tau", "p"}
    assert set(person["hamed_rao"]) == {"z", "p"}
    assert set(person["blup"]) == {"slope", "low", "high"}


def test_iso_times_without_positions_take_car1_in_hours(diary):
    frame = diary().drop(columns="slot")
    frame["at"] = (pd.Timestamp("2026-01-05 09:00") + pd.to_timedelta(frame["obs"] * 12, unit="h")).astype(str)
    result = analyse(frame, Options(person="who", time="at", score="score", slot=True, weekday=True))
    assert result["group"]["residual"] == "car1"
    assert result["group"]["units"]["phi"].endswith("one hour apart")
    assert {"slot[21h]", "weekday[Tue]"} <= set(result["group"]["fixed"])


def test_an_arm_comes_with_its_own_trend(diary):
    frame = diary()
    frame["arm"] = np.where(frame["who"] < "P10", 1, 2)
    result = analyse(frame, Options(**{**vars(DIARY), "arm": "arm"}))
    assert set(result["group"]["fixed"]) == {"intercept", "time", "arm[2]", "time:arm[2]"}
    assert "in the reference group" in result["group"]["sentence"]


def test_one_person_has_her_trend_but_there_is_no_group(diary):
    result = analyse(diary(persons=1), DIARY)
    assert result["group"] is None
    assert result["reason"].startswith("only one person")
    assert result["persons"][0]["gls_ar1"]["slope"] is not None
    assert "no group trend: only one person" in as_text(result)
    assert "No group trend" in as_html(result)


@pytest.mark.parametrize("change", [
    lambda f: f.assign(score=np.nan),
    lambda f: f.assign(score=3),
    lambda f: f[f["obs"] < 3],
    lambda f: f.head(1),
    lambda f: f.head(0),
    lambda f: f.assign(score="much"),
])  # fmt: skip
def test_poor_data_are_answered_in_valid_json(diary, change):
    result = analyse(change(diary()), DIARY)
    text = as_json(result)
    assert "NaN" not in text
    assert result["group"] is None
    assert result["reason"]
    as_text(result)
    as_html(result)


@pytest.mark.parametrize("seed", range(30))
def test_whatever_is_given_there_is_an_answer_or_a_plain_refusal(seed):
    """Few persons, few prompts, scores of every kind, times of every kind, any model: never a crash or a NaN."""
    rng = np.random.default_rng(seed)
    persons, prompts = rng.integers(1, 8), rng.integers(1, 20)
    frame = pd.DataFrame({"who": np.repeat(np.arange(persons), prompts), "obs": np.tile(np.arange(prompts), persons)})
    size = len(frame)
    frame["score"] = [
        rng.normal(size=size),
        rng.integers(0, 2, size),
        np.cumsum(rng.normal(size=size)),
        1e9 + rng.normal(size=size) * 1e-3,
        rng.normal(size=size) ** 5,
        frame["who"] + frame["obs"],
    ][seed % 6]
    frame.loc[rng.random(size) < rng.choice([0, 0.2, 0.9]), "score"] = np.nan
    clock = pd.Timestamp("2026-01-01") + pd.to_timedelta(frame["obs"] * 8 + rng.integers(0, 3, size), unit="h")
    frame["day"] = [frame["obs"], frame["obs"] / 2, clock.astype(str), 1.0][seed % 4]
    residual = str(rng.choice(["independent", "ar1", "car1", "ar1-noise", "car1-noise"]))
    random = str(rng.choice(["intercept", "slope"]))
    result = analyse(
        frame.sample(frac=1, random_state=seed), Options(**{**vars(DIARY), "residual": residual, "random": random})
    )
    as_json(result)
    assert "nan" not in as_text(result)
    assert "nan" not in as_html(result).replace("nano", "")


def test_rows_in_any_order_give_the_same_answer(diary):
    frame = diary()
    before, after = analyse(frame, DIARY), analyse(frame.sample(frac=1, random_state=2), DIARY)
    assert after["group"]["logLik"] == pytest.approx(before["group"]["logLik"], abs=1e-8)
    assert after["persons"][4]["theil_sen"] == before["persons"][4]["theil_sen"]


def test_files_that_are_none_are_refused_in_one_line(tmp_path):
    with pytest.raises(AnalysisError, match="no such file"):
        run(tmp_path / "nothing.csv", DIARY)
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(AnalysisError, match="can't be read as CSV"):
        run(tmp_path / "empty.csv", DIARY)
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(AnalysisError, match="no column who"):
        run(tmp_path / "other.csv", DIARY)


def test_values_outside_the_bounds_are_refused(diary):
    with pytest.raises(AnalysisError, match="outside the bounds 0 to 10"):
        analyse(diary(), Options(**{**vars(DIARY), "bounds": (0, 10)}))


def test_the_page_stands_alone_and_escapes_what_it_is_given(diary):
    frame = diary().replace({"who": {"P01": "<script>alert(1)</script>"}})
    html = as_html(analyse(frame, DIARY))
    assert "<script>" not in html
    assert "<svg" in html
    assert "aria-label" in html
    assert "src=" not in html


def test_importing_the_package_is_light():
    code = "import sys, analysis; assert not {'pandas', 'scipy', 'matplotlib', 'statsmodels'} & set(sys.modules)"
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
