"""What every schedule kind must do. A new kind adds one example here, and is tested."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from ema.domain.localtime import MINUTE, allowed, window_span
from ema.domain.phases import Stretch, Timeline
from ema.domain.schedules import SCHEDULES, AnySchedule
from ema.domain.schedules.base import Day, Preferences, Schedule
from ema.domain.schedules.event import Event
from ema.domain.schedules.follow_up import Finished, FollowUp
from ema.domain.schedules.random_window import RandomWindow
from tests.domain.zones import closed_hours, preferences, slots_on, zone_and_date

OPEN = {"open_for_minutes": 60}
EXAMPLES: dict[str, list[dict[str, object]]] = {
    "event": [
        {"id": "something_happened", "daily_cap": 3, **OPEN},
        {"id": "on_sundays", "daily_cap": 1, "weekdays": [7], **OPEN},
    ],
    "fixed": [
        {"id": "meals", "times": ["08:00", "13:30", "19:00"], "last_day": 28, **OPEN},
        {"id": "as_they_start", "windows": ["afternoon", "evening"], "every_n_days": 3, **OPEN},
        {"id": "two_days", "times": ["12:00"], "days_a_week": 2, **OPEN},
    ],
    "follow_up": [
        {"id": "after_it", "after": "checkin", "when": "wb_mood <= 2", "minutes": 180, **OPEN},
        {"id": "whatever_it_was", "after": "checkin", "when": "true", "minutes": 1, "delivery": "offer", **OPEN},
    ],
    "once": [
        {"id": "half_way", "at": "afternoon", "day": 14, "until_day": 15},
        {"id": "exit", "at": "evening", "day": 29, "until_day": 35, "counts": False},
        {"id": "morning", "at": "day_start", "day": 3, "until_day": 3, "delivery": "offer"},
        {"id": "baseline", "at": "enrolment", "until_day": 3, "delivery": "offer"},
        {"id": "burst_ends", "at": "evening", "phase": "burst", "day": "last", "open_days": 2},
    ],
    "random_window": [
        {"id": "checkin", "windows": ["afternoon", "evening"], "last_day": 28, "open_for_minutes": 240},
        {"id": "weekend", "windows": ["evening"], "first_day": 6, "last_day": 7, "open_for_minutes": 60},
        {"id": "six", "windows": ["afternoon"], "prompts": 6, "phases": ["burst"], **OPEN},
        {"id": "at_work", "windows": ["evening"], "weekdays": [1, 2, 3, 4, 5], "days_a_week": 3, **OPEN},
    ],
    "waking": [
        {"id": "up", "minutes_after": [0, 30, 45], "last_day": 2, **OPEN},
        {"id": "about", "minutes_after": [60, 600], "jitter_minutes": 30, **OPEN},
    ],
}
BURSTS = Timeline(
    28, (Stretch("burst", 1, 1, 7), Stretch("rest", 1, 8, 14), Stretch("burst", 2, 15, 21), Stretch("rest", 2, 22, 28))
)

reader: TypeAdapter[Schedule] = TypeAdapter(AnySchedule)


def example(kind: str, fields: dict[str, object]) -> Schedule:
    return reader.validate_json(json.dumps({"kind": kind, "questionnaires": ["checkin"], **fields}))


ALL = [
    pytest.param(example(kind, fields), id=f"{kind}-{fields['id']}") for kind in EXAMPLES for fields in EXAMPLES[kind]
]
every_schedule = pytest.mark.parametrize("schedule", ALL)


class Answered:
    """Facts of somebody who gave the lowest value to everything."""

    def value(self, name: str) -> float:
        return 1

    number = value

    def skipped(self, name: str) -> bool:
        return False


def all_slots(schedule: Schedule, study_day: int, day: date, hers: Preferences, seed: int):
    """Planned ones, and those that she brings about in the middle of the day."""
    slots = slots_on(schedule, study_day, day, hers, seed, BURSTS)
    noon = datetime.combine(day, time(12), UTC)
    here = Day(study_day, day, hers, BURSTS, str(seed), hers.closed())
    if isinstance(schedule, Event):
        slots += [slot for today in range(5) if (slot := schedule.begin(noon, here, today)) is not None]
    if isinstance(schedule, FollowUp):
        for index in range(1, 3):
            finished = Finished(f"{study_day}.{index}", noon)
            slot = schedule.follow(finished, Answered(), here, index - 1, apart=timedelta(0), notes=())
            slots += [slot] if slot is not None else []
    return slots


def too_short(schedule: Schedule, day: date, hers: Preferences) -> bool:
    """A window that has fewer minutes than prompts, perhaps because the clocks leap over most of it."""
    spans = [window_span(window, day, hers) for window in hers.windows.values()]
    return isinstance(schedule, RandomWindow) and any(end - start < schedule.prompts * MINUTE for start, end in spans)


def test_every_registered_kind_has_an_example():
    assert EXAMPLES.keys() == SCHEDULES.keys()


@every_schedule
def test_it_is_found_by_its_kind_and_survives_being_stored(schedule):
    assert type(schedule) is SCHEDULES[schedule.kind]
    assert reader.validate_json(schedule.model_dump_json()) == schedule


@every_schedule
def test_unknown_fields_are_refused(schedule):
    with pytest.raises(ValidationError, match="extra_forbidden"):
        reader.validate_python({**schedule.model_dump(), "colour": "red"})


@every_schedule
@settings(max_examples=60)
@given(place=zone_and_date(), study_day=st.integers(-2, 40), seed=st.integers(0, 2**63), data=st.data())
def test_the_laws_of_a_slot(schedule, place, study_day, seed, data):
    zone, day = place
    hers = data.draw(preferences(zone))
    slots = all_slots(schedule, study_day, day, hers, seed)
    assert slots == all_slots(schedule, study_day, day, hers, seed), "the same again from the same seed"
    first, last = schedule.days(BURSTS)
    assert first <= study_day <= last or not slots, "nothing outside its days"
    assert len({slot.slot_key for slot in slots}) == len(slots) <= schedule.most_a_day()
    for slot in slots:
        assert slot.schedule == schedule.id
        assert slot.slot in schedule.slot_names()
        assert (slot.study_day, slot.local_date) == (study_day, day)
        assert slot.opens_at <= slot.due_at < slot.expires_at
        assert {at.tzinfo for at in (slot.opens_at, slot.due_at, slot.expires_at)} == {UTC}
        assert not slot.barred or too_short(schedule, day, hers), "nothing stands in its way"


@every_schedule
@settings(max_examples=20)
@given(place=zone_and_date(), seed=st.integers(0, 2**63), data=st.data())
def test_one_key_for_each_slot_the_same_for_any_hours_and_zone(schedule, place, seed, data):
    def keys(zone: str, seed: int) -> list[str]:
        hers = data.draw(preferences(zone))
        days = range(1, 36)
        slots = [all_slots(schedule, n, place[1] + timedelta(days=n), hers, seed) for n in days]
        assert len({len(planned) for planned in slots if planned}) <= 1, "as many every day that has any"
        return [slot.slot_key for planned in slots for slot in planned]

    here = keys(place[0], seed)
    assert len(set(here)) == len(here)
    assert keys("Asia/Bangkok", seed) == here
    assert len(keys("Asia/Bangkok", seed + 1)) == len(here), "as many for everybody"


@every_schedule
@settings(max_examples=60)
@given(place=zone_and_date(), study_day=st.integers(1, 28), seed=st.integers(0, 2**63), data=st.data())
def test_quiet_hours_take_no_slot_away_and_no_note_comes_in_them(schedule, place, study_day, seed, data):
    zone, day = place
    open_all_day = data.draw(preferences(zone))
    hers = data.draw(closed_hours(open_all_day))
    slots = all_slots(schedule, study_day, day, hers, seed)
    usual = all_slots(schedule, study_day, day, open_all_day, seed)
    assert [slot.slot_key for slot in slots] == [slot.slot_key for slot in usual]
    for slot in slots:
        assert slot.barred in ("", "quiet hours") or too_short(schedule, day, hers)
        assert slot.barred or schedule.delivery == "offer" or allowed(slot.due_at, hers)
        assert slot.opens_at <= slot.due_at < slot.expires_at


@every_schedule
def test_joining_opens_the_same_slot_whenever_it_is_planned_again(schedule):
    hers = Preferences("Europe/London", time(6), {})
    joined_at = datetime(2026, 5, 1, 18, 20, tzinfo=UTC)
    slots = schedule.joining_slots(joined_at, joined_at.date() + timedelta(days=1), hers)
    assert slots == schedule.joining_slots(joined_at, joined_at.date() + timedelta(days=1), hers)
    assert all(slot.opens_at == joined_at < slot.expires_at for slot in slots)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValidationError, match="union_tag_invalid"):
        example("whenever", {"id": "x"})
