"""Cross-lagged effects against lmerTest."""

import numpy as np
import pytest

from analysis.errors import AnalysisError, NotEstimable
from analysis.lagged import cross_lagged

from .made import arranged, in_r


@pytest.fixture(scope="module")
def found():
    return cross_lagged(arranged(terms=("worry",)), "worry")


@pytest.mark.parametrize(("way", "name"), [("forth", "worry_to_mood"), ("back", "mood_to_worry")])
def test_both_directions_are_lmertests(found, way, name):
    expected = in_r("persons")["lagged"][name]
    ours = getattr(found, way)
    assert found.n_pairs == expected["n"]
    effects = [ours.model.fixed[0], ours.cross, ours.own, ours.model.fixed[3]]
    assert [e.estimate for e in effects] == pytest.approx(expected["estimate"], rel=1e-4)
    assert [e.se for e in effects] == pytest.approx(expected["se"], rel=1e-4)
    assert [e.df for e in effects] == pytest.approx(expected["df"], rel=0.02)
    assert ours.model.log_lik == pytest.approx(expected["logLik"], abs=1e-4)
    assert ours.sd_between == pytest.approx(expected["sd_between"], rel=1e-2)


def test_what_was_put_in_is_found_and_said_without_a_cause(found):
    assert found.forth.cross.high < 0
    assert found.forth.own.low > 0
    assert "lower on average" in found.forth.sentence
    assert found.forth.cross_sd == pytest.approx(found.forth.cross.estimate, rel=0.6)
    assert found.table[["earlier", "later"]].to_numpy().tolist() == [
        ["worry", "mood"], ["mood", "mood"], ["mood", "worry"], ["worry", "worry"],
    ]  # fmt: skip


def test_too_little_is_a_plain_answer():
    data = arranged(terms=("worry",))
    with pytest.raises(AnalysisError, match="not among the columns"):
        cross_lagged(data, "calm")
    data.covariates["worry"] = np.nan
    with pytest.raises(NotEstimable, match="no worry beside mood"):
        cross_lagged(data, "worry")
