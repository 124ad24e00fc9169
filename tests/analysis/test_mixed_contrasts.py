"""Every pair of phases against lmerTest."""

import numpy as np
import pytest

from analysis.adjust import holm
from analysis.errors import AnalysisError
from analysis.frames import tidy
from analysis.mixed.contrasts import contrasts
from analysis.mixed.design import Recipe
from analysis.mixed.model import fit

from .made import frame, in_r


@pytest.fixture(scope="module")
def phased():
    made = frame()
    made["phase"] = np.where(made["day"] < 4.5, "one", np.where(made["day"] < 9.5, "three", "two"))
    return tidy(made, person="person", time="day", score="mood", beep="obs", terms=("phase",))


def test_all_pairs_are_lmertests_and_adjusted_by_holm(phased):
    expected = in_r("mixed")["phases"]
    recipe = Recipe(categorical=("phase",))
    result = fit(phased, fixed=recipe.build(phased), residual="independent")
    found = contrasts(phased, result, recipe, "phase")
    for pair in found.pairs:
        theirs = expected[f"{pair.level}-{pair.reference}"]
        assert pair.estimate == pytest.approx(theirs["estimate"], rel=1e-4)
        assert pair.se == pytest.approx(theirs["se"], rel=1e-4)
        assert pair.df == pytest.approx(theirs["df"], rel=1e-3)
        assert pair.p == pytest.approx(theirs["p"], rel=1e-3)
    assert len(found.pairs) == len(expected) == 3
    assert [pair.p_holm for pair in found.pairs] == pytest.approx(holm(np.array([pair.p for pair in found.pairs])))
    assert found.sentence.startswith("Differences of mood by phase: three less one")
    with pytest.raises(AnalysisError, match="arm is not a term"):
        contrasts(phased, result, recipe, "arm")
