"""Clock times, waking, what she starts herself, what follows an answer, and what she puts off."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from ema.domain.localtime import local
from ema.domain.phases import Timeline
from ema.domain.schedules import AnySchedule
from ema.domain.schedules.base import Day, Preferences, Window
from ema.domain.schedules.follow_up import Finished
from ema.domain.schedules.snooze import may_begin_until, snoozes
from tests.domain.zones import slots_on

MINUTE = timedelta(minutes=1)
WINDOWS = {"afternoon": Window(start="15:00", end="15:30"), "evening": Window(start="21:30", end="22:00")}
LONDON = Preferences("Europe/London", time(6), WINDOWS)
SUMMER = date(2026, 5, 1)
NOON = datetime(2026, 5, 1, 11, tzinfo=UTC)


def schedule(kind: str, **fields: Any):
    usual = {"kind": kind, "id": "it", "questionnaires": ["checkin"], "open_for_minutes": 60}
    return TypeAdapter(AnySchedule).validate_python({**usual, **fields})


def shown(slots, zone: str = "Europe/London") -> list[str]:
    return [f"{local(slot.due_at, zone):%d %H:%M}" for slot in slots]


def day(hers: Preferences = LONDON, number: int = 1) -> Day:
    return Day(number, SUMMER, hers, Timeline(28), "seed", hers.closed())


# --- fixed


def test_clock_times_before_the_study_day_begins_belong_to_its_night():
    meals = schedule("fixed", times=["08:00", "20:30", "01:00"])
    slots = slots_on(meals, 1, SUMMER, LONDON)
    assert shown(slots) == ["01 08:00", "01 20:30", "02 01:00"]
    assert [(slot.slot_key, slot.slot) for slot in slots] == [("1.1", "08:00"), ("1.2", "20:30"), ("1.3", "01:00")]


def test_a_clock_time_in_the_gap_comes_at_the_first_minute_after_it():
    (slot,) = slots_on(schedule("fixed", times=["01:30"]), 1, date(2026, 3, 28), LONDON)
    assert slot.due_at == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_a_clock_time_in_quiet_hours_is_barred_and_a_windows_start_waits_for_their_end():
    hers = replace(LONDON, quiet=(Window(start="14:00", end="15:10"),))
    (slot,) = slots_on(schedule("fixed", times=["15:00"]), 1, SUMMER, hers)
    assert slot.barred == "quiet hours"
    slots = slots_on(schedule("fixed", windows=["afternoon", "evening"]), 1, SUMMER, hers)
    assert shown(slots) == ["01 15:10", "01 21:30"]


def test_a_random_minute_is_drawn_from_what_quiet_hours_leave_of_the_window():
    hers = replace(LONDON, quiet=(Window(start="15:05", end="15:25"),), never_after=time(21))
    beep = schedule("random_window", windows=["afternoon", "evening"])
    slots = [slots_on(beep, 1, SUMMER, hers, seed) for seed in range(400)]
    minutes = Counter(local(first.due_at, "Europe/London").minute for first, _ in slots)
    assert set(minutes) == {*range(5), *range(25, 30)}
    assert max(minutes.values()) < 75
    assert {second.barred for _, second in slots} == {"quiet hours"}


# --- waking


def test_it_follows_her_own_waking_time_on_each_weekday():
    woke = schedule("waking", minutes_after=[30, 600])
    hers = replace(LONDON, wakes=time(7), weekday_wakes={6: time(10, 30)})
    assert shown(slots_on(woke, 1, SUMMER, hers)) == ["01 07:30", "01 17:00"]  # a Friday
    assert shown(slots_on(woke, 2, SUMMER + timedelta(days=1), hers)) == ["02 11:00", "02 20:30"]
    assert shown(slots_on(woke, 1, SUMMER, LONDON)) == ["01 06:30", "01 16:00"], "without one, as her day begins"


def test_a_night_worker_wakes_at_fifteen_and_her_last_one_comes_after_midnight():
    nights = replace(LONDON, day_starts=time(14), wakes=time(15))
    assert shown(slots_on(schedule("waking", minutes_after=[0, 600]), 1, SUMMER, nights)) == ["01 15:00", "02 01:00"]


def test_waking_shortly_before_the_study_day_begins_belongs_to_that_day():
    early = replace(LONDON, wakes=time(5, 30))
    assert shown(slots_on(schedule("waking", minutes_after=[45]), 1, SUMMER, early)) == ["01 06:15"]


def test_jitter_uses_every_minute_up_to_its_end():
    woke = schedule("waking", minutes_after=[60], jitter_minutes=10)
    drawn = {shown(slots_on(woke, 1, SUMMER, LONDON, seed))[0] for seed in range(400)}
    assert drawn == {f"01 07:{minute:02}" for minute in range(11)}


def test_on_the_night_the_clocks_change_waking_goes_by_the_clock_and_what_follows_by_elapsed_time():
    hers = replace(LONDON, day_starts=time(0), wakes=time(0, 30))
    assert shown(slots_on(schedule("waking", minutes_after=[60]), 1, date(2026, 3, 29), hers)) == ["29 02:30"]
    assert shown(slots_on(schedule("waking", minutes_after=[120]), 1, date(2026, 10, 25), hers)) == ["25 01:30"]


# --- event


def test_she_may_begin_up_to_the_cap_and_each_has_a_key_of_its_own():
    now = schedule("event", daily_cap=2)
    slots = [now.begin(NOON, day(), today) for today in range(3)]
    assert [slot and slot.slot_key for slot in slots] == ["event:1.1", "event:1.2", None]
    assert (slots[0].due_at, slots[0].expires_at) == (NOON, NOON + 60 * MINUTE)
    assert slots_on(now, 1, SUMMER, LONDON) == [], "nothing is planned"


def test_an_event_is_not_offered_outside_its_days():
    assert schedule("event", daily_cap=2, last_day=3).begin(NOON, day(number=4), 0) is None


# --- follow-up


class Said:
    def __init__(self, **answers: float) -> None:
        self.answers = answers

    def value(self, name: str) -> float | None:
        return self.answers.get(name)

    number = value

    def skipped(self, name: str) -> bool:
        return name not in self.answers


LATER = schedule("follow_up", after="checkin", when="wb_mood <= 2 or score.wb_state < 3", minutes=180)


def follow(said: Said, today: int = 0, hers: Preferences = LONDON, apart: int = 0, notes=()):
    return LATER.follow(Finished("1.1", NOON), said, day(hers), today, apart=apart * MINUTE, notes=notes)


@pytest.mark.parametrize(
    ("said", "follows"),
    [
        (Said(wb_mood=2), True),
        (Said(wb_mood=5), False),
        (Said(**{"wb_mood": 5, "score.wb_state": 2}), True),
        (Said(), False),
    ],
)
def test_it_follows_when_the_condition_holds_and_not_when_that_is_unknown(said, follows):
    slot = follow(said)
    assert (slot is not None) == follows
    if slot:
        assert slot.slot_key == "follow:1.1"
        assert slot.due_at == NOON + 180 * MINUTE
        assert (slot.study_day, slot.local_date) == (1, SUMMER)


def test_it_follows_no_more_often_than_its_cap():
    assert follow(Said(wb_mood=1), today=1) is None


def test_what_would_come_too_near_another_note_or_in_quiet_hours_is_barred_and_not_lost():
    near = NOON + 150 * MINUTE
    assert follow(Said(wb_mood=1), apart=30, notes=[near]).barred == ""
    assert follow(Said(wb_mood=1), apart=31, notes=[near]).barred == "no room"
    quiet = replace(LONDON, quiet=(Window(start="14:00", end="16:00"),))
    assert follow(Said(wb_mood=1), hers=quiet).barred == "quiet hours"


# --- putting off


SNOOZED = schedule("random_window", windows=["afternoon"], open_for_minutes=120, snooze=[15, 60, "tonight"])


def test_she_can_put_a_prompt_off_while_it_is_open():
    due = datetime(2026, 5, 1, 14, 10, tzinfo=UTC)
    closes = due + 120 * MINUTE
    assert snoozes(SNOOZED, due, closes, SUMMER, LONDON) == {15: due + 15 * MINUTE, 60: due + 60 * MINUTE}
    assert snoozes(SNOOZED, due + 100 * MINUTE, closes, SUMMER, LONDON) == {15: due + 115 * MINUTE}
    assert snoozes(SNOOZED, due + 105 * MINUTE, closes, SUMMER, LONDON) == {}, "never past the window"


def test_with_a_late_grace_tonight_is_when_her_last_window_starts():
    graceful = SNOOZED.model_copy(update={"late_grace_minutes": 420})
    due = datetime(2026, 5, 1, 14, 10, tzinfo=UTC)
    closes = due + 120 * MINUTE
    assert snoozes(graceful, due, closes, SUMMER, LONDON)["tonight"] == datetime(2026, 5, 1, 20, 30, tzinfo=UTC)
    assert may_begin_until(graceful, closes) == due + 540 * MINUTE
    late = datetime(2026, 5, 1, 20, 30, tzinfo=UTC)
    assert "tonight" not in snoozes(graceful, late, closes, SUMMER, LONDON), "it is tonight already"


def test_nothing_is_put_off_into_quiet_hours():
    due = datetime(2026, 5, 1, 14, 10, tzinfo=UTC)
    hers = replace(LONDON, quiet=(Window(start="15:20", end="15:40"),))
    assert list(snoozes(SNOOZED, due, due + 120 * MINUTE, SUMMER, hers)) == [60]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "fixed"}, "times or windows, one of the two"),
        ({"kind": "fixed", "times": ["08:00"], "windows": ["evening"]}, "one of the two"),
        ({"kind": "fixed", "times": ["08:00", "08:00"]}, "named twice"),
        ({"kind": "waking", "minutes_after": [60, 30]}, "one after the other"),
        ({"kind": "waking", "minutes_after": [1400], "jitter_minutes": 60}, "up to 1460 minutes after waking"),
        ({"kind": "event", "daily_cap": 0}, "greater than or equal to 1"),
        ({"kind": "random_window", "windows": ["a", "a_1"], "prompts": 0}, "greater than or equal to 1"),
        ({"kind": "random_window", "windows": ["a", "a"]}, "named twice"),
        ({"kind": "fixed", "times": ["08:00"], "snooze": ["tomorrow"]}, "tonight"),
    ],
)
def test_what_can_not_be_is_refused(fields, words):
    with pytest.raises(ValidationError, match=words):
        schedule(**fields)
