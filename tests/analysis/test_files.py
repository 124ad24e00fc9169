"""Tables from files: CSV and Parquet, read in pieces, only what is asked for."""

import pandas as pd
import pytest

from analysis import files
from analysis.command import Options, analyse, run
from analysis.errors import AnalysisError
from analysis.files import read


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(files, "ROWS_AT_ONCE", 7)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_file_in_pieces_says_what_the_frame_says(diary, tmp_path, small_pieces, kind):
    frame = diary(persons=5)
    frame["day"] = frame["day"].where(frame["obs"] != 9)  # a piece with a gap, others without
    frame["obs"] = frame["obs"].astype("Int64").where(frame["who"] != "P03")
    file = tmp_path / f"diary.{kind}"
    frame.to_csv(file, index=False) if kind == "csv" else frame.to_parquet(file)
    options = Options(person="who", time="day", score="score", beep="obs", slot=True)
    assert run(file, options) == analyse(frame, options)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_only_what_is_asked_for_is_read(diary, tmp_path, small_pieces, kind):
    file = tmp_path / f"diary.{kind}"
    diary(persons=2).to_csv(file, index=False) if kind == "csv" else diary(persons=2).to_parquet(file)
    assert list(read(file, ["who", "score", "who"], also=("slot", "mood")).columns) == ["who", "score", "slot"]
    with pytest.raises(AnalysisError, match="no column mood; the columns are who, obs, day, slot, score"):
        read(file, ["who", "mood"])


def test_whole_numbers_stay_whole_and_persons_keep_their_zeros(tmp_path, small_pieces):
    frame = pd.DataFrame({"who": ["07"] * 10 + ["7"] * 10, "n": range(20), "y": [0.5, None] * 10})
    frame.to_parquet(tmp_path / "a.parquet")
    found = read(tmp_path / "a.parquet", ["who", "n", "y"])
    assert found["n"].dtype == "int64"
    assert found["who"].unique().tolist() == ["07", "7"]
    frame.to_csv(tmp_path / "a.csv", index=False)
    assert read(tmp_path / "a.csv", ["who"])["who"].unique().tolist() == ["07", "7"]


def test_numbers_in_one_piece_and_words_in_another_are_words(tmp_path, small_pieces):
    written = ["1", "2.5", "30", "-4", "", "6", "7", "7.0", "08", "x", "11", "12"]
    (tmp_path / "a.csv").write_text("who,y\n" + "".join(f"{n},{cell}\n" for n, cell in enumerate(written)))
    found = read(tmp_path / "a.csv", ["who", "y"])
    assert found["y"].fillna("").tolist() == written
    assert found["who"].tolist() == list(range(12))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_file_without_rows_has_its_columns(diary, tmp_path, kind):
    file, nothing = tmp_path / f"diary.{kind}", diary().head(0)
    nothing.to_csv(file, index=False) if kind == "csv" else nothing.to_parquet(file)
    found = read(file, ["who", "score"])
    assert (len(found), list(found.columns)) == (0, ["who", "score"])


def test_files_that_are_none_are_refused_in_one_line(tmp_path):
    (tmp_path / "a.parquet").write_text("no")
    with pytest.raises(AnalysisError, match="can't be read as Parquet"):
        read(tmp_path / "a.parquet", ["who"])
    with pytest.raises(AnalysisError, match="no such file"):
        read(tmp_path / "b.parquet", ["who"])
