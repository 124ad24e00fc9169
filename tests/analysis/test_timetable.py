"""Pictures of schedules: what is drawn, and what they say in words."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from analysis import timetable
from analysis.timetable import Dot, Month, Row, Spread

NIGHTS = Month(
    rows=(
        Row("1  Mon 2 Mar", ((480, 720),), (Dot("beep", 500, 590), Dot("beep", 700, 790))),
        Row("2  Tue 3 Mar", (), ()),
        Row("3  Wed 4 Mar", ((480, 720),), (Dot("beep", 480, None, barred="quiet hours"), Dot("set", 0, None, True))),
    ),
    begins=14 * 60,
    schedules=("beep", "set"),
)
MANY = Spread(10, 14 * 60, ("beep", "set"), {"beep": tuple(range(480, 720))})


def test_the_days_are_told_in_words():
    words = timetable.month_words(NIGHTS)
    assert words == (
        "4 prompts on 2 of 3 study days, 2 on a day that has any, between 14:00 and 01:40; 1 can't be sent."
        " Study days begin at 14:00."
    )


def test_many_peoples_notes_are_told_in_words():
    assert timetable.spread_words(MANY) == (
        "10 simulated participants, each in one week of the study. beep: 240 notes, nine of ten between 22:12 and 01:47,"
        " half of them by 00:00."
    )
    assert "No notes are planned" in timetable.spread_words(Spread(10, 0, (), {}))


@pytest.mark.parametrize("many", [None, MANY], ids=["alone", "with many"])
@pytest.mark.parametrize("days", [3, 60])
def test_a_picture_is_whole_and_the_same_each_time(many, days):
    shown = Month(NIGHTS.rows * (days // 3), NIGHTS.begins, NIGHTS.schedules)
    picture = timetable.both(shown, many, "svg")
    ET.fromstring(picture)
    assert picture == timetable.both(shown, many, "svg")
    assert timetable.both(shown, many, "png").startswith(b"\x89PNG")


def test_a_study_that_sends_nothing_has_pictures_too():
    empty = Month((Row("1  Mon 2 Mar", (), ()),), 360, ())
    assert "<svg" in timetable.month(empty).svg
    assert timetable.month(empty).text == "0 prompts on 0 of 1 study days. Study days begin at 06:00."
    assert "<svg" in timetable.spread(Spread(5, 360, (), {})).svg


def test_who_wakes_before_her_study_day_begins_is_on_the_picture():
    early = Month((Row("1  Mon 2 Mar", (), (Dot("beep", -130, -60), Dot("beep", 1500, 1510))),), 360, ("beep",))
    assert "between 03:50 and 07:00" in timetable.month(early).text
    assert timetable._edges([-130, 1500]) == (-180, 1560)


def test_a_schedule_keeps_its_mark_in_every_picture():
    marks = timetable._colours(tuple("abcdefgh"))
    assert marks["a"] != marks["b"]
    assert len({marks[name] for name in "abcdef"}) == 6
    assert all(re.fullmatch(r"#[0-9a-f]{6}", colour) for colour, _ in marks.values())
