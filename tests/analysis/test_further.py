"""`ema analyse --full`, `--second` and `--item`: every method on one file, each with words or a reason."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from analysis.command import Options, analyse, as_html, as_json, as_text
from analysis.errors import AnalysisError
from analysis.frames import tidy
from analysis.further import of_persons

from .made import FOLDER, frame, in_r

MADE = Options(person="person", time="day", score="mood", beep="obs")
FULL = Options(**{**vars(MADE), "full": True})


@pytest.fixture(scope="module")
def result():
    everything = {"bounds": (0, 100), "second": "worry", "item": ("calm", "bright", "lively"), "term": ("pm",)}
    return json.loads(as_json(analyse(frame().astype("string"), Options(**{**vars(FULL), **everything}))))


def test_every_part_speaks_in_words_and_names_what_it_assumes(result):
    for section in ("description", "checks", "missing", "variability", "second"):
        for name, part in result[section].items():
            if isinstance(part, dict) and name not in {"gaps", "levels"}:  # there are no days in this file
                assert part.get("sentence", "").endswith("."), (section, name)
    assert all(part["assumptions"] for part in result["checks"].values())
    assert set(result["checks"]) == {
        "robust", "residuals", "nonlinear", "first_days", "within_persons", "neighbours", "spread", "slopes_differ",
    }  # fmt: skip


def test_the_numbers_are_those_of_the_methods(result):
    expected = in_r("mixed")
    se = [effect["se"] for effect in result["checks"]["robust"]["fixed"]]
    assert se == pytest.approx(expected["cr2"]["ar1"]["se"], rel=1e-5)
    assert result["checks"]["slopes_differ"]["statistic"] == pytest.approx(expected["slope_lrt"]["statistic"], abs=1e-5)
    lagged = in_r("persons")["lagged"]["worry_to_mood"]
    assert result["second"]["cross_lagged"]["table"][0]["estimate"] == pytest.approx(lagged["estimate"][1], rel=1e-4)
    assert len(result["items"]["differentiation"]["table"]) == len(result["items"]["each"]) * 10 == 30


def test_every_person_has_her_dynamics_changes_and_windows(result):
    for person in result["persons"]:
        assert person["dynamics"]["mssd_all"] > 0
        assert 0 < person["dynamics"]["relative_sd"] < 1
        assert {"sentence", "reason"} & set(person["change_points"])
        assert {"sentence", "reason"} & set(person["rolling"])
    assert "33 of 100" in result["persons"][2]["rolling"]["sentence"]


def test_the_terminal_and_the_page_say_it_all(result):
    text, page = as_text(result), as_html(result)
    for heading in ("Answers", "Checks of the group model", "Missing answers", "Variability", "Items"):
        assert heading in text
        assert f"<h2>{heading}</h2>" in page
    assert "don't rely on the model of the residuals" in text
    for causal in ("causes", "because of", "leads to", "due to", "effect of"):
        assert causal not in text


def test_without_the_flag_the_answer_is_the_contracts():
    plain = analyse(frame(), MADE)
    assert not {"description", "checks", "missing", "variability", "second", "items"} & set(plain)
    assert "dynamics" not in plain["persons"][0]


def test_one_person_has_all_that_needs_no_group():
    result = analyse(frame().query("person == 3"), FULL)
    assert result["checks"] is None
    assert result["persons"][0]["rolling"]["width"] == 14
    assert result["missing"]["by_pattern"]["reason"].startswith("everybody answered")
    assert "Not said" in as_text(result)


def test_times_of_the_clock_without_positions_are_enough_for_most():
    made = frame()
    made["at"] = (pd.Timestamp("2026-03-02 09:00") + pd.to_timedelta(made["obs"] * 12, unit="h")).astype(str)
    result = analyse(made, Options(**{**vars(FULL), "time": "at", "beep": None, "slot": True}))
    assert "need positions" in result["persons"][0]["dynamics"]["reason"]
    assert "no positions" in result["checks"]["neighbours"]["reason"]
    assert result["checks"]["robust"]["sentence"]
    assert len(result["description"]["weekdays"]) == 7


def test_two_phases_are_compared_in_the_group_and_in_every_person():
    made = frame()
    made["phase"] = np.where(made["day"] < 7, "before", "with")
    made = made[made["person"] <= 8]
    result = analyse(made, Options(**{**vars(FULL), "phase": "phase"}))
    pair = result["checks"]["contrasts of phase"]["pairs"][0]
    effect = result["group"]["fixed"]["phase[with]"]
    assert (pair["level"], pair["reference"]) == ("with", "before")
    assert pair["estimate"] == pytest.approx(effect["estimate"])
    told = [person["before_after"] for person in result["persons"]]
    assert all(one["moment"] >= 7 for one in told)
    assert all(0 <= one["overlap"]["nap"] <= 1 for one in told)
    assert {effect["name"] for effect in told[0]["interrupted"]["effects"]} >= {"change of level", "change of slope"}
    one = tidy(made[made["person"] == 3], person="person", time="day", score="mood", beep="obs", terms=("slot",))
    assert "before_after" not in of_persons(one, None, "slot")[0]  # mornings and evenings take turns


def test_a_column_that_is_not_there_is_refused():
    with pytest.raises(AnalysisError, match="no column merry"):
        analyse(frame(), Options(**{**vars(MADE), "item": ("calm", "merry")}))
    with pytest.raises(AnalysisError, match="no column merry"):
        analyse(frame(), Options(**{**vars(MADE), "second": "merry"}))


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_given_every_method_answers_or_says_why_not(seed):
    rng = np.random.default_rng(seed)
    persons, prompts = rng.integers(1, 9), rng.integers(1, 26)
    made = pd.DataFrame({"who": np.repeat(np.arange(persons), prompts), "obs": np.tile(np.arange(prompts), persons)})
    size = len(made)
    made["y"] = [rng.normal(size=size), rng.integers(0, 2, size), 3.0, np.cumsum(rng.normal(size=size))][seed % 4]
    made["z"] = [made["y"] * 2, rng.normal(size=size), made["obs"], np.nan][seed // 3 % 4]
    made.loc[rng.random(size) < rng.choice([0, 0.3, 0.9]), "y"] = np.nan
    random = str(rng.choice(["intercept", "slope"]))
    residual = str(rng.choice(["independent", "ar1", "car1", "ar1-noise"]))
    asked = {"random": random, "residual": residual, "full": True, "second": "z", "item": ("y", "z")}
    result = analyse(made.sample(frac=1, random_state=seed), Options(person="who", time="obs", score="y", **asked))
    as_json(result)
    assert not re.search(r"\bnan\b", as_text(result))


def test_the_command_takes_every_option(tmp_path):
    from typer.testing import CliRunner

    from ema.__main__ import app

    out = tmp_path / "found.json"
    wanted = "--person person --time day --score mood --beep obs --residual car1 --random intercept --method ml"
    wanted += " --term slot=pm --arm arm --interact slot:arm --bounds 0,100 --profile --second worry --item calm"
    wanted += f" --item bright --format json --out {out}"
    asked = CliRunner().invoke(app, ["analyse", str(FOLDER / "diary.csv"), *wanted.split()])
    assert asked.exit_code == 0, asked.output
    found = json.loads(out.read_text())
    assert set(found["group"]["fixed"]) == {"intercept", "time", "slot[am]", "arm[b]", "time:arm[b]", "slot[am]:arm[b]"}
    phi = found["group"]["components"]["phi"]
    assert phi["low"] < phi["estimate"] < phi["high"]
    assert (found["group"]["residual"], found["group"]["method"]) == ("car1", "ml")
