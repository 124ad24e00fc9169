"""Curves against R's splines, the first days, and follow-up of unequal length."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import NotEstimable
from analysis.frames import tidy
from analysis.mixed.courses import nonlinear, within_persons, without_first_days
from analysis.mixed.design import design
from analysis.mixed.model import fit
from analysis.mixed.spline import Spline

from .made import arranged, in_r


def test_the_spline_is_rs_natural_spline():
    expected = in_r("mixed")["spline"]
    data = arranged()
    fixed = design(data, bends=2)
    assert fixed.spline.knots[1:3] == pytest.approx(expected["knots"])
    bent, straight = fit(data, fixed=fixed, method="ml"), fit(data, method="ml")
    assert bent.log_lik == pytest.approx(expected["bent"], abs=1e-6)
    assert straight.log_lik == pytest.approx(expected["straight"], abs=1e-6)
    at = [point for point in bent.curve if min(abs(point.time - t) for t in expected["time"]) < 1e-9]
    assert [point.estimate for point in at] == pytest.approx(expected["curve"], abs=1e-4)


def test_a_curve_goes_on_straight_beyond_its_ends_and_its_slopes_are_its_derivatives():
    spline = Spline.over(np.linspace(0, 10, 40), 3)
    t = np.linspace(-3, 13, 33)
    numeric = (spline.bends(t + 1e-6) - spline.bends(t - 1e-6)) / 2e-6
    assert spline.slopes(t) == pytest.approx(numeric, abs=1e-6)
    beyond = spline.slopes(np.array([11.0, 12.0, 13.0]))
    assert np.ptp(beyond, axis=0) == pytest.approx(np.zeros(3), abs=1e-9)


def test_a_bend_is_found_and_a_straight_line_has_none():
    found = nonlinear(arranged())
    assert found.comparison.statistic == pytest.approx(2 * (2270.4408329 - 2268.0060842), abs=1e-5)
    assert found.low < found.change < found.high
    assert found.test.df1 == 2
    assert "along a curve" in found.sentence
    assert "curve" in found.model.assumptions[0]
    assert found.table.columns.tolist() == ["time", "estimate", "low", "high"]


def test_a_person_s_slope_on_a_curve_is_her_average_slope(diary):
    data = tidy(diary(missing=0), person="who", time="day", score="score", beep="obs")
    bent, straight = fit(data, fixed=design(data, bends=2)), fit(data)
    away = np.array([a.slope - b.slope for a, b in zip(bent.person_slopes, straight.person_slopes, strict=True)])
    assert np.abs(away).max() < 0.2


def test_too_few_times_for_a_curve_are_said():
    frame = pd.DataFrame({"who": np.repeat([1, 2, 3, 4], 2), "t": [0, 1] * 4, "y": np.arange(8.0)})
    with pytest.raises(NotEstimable, match="too few different times"):
        nonlinear(tidy(frame, person="who", time="t", score="y"))


def test_a_first_day_that_stands_out_is_left_out_and_counted(diary):
    frame = diary(persons=50, slope=0)
    frame.loc[frame["day"] < 1, "score"] += 15
    data = tidy(frame, person="who", time="day", score="score", beep="obs")
    found = without_first_days(data, fit(data))
    assert found.fitted.high < 0
    assert found.again.low < 0 < found.again.high
    assert found.left_out[0].rows == int((data.rows["time"] < 1).sum())
    assert found.table["name"].tolist() == ["time, as fitted", "time, fitted again"]


def test_where_those_who_stay_longer_are_better_off_the_trend_within_persons_is_told_apart():
    rng = np.random.default_rng(4)
    rows = []
    for who in range(80):
        start = 40 * (who % 2)  # half are asked early, half late, and the late have a higher level
        level = rng.normal(50, 2) + start / 4
        rows += [(who, t, level + rng.normal(0, 3)) for t in range(start, start + 10)]
    data = tidy(pd.DataFrame(rows, columns=["who", "t", "y"]), person="who", time="t", score="y")
    found = within_persons(data, fit(data, random="intercept", residual="independent"))
    assert found.again.low < 0 < found.again.high
    assert found.fitted.low > 0
    assert found.more[0].low > 0
    frame = pd.DataFrame(rows, columns=["who", "t", "y"])
    even = tidy(frame.assign(t=frame["t"] % 40), person="who", time="t", score="y")
    plain = fit(even, random="intercept")
    with pytest.raises(NotEstimable, match="same mean time"):
        within_persons(even, plain)
