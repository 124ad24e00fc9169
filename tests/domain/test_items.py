"""How typed answers are read: leniently where only one meaning is possible, kindly refused where there are two."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import TypeAdapter, ValidationError

from ema.domain.errors import InvalidAnswer
from ema.domain.items import ITEMS, AnyItem
from ema.domain.items.base import Item
from ema.domain.items.words import ENGLISH

TODAY = date(2026, 11, 22)
reader: TypeAdapter[Item] = TypeAdapter(AnyItem)


def item(kind: str, **fields: object) -> Item:
    ends = {"low": "low", "high": "high"} if kind in {"vas", "faces", "rating"} else {}
    return reader.validate_python({"type": kind, "id": "asked", "text": "?", **ends, **fields})


HOURS = item("number", max=24, decimals=1, unit={"en": "hours", "es": "horas"})
CUPS = item("number", max=2000)
TIME, DATE, DURATION, TEXT = item("time"), item("date"), item("duration"), item("text", most=10)


@pytest.mark.parametrize(
    ("asked", "typed", "stored"),
    [
        (HOURS, "7", 7.0),
        (HOURS, " 7.5 ", 7.5),
        (HOURS, "7,5", 7.5),
        (HOURS, "7.50 Hours.", 7.5),
        (HOURS, "7,5 horas", 7.5),
        (HOURS, "٧,٥", 7.5),
        (CUPS, "12.0", 12),
        (CUPS, "1000", 1000),
        (item("number", min=-5, max=5), "−3", -3),
        (item("number", min=-5, max=5, decimals=1), "-0", 0.0),
        (TIME, "21:30", "21:30"),
        (TIME, "9.30 pm", "21:30"),
        (TIME, "9:30 P.M.", "21:30"),
        (TIME, "9 p. m.", "21:00"),
        (TIME, "21.30", "21:30"),
        (TIME, "21h30", "21:30"),
        (TIME, "9h", "09:00"),
        (TIME, "2130", "21:30"),
        (TIME, "12 am", "00:00"),
        (TIME, "12 pm", "12:00"),
        (TIME, "0:05", "00:05"),
        (TIME, "14", "14:00"),
        (DATE, "12/5/2026", "2026-05-12"),
        (DATE, "12.5.", "2027-05-12"),
        (item("date", latest="2026-12-31"), "12.5.", "2026-05-12"),
        (DATE, "12 May", "2027-05-12"),
        (DATE, "12th of May 2026", "2026-05-12"),
        (DATE, "May 12, 2026", "2026-05-12"),
        (DATE, "12 de mayo", "2027-05-12"),
        (DATE, "12 maja 2026", "2026-05-12"),
        (DATE, "3 października 2026", "2026-10-03"),
        (DATE, "12/5/84", "1984-05-12"),
        (DATE, "12/5/26", "2026-05-12"),
        (DATE, "29 feb", "2028-02-29"),
        (DATE, "today", "2026-11-22"),
        (DATE, "ayer", "2026-11-21"),
        (DURATION, "90", 90),
        (DURATION, "1h30", 90),
        (DURATION, "1 h 30 min", 90),
        (DURATION, "1 hour and 30 minutes", 90),
        (DURATION, "1:30", 90),
        (DURATION, "1,5 h", 90),
        (DURATION, "2 horas", 120),
        (DURATION, "45 min.", 45),
        (TEXT, "  fine\r\n:) ", "fine\n:)"),
        (item("yes_no"), "SÍ", "yes"),
        (item("yes_no"), "nie", "no"),
        (item("yes_no"), "y", "yes"),
        (item("yes_no", yes="I did", no="I did not"), "i did", "yes"),
        (item("faces"), "😄", 5),
        (item("vas"), "7", "7/10"),
        (item("vas"), "73/100", "73/100"),
        (item("location"), "51.50342,-0.12761", "51.50,-0.13"),
        (item("location", decimals=1), "51.50342,-0.01", "51.5,0.0"),
    ],
)
def test_what_is_typed_is_read_as_it_is_meant(asked, typed, stored):
    value = asked.parse_on(typed, TODAY)
    assert value == stored
    assert type(value) is type(stored)


@pytest.mark.parametrize(
    ("asked", "typed", "words"),
    [
        (HOURS, "seven", "Please type only the number, such as 24."),
        (HOURS, "7 cats", "could not read that as a number"),
        (HOURS, "25", "from 0 to 24"),
        (HOURS, "7.25", "fewer digits after the point, at most 1"),
        (HOURS, "1,000", "fewer digits after the point, at most 1"),
        (CUPS, "7.5", "a whole number"),
        (CUPS, "1,000", "a whole number, without a point or comma"),
        (CUPS, "1.000", "a whole number, without a point or comma"),
        (CUPS, "1e3", "could not read"),
        (TIME, "9", "morning or in the evening"),
        (TIME, "25:00", "could not read that as a time"),
        (TIME, "21:60", "could not read that as a time"),
        (TIME, "21:", "could not read that as a time"),
        (TIME, "13 am", "could not read that as a time"),
        (TIME, "0 pm", "could not read that as a time"),
        (TIME, "evening", "could not read that as a time"),
        (DATE, "5/13", "the day, then the month"),
        (DATE, "31/6/2026", "could not read that as a date"),
        (DATE, "12 Foo", "could not read that as a date"),
        (DATE, "12/5/1850", "a date from 1900-01-01 to 2100-12-31"),
        (item("date", latest="2026-11-22"), "23.11.2026", "to 2026-11-22"),
        (DURATION, "7 months", "could not read that"),
        (DURATION, "1:75", "could not read that"),
        (DURATION, "0,001 h", "could not read that"),
        (DURATION, "30 h", "from 0 to 1440 minutes"),
        (TEXT, "  ", "There was nothing in it"),
        (TEXT, "eleven long", "at most 10 characters"),
        (TEXT, "a\x00b", "signs in it that I can't keep"),
        (TEXT, "a\ud800b", "signs in it that I can't keep"),
        (item("yes_no", yes="I did", no="I did not"), "i", "choose one of the buttons"),
        (item("faces"), "😭", "choose one of the buttons"),
        (item("vas"), "11", "from 0 to 10"),
        (item("vas"), "101/100", "from 0 to 10"),
        (item("voice"), "I can't speak now", "send a voice message"),
        (item("photo"), "media:../../etc", "send a photo"),
        (item("location"), "at home", "send a place"),
        (item("location"), "91,0", "send a place"),
    ],
)
def test_what_could_mean_two_things_or_nothing_is_refused_kindly(asked, typed, words):
    with pytest.raises(InvalidAnswer, match=words) as refused:
        asked.parse_on(typed, TODAY)
    assert refused.value.key in ENGLISH
    assert str(refused.value) == ENGLISH[refused.value.key].format(**refused.value.values)


def test_a_date_without_its_year_needs_a_day_to_count_from():
    with pytest.raises(InvalidAnswer, match="add the year"):
        DATE.parse("12/5")


# --- several options


WHERE = item(
    "multiple",
    maximum=2,
    options=[
        {"value": "home", "label": "Home"},
        {"value": "out", "label": "Out"},
        {"value": "bus", "label": "Bus"},
        {"value": "none", "label": "None of these", "exclusive": True},
    ],
)


def test_taps_turn_options_on_and_off_and_an_exclusive_one_stands_alone():
    assert WHERE.toggle((), "out") == ("out",)
    assert WHERE.toggle(("out",), "home") == ("home", "out")
    assert WHERE.toggle(("home", "out"), "home") == ("out",)
    assert WHERE.toggle(("home", "out"), "none") == ("none",)
    assert WHERE.toggle(("none",), "bus") == ("bus",)
    with pytest.raises(InvalidAnswer, match="at most 2"):
        WHERE.toggle(("home", "out"), "bus")
    with pytest.raises(InvalidAnswer, match="tap the ones that fit"):
        WHERE.toggle((), "moon")


@pytest.mark.parametrize(
    ("sent", "words"),
    [("", "tap"), ("home,none", "stands alone"), ("home,out,bus", "at most 2"), ("home,moon", "tap the ones that fit")],
)
def test_a_selection_that_breaks_a_rule_is_refused(sent, words):
    with pytest.raises(InvalidAnswer, match=words):
        WHERE.parse(sent)


def test_the_order_of_taps_does_not_show_in_the_stored_answer():
    assert WHERE.parse("out,home") == WHERE.parse("home,out") == ("home", "out")


# --- two ways of answering a visual analogue scale


def test_a_row_and_a_slider_are_never_the_same_answer():
    vas = item("vas")
    row, slider = vas.parse("7"), vas.parse("70/100")
    assert vas.number(row) == vas.number(slider) == 70
    assert row != slider
    assert (vas.mode(row), vas.mode(slider)) == ("row", "slider")


def test_a_table_must_say_which_it_was():
    with pytest.raises(InvalidAnswer, match="write 7/10 for the row, 73/100 for the slider"):
        item("vas").read_cell("7")


# --- items that contradict themselves


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("number", {"min": 5, "max": 5}, "must be below max"),
        ("number", {"min": 0.5, "max": 5}, "at most 0 decimals"),
        ("number", {"min": -100, "max": 5}, "codes of empty cells"),
        ("date", {"earliest": "2026-05-01", "latest": "2026-04-01"}, "must not lie after latest"),
        ("duration", {"min": 60, "max": 30}, "must be below max"),
        ("multiple", {"options": [{"value": "a", "label": "A"}] * 2}, "the same value"),
        ("multiple", {"maximum": 3, "options": [{"value": v, "label": v} for v in "ab"]}, "only 2 options"),
        ("multiple", {"minimum": 3, "options": [{"value": v, "label": v} for v in "ab"]}, "must not be above the 2"),
        ("faces", {"points": 4}, "3, 5 or 7"),
        ("location", {"decimals": 4}, "less than or equal to 3"),
        ("computed", {"expression": ""}, "at least 1 character"),
    ],
)
def test_an_item_that_contradicts_itself_is_refused(kind, fields, words):
    with pytest.raises(ValidationError, match=words):
        item(kind, **fields)


def test_what_can_name_somebody_is_off_until_a_study_says_why():
    assert {name for name, kind in ITEMS.items() if kind.off_because} == {"text", "voice", "photo", "location"}
