"""Comparisons of models against nlme's."""

import pytest

from analysis.errors import AnalysisError
from analysis.frames import tidy
from analysis.mixed.compare import compare_fixed, slopes_differ
from analysis.mixed.design import design
from analysis.mixed.model import fit

from .made import arranged, in_r


def test_a_further_effect_is_tested_under_maximum_likelihood_as_by_nlme():
    expected = in_r("mixed")["fixed_lrt"]
    data = arranged(terms=("pm",))
    found = compare_fixed(data, design(data), design(data, ("pm",)))
    assert found.statistic == pytest.approx(expected["statistic"], abs=1e-5)
    assert found.p == pytest.approx(expected["p"], rel=1e-4)
    assert found.aic == pytest.approx(expected["AIC"][1] - expected["AIC"][0], abs=1e-5)
    assert found.bic == pytest.approx(expected["BIC"][1] - expected["BIC"][0], abs=1e-5)
    assert found.sentence.startswith("Does mood go with pm? The fuller model")
    assert found.table.loc[0, "reference"] == "chi-squared with 1 df"


def test_a_variance_of_slopes_is_held_against_the_mixture():
    expected = in_r("mixed")["slope_lrt"]
    data = arranged(terms=("pm",))
    fixed = design(data, ("pm",))
    found = slopes_differ(data, fit(data, fixed=fixed), fixed)
    assert found.statistic == pytest.approx(expected["statistic"], abs=1e-5)
    assert found.p == pytest.approx(expected["p"], rel=1e-4)


def test_where_there_is_no_variance_of_slopes_the_simpler_model_is_enough(diary):
    frame = diary(seed=3)
    frame["score"] -= frame.groupby("who")["score"].transform("mean")
    data = tidy(frame, person="who", time="obs", score="score")
    found = slopes_differ(data, fit(data))
    assert found.statistic >= 0
    assert 0 < found.p <= 1


def test_what_can_t_be_compared_is_refused():
    data = arranged(terms=("pm",))
    with pytest.raises(AnalysisError, match="must have more effects"):
        compare_fixed(data, design(data, ("pm",)), design(data))
    with pytest.raises(AnalysisError, match="only in a model that has one"):
        slopes_differ(data, fit(data, random="intercept"))
