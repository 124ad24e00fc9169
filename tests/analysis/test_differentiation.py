"""Emotion differentiation against psych's ICC."""

import pandas as pd
import pytest

from analysis.differentiation import differentiation
from analysis.errors import AnalysisError, NotEstimable

from .made import frame, in_r

ITEMS = ["calm", "bright", "lively"]


def test_every_person_has_the_correlations_of_psych():
    expected = in_r("persons")["differentiation"]
    found = differentiation(frame(), "person", ITEMS)
    assert found.n_persons == len(expected) == 30
    for row in found.table.to_dict("records"):
        theirs = expected[str(row["person"])]
        assert row["n"] == theirs["n"]
        assert row["agreement"] == pytest.approx(theirs["agreement"], abs=1e-8)
        assert row["consistency"] == pytest.approx(theirs["consistency"], abs=1e-8)
        assert row["differentiation"] == pytest.approx(1 - theirs["consistency"], abs=1e-8)
    assert found.left_out == frame()[ITEMS].isna().any(axis=1).sum()
    assert "median of 30 persons" in found.sentence


def test_who_can_t_be_judged_is_told_why():
    rows = [("few", 1, 2), ("few", 2, 1)]
    rows += [("still", 4, 4)] * 6 + [("apart", k, 5 - k) for k in (1, 2, 3, 4, 4, 2)]
    table = differentiation(pd.DataFrame(rows, columns=["who", "a", "b"]), "who", ["a", "b"]).table.set_index("person")
    assert table["reason"].to_dict() == {
        "apart": "no variation from prompt to prompt",
        "few": "2 complete prompts; at least 5 are needed",
        "still": "no variation from prompt to prompt",
    }
    assert table["consistency"].isna().all()


def test_items_that_are_not_there_or_are_one_are_refused():
    with pytest.raises(AnalysisError, match="no column merry"):
        differentiation(frame(), "person", ["calm", "merry"])
    with pytest.raises(NotEstimable, match="at least two items"):
        differentiation(frame(), "person", ["calm"])
