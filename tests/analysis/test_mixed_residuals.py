"""Residual diagnostics against nlme, and data that break the model in a known way."""

import numpy as np
import pandas as pd
import pytest

from analysis.frames import tidy
from analysis.mixed.blocks import blocks
from analysis.mixed.design import design
from analysis.mixed.model import fit
from analysis.mixed.residuals import diagnose

from .made import arranged, in_r


@pytest.mark.parametrize("residual", ["independent", "ar1", "car1", "ar1-day", "ar1-noise", "car1-noise"])
def test_a_person_s_covariance_is_the_one_that_was_fitted(residual, diary):
    frame = diary(persons=8)
    frame["date"] = (frame["obs"] - 1) // 2
    data = tidy(frame, person="who", time="day", score="score", beep="obs")
    data.rows["day"] = (data.rows["position"] - 1) // 2
    found = fit(data, residual=residual, method="ml")
    beta = np.array([effect.estimate for effect in found.fixed])
    value = 0.0
    for block in blocks(data, design(data), found):
        away = block.y - block.X @ beta
        value += np.linalg.slogdet(2 * np.pi * block.V)[1] + away @ np.linalg.solve(block.V, away)
    assert found.log_lik == pytest.approx(-value / 2, abs=1e-8)


def test_normalised_residuals_are_nlmes():
    expected = in_r("mixed")["normalised"]
    data = arranged(terms=("pm",))
    fixed = design(data, ("pm",))
    found = diagnose(data, fit(data, fixed=fixed), fixed)
    assert found.normalised[:40] == pytest.approx(expected["first"], abs=1e-5)
    assert found.normalised.std(ddof=1) == pytest.approx(expected["sd"], rel=1e-6)
    assert abs(found.left[0].correlation) < 0.1
    assert "look much as the model says" in found.sentence


def test_correlation_that_the_model_leaves_out_is_seen(diary):
    data = tidy(diary(persons=40, phi=0.5), person="who", time="obs", score="score")
    left = diagnose(data, fit(data, residual="independent"))
    assert left.left[0].low > 0.2
    assert any("still correlated" in note for note in left.notes)
    taken = diagnose(data, fit(data, residual="ar1"))
    assert abs(taken.left[0].correlation) < 0.08
    assert taken.table["lag"].tolist() == [1, 2, 3, 4, 5]


def test_somebody_who_answers_like_nobody_else_is_flagged_and_kept(diary):
    frame = diary(persons=40, missing=0)
    strange = frame["who"] == "P07"
    frame.loc[strange, "score"] = 50 + 40 * np.sign(np.sin(frame.loc[strange, "obs"] * 2.2))
    data = tidy(frame, person="who", time="obs", score="score")
    found = diagnose(data, fit(data))
    assert found.far_persons == ["P07"]
    assert len(found.persons) == 40
    assert any(note.startswith("persons further") and note.endswith(": 1") for note in found.notes)


def test_a_ceiling_shows_as_skew():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"who": np.repeat(np.arange(50), 20), "t": np.tile(np.arange(20), 50)})
    frame["y"] = 7 - rng.exponential(1, 1000)
    data = tidy(frame, person="who", time="t", score="y")
    found = diagnose(data, fit(data, random="intercept"))
    assert found.skew < -1
    assert any("ceiling" in note for note in found.notes)
    low, high = found.quantiles.iloc[0], found.quantiles.iloc[-1]
    assert low["residual"] < low["normal"]
    assert high["residual"] < high["normal"]
