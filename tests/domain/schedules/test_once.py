"""Sets that come once: a baseline at joining, a question on a day, the last set after the study."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from pydantic import ValidationError

from ema.domain.phases import Timeline
from ema.domain.schedules.base import Preferences, Window
from ema.domain.schedules.once import Once
from tests.domain.zones import slots_on

LONDON = Preferences("Europe/London", time(6), {"afternoon": Window(start="15:00", end="15:30")})


def once(**fields: object) -> Once:
    return Once.model_validate({"kind": "once", "id": "exit", "questionnaires": ("exit",), "counts": False, **fields})


def test_it_opens_when_the_window_starts_and_closes_when_its_last_study_day_ends():
    (slot,) = slots_on(once(at="afternoon", day=29, until_day=35), 29, date(2026, 3, 27), LONDON)
    assert slot.slot_key == "once:exit"
    assert slot.opens_at == slot.due_at == datetime(2026, 3, 27, 15, tzinfo=UTC)
    assert slot.expires_at == datetime(
        2026, 4, 3, 5, tzinfo=UTC
    )  # 06:00 of the date after day 35, by then in summer time


def test_it_comes_on_its_own_day_only():
    schedule = once(at="afternoon", day=29, until_day=35)
    assert [day for day in range(1, 60) if slots_on(schedule, day, date(2026, 3, 27), LONDON)] == [29]
    assert schedule.days(Timeline(28)) == (29, 29)


def test_an_offer_may_open_with_the_study_day():
    (slot,) = slots_on(once(at="day_start", day=2, until_day=2, delivery="offer"), 2, date(2026, 5, 2), LONDON)
    assert (slot.opens_at, slot.expires_at) == (
        datetime(2026, 5, 2, 5, tzinfo=UTC),
        datetime(2026, 5, 3, 5, tzinfo=UTC),
    )


def test_at_enrolment_it_is_open_from_the_moment_of_joining():
    schedule = once(at="enrolment", until_day=3, delivery="offer")
    joined_at = datetime(2026, 5, 1, 18, 20, tzinfo=UTC)
    (slot,) = schedule.joining_slots(joined_at, date(2026, 5, 2), LONDON)
    assert slot.opens_at == slot.due_at == joined_at
    assert slot.expires_at == datetime(2026, 5, 5, 5, tzinfo=UTC)
    assert (slot.study_day, slot.local_date) == (0, date(2026, 5, 1))
    assert slots_on(schedule, 1, date(2026, 5, 2), LONDON) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"at": "afternoon", "day": 9, "until_day": 8}, "day \\(9\\) lies after until_day \\(8\\)"),
        ({"at": "enrolment", "until_day": 3}, "write delivery: offer"),
        ({"at": "enrolment", "day": 2, "until_day": 3, "delivery": "offer"}, "leave day out"),
        ({"at": "day_start", "until_day": 3}, "she may be asleep"),
    ],
)
def test_what_can_not_be_is_refused(fields, words):
    with pytest.raises(ValidationError, match=words):
        once(**fields)
