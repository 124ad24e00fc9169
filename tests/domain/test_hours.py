"""Hours of her own: far enough apart, in order, and never quietly out of reach."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ema.domain.hours import EVERY_DAY, beginnings, never_coming, on_days, room, spans_of, with_usual
from ema.domain.localtime import day_start, from_now_on, local_date_of, study_day_at, window_span
from ema.domain.planning import plan
from ema.domain.schedules.base import Preferences, Window
from ema.domain.studyfile import load_study
from questionnaires import ROOT
from tests.domain.zones import clock_times, closed_hours, preferences, zone_and_date

STUDY = load_study(ROOT / "studies" / "twice_daily.yaml")
RULE = STUDY.hours.own
FIVE_HOURS = timedelta(minutes=RULE.at_least_apart_minutes)
LATE = STUDY.preferences("late", "Europe/London")
NIGHTS = STUDY.preferences("nights", "Europe/London")
A_DAY = timedelta(days=1)
presets = st.sampled_from(list(STUDY.hours.presets)).map(lambda name: STUDY.preferences(name, "Europe/London"))


def starts(hers: Preferences, first: date, days: int) -> list[datetime]:
    return sorted(
        window_span(window, first + n * A_DAY, hers)[0]
        for n in range(days)
        for window in hers.windows_on(first + n * A_DAY).values()
    )


@given(presets, st.sets(st.integers(1, 7), min_size=1, max_size=6), st.data())
def test_hours_of_some_days_keep_their_distance_to_those_of_the_days_around(usual, days, data):
    hers, chosen = replace(usual, timezone="UTC"), []
    for _ in hers.windows:
        free = room(hers, days, chosen, RULE)
        if not free:  # the first one left no room for another: she is asked to start again
            return
        chosen.append(data.draw(st.sampled_from(free)))
    hers = on_days(hers, days, chosen, RULE)
    week = starts(hers, date(2026, 5, 4), 15)
    assert len(week) == 30
    assert all(after - before >= FIVE_HOURS for before, after in pairwise(week))
    for n in range(7):
        opens = [
            window_span(w, date(2026, 5, 4) + n * A_DAY, hers)
            for w in hers.windows_on(date(2026, 5, 4) + n * A_DAY).values()
        ]
        assert opens == sorted(opens)
        assert opens[-1][1] <= day_start(date(2026, 5, 5) + n * A_DAY, hers)


def test_there_is_no_room_within_five_hours_of_saturdays_and_sundays_other_notes():
    free = room(LATE, [6], [time(12)], RULE)
    assert spans_of(free) == "06:00–07:00, 17:00–05:30"  # the day ends at 06:00, and Sunday's first one comes at 15:00
    assert spans_of(room(LATE, [6], [], RULE)) == "06:00–05:30"
    assert spans_of(room(NIGHTS, [6], [], RULE)) == "14:00–12:00"  # Sunday's comes at 17:00
    assert spans_of(room(LATE, EVERY_DAY, [time(22)], RULE)) == "03:00–17:00"


def test_as_on_other_days_takes_them_away_again():
    other = on_days(LATE, [6, 7], [time(22), time(12)], RULE)
    assert [f"{w.start:%H:%M}" for w in other.windows_on(date(2026, 5, 9)).values()] == ["12:00", "22:00"]
    assert on_days(other, [6], [], RULE).weekday_windows.keys() == {7}
    assert on_days(other, [6, 7], [], RULE) == LATE


def test_other_usual_hours_keep_what_she_chose_besides_as_far_as_it_fits():
    quiet = (Window(start=time(1), end=time(9)),)
    hers = replace(on_days(LATE, [6], [time(12), time(22)], RULE), quiet=quiet, wakes=time(8))
    early = with_usual(hers, STUDY.preferences("early", "Europe/London"), RULE)
    assert (early.quiet, early.wakes, early.weekday_windows) == (quiet, time(8), hers.weekday_windows)
    nights = with_usual(hers, NIGHTS, RULE)
    assert (nights.quiet, nights.weekday_windows, nights.windows) == (quiet, {}, NIGHTS.windows)


def test_the_beginning_of_her_day_leaves_her_windows_whole_and_in_order():
    assert spans_of(beginnings(LATE)) == "22:00–15:00"
    assert spans_of(beginnings(NIGHTS)) == "03:30–17:00"
    assert spans_of(beginnings(on_days(LATE, [6], [time(12), time(23)], RULE))) == "23:30–12:00"


@pytest.mark.parametrize(
    ("changes", "hours"),
    [
        ({}, []),
        ({"quiet": (Window(start=time(21), end=time(22)),)}, ["21:30"]),
        ({"quiet": (Window(start=time(21), end=time(21, 59)),)}, []),
        ({"never_before": time(16)}, ["15:00"]),
        ({"never_after": time(15)}, ["15:00", "21:30"]),
        ({"never_before": time(22), "never_after": time(15, 10)}, ["21:30"]),
        ({"never_after": time(21, 45)}, []),
    ],
)
def test_a_note_that_can_never_come_is_known_at_once(changes, hours):
    assert never_coming(STUDY, None, replace(LATE, **changes)) == hours


def test_one_day_of_the_week_is_enough_for_a_note_to_come():
    quiet = replace(LATE, quiet=(Window(start=time(20), end=time(22)),))
    assert never_coming(STUDY, None, quiet) == ["21:30"]
    assert never_coming(STUDY, None, on_days(quiet, [6], [time(12), time(23)], RULE)) == []


@settings(max_examples=60)
@given(st.data())
def test_what_is_said_never_to_come_never_comes(data):
    hers = data.draw(closed_hours(replace(data.draw(preferences("UTC")), timezone="UTC")))
    never = never_coming(STUDY, None, hers)
    slots = plan(STUDY, "x", date(2026, 5, 4), hers, range(1, 15))
    barred = {slot.slot for slot in slots if slot.schedule == "checkin" and slot.barred}
    came = {slot.slot for slot in slots if slot.schedule == "checkin" and not slot.barred}
    assert not barred & came  # the same hours every day
    assert bool(never) == bool(barred)


# --- changing when the day begins


@settings(max_examples=150)
@given(zone_and_date(), clock_times, clock_times, st.integers(0, 4 * 1440))
def test_another_beginning_of_the_day_repeats_and_skips_no_study_day(place, was, becomes, minute):
    zone, day = place
    before = Preferences(timezone=zone, day_starts=was, windows={})
    first = local_date_of(datetime.combine(day, time(0), UTC), before)
    now = datetime.combine(day, time(0), UTC) + timedelta(minutes=minute)
    after = from_now_on(before, replace(before, day_starts=becomes), now)
    numbers = [study_day_at(now - timedelta(minutes=1), first, before), study_day_at(now, first, after)]
    numbers += [study_day_at(now + timedelta(hours=n), first, after) for n in range(0, 96, 3)]
    assert all(later - earlier in {0, 1} for earlier, later in pairwise(numbers[:2]))
    assert all(later >= earlier for earlier, later in pairwise(numbers))
    days = [day_start(first + n * A_DAY, after) for n in range(8)]
    assert days == sorted(days)
    assert after.day_starts_on(local_date_of(now, after) + A_DAY) == becomes  # from the next day on at the latest


def test_changed_twice_in_a_day_the_day_that_has_begun_still_goes_on():
    now = datetime(2026, 5, 12, 9, tzinfo=UTC)  # 10:00 in London, in the study day that began at 06:00
    once = from_now_on(LATE, replace(LATE, day_starts=time(14)), now)
    again = from_now_on(once, replace(once, day_starts=time(12)), now + timedelta(minutes=1))
    assert local_date_of(now, again) == date(2026, 5, 12)
    assert local_date_of(datetime(2026, 5, 13, 10, 59, tzinfo=UTC), again) == date(2026, 5, 12)
    assert local_date_of(datetime(2026, 5, 13, 11, 0, tzinfo=UTC), again) == date(2026, 5, 13)
    settled = from_now_on(again, replace(again, quiet=()), datetime(2026, 5, 15, 12, tzinfo=UTC))
    assert settled.day_starts_before is None


NEAR = timedelta(minutes=RULE.at_least_apart_minutes - RULE.length_minutes - 60)
"""Between two notes, where an hour may be leapt over."""


def gaps(slots):
    due = sorted(s.due_at for s in slots if s.schedule == "checkin" and not s.barred)
    return min(later - earlier for earlier, later in pairwise(due))


def as_it_goes_on(before, after, now, first, through=12):
    """What she gets: as planned until now; what was not due by then planned anew, as the platform does."""
    old = [s for s in plan(STUDY, "seed", first, before, range(1, through)) if s.schedule == "checkin"]
    sent = {(s.schedule, s.slot_key): s for s in old if s.due_at <= now and not s.barred}
    start = max(study_day_at(now, first, after) - 1, 1)
    earlier = [s for s in old if s.study_day < start]
    kept = {key: s.due_at for key, s in sent.items() if s.study_day >= start}
    new = plan(STUDY, "seed", first, after, range(start, through), kept=kept, not_before=now)
    return [*earlier, *(s for s in sent.values() if s.study_day >= start), *(s for s in new if s.schedule == "checkin")]


@settings(max_examples=150)
@given(zone_and_date(), presets, st.integers(0, 7 * 1440), st.data())
def test_another_beginning_of_the_day_doubles_no_note_and_loses_no_slot(place, usual, minute, data):
    zone, first = place
    before = replace(usual, timezone=zone)
    now = day_start(first, before) + timedelta(minutes=minute)
    becomes = data.draw(st.sampled_from(beginnings(before)))
    after = from_now_on(before, replace(before, day_starts=becomes), now)
    # where a whole day is leapt over, as in Samoa, its notes come together without any change of hers
    assume(gaps(plan(STUDY, "seed", first, before, range(1, 12))) >= NEAR)
    slots = as_it_goes_on(before, after, now, first)
    assert sorted(s.slot_key for s in slots) == sorted(f"{day}.{n}" for day in range(1, 12) for n in (1, 2))
    assert gaps(slots) >= NEAR
    assert {s.barred for s in slots} <= {"", "passed"}
    assert sum(bool(s.barred) for s in slots) <= 2  # of the day that is cut short, and of the one that begins at once


@settings(max_examples=150)
@given(zone_and_date(), presets, presets, st.integers(0, 7 * 1440))
def test_other_usual_hours_at_any_minute_repeat_no_day_lose_no_slot_and_bring_no_note_twice(
    place, usual, others, minute
):
    zone, first = place
    before, chosen = replace(usual, timezone=zone), replace(others, timezone=zone)
    now = day_start(first, before) + timedelta(minutes=minute)
    after = from_now_on(before, with_usual(before, chosen, RULE), now)
    assert study_day_at(now, first, after) - study_day_at(now, first, before) in {0, 1}
    for hours in (before, chosen):
        assume(gaps(plan(STUDY, "seed", first, hours, range(1, 12))) >= NEAR)
    slots = as_it_goes_on(before, after, now, first)
    assert sorted(s.slot_key for s in slots) == sorted(f"{day}.{n}" for day in range(1, 12) for n in (1, 2))
    assert gaps([s for s in slots if s.due_at > now]) >= NEAR
