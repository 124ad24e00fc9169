"""Every type of item has its columns, their names fit every format, and the codebook says how it came to be asked."""

import csv
import json

from ema import exports
from ema.exports.instruments import instruments
from ema.exports.names import LONGEST, RESERVED, Names
from tests.exports.everything import EVERYTHING, everything
from tests.exports.people import rows


def codebook(folder):
    with (folder / "codebook.csv").open(encoding="utf-8", newline="") as file:
        return {(row["table"], row["name"]): row for row in csv.DictReader(file)}


def test_each_type_has_the_columns_that_its_answers_need():
    (row,) = rows(everything(), "checkins")
    assert {name: row[name] for name in ("stars", "agree", "slept", "face", "line", "kilos", "nap")} == {
        "stars": 4,
        "agree": 3,
        "slept": 0,
        "face": 2,
        "line": 70,
        "kilos": 61.5,
        "nap": 95,
    }
    assert (row["bed"], row["day_2"], row["more"]) == ("23:15", "2026-03-27", "=Día, =quiet\nand dry")
    assert (row["line_mode"], row["felt"], row["felt_n"], row["felt_mode"]) == ("slider", 70.0, 1, "slider")
    assert (row["place"], row["place_lat"], row["place_lon"]) == ("51.50,-0.13", 51.5, -0.13)
    assert (row["doubled"], row["doubled_status"]) == (8.0, "answered")
    assert "hello" not in row


def test_several_choices_stand_joined_and_each_as_one_or_nothing():
    (row,) = rows(everything(), "checkins")
    chosen = {name: row[name] for name in row if name.startswith("where") and not name.endswith("_status")}
    assert chosen == {
        "where_were_you_all_of_th": "home;bus",
        "where_were_you_all_of_th__home": 1,
        "where_were_you_all_of__outdoors": 0,
        "where_were_you_all_of_th__bus": 1,
    }
    column = next(one for one in everything().table("checkins").columns if one.name.endswith("__home"))
    assert (column.label, column.labels) == ("Where? At home", {0: "not chosen", 1: "chosen"})


def test_every_name_of_a_column_is_short_used_once_and_never_reserved():
    for table in everything().tables:
        names = [column.name for column in table.columns]
        assert len(set(names)) == len(names)
        assert max(map(len, names)) <= LONGEST
    names = Names()
    assert [names.take(stem) for stem in ("if", "if", "a" * 40, "a" * 40)] == [
        "if_2",
        "if_3",
        "a" * LONGEST,
        "a" * (LONGEST - 2) + "_2",
    ]
    assert names.take("a" * 40, "_status").endswith("a_status")
    assert "state" in RESERVED


def test_a_recording_is_named_by_number_and_what_was_not_kept_says_why():
    number = instruments([EVERYTHING]).find("checkin", "said").column.number
    said, seen = (
        next(row for row in rows(everything(), "answers") if row["item"] == item) for item in ("said", "seen")
    )
    assert (said["file"], said["media_state"], said["value"]) == (f"P-één_1_{number}_2.ogg", "kept", None)
    assert (seen["file"], seen["media_state"], seen["status"]) == (None, "lost", "answered")
    every = [row["file"] for row in rows(everything(), "answers_all") if row["item"] == "said"]
    assert every == [f"P-één_1_{number}.ogg", f"P-één_1_{number}_2.ogg"]
    assert rows(everything(), "checkins")[0]["said"] == f"P-één_1_{number}_2.ogg"


def test_recordings_lie_in_a_folder_of_their_own(tmp_path):
    files = exports.write(everything(), "csv", tmp_path)
    assert [file.relative_to(tmp_path).as_posix() for file in files[-2:]] == [
        "media/P-één_1_12.ogg",
        "media/P-één_1_12_2.ogg",
    ]
    assert [file.read_bytes() for file in files[-2:]] == [b"first", b"second"]


def test_a_hidden_item_was_never_shown():
    hidden = next(row for row in rows(everything(), "answers") if row["item"] == "doubled")
    assert (hidden["shown_at"], hidden["seconds"], hidden["number"]) == (None, None, 8.0)
    assert hidden["answered_at"] is not None


def test_the_codebook_says_when_each_item_came_up(tmp_path):
    exports.write(everything(), "csv", tmp_path)
    book = codebook(tmp_path)
    names = ("stars", "face", "kilos", "bed", "place", "more")
    assert {name: book["checkins", name]["shown"] for name in names} == {
        "stars": "random order on page first",
        "face": "2 of 3 drawn from page pool",
        "kilos": "only if stars > 3; 2 of 3 drawn from page pool",
        "bed": "only if study_day > 1; asked in full once; after that, what she said is put up to be confirmed",
        "place": "only if (study_day > 1) and (slept == 'yes')",
        "more": "only if study_day > 1",
    }
    assert book["checkins", "doubled"]["scoring_rule"] == "worked out: stars * 2"
    assert book["checkins", "nap"]["units"] == "minutes"
    assert book["checkins", "kilos"]["units"] == "kg"
    assert book["checkins", "bed"]["units"] == "HH:MM, her own clock"
    assert book["checkins", "stars"]["item_number"] == "1"
    order = json.loads((tmp_path / "codebook.json").read_text("utf-8"))["order_of_items"]["checkin"]
    words = "2 of 3 drawn from page pool, in a balanced turn"
    assert order == f"items of page first in random order; {words}; what is fixed keeps its place"
    assert f"checkin: {order}" in (tmp_path / "README.txt").read_text("utf-8")


def test_an_item_that_a_newer_version_dropped_keeps_its_column():
    form = EVERYTHING.questionnaires["checkin"]
    fewer = form.model_copy(update={"items": form.items[1:], "pages": ()})
    newer = EVERYTHING.model_copy(
        update={"version": EVERYTHING.version + 1, "questionnaires": {**EVERYTHING.questionnaires, "checkin": fewer}}
    )
    names = [one.column.name for one in instruments([EVERYTHING, newer]).items]
    assert names[0] == "stars"
    assert names == [one.column.name for one in instruments([EVERYTHING]).items]
