"""A prompt at a random minute of each window, on every study day, whatever the clocks do."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ema.domain.localtime import local, to_utc, window_span
from ema.domain.schedules.base import Preferences, Window
from ema.domain.schedules.random_window import RandomWindow
from tests.domain.zones import preferences, slots_on, zone_and_date

TWICE = RandomWindow(
    kind="random_window",
    id="checkin",
    questionnaires=("checkin",),
    windows=("afternoon", "evening"),
    last_day=28,
    open_for_minutes=240,
)


def evening(span: str, zone: str = "Europe/London") -> Preferences:
    start, end = span.split("-")
    windows = {"afternoon": Window(start="15:00", end="15:30"), "evening": Window(start=start, end=end)}
    return Preferences(timezone=zone, day_starts=time(6), windows=windows)


@settings(max_examples=200)
@given(zone_and_date(), st.integers(0, 2**32), st.data())
def test_each_prompt_falls_on_a_whole_minute_of_its_window(place, seed, data):
    zone, day = place
    hers = data.draw(preferences(zone))
    slots = slots_on(TWICE, 3, day, hers, seed)
    assert [slot.slot_key for slot in slots] == ["3.1", "3.2"]
    assert [slot.slot for slot in slots] == ["afternoon", "evening"]
    for slot in slots:
        start, end = window_span(hers.windows[slot.slot], day, hers)
        assert slot.opens_at == start <= slot.due_at < end
        assert (slot.due_at - start) % timedelta(minutes=1) == timedelta(0)
        assert slot.expires_at - slot.due_at == timedelta(minutes=240)
        assert slot.local_date == day


@settings(max_examples=200)
@given(zone_and_date(), st.integers(0, 2**32), st.data())
def test_and_her_clock_shows_a_time_inside_the_window_unless_the_clocks_leapt_over_all_of_it(place, seed, data):
    zone, day = place
    hers = data.draw(preferences(zone))
    for slot in slots_on(TWICE, 1, day, hers, seed):
        window = hers.windows[slot.slot]
        starts_on = day if window.start >= hers.day_starts else day + timedelta(days=1)
        ends_on = starts_on if window.end > window.start else starts_on + timedelta(days=1)
        wall_start = datetime.combine(starts_on, window.start)
        wall_end = datetime.combine(ends_on, window.end)
        leapt_over = to_utc(starts_on, window.start, zone) == to_utc(ends_on, window.end, zone)
        shown = local(slot.due_at, zone).replace(tzinfo=None)
        assert wall_start <= shown < wall_end or leapt_over


@pytest.mark.parametrize(
    ("day", "minutes"), [("2026-03-27", 240), ("2026-03-28", 180), ("2026-10-24", 300), ("2026-10-25", 240)]
)
def test_a_window_over_midnight_uses_every_minute_that_there_is(day, minutes):
    hers = evening("22:00-02:00")
    drawn = {
        (slot.due_at - slot.opens_at) // timedelta(minutes=1)
        for seed in range(3000)
        for slot in slots_on(TWICE, 1, date.fromisoformat(day), hers, seed)[1:]
    }
    assert drawn == set(range(minutes))


def test_a_repeated_hour_is_used_both_times():
    hers = evening("00:30-02:30")
    due = [slots_on(TWICE, 1, date(2026, 10, 24), hers, seed)[1].due_at for seed in range(300)]
    shown = Counter(local(at, "Europe/London").strftime("%Hh %Z") for at in due)
    assert shown["01h BST"] > 50
    assert shown["01h GMT"] > 50


def test_a_window_that_starts_inside_the_repeated_hour_stays_inside_both_times():
    hers = evening("01:30-02:30")
    due = [slots_on(TWICE, 1, date(2026, 10, 24), hers, seed)[1].due_at for seed in range(1200)]
    shown = {local(at, "Europe/London").strftime("%H:%M %Z") for at in due}
    assert shown == {f"01:{m} BST" for m in range(30, 60)} | {f"01:{m} GMT" for m in range(30, 60)} | {
        f"02:{m:02} GMT" for m in range(30)
    }


def test_a_window_wholly_in_the_gap_keeps_its_length_after_it():
    hers = evening("01:10-01:40")
    slots = [slots_on(TWICE, 1, date(2026, 3, 28), hers, seed)[1] for seed in range(200)]
    assert {slot.opens_at for slot in slots} == {datetime(2026, 3, 29, 1, tzinfo=UTC)}
    shown = [local(slot.due_at, "Europe/London").strftime("%H:%M") for slot in slots]
    assert min(shown) == "02:00"
    assert max(shown) == "02:29"


def test_minutes_are_drawn_evenly():
    hers = evening("21:30-22:00")
    counts = Counter(slots_on(TWICE, 1, date(2026, 5, 1), hers, seed)[0].due_at.minute for seed in range(9000))
    expected = 9000 / 30
    chi_squared = sum((counts[minute] - expected) ** 2 / expected for minute in range(30))
    assert chi_squared < 52.3  # 29 degrees of freedom: exceeded by chance once in 200


def test_one_window_changed_leaves_the_other_prompt_where_it_was():
    before = slots_on(TWICE, 1, date(2026, 5, 1), evening("21:30-22:00"), 7)
    hers = evening("21:30-22:00")
    moved = Preferences(
        hers.timezone, hers.day_starts, {**hers.windows, "afternoon": Window(start="11:00", end="14:00")}
    )
    assert slots_on(TWICE, 1, date(2026, 5, 1), moved, 7)[1] == before[1]


@pytest.mark.parametrize("day", [0, 29])
def test_outside_its_days_it_plans_nothing(day):
    assert slots_on(TWICE, day, date(2026, 5, 1), evening("21:30-22:00")) == []


@pytest.mark.parametrize(
    ("zone", "day", "span", "elapsed", "first", "last"),
    [
        # span of local time, minutes that there really are, first and last minute as the clock shows them
        ("Europe/London", "2026-03-28", "00:30-02:30", 60, "29 00:30", "29 02:29"),
        ("Europe/London", "2026-10-24", "00:30-02:30", 180, "25 00:30", "25 02:29"),
        ("Europe/London", "2026-03-28", "22:00-02:00", 180, "28 22:00", "29 00:59"),
        ("Europe/London", "2026-10-24", "22:00-02:00", 300, "24 22:00", "25 01:59"),
        ("America/New_York", "2026-03-07", "00:30-02:30", 90, "08 00:30", "08 01:59"),
        ("America/New_York", "2026-10-31", "00:30-02:30", 180, "01 00:30", "01 02:29"),
        ("Australia/Lord_Howe", "2026-10-03", "00:30-02:30", 90, "04 00:30", "04 01:59"),
        ("Australia/Lord_Howe", "2026-04-04", "00:30-02:30", 150, "05 00:30", "05 02:29"),
        ("Africa/Casablanca", "2026-02-14", "00:30-02:30", 120, "15 00:30", "15 02:29"),
        ("Africa/Casablanca", "2026-02-14", "02:30-03:30", 120, "15 02:30", "15 03:29"),
        ("Africa/Casablanca", "2026-03-21", "01:30-03:30", 60, "22 01:30", "22 03:29"),
        ("Asia/Kathmandu", "2026-03-28", "00:30-02:30", 120, "29 00:30", "29 02:29"),
        ("Pacific/Apia", "2011-12-28", "22:00-02:00", 240, "28 22:00", "29 01:59"),
        ("Pacific/Apia", "2011-12-29", "22:00-02:00", 120, "29 22:00", "29 23:59"),
        ("Pacific/Apia", "2011-12-30", "14:00-15:00", 60, "31 00:00", "31 00:59"),
    ],
)
def test_nights_on_which_the_clocks_change(zone, day, span, elapsed, first, last):
    """The last row is of a day that Samoa skipped: its windows lie wholly in the gap."""
    hers = evening(span, zone)
    due = [slots_on(TWICE, 1, date.fromisoformat(day), hers, seed)[1].due_at for seed in range(3000)]
    assert (max(due) - min(due)) // timedelta(minutes=1) == elapsed - 1
    assert f"{local(min(due), zone):%d %H:%M}" == first
    assert f"{local(max(due), zone):%d %H:%M}" == last


@pytest.mark.parametrize(("day", "hours"), [("2026-03-28", 23), ("2026-10-24", 25), ("2026-05-01", 24)])
def test_blocks_divide_a_day_of_any_length_equally(day, hours):
    """From noon to noon, which is 23 hours when the clocks go forward in between."""
    whole = TWICE.model_copy(update={"windows": ("day",), "prompts": 5})
    noon = Window(start="12:00", end="11:00")
    hers = Preferences("Europe/London", time(12), {"day": noon})
    counts: Counter[int] = Counter()
    for seed in range(400):
        slots = slots_on(whole, 1, date.fromisoformat(day), hers, seed)
        assert [slot.slot_key for slot in slots] == [f"1.{index}" for index in range(1, 6)]
        share = timedelta(hours=hours - 1) / 5
        counts.update((slot.due_at - slots[0].opens_at) // share for slot in slots)
    assert counts == dict.fromkeys(range(5), 400)
