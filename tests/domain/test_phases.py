"""Phases, bursts, arms and calendars: which study day is which, and what comes on it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ema.domain.planning import plan
from ema.domain.protocol import Protocol
from ema.domain.schedules.base import Preferences, Window
from tests.domain.designs import BUNDLED, design, refused

MONDAY = date(2026, 3, 2)
DAY = timedelta(days=1)
BURSTS = {"phases": [{"id": "burst", "days": 7}, {"id": "rest", "days": 21}], "repeat_phases": 4, "days": 112}
ARMS = {"allocation": {"method": "simple", "arms": {"a": 1, "b": 1}}}


def noon(**fields: Any) -> dict[str, Any]:
    return {"id": "noon", "kind": "fixed", "times": ["12:00"], **fields}


def study(*schedules: dict[str, Any], **fields: Any) -> Protocol:
    return design(*schedules, windows={"day": "09:00-21:00"}, **fields)


def days_of(protocol: Protocol, seed: str = "x", first: date = MONDAY, arm: str | None = None) -> list[int]:
    hers = protocol.preferences("hours", "Europe/London")
    whole = range(1, protocol.last_planned_day(arm) + 8)
    return [slot.study_day for slot in plan(protocol, seed, first, hers, whole, arm=arm)]


def test_seven_days_on_and_twenty_one_off_four_times_over():
    bursts = study(noon(phases=["burst"]), **BURSTS)
    assert refused(bursts) == []
    assert days_of(bursts) == [*range(1, 8), *range(29, 36), *range(57, 64), *range(85, 92)]
    assert [bursts.phase_on(day) for day in (0, 1, 7, 8, 28, 29, 112, 113)] == [
        None,
        "burst",
        "burst",
        "rest",
        "rest",
        "burst",
        "rest",
        None,
    ]
    assert bursts.last_planned_day() == 91


def test_a_set_comes_on_the_last_day_of_every_burst_and_one_on_its_third():
    last = {"id": "ends", "kind": "once", "at": "day", "phase": "burst", "day": "last", "open_days": 2}
    third = {"id": "third", "kind": "once", "at": "day", "phase": "burst", "day": 3, "open_days": 1}
    bursts = study(last, third, **BURSTS)
    assert refused(bursts) == []
    hers = bursts.preferences("hours", "Europe/London")
    slots = plan(bursts, "x", MONDAY, hers, range(1, 113))
    assert {slot.slot_key: slot.study_day for slot in slots if slot.schedule == "ends"} == {
        "once:ends": 7,
        "once:ends.2": 35,
        "once:ends.3": 63,
        "once:ends.4": 91,
    }
    assert [slot.study_day for slot in slots if slot.schedule == "third"] == [3, 31, 59, 87]
    first = next(slot for slot in slots if slot.schedule == "ends")
    assert first.expires_at == datetime(2026, 3, 10, 6, tzinfo=UTC), "two study days, from 09:00 on day 7"


def test_every_other_day_counts_from_the_first_day_and_in_phases_from_their_own():
    assert days_of(study(noon(every_n_days=2, first_day=2), days=9)) == [2, 4, 6, 8]
    assert days_of(study(noon(every_n_days=3, phases=["burst"]), **BURSTS))[:6] == [1, 4, 7, 29, 32, 35]


def test_every_n_days_never_stops_at_the_end_of_a_month():
    days = days_of(study(noon(every_n_days=3), days=400), first=date(2026, 1, 30))
    assert days == list(range(1, 401, 3))


@given(st.integers(0, 6))
def test_chosen_weekdays_follow_the_date_on_which_the_study_day_begins(shift):
    first = MONDAY + shift * DAY
    days = days_of(study(noon(weekdays=[6, 7]), days=28), first=first)
    assert len(days) == 8
    assert {(first + (day - 1) * DAY).isoweekday() for day in days} == {6, 7}


def test_a_night_workers_saturday_lasts_until_her_sunday_begins():
    protocol = design(
        {"id": "night", "kind": "random_window", "windows": ["late"], "weekdays": [6]},
        windows={"late": "03:00-03:30"},
        day_starts="14:00",
        days=14,
    )
    slots = plan(protocol, "x", MONDAY, protocol.preferences("hours", "Europe/London"), range(1, 15))
    assert [(slot.local_date.isoweekday(), slot.due_at.isoweekday()) for slot in slots] == [(6, 7), (6, 7)]


def test_two_days_a_week_are_drawn_anew_every_week_and_each_weekday_as_often():
    protocol = study(noon(days_a_week=2), days=28)
    seen: Counter[int] = Counter()
    for seed in range(700):
        days = days_of(protocol, str(seed))
        assert Counter((day - 1) // 7 for day in days) == {0: 2, 1: 2, 2: 2, 3: 2}
        seen.update((day - 1) % 7 for day in days)
    assert sum((seen[n] - 800) ** 2 / 800 for n in range(7)) < 22.5  # 6 degrees of freedom, p = 0.001


def test_days_of_a_week_are_drawn_from_those_to_which_the_rest_applies():
    protocol = study(noon(days_a_week=2, weekdays=[1, 3, 5]), days=28)
    for seed in range(40):
        days = days_of(protocol, str(seed))
        assert len(days) == 8
        assert all((MONDAY + (day - 1) * DAY).isoweekday() in (1, 3, 5) for day in days)


def test_a_week_cut_short_by_the_end_of_the_study_still_has_its_days():
    assert Counter((day - 1) // 7 for day in days_of(study(noon(days_a_week=2), days=9))) == {0: 2, 1: 2}


def test_a_schedule_without_a_last_day_ends_with_the_study():
    assert days_of(study(noon(), days=5)) == [1, 2, 3, 4, 5]


# --- arms


def test_each_arm_has_its_own_schedules():
    protocol = study(noon(arms=["a"]), noon(id="both"), **ARMS)
    assert refused(protocol) == []
    hers = protocol.preferences("hours", "UTC")
    for arm, names in (("a", ["both", "noon"]), ("b", ["both"])):
        assert [slot.schedule for slot in plan(protocol, "x", MONDAY, hers, range(1, 2), arm=arm)] == names


def test_a_phase_for_one_arm_is_skipped_by_the_other():
    phases = [
        {"id": "base", "days": 7},
        {"id": "messages", "days": 7, "arms": ["a"]},
        {"id": "nothing", "days": 7, "arms": ["b"]},
    ]
    protocol = study(noon(phases=["messages"]), phases=phases, days=14, **ARMS)
    assert [protocol.phase_on(8, arm) for arm in ("a", "b")] == ["messages", "nothing"]
    assert days_of(protocol, arm="a") == list(range(8, 15))
    assert days_of(protocol, arm="b") == []


# --- calendars


JOINS = datetime(2026, 3, 12, 10, 30, tzinfo=UTC)


def test_by_calendar_study_day_1_is_the_same_for_everybody_and_she_begins_in_the_middle():
    protocol = study(noon(), calendar={"starts_on": "2026-03-02"}, days=28)
    hers = protocol.preferences("hours", "Europe/London")
    first = protocol.first_date(JOINS, hers)
    assert first == MONDAY
    assert protocol.first_planned_day(JOINS, first, hers) == 12, "today's window has begun"
    assert protocol.first_planned_day(JOINS - timedelta(hours=2), first, hers) == 11
    assert protocol.first_planned_day(datetime(2026, 2, 20, tzinfo=UTC), first, hers) == 1


def test_without_a_calendar_the_days_begin_with_her():
    protocol = study(noon(), days=28)
    hers = protocol.preferences("hours", "Europe/London")
    first = protocol.first_date(JOINS, hers)
    assert first == date(2026, 3, 13), "in the middle of today's window"
    assert protocol.first_planned_day(JOINS, first, hers) == 1


@pytest.mark.parametrize(
    ("schedule", "joins", "first"),
    [
        (noon(), "09:01", MONDAY + DAY),  # the window has begun
        (noon(times=["08:00"]), "07:59", MONDAY),
        (noon(times=["08:00"]), "08:01", MONDAY + DAY),
        ({"id": "up", "kind": "waking", "minutes_after": [30]}, "06:30", MONDAY),
        ({"id": "up", "kind": "waking", "minutes_after": [30]}, "06:31", MONDAY + DAY),
    ],
)
def test_her_first_day_is_one_of_which_every_hour_lies_ahead(schedule, joins, first):
    """Otherwise what was due before she joined would stand as undelivered."""
    protocol = study(schedule, days=28)
    now = datetime.combine(MONDAY, time.fromisoformat(joins), UTC)
    assert protocol.first_date(now, protocol.preferences("hours", "Europe/London")) == first


def test_a_phase_of_which_no_schedule_is_asks_nothing():
    bursts = study(noon(phases=["burst"]), **BURSTS)
    assert [day for day in range(-3, 113) if bursts.asks_on(day)] == [
        day for day in range(1, 113) if (day - 1) % 28 < 7
    ]
    assert all(study(noon(), days=28).asks_on(day) for day in range(1, 29))
    assert all(study(noon(), **BURSTS).asks_on(day) for day in range(1, 113)), "of all phases"


def test_a_baseline_stays_open_for_its_days_for_who_joins_in_the_middle():
    baseline = {"id": "baseline", "kind": "once", "at": "enrolment", "until_day": 3, "delivery": "offer"}
    protocol = study(baseline, calendar={"starts_on": "2026-03-02"}, days=28)
    hers = protocol.preferences("hours", "Europe/London")
    (slot,) = plan(protocol, "x", MONDAY, hers, range(0), joined_at=JOINS)
    assert slot.study_day == 11
    assert slot.expires_at == datetime(2026, 3, 15, 6, tzinfo=UTC)


# --- what she chose


def test_her_hours_may_differ_by_weekday():
    beep = {"id": "beep", "kind": "random_window", "windows": ["day"]}
    protocol = study(beep, days=14)
    weekend = {"day": Window(start="12:00", end="12:30")}
    hers = Preferences(
        "Europe/London",
        time(6),
        {"day": Window(start="08:00", end="08:30")},
        weekday_windows={6: weekend, 7: weekend},
    )
    for slot in plan(protocol, "x", MONDAY, hers, range(1, 15)):
        assert slot.due_at.hour == (12 if slot.local_date.isoweekday() > 5 else 8)
    assert protocol.first_date(datetime(2026, 3, 7, 11, tzinfo=UTC), hers) == date(2026, 3, 7), "a Saturday"


@pytest.mark.parametrize(
    ("fields", "closed"),
    [
        ({}, ()),
        ({"quiet": (Window(start="22:00", end="07:00"),)}, ((0, 420), (1320, 1440))),
        ({"never_before": time(9)}, ((360, 540),)),
        ({"never_before": time(5)}, ((0, 300),)),
        ({"never_after": time(22)}, ((0, 360), (1320, 1440))),
        ({"never_before": time(9), "never_after": time(22)}, ((0, 540), (1320, 1440))),
        ({"never_before": time(14), "never_after": time(3)}, ((180, 840),)),
        ({"quiet": (Window(start="12:00", end="12:00"),)}, ()),
    ],
)
def test_the_minutes_at_which_nothing_may_reach_her(fields, closed):
    assert Preferences("Europe/London", time(6), {}, **fields).closed() == closed


def test_a_study_that_uses_none_of_this_is_written_as_before_and_so_keeps_its_hash():
    """Fields and their order as in the first format. A study that was stored then must hash as it did."""
    document = json.loads(BUNDLED.model_copy(update={"baseline": (), "other_notes": {}, "chart": {}}).document())
    assert list(document) == FIRST_FORMAT
    common = ["kind", "id", "questionnaires", "counts", "delivery", "reminders"]
    assert {schedule["kind"]: list(schedule) for schedule in document["schedules"]} == {
        "random_window": [*common, "windows", "first_day", "last_day", "open_for_minutes"],
        "once": [*common, "at", "day", "until_day"],
    }
    assert document["schedules"][0]["reminders"] == [{"after_minutes": 60, "silent": True}]


FIRST_FORMAT = [
    "format",
    "id",
    "version",
    "title",
    "languages",
    "timezone",
    "timezones",
    "days",
    "note",
    "finish_within_minutes",
    "on_call_rota",
    "hours",
    "schedules",
    "practice",
    "unscheduled",
    "consent",
    "silence",
    "help_lines",
    "opening",
    "trend",
    "questionnaires",
]
