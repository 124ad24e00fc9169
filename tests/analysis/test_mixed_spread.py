"""A spread that changes with time, against nlme's varExp."""

import numpy as np
import pytest

from analysis.errors import NotEstimable
from analysis.frames import tidy
from analysis.mixed.model import fit
from analysis.mixed.spread import spread_trend

from .made import arranged, in_r


def test_the_rate_is_nlmes():
    expected = in_r("mixed")["spread"]
    data = arranged()
    fitted = fit(data)
    found = spread_trend(data, fitted)
    assert fitted.log_lik == pytest.approx(expected["even"], abs=1e-6)
    assert found.log_lik == pytest.approx(expected["fan"], abs=1e-6)
    assert found.rate == pytest.approx(expected["rate"], abs=1e-5)
    assert found.statistic == pytest.approx(2 * (expected["fan"] - expected["even"]), abs=1e-5)
    assert found.sd_last / found.sd_first == pytest.approx(np.exp(13.5 * found.rate))
    assert found.low < found.factor < found.high < 1
    assert "scatters less as time goes" in found.sentence
    assert found.table.loc[0, "factor"] == found.factor


def test_an_even_spread_has_a_factor_of_one_and_the_units_of_time_don_t_matter(diary):
    frame = diary(persons=15)
    found, by_hour = (
        spread_trend(data, fit(data, random="intercept", method="ml"))
        for data in (
            tidy(frame.assign(day=frame["day"] * unit), person="who", time="day", score="score", beep="obs")
            for unit in (1, 24)
        )
    )
    assert found.low < 1 < found.high
    assert by_hour.factor**24 == pytest.approx(found.factor, rel=1e-4)
    assert "No clear change" in found.sentence


def test_with_measurement_error_it_is_refused(diary):
    data = tidy(diary(persons=8), person="who", time="obs", score="score")
    with pytest.raises(NotEstimable, match="choose ar1 or car1"):
        spread_trend(data, fit(data, residual="ar1-noise"))
