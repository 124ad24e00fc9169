"""Scores before any model, on answers that can be counted by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis.description import describe, describe_items
from analysis.errors import AnalysisError, NotEstimable
from analysis.frames import tidy

from .made import arranged, frame

WEEK = pd.DataFrame(
    [("a", 1, 1, 0), ("a", 1, 2, 4), ("a", 3, 1, 2), ("b", 1, 2, 10), ("b", 2, 1, 6), ("b", 2, 2, 8)],
    columns=["who", "day", "beep", "y"],
)


def arrange(made, **options):
    return tidy(made, person="who", time="day", score="y", **({"day": "day", "beep": "beep"} | options))


def test_floor_ceiling_and_every_value_are_counted():
    found = describe(arrange(WEEK), bounds=(0, 10))
    assert (found.n, found.n_persons, found.mean) == (6, 2, 5)
    assert (found.floor, found.ceiling) == (1 / 6, 1 / 6)
    assert found.distribution["answers"].sum() == 6
    assert found.persons["mean"].tolist() == [2, 8]
    assert found.table.loc[1, "ceiling"] == pytest.approx(1 / 3)
    assert "17% are at the lowest" in found.sentence


def test_gaps_are_prompts_without_an_answer_between_the_first_and_the_last():
    gaps = describe(arrange(WEEK)).gaps
    assert (gaps.runs, gaps.missed, gaps.longest) == (1, 2, 2)
    assert gaps.persons["missed"].tolist() == [2, 0]


def test_a_profile_compares_everybody_with_herself():
    slots = describe(arrange(WEEK)).slots.set_index("level")
    # a: mornings 1 below her mean of 2, the evening 2 above 2; b: morning 2 below 8, evenings 1 above
    assert slots.loc["1", "difference"] == pytest.approx((-1 - 2) / 2)
    assert slots.loc["2", "difference"] == pytest.approx((2 + 1) / 2)
    assert slots.loc["1", "low"] < slots.loc["1", "difference"] < slots.loc["1", "high"]


def test_weekdays_need_dates_and_gaps_need_positions():
    found = describe(arrange(WEEK))
    assert found.weekdays is None
    dated = WEEK.assign(
        at=pd.Timestamp("2026-03-02 09:00") + pd.to_timedelta(WEEK["day"] * 24 + WEEK["beep"], unit="h")
    )
    by_date = describe(tidy(dated.astype({"at": str}), person="who", time="at", score="y"))
    assert by_date.gaps is None
    assert by_date.weekdays["level"].tolist() == ["Tue", "Wed", "Thu"]


def test_many_values_are_put_into_bins_and_nothing_gets_lost():
    found = describe(arranged())
    assert len(found.distribution) == 10
    assert found.distribution["answers"].sum() == found.n
    assert found.left_out[0].reason == "no mood"


def test_items_side_by_side():
    table = describe_items(frame(), ["calm", "bright"], bounds=(0, 100)).set_index("item")
    calm = frame()["calm"].dropna()
    assert table.loc["calm", "n"] + table.loc["calm", "missing"] == len(frame())
    assert table.loc["calm", ["mean", "sd", "median"]].tolist() == pytest.approx(
        [calm.mean(), calm.std(), calm.median()]
    )
    with pytest.raises(AnalysisError, match="no column merry"):
        describe_items(frame(), ["merry"])


def test_one_answer_is_described_and_none_is_refused():
    assert describe(arrange(WEEK.head(1))).sd == 0
    with pytest.raises(NotEstimable, match="there is no y"):
        describe(arrange(WEEK.assign(y=np.nan)))
