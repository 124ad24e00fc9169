"""Wall-clock time becomes UTC in one place, and study days follow the participant's own day."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ema.domain import localtime
from ema.domain.localtime import (
    UnknownZone,
    day_start,
    first_study_date,
    local,
    local_date_of,
    study_day_at,
    to_utc,
    window_span,
)
from ema.domain.schedules.base import Preferences, Window
from tests.domain.zones import clock_times, preferences, zone_and_date

MINUTE = timedelta(minutes=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def prefer(zone: str = "Europe/London", day_starts: str = "06:00", **windows: str) -> Preferences:
    spans = {
        name: Window(**dict(zip(("start", "end"), span.split("-"), strict=True))) for name, span in windows.items()
    }
    return Preferences(timezone=zone, day_starts=time.fromisoformat(day_starts), windows=spans)


@pytest.mark.parametrize(
    ("zone", "wall", "instant"),
    [
        ("Europe/London", "2026-01-15 15:00", "2026-01-15 15:00"),
        ("Europe/London", "2026-07-15 15:00", "2026-07-15 14:00"),
        pytest.param("Europe/London", "2026-03-29 00:59", "2026-03-29 00:59", id="the minute before the gap"),
        pytest.param("Europe/London", "2026-03-29 01:00", "2026-03-29 01:00", id="the gap's first minute: 02:00"),
        pytest.param("Europe/London", "2026-03-29 01:30", "2026-03-29 01:00", id="in the gap: 02:00"),
        pytest.param("Europe/London", "2026-03-29 02:00", "2026-03-29 01:00", id="the first minute after the gap"),
        pytest.param("Europe/London", "2026-10-25 01:30", "2026-10-25 00:30", id="twice: the first"),
        pytest.param("Europe/London", "2026-10-25 02:00", "2026-10-25 02:00", id="after the repeated hour"),
        ("America/New_York", "2026-03-08 02:15", "2026-03-08 07:00"),
        ("America/New_York", "2026-11-01 01:15", "2026-11-01 05:15"),
        pytest.param("Australia/Lord_Howe", "2026-10-04 02:10", "2026-10-03 15:30", id="a gap of half an hour"),
        pytest.param("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45", id="a fold of half an hour"),
        pytest.param("Pacific/Apia", "2011-12-30 15:00", "2011-12-30 10:00", id="a day that never was"),
        ("Asia/Kathmandu", "2026-05-01 06:00", "2026-05-01 00:15"),
        pytest.param("Africa/Casablanca", "2026-02-15 02:30", "2026-02-15 01:30", id="back for Ramadan: the first"),
        pytest.param("Africa/Casablanca", "2026-03-22 02:30", "2026-03-22 02:00", id="on again after it"),
    ],
)
def test_a_wall_clock_time_is_its_first_occurrence_or_the_first_minute_after_the_gap(zone, wall, instant):
    shown = datetime.fromisoformat(wall)
    assert to_utc(shown.date(), shown.time(), zone) == utc(instant)


@settings(max_examples=150)
@given(zone_and_date(), clock_times)
def test_to_utc_is_the_first_minute_at_which_the_clock_shows_that_time_or_a_later_one(place, wall_time):
    zone, day = place
    wall = datetime.combine(day, wall_time)
    scan = wall.replace(tzinfo=UTC) - timedelta(hours=15)
    while local(scan, zone).replace(tzinfo=None) < wall:
        scan += MINUTE
    assert to_utc(day, wall_time, zone) == scan


def test_the_rules_are_those_of_the_package_and_not_of_the_machine(tmp_path):
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "London").write_bytes(files("tzdata").joinpath("zoneinfo", "UTC").read_bytes())
    localtime._zone.cache_clear()
    zoneinfo.reset_tzpath(to=[tmp_path])
    try:
        assert to_utc(date(2026, 7, 1), time(12), "Europe/London") == utc("2026-07-01 11:00")
    finally:
        zoneinfo.reset_tzpath()


@pytest.mark.parametrize("name", ["", "Europe/Lodnon", "../../etc/passwd", "BST", "zones", "Europe"])
def test_an_unknown_zone_is_refused_in_plain_words(name):
    with pytest.raises(UnknownZone, match="is no time zone; write it like Europe/London"):
        to_utc(date(2026, 1, 1), time(12), name)


# --- windows


@pytest.mark.parametrize(
    ("day", "span", "start", "end"),
    [
        pytest.param("2026-03-28", "22:00-02:00", "2026-03-28 22:00", "2026-03-29 01:00", id="spring: 3 hours"),
        pytest.param("2026-10-24", "22:00-02:00", "2026-10-24 21:00", "2026-10-25 02:00", id="autumn: 5 hours"),
        pytest.param("2026-03-28", "00:30-02:30", "2026-03-29 00:30", "2026-03-29 01:30", id="spring: 1 hour"),
        pytest.param("2026-10-24", "00:30-02:30", "2026-10-24 23:30", "2026-10-25 02:30", id="autumn: 3 hours"),
        pytest.param("2026-03-28", "01:10-01:40", "2026-03-29 01:00", "2026-03-29 01:30", id="wholly in the gap"),
        pytest.param("2026-03-28", "01:30-02:00", "2026-03-29 01:00", "2026-03-29 01:30", id="up to the gap's end"),
        pytest.param(
            "2026-03-28", "03:00-03:30", "2026-03-29 02:00", "2026-03-29 02:30", id="before day start: next date"
        ),
        pytest.param(
            "2026-03-28", "21:30-22:00", "2026-03-28 21:30", "2026-03-28 22:00", id="after day start: same date"
        ),
    ],
)
def test_a_window_in_london(day, span, start, end):
    assert window_span(prefer(w=span).windows["w"], date.fromisoformat(day), prefer()) == (utc(start), utc(end))


@settings(max_examples=150)
@given(zone_and_date(), st.data())
def test_a_window_has_length_and_lies_within_its_local_time(place, data):
    zone, day = place
    hers = data.draw(preferences(zone))
    for window in hers.windows.values():
        start, end = window_span(window, day, hers)
        assert start < end
        shown = local(start, zone).time()
        leapt_over = to_utc(local(start, zone).date(), shown, zone) == start and shown != window.start
        assert shown == window.start or leapt_over


# --- study days


@settings(max_examples=150)
@given(zone_and_date(), st.integers(0, 1439), st.data())
def test_every_instant_lies_in_exactly_one_study_day(place, minute, data):
    zone, day = place
    hers = data.draw(preferences(zone))
    now = datetime.combine(day, time(0), UTC) + minute * MINUTE
    today = local_date_of(now, hers)
    assert day_start(today, hers) <= now < day_start(today + timedelta(days=1), hers)
    assert study_day_at(now, today, hers) == 1
    assert study_day_at(now, today - timedelta(days=27), hers) == 28


def test_for_a_night_worker_three_in_the_morning_is_still_yesterday():
    nights = prefer(day_starts="14:00")
    assert local_date_of(utc("2026-01-10 13:59"), nights) == date(2026, 1, 9)
    assert local_date_of(utc("2026-01-10 14:00"), nights) == date(2026, 1, 10)
    assert study_day_at(utc("2026-01-11 03:00"), date(2026, 1, 10), nights) == 1


@pytest.mark.parametrize(
    ("now", "first"),
    [
        pytest.param("2026-01-10 09:00", "2026-01-10", id="both windows ahead"),
        pytest.param("2026-01-10 15:00", "2026-01-10", id="a window that starts now is ahead"),
        pytest.param("2026-01-10 15:01", "2026-01-11", id="in mid-window"),
        pytest.param("2026-01-10 18:00", "2026-01-11", id="only the evening ahead"),
        pytest.param("2026-01-11 02:00", "2026-01-11", id="at night, before the study day begins"),
    ],
)
def test_day_1_is_the_first_study_day_that_has_both_windows_ahead(now, first):
    hers = prefer(afternoon="15:00-15:30", evening="21:30-22:00")
    assert first_study_date(utc(now), hers, ("afternoon", "evening")) == date.fromisoformat(first)


def test_with_nights_the_window_at_three_belongs_to_the_day_that_began_at_fourteen():
    nights = prefer(day_starts="14:00", afternoon="17:00-17:30", evening="03:00-03:30")
    assert first_study_date(utc("2026-01-10 12:00"), nights, ("afternoon", "evening")) == date(2026, 1, 10)
    assert first_study_date(utc("2026-01-11 02:00"), nights, ("afternoon", "evening")) == date(2026, 1, 11)


@settings(max_examples=100)
@given(zone_and_date(), st.integers(0, 1439), st.data())
def test_day_1_comes_soon_and_no_earlier_day_would_do(place, minute, data):
    zone, day = place
    hers = data.draw(preferences(zone))
    now = datetime.combine(day, time(0), UTC) + minute * MINUTE
    first = first_study_date(now, hers, hers.windows)
    assert all(window_span(window, first, hers)[0] >= now for window in hers.windows.values())
    today = local_date_of(now, hers)
    assert first - today <= timedelta(days=2)
    if first > today:
        before = first - timedelta(days=1)
        assert any(window_span(window, before, hers)[0] < now for window in hers.windows.values())
