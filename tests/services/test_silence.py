"""Long silence is answered kindly, and never with a withdrawal."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from ema.domain.schedules.base import Window
from ema.services.silence import next_window, watch_silence
from tests.services.world import SMALL, leads_to

MISSED_SOME, OTHER_TIMES, HELLO = "missed_some", "other_times", "hello"
WORDS = {
    MISSED_SOME: "Just a hello. No need to answer anything. Notes go on as before.",
    OTHER_TIMES: "Would other times suit you better, or a pause? Both are fine.",
    HELLO: "Hello. Notes are resting. You can go on with one tap, or leave it as it is.",
}


def said(someone, words):
    return someone.words(words)


@pytest.fixture
def missed_four(world, anna):
    world.until(anna.checkins()[3].expires_at)
    return anna


def test_after_four_missed_one_kind_note_in_her_next_window(world, missed_four):
    anna = missed_four
    assert said(anna, MISSED_SOME) == []
    world.wait(days=2)
    (at,) = said(anna, MISSED_SOME)
    assert at.astimezone(ZoneInfo("Europe/London")).strftime("%H:%M") in {"15:00", "21:30"}
    (note,) = [call for call in world.sent() if leads_to(call, "go|silence.missed_some")]
    assert note.params["disable_notification"]


def test_an_answer_begins_a_new_count(world, anna):
    world.until(anna.checkins()[3].due_at)
    anna.answer()
    world.wait(days=1)
    assert said(anna, MISSED_SOME) == []
    world.wait(days=3)
    assert len(said(anna, MISSED_SOME)) == 1


def test_skipping_is_an_answer_too(world, anna):
    world.until(anna.checkins()[3].due_at)
    anna.tap("Skip")
    world.wait(days=1)
    assert said(anna, MISSED_SOME) == []


def test_a_kind_note_is_not_sent_to_somebody_who_has_come_back(world, missed_four):
    anna = missed_four
    anna.write("/checkin")
    anna.tap(*["5"] * 7)
    world.wait(days=1)
    assert said(anna, MISSED_SOME) == []


def test_after_seven_days_other_times_are_offered_once(world, anna):
    heard = anna.row.last_heard_at
    world.wait(days=8)
    (at,) = said(anna, OTHER_TIMES)
    assert timedelta(days=7) <= at - heard <= timedelta(days=8)
    assert anna.row.standing == "active"
    anna.tap("Have a look")
    (offer,) = [message for message in anna.phone.messages() if message.text == WORDS[OTHER_TIMES]]
    assert {"My times", "Pause"} <= set(offer.labels)


def test_after_fourteen_days_notes_rest_and_each_says_why(world, anna):
    world.wait(days=17)
    assert anna.row.standing == "quiet"
    assert {(p.state, p.reason) for p in anna.checkins() if anna.row.quiet_at < p.due_at < world.now} == {
        ("quiet", "quiet")
    }
    assert max(anna.notes()) < anna.row.quiet_at
    (enrolment,) = world.rows("enrolment")
    assert enrolment.ended_at is None, "never dropped"


def test_a_light_hello_once_a_week(make_world):
    checkin = SMALL.schedules[0].model_copy(update={"last_day": 60})
    world = make_world(SMALL.model_copy(update={"schedules": (checkin,), "days": 60}))
    anna = world.joined()
    world.wait(days=14 + 22)
    hellos = said(anna, HELLO)
    assert len(hellos) == 3
    assert {at.astimezone(ZoneInfo("Europe/London")).hour for at in hellos} <= {15, 21}
    assert all(round((later - earlier) / timedelta(days=1)) == 7 for earlier, later in itertools.pairwise(hellos))


@pytest.fixture
def resting(make_world):
    """Her notes rest, and a hello has come; in a study where that takes days, not weeks."""
    soon = SMALL.silence.model_copy(update={"quiet_after_days": 3, "hello_every_days": 2})
    world = make_world(SMALL.model_copy(update={"silence": soon}))
    someone = world.joined()
    world.wait(days=6)
    assert someone.row.standing == "quiet"
    return someone


def test_one_tap_on_go_on_resumes(resting):
    world, anna = resting.world, resting
    anna.tap("Have a look", "Go on")
    assert anna.last.text.startswith("Good to have you here.")
    assert anna.row.standing == "active"
    before = len(anna.notes())
    world.wait(days=1)
    assert len(anna.notes()) > before


def test_the_hello_can_be_switched_off_without_coming_back(resting):
    world, anna = resting.world, resting
    anna.tap("Have a look")
    assert anna.last.text == WORDS[HELLO]
    assert anna.row.standing == "quiet", "looking is no wish for notes either"
    anna.tap("No more hellos")
    assert anna.row.standing == "quiet", "switching the hello off is not"
    before, hellos = len(anna.notes()), len(said(anna, HELLO))
    world.wait(days=5)
    assert (len(anna.notes()), len(said(anna, HELLO))) == (before, hellos)


def test_a_pause_is_no_silence(world, anna):
    anna.write("/pause")
    anna.tap("A week")
    world.wait(days=12)
    assert said(anna, OTHER_TIMES) == []
    assert anna.row.standing == "active"


def test_a_pause_that_she_ends_early_hides_no_silence(world, anna):
    anna.write("/pause")
    anna.tap("A week")
    world.wait(days=1)
    anna.write("/pause")
    anna.tap("End the pause")
    ended = world.now
    world.wait(days=8)
    (at,) = said(anna, OTHER_TIMES)
    assert timedelta(days=7) <= at - ended <= timedelta(days=8)


def test_who_came_back_and_falls_silent_again_is_offered_other_times_again(make_world):
    checkin = SMALL.schedules[0].model_copy(update={"last_day": 60})
    rarely = SMALL.silence.model_copy(update={"hello_every_days": 30})
    world = make_world(SMALL.model_copy(update={"schedules": (checkin,), "days": 60, "silence": rarely}))
    anna = world.joined()
    world.wait(days=20)
    assert anna.row.standing == "quiet"
    anna.write("/checkin")
    anna.tap(*["5"] * 7)
    assert anna.row.standing == "active"
    came_back = world.now
    world.wait(days=8)
    first, second = said(anna, OTHER_TIMES)
    assert first < came_back
    assert timedelta(days=7) <= second - came_back <= timedelta(days=8)


def test_the_tick_looks_only_at_those_for_whom_it_is_time(make_world, monkeypatch):
    """Whoever is silent waits for her day; who answers is looked at once a week, for nothing."""
    world = make_world(SMALL)
    anna, bella = world.joined("Anna"), world.joined("Bella")
    world.wait(days=3)
    looked = []
    monkeypatch.setattr("ema.services.silence._watch", lambda _session, who, _now: looked.append(who.participant.id))
    watch_silence(world.here)
    assert looked == []
    world.clock.move_to(max(row.silence_next_at for row in world.rows("enrolment")))
    monkeypatch.undo()
    assert watch_silence(world.here) == 0
    for someone in (anna, bella):
        (row,) = world.rows("enrolment", participant_id=someone.id)
        assert row.silence_next_at - someone.row.last_heard_at == timedelta(days=14)


def test_many_silent_people_do_not_hide_one_who_falls_silent_now(make_world, monkeypatch):
    """However many rest already, everybody is looked at."""
    monkeypatch.setattr("ema.services.silence.BATCH", 2)
    soon = SMALL.silence.model_copy(update={"offer_after_days": 1, "quiet_after_days": 2})
    world = make_world(SMALL.model_copy(update={"silence": soon}))
    anna, *others = [world.joined(name) for name in ("Anna", "Bella", "Cleo", "Dora")]
    world.wait(days=1)
    anna.write("/start")
    world.wait(days=1.5)
    assert anna.row.standing == "active"
    world.wait(days=1)
    assert {other.row.standing for other in [*others, anna]} == {"quiet"}


@pytest.mark.parametrize(
    ("changes", "opens"),
    [
        ({}, "12 15:00"),
        ({"quiet": (Window(start=time(14), end=time(15, 20)),)}, "12 15:20"),
        ({"quiet": (Window(start=time(14), end=time(16)),)}, "12 21:30"),
        ({"weekday_windows": {2: {"afternoon": Window(start=time(17), end=time(17, 30))}}}, "12 17:00"),
        ({"never_before": time(22), "never_after": time(14)}, None),
    ],
)
def test_kind_words_keep_to_the_hours_that_she_chose(changes, opens):
    """A Tuesday at noon."""
    hers = replace(SMALL.preferences("late", "UTC"), **changes)
    at = next_window(datetime(2026, 5, 12, 12, tzinfo=UTC), hers)
    assert (at and f"{at:%d %H:%M}") == opens
