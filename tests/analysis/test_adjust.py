"""Many tests at once."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from analysis.adjust import benjamini_hochberg, beside_the_primary, holm


@pytest.mark.parametrize(("ours", "theirs"), [(holm, "holm"), (benjamini_hochberg, "fdr_bh")])
def test_adjusted_as_by_statsmodels(ours, theirs):
    p = np.random.default_rng(1).random(30) ** 3
    assert ours(p) == pytest.approx(multipletests(p, method=theirs)[1])
    assert ours(np.array([])).tolist() == []


def test_the_primary_score_is_not_adjusted_the_others_are_among_themselves():
    found = beside_the_primary({"calm": 0.02, "esteem": 0.04, "worry": 0.03}, primary="esteem")
    assert found == pytest.approx({"calm": 0.04, "esteem": 0.04, "worry": 0.04})
