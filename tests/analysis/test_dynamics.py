"""Dynamics and careless answering against R, and laws of their own."""

import numpy as np
import pandas as pd
import pytest

from analysis.dynamics import dynamics, inertia
from analysis.errors import AnalysisError, NotEstimable
from analysis.frames import tidy
from analysis.quality import longstring, quality

PAIRS = {
    "n": "n", "mean": "mean", "sd": "sd", "median": "median", "min": "min", "max": "max",
    "n_succ_day": "pairs_day", "mssd_day": "mssd_day", "rmssd_day": "rmssd_day", "masd_day": "masd_day",
    "n_succ_all": "pairs_all", "mssd_all": "mssd_all", "rmssd_all": "rmssd_all", "relative_sd": "relative_sd",
    "ar1_ols_day": "inertia", "ar1_ols_se": "inertia_se", "ar1_cor_day": "inertia_r",
}  # fmt: skip


def test_every_person_is_described_as_in_r(data, reference):
    expected = reference("person_dynamics.json")["flueckiger_pa"]
    table = dynamics(tidy(data("flueckiger"), person="id", time="time", score="pa"), bounds=(1, 7)).table
    assert len(table) == len(expected)
    for row in table.to_dict("records"):
        for theirs, ours in PAIRS.items():
            value = expected[str(row["person"])].get(theirs)
            if isinstance(value, int | float):
                assert row[ours] == pytest.approx(value, abs=1e-8), (row["person"], theirs)


def beeps(**columns):
    frame = pd.DataFrame({"who": "a", "day": [1, 1, 2, 2, 3], "beep": [1, 2, 1, 2, 2]} | columns)
    return tidy(frame, person="who", time="beep", score="y", day="day", beep="beep")


def test_nights_count_only_for_all():
    row = dynamics(beeps(y=[1.0, 3.0, 4.0, 4.0, 9.0])).table.iloc[0]
    assert (row["pairs_day"], row["mssd_day"]) == (2, (4 + 0) / 2)
    assert (row["pairs_all"], row["mssd_all"]) == (3, (4 + 1 + 0) / 3)


def test_with_slot_means_removed_an_even_rhythm_is_no_instability():
    row = dynamics(beeps(y=[1.0, 5.0, 1.0, 5.0, 5.0]), remove_slots=True).table.iloc[0]
    assert row["mssd_all"] == 0
    assert row["sd"] > 0


def test_a_tenth_of_all_changes_are_acute(diary):
    found = dynamics(tidy(diary(missing=0), person="who", time="obs", score="score"))
    assert (found.table["pac_all"] * found.table["pairs_all"]).sum() == pytest.approx(
        0.1 * found.table["pairs_all"].sum(), abs=1
    )


def test_the_largest_spread_has_a_relative_sd_of_one():
    row = dynamics(beeps(y=[0.0, 10.0, 0.0, 10.0, 0.0]), bounds=(0, 10)).table.iloc[0]
    assert row["relative_sd"] == pytest.approx(1)
    assert np.isnan(dynamics(beeps(y=[10.0] * 5), bounds=(0, 10)).table.iloc[0]["relative_sd"])
    with pytest.raises(AnalysisError, match="outside the bounds 0 to 8"):
        dynamics(beeps(y=[0.0, 10.0, 0.0, 10.0, 0.0]), bounds=(0, 8))


def test_multilevel_inertia_finds_what_was_put_in(diary):
    found = inertia(tidy(diary(persons=60, prompts=60, phi=0.4, slope=0), person="who", time="obs", score="score"))
    assert found.low < 0.4 + 0.1
    assert found.high > 0.4 - 0.1
    assert "carries over" in found.sentence


def test_dynamics_without_positions_or_pairs_are_refused_plainly(diary):
    with pytest.raises(AnalysisError, match="need positions"):
        dynamics(tidy(diary(), person="who", time="day", score="score"))
    with pytest.raises(NotEstimable, match="too few pairs"):
        inertia(tidy(diary().query("obs % 2 == 0"), person="who", time="obs", score="score"))
    empty = tidy(diary().assign(score=np.nan), person="who", time="obs", score="score")
    with pytest.raises(NotEstimable, match="no score"):
        dynamics(empty)


def test_careless_answering_is_counted_as_in_r(data, reference):
    expected = reference("careless_fried.json")
    found = quality(data("fried"), "id", expected["items"], "duration")
    assert len(found.prompts) == expected["n"]
    assert found.prompts["longstring"].mean() == pytest.approx(expected["longstring_mean"], abs=1e-8)
    counts = found.prompts["longstring"].value_counts()
    assert {str(k): v for k, v in counts.items()} == expected["longstring_table"]
    assert found.prompts["irv"].mean() == pytest.approx(expected["irv_mean"], abs=1e-8)
    assert found.prompts["irv"].std() == pytest.approx(expected["irv_sd"], abs=1e-8)
    persons = found.persons.set_index("person")
    for who, value in expected["by_person_longstring"].items():
        assert persons.loc[int(who), "longstring"] == pytest.approx(value, abs=1e-8)
    for who, value in expected["by_person_irv"].items():
        assert persons.loc[int(who), "irv"] == pytest.approx(value, abs=1e-8)
    assert persons["fast"].between(0, 1).all()


def test_longstring_by_hand():
    assert longstring(np.array([[1.0, 1, 2, 2, 2], [1, 2, 1, 2, 1], [3, 3, 3, 3, 3]])).tolist() == [3, 1, 5]
    with pytest.raises(NotEstimable, match="at least two items"):
        quality(pd.DataFrame({"id": [1], "a": [1.0]}), "id", ["a"])
