"""The rules of the tidy frame: time, position, repeated rows, what is left out."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.frames import tidy


def frame(**columns):
    size = max(len(values) for values in columns.values())
    defaults = {"who": ["a"] * size, "y": np.arange(size, dtype=float), "t": np.arange(size)}
    return pd.DataFrame(defaults | columns)


def arrange(table, **options):
    return tidy(table, person="who", time="t", score="y", **options)


def test_numeric_time_is_used_as_given_and_whole_numbers_are_positions():
    found = arrange(frame(t=[3, 7, 5]))
    assert found.rows["time"].tolist() == [3, 5, 7]
    assert found.rows["position"].tolist() == [3, 5, 7]
    assert found.time_unit == "unit of t"


def test_time_with_fractions_is_no_position():
    assert not arrange(frame(t=[0, 0.5, 1])).has_position


def test_beep_alone_is_a_running_number():
    assert arrange(frame(t=[0.1, 0.2, 0.4], n=[1, 2, 5]), beep="n").rows["position"].tolist() == [1, 2, 5]


def test_day_and_beep_make_positions_with_the_largest_beep_of_the_file():
    found = arrange(frame(d=[1, 1, 2], n=[1, 4, 2]), day="d", beep="n")
    assert found.rows["position"].tolist() == [5, 8, 10]


def test_iso_time_is_days_since_the_persons_first_row_answered_or_not():
    stamps = ["2026-01-01T08:00", "2026-01-02T20:00", "2026-01-05T08:00"]
    found = arrange(frame(t=stamps, y=[np.nan, 1, 2], who=["a", "a", "b"]))
    assert found.rows["time"].tolist() == [1.5, 0]
    assert (found.time_unit, found.clock_unit) == ("day", "hour")
    assert found.clock.tolist() == [36, 0]


def test_iso_time_can_start_with_the_file_or_at_an_instant():
    table = frame(t=["2026-01-01", "2026-01-03"], who=["a", "b"])
    assert arrange(table, origin="file").rows["time"].tolist() == [0, 2]
    assert arrange(table, origin="2025-12-31").rows["time"].tolist() == [1, 3]
    with pytest.raises(AnalysisError, match="person, file or an ISO time"):
        arrange(table, origin="yesterday evening")
    with pytest.raises(AnalysisError, match="used as given"):
        arrange(frame(t=[1, 2]), origin="file")


def test_offsets_count_in_utc_but_the_local_stamp_stays_as_written():
    found = arrange(frame(t=["2026-03-29T01:30+01:00", "2026-03-29T03:30+02:00"]))
    assert found.rows["time"].tolist() == pytest.approx([0, 1 / 24])
    assert found.rows["stamp"].dt.hour.tolist() == [1, 3]


def test_stamps_with_and_without_offset_are_not_mixed():
    with pytest.raises(AnalysisError, match="mixes stamps with and without an offset"):
        arrange(frame(t=["2026-01-01T08:00Z", "2026-01-01T09:00"]))
    with pytest.raises(AnalysisError, match="or neither"):
        arrange(frame(t=["2026-01-01T08:00Z"] * 2), origin="2026-01-01")


def test_a_time_that_is_none_is_named_with_its_row():
    with pytest.raises(AnalysisError, match=r"t in row 2 .* '10:04 CET'"):
        arrange(frame(t=["2026-01-01", "10:04 CET"]))


def test_what_is_left_out_is_counted_with_its_reason():
    table = frame(t=[1, 2, 3, None, 5, 6], y=["1", "", "n/a", "4", "5", "inf"], who=["a", "a", "a", "a", None, "a"])
    found = arrange(table)
    assert {item.reason: item.rows for item in found.left_out} == {
        "y is not a number": 2,
        "no y": 1,
        "no who": 1,
        "no t": 1,
    }
    assert (found.n_rows, len(found.rows)) == (6, 1)


def test_of_repeated_positions_the_first_stays_after_rows_without_a_score_are_gone():
    first = pd.DataFrame({"who": "a", "t": [1, 1, 1], "y": [np.nan, 7, 8]})
    rest = pd.DataFrame({"who": "b", "t": range(200), "y": 0.0})
    found = arrange(pd.concat([first, rest]))
    assert found.rows["score"].iloc[0] == 7
    assert found.left_out[-1].reason == "repeated position of the same person"


def test_more_than_one_percent_repeated_is_refused():
    with pytest.raises(AnalysisError, match="1 of 3 rows repeat"):
        arrange(frame(t=[1, 1, 2]))


def test_persons_are_numbers_only_if_no_code_would_be_lost():
    assert arrange(frame(who=["2", "10"])).persons == [2, 10]
    assert arrange(frame(who=["07", "7"])).persons == ["07", "7"]


def test_missing_columns_are_named():
    with pytest.raises(AnalysisError, match="no column nope; the columns are who, y, t"):
        tidy(frame(t=[1]), person="who", time="nope", score="y")


def test_covariates_travel_with_their_rows():
    found = arrange(frame(t=[3, 1, 2], arm=["x", "y", None]), terms=["arm"])
    assert found.covariates["arm"].tolist() == ["y", "x"]
    assert found.left_out[0].reason == "no arm"


def test_the_fried_data_are_brought_into_order_as_for_the_reference(data):
    found = tidy(data("fried"), person="id", time="scheduled", score="stress4", origin="file")
    assert len(found.rows) == 3945
    assert not found.has_position
