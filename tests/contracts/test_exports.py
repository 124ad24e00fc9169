"""What every export format must do. A new one is tested when it is registered and has a reader here."""

import csv
import json
import re
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from openpyxl import load_workbook

from ema import exports
from ema.domain.items.base import MISSING
from tests.exports.everything import everything
from tests.exports.people import data_set, rows, usual


def _csv(folder, table):
    with Path(folder, f"twice_daily_{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _jsonl(folder, table):
    return [json.loads(line) for line in Path(folder, f"twice_daily_{table}.jsonl").read_text("utf-8").splitlines()]


def _frame(frame):
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def _xlsx(folder, table):
    book = load_workbook(Path(folder, "twice_daily_all.xlsx"), data_only=False)
    head, *body = book[table].iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in body]


def _openesm(folder, table):
    with Path(folder, "twice_daily_ts.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


READERS = {
    "csv": _csv,
    "jsonl": _jsonl,
    "parquet": lambda folder, table: _frame(pd.read_parquet(Path(folder, f"twice_daily_{table}.parquet"))),
    "sav": lambda folder, table: _frame(pyreadstat.read_sav(Path(folder, f"twice_daily_{table}.sav"))[0]),
    "dta": lambda folder, table: _frame(pyreadstat.read_dta(Path(folder, f"twice_daily_{table}.dta"))[0]),
    "xlsx": _xlsx,
    "openesm": _openesm,
}


@pytest.fixture(params=exports.FORMATS)
def format_(request):
    return request.param


def test_every_planned_prompt_is_there_with_its_state(format_, tmp_path):
    exports.write(usual(), format_, tmp_path)
    found = READERS[format_](tmp_path, "prompts")
    assert [row["state"] for row in found] == ["completed", "partial", "missed", "undelivered"]


def test_answers_come_back_as_numbers_and_missing_ones_as_nothing(format_, tmp_path):
    exports.write(usual(), format_, tmp_path)
    done, left = READERS[format_](tmp_path, "checkins")[:2]
    assert float(done["wb_mood"]) == 4
    assert float(done["se_state"]) == pytest.approx(14 / 3)
    assert left["wb_calm"] in (None, "")
    assert left["wb_calm_status"] == "prefer_not"


def test_text_comes_back_and_nothing_in_it_can_run(format_, tmp_path):
    exports.write(usual(), format_, tmp_path)
    found = READERS[format_](tmp_path, "participants")
    key = "id" if format_ == "openesm" else "participant"
    first, last = found[0][key], found[-1][key]
    assert first == "P-één"
    assert last == ("'=P-two" if format_ in {"csv", "openesm"} else "=P-two")


def test_an_item_of_every_type_comes_back(format_, tmp_path):
    exports.write(everything(), format_, tmp_path)
    (row,) = READERS[format_](tmp_path, "checkins")
    told = {
        "stars": 4,
        "agree": 3,
        "slept": 0,
        "face": 2,
        "line": 70,
        "kilos": 61.5,
        "nap": 95,
        "place_lat": 51.5,
        "place_lon": -0.13,
        "where_were_you_all_of_th__home": 1,
        "where_were_you_all_of__outdoors": 0,
        "doubled": 8,
    }
    assert {name: float(row[name]) for name in told} == told
    words = ("where_were_you_all_of_th", "line_mode", "bed", "day_2", "place", "said", "felt_mode")
    said = ["home;bus", "slider", "23:15", "2026-03-27", "51.50,-0.13", "P-één_1_12_2.ogg", "slider"]
    assert [row[name] for name in words] == said
    assert row["more"].lstrip("'") == "=Día, =quiet\nand dry"
    assert row["seen"] in (None, "")
    assert row["seen_status"] == "answered"


def test_recordings_go_with_every_format_and_their_names_say_nothing(format_, tmp_path):
    files = [file for file in exports.write(everything(), format_, tmp_path) if file.parent.name == "media"]
    assert [file.read_bytes() for file in files] == [b"first", b"second"]
    assert all(re.fullmatch(r"P-één_1_[0-9]+(_[0-9]+)?\.ogg", file.name) for file in files)


def test_the_codebook_covers_every_column(format_, tmp_path):
    data = usual()
    exports.write(data, format_, tmp_path)
    book = json.loads((tmp_path / "codebook.json").read_text("utf-8"))
    assert {(table["name"], column["name"]) for table in book["tables"] for column in table["columns"]} == {
        (table.name, column.name) for table in data.tables for column in table.columns
    }
    with (tmp_path / "codebook.csv").open(encoding="utf-8", newline="") as file:
        lines = {(row["table"], row["name"]): row for row in csv.DictReader(file)}
    assert lines["checkins", "wb_mood"]["value_labels"] == "1 = very bad; 7 = very good"
    assert lines["checkins", "wb_mood"]["wording"] == "How do you feel right now?"
    assert "empty unless 3 of 4 are answered" in lines["checkins", "wb_state"]["scoring_rule"]
    assert all(row["label"] and row["type"] for row in lines.values())


def test_simulated_data_say_so(format_, tmp_path):
    exports.write(usual(), format_, tmp_path)
    assert "SIMULATED" in (tmp_path / "README.txt").read_text("utf-8")


def test_file_names_say_nothing_about_the_topic(format_, tmp_path):
    for file in exports.write(usual(), format_, tmp_path):
        stem = file.name.removeprefix("twice_daily_").split(".")[0]
        assert stem in {"ts", "metadata", "all", "codebook", "README"} | {table.name for table in usual().tables}


def test_writing_twice_gives_the_same_bytes(format_, tmp_path):
    first = exports.write(usual(), format_, tmp_path / "one")
    second = exports.write(usual(), format_, tmp_path / "two")
    for one, two in zip(first, second, strict=True):
        if one.suffix in {".csv", ".json", ".jsonl", ".tsv", ".txt", ".parquet"}:
            assert one.read_bytes() == two.read_bytes(), one.name


def test_an_empty_study_can_be_exported(format_, tmp_path):
    files = exports.write(data_set(), format_, tmp_path)
    assert all(file.exists() for file in files)
    assert READERS[format_](tmp_path, "prompts") == []


def _of_answers(labels):
    return {value: words for value, words in labels.items() if value not in MISSING.values()}


def test_labels_reach_the_labelled_formats(tmp_path):
    for format_, read in (("sav", pyreadstat.read_sav), ("dta", pyreadstat.read_dta)):
        exports.write(usual(), format_, tmp_path)
        _, about = read(tmp_path / f"twice_daily_checkins.{format_}")
        assert about.column_names_to_labels["wb_mood"] == "How do you feel right now?"
        labels = {name: _of_answers(each) for name, each in about.variable_value_labels.items()}
        assert labels["wb_mood"] == {1: "very bad", 7: "very good"}
        assert labels["rses_1"] == {
            3: "Strongly agree",
            2: "Agree",
            1: "Disagree",
            0: "Strongly disagree",
        }
        exports.write(everything(), format_, tmp_path)
        _, about = read(tmp_path / f"twice_daily_checkins.{format_}")
        assert about.variable_value_labels["where_were_you_all_of_th__home"] == {0: "not chosen", 1: "chosen"}
        assert about.column_names_to_labels["where_were_you_all_of_th__home"] == "Where? At home"


def test_spss_knows_why_a_number_is_empty_and_counts_it_nowhere(tmp_path):
    exports.write(usual(), "sav", tmp_path)
    path = tmp_path / "twice_daily_checkins.sav"
    counted, _ = pyreadstat.read_sav(path)
    stated, about = pyreadstat.read_sav(path, user_missing=True)
    statuses = [name for name in counted.columns if name.endswith("_status")]
    coded = [name.removesuffix("_status") for name in statuses if name.removesuffix("_status") in about.missing_ranges]
    assert coded
    codes = set()
    for name in coded:
        empty = counted[name].isna() & counted[f"{name}_status"].isin(MISSING)
        assert (
            stated[name][empty]
            .map({code: why for why, code in MISSING.items()})
            .equals(counted[f"{name}_status"][empty])
        )
        codes |= set(stated[name][empty])
    assert len(codes) > 1
    assert about.variable_value_labels[coded[0]][-99] == "she tapped Skip"


def test_the_time_series_has_a_row_for_every_counted_prompt_and_only_its_columns(tmp_path):
    exports.write(usual(), "openesm", tmp_path)
    found = _openesm(tmp_path, "ts")
    assert [(row["day"], row["beep"]) for row in found] == [("2", "2"), ("3", "1"), ("3", "2"), ("2", "2")]
    assert "rses_1" not in found[0]
    about = json.loads((tmp_path / "twice_daily_metadata.json").read_text("utf-8"))
    assert {one["name"] for one in about["features"]} == set(found[0]) - {"id", "day", "beep", "state"}
    assert about["n_time_points"] == len(found) == len(rows(usual(), "prompts"))
