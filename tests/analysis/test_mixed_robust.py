"""CR2 standard errors against R's clubSandwich, and what they are for."""

import numpy as np
import pandas as pd
import pytest

from analysis.frames import tidy
from analysis.mixed.design import design
from analysis.mixed.model import fit
from analysis.mixed.robust import robust

from .made import arranged, in_r


@pytest.mark.parametrize(("name", "term", "random", "residual"), [
    ("independent", "pm", "slope", "independent"),
    ("ar1", "pm", "slope", "ar1"),
    ("arm", "arm", "intercept", "ar1"),
])  # fmt: skip
def test_they_are_clubsandwichs(name, term, random, residual):
    expected = in_r("mixed")["cr2"][name]
    data = arranged(terms=(term,))
    fixed = design(data, (term,))
    found = robust(data, fit(data, fixed=fixed, random=random, residual=residual), fixed)
    assert np.all(
        np.abs([e.estimate for e in found.fixed] - np.array(expected["estimate"])) < 1e-5 * np.array(expected["se"])
    )
    assert [e.se for e in found.fixed] == pytest.approx(expected["se"], rel=1e-6)
    assert [e.df for e in found.fixed] == pytest.approx(expected["df"], rel=1e-5)
    assert all(e.low < e.estimate < e.high for e in found.fixed)


@pytest.mark.parametrize("residual", ["car1", "ar1-noise", "car1-noise"])
def test_every_residual_model_can_be_asked(residual):
    data = arranged()
    fitted = fit(data, residual=residual)
    found = robust(data, fitted)
    assert [e.se for e in found.fixed] == pytest.approx([e.se for e in fitted.fixed], rel=0.1)
    assert "don't rely on the model" in found.sentence


def test_they_see_persons_whose_slopes_differ_where_the_model_says_they_don_t():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"who": np.repeat(np.arange(40), 20), "t": np.tile(np.arange(20), 40)})
    frame["y"] = frame["t"] * np.repeat(rng.normal(0, 1, 40), 20) + rng.normal(0, 3, 800)
    data = tidy(frame, person="who", time="t", score="y")
    found = robust(data, fit(data, random="intercept", residual="independent"))
    assert found.ratio["time"] > 2
    assert "prefer these" in found.sentence
    assert found.table["name"].tolist() == ["intercept", "time"]
