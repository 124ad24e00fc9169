"""Putting off by command: as the button on the note does, from anywhere, and kindly when nothing waits."""

from datetime import timedelta

import pytest

from tests.services.world import SMALL


@pytest.fixture
def first(world, anna):
    """Her first check-in, whose note has just come."""
    (prompt, *_) = anna.checkins()
    world.until(prompt.due_at)
    return prompt


def snoozing(*choices):
    (checkin,) = SMALL.schedules
    schedule = checkin.model_copy(update={"snooze": choices, "late_grace_minutes": 240, "reminders": ()})
    return SMALL.model_copy(update={"schedules": (schedule,)})


def test_it_puts_off_what_waits_for_an_hour(world, anna, first):
    asked = world.now
    anna.write("/later")
    assert "One note comes in an hour" in anna.last.text
    world.until(first.expires_at)
    assert anna.notes() == [first.due_at, asked + timedelta(hours=1)]
    assert [row.n_snoozed for row in anna.checkins()[:1]] == [1]


def test_it_offers_what_the_study_offers(make_world):
    world = make_world(snoozing(15, 60, "tonight"))
    anna = world.joined("Anna")
    first = anna.checkins()[0]
    world.until(first.due_at)
    anna.write("/later")
    assert anna.last.text == "When would be better?"
    assert anna.last.labels[:3] == ["In 15 minutes", "In 1 hour", "Tonight"]
    asked = world.now
    anna.tap("In 15 minutes")
    world.wait(minutes=16)
    assert anna.notes() == [first.due_at, asked + timedelta(minutes=15)]


def test_with_nothing_to_put_off_it_says_so_and_leads_on(world, anna):
    anna.write("/later")
    assert anna.last.text.startswith("Nothing is waiting, so there is nothing to put off.")
    anna.tap("Pause")
    assert "How long would you like a pause?" in anna.last.text
    assert anna.prompts(state="open") == []


def test_in_the_middle_of_a_check_in_it_stays_open_and_no_note_is_promised(world, anna, first):
    anna.tap("Start", "5")
    anna.write("/later")
    assert "What you gave is kept." in anna.last.text
    assert world.count("outbox", kind="reminder", state="pending") == 0
    anna.tap("Go on")
    assert "2 of 7" in anna.last.text


def test_in_a_pause_no_note_is_promised(world, anna, first):
    anna.write("/pause")
    anna.tap("4 hours")
    anna.write("/later")
    assert anna.last.text == f"Fine. You can start any time until {first.expires_at:%H:%M}."


def test_in_a_quiet_time_with_nothing_waiting_it_stays_quiet(make_world):
    soon = SMALL.silence.model_copy(update={"note_after_missed": 1, "offer_after_days": 1, "quiet_after_days": 2})
    world = make_world(SMALL.model_copy(update={"silence": soon}))
    anna = world.joined("Anna")
    world.wait(days=4)
    assert anna.row.standing == "quiet"
    anna.write("/later")
    assert anna.last.text.startswith("Nothing is waiting")
    assert anna.row.standing == "quiet"


def test_who_has_stopped_is_told_where_she_is(world, anna, first):
    anna.write("/stop")
    anna.tap("Stop, and keep what I gave")
    anna.write("/later")
    assert "You have stopped." in anna.last.text
    assert world.count("outbox", kind="reminder", state="pending") == 0
