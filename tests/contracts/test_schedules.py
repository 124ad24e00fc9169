"""What every schedule kind must do. A new kind adds one example here, and is tested."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from ema.domain.schedules import SCHEDULES, AnySchedule
from ema.domain.schedules.base import Preferences, Schedule
from tests.domain.zones import preferences, zone_and_date

EXAMPLES: dict[str, list[dict[str, object]]] = {
    "random_window": [
        {"id": "checkin", "windows": ["afternoon", "evening"], "last_day": 28, "open_for_minutes": 240},
        {"id": "weekend", "windows": ["evening"], "first_day": 6, "last_day": 7, "open_for_minutes": 60},
    ],
    "once": [
        {"id": "half_way", "at": "afternoon", "day": 14, "until_day": 15},
        {"id": "exit", "at": "evening", "day": 29, "until_day": 35, "counts": False},
        {"id": "morning", "at": "day_start", "day": 3, "until_day": 3, "delivery": "offer"},
        {"id": "baseline", "at": "enrolment", "until_day": 3, "delivery": "offer"},
    ],
}

reader: TypeAdapter[Schedule] = TypeAdapter(AnySchedule)


def example(kind: str, fields: dict[str, object]) -> Schedule:
    return reader.validate_json(json.dumps({"kind": kind, "questionnaires": ["checkin"], **fields}))


ALL = [
    pytest.param(example(kind, fields), id=f"{kind}-{fields['id']}") for kind in EXAMPLES for fields in EXAMPLES[kind]
]
every_schedule = pytest.mark.parametrize("schedule", ALL)


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
@settings(max_examples=60, deadline=None)
@given(place=zone_and_date(), study_day=st.integers(-2, 40), seed=st.integers(0, 2**63), data=st.data())
def test_the_laws_of_a_slot(schedule, place, study_day, seed, data):
    zone, day = place
    hers = data.draw(preferences(zone))
    slots = schedule.slots(study_day, day, hers, Random(seed))
    assert slots == schedule.slots(study_day, day, hers, Random(seed)), "the same again from the same seed"
    first, last = schedule.days()
    assert first <= study_day <= last or not slots, "nothing outside its days"
    for slot in slots:
        assert slot.schedule == schedule.id
        assert slot.slot in schedule.slot_names()
        assert (slot.study_day, slot.local_date) == (study_day, day)
        assert slot.opens_at <= slot.due_at < slot.expires_at
        assert {at.tzinfo for at in (slot.opens_at, slot.due_at, slot.expires_at)} == {UTC}


@every_schedule
@settings(max_examples=20, deadline=None)
@given(place=zone_and_date(), seed=st.integers(0, 2**63), data=st.data())
def test_one_key_for_each_slot_the_same_for_any_hours_zone_and_seed(schedule, place, seed, data):
    def keys(zone: str, seed: int) -> list[str]:
        hers = data.draw(preferences(zone))
        days = range(1, 36)
        slots = [schedule.slots(n, place[1] + timedelta(days=n), hers, Random(seed + n)) for n in days]
        assert len({len(planned) for n, planned in zip(days, slots, strict=True) if planned}) <= 1, "as many every day"
        return [slot.slot_key for planned in slots for slot in planned]

    here = keys(place[0], seed)
    assert len(set(here)) == len(here)
    assert keys("Asia/Bangkok", seed + 1) == here


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
