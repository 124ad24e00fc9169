"""Moving windows against R, with what they are worth said each time."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import NotEstimable
from analysis.frames import tidy
from analysis.rolling import rolling

from .made import frame, in_r


def person(made):
    return tidy(made, person="person", time="day", score="mood", beep="obs")


def test_every_window_is_rs():
    expected = in_r("persons")
    found = rolling(person(frame().query("person == 3")))
    assert len(found.table) == len(expected["rolling"])
    for row, theirs in zip(found.table.to_dict("records"), expected["rolling"], strict=True):
        assert (row["n"], row["pairs"]) == (theirs["n"], theirs["pairs"])
        assert row["variance"] == pytest.approx(theirs["variance"], abs=1e-8)
        assert row["autocorrelation"] == pytest.approx(theirs["autocorrelation"], abs=1e-8)
    assert found.tau_variance == pytest.approx(expected["rolling_tau"]["variance"])
    assert found.tau_autocorrelation == pytest.approx(expected["rolling_tau"]["autocorrelation"])


def test_it_is_always_said_how_poor_a_sign_it_is():
    found = rolling(person(frame().query("person == 3")))
    assert "33 of 100" in found.sentence
    assert any("no alarm may rest" in line for line in found.assumptions)


def test_a_window_with_few_answers_stays_empty():
    one = frame().query("person == 3")
    one = one.assign(mood=one["mood"].where((one["obs"] < 6) | (one["obs"] > 19)))
    found = rolling(person(one))
    assert found.left_out > 0
    assert found.table.loc[found.table["n"] < 7, "variance"].isna().all()
    still = pd.DataFrame({"person": 1, "obs": np.arange(30), "day": np.arange(30), "mood": 4.0})
    assert "can't be followed" in rolling(person(still)).sentence


def test_a_short_series_and_several_persons_are_refused():
    with pytest.raises(NotEstimable, match="at least 21 are needed"):
        rolling(person(frame().query("person == 3 and obs < 18")))
    with pytest.raises(NotEstimable, match="one person; there are 30"):
        rolling(person(frame()))
