"""Sending: what is due, once, within its window, and never to somebody who said no."""

import itertools
from datetime import timedelta

import pytest

from bot.sandbox import Fault
from ema.services import deliver
from tests.services.world import PACE, SMALL, leads_to

pytestmark = pytest.mark.every_database

NOTE = SMALL.note.say("en")


@pytest.fixture
def first(world, anna):
    return anna.checkins()[0]


def state(someone, prompt):
    (row,) = someone.prompts(id=prompt.id)
    return row.state, row.reason


def test_a_note_says_nothing_and_opens_its_prompt(world, anna, first):
    world.until(first.due_at)
    assert anna.notes() == [first.due_at]
    assert (anna.last.text, anna.last.silent, anna.last.protected) == ("You have a note.", False, True)
    assert anna.last.labels == ["Start", "Later", "Skip"]
    assert state(anna, first) == ("open", None)


def test_questions_appear_only_in_the_message_that_she_tapped(world, anna, first):
    world.until(first.due_at)
    note = anna.last.id
    anna.tap("Start")
    assert anna.last.id == note
    assert "How do you feel right now?" in anna.last.text
    assert all(call.params["text"] != anna.last.text for call in world.sent())


def test_one_silent_reminder_an_hour_later(world, anna, first):
    world.until(first.expires_at)
    assert anna.notes() == [first.due_at, first.due_at + timedelta(hours=1)]
    silent = [call.params.get("disable_notification", False) for call in world.sent() if leads_to(call, "start|")]
    assert silent == [False, True]


@pytest.mark.parametrize("button", ["Start", "Skip"])
def test_no_reminder_once_she_has_done_something(world, anna, first, button):
    world.until(first.due_at)
    anna.tap(button)
    world.until(first.expires_at)
    assert len(anna.notes()) == 1


def test_no_reminder_when_reminders_are_off(world, anna, first):
    anna.write("/start")
    anna.tap("Switch reminders off")
    world.until(first.expires_at)
    assert len(anna.notes()) == 1


def test_later_brings_one_note_in_an_hour_and_no_other(world, anna, first):
    world.until(first.due_at + timedelta(minutes=30))
    anna.tap("Later")
    world.until(first.expires_at)
    assert anna.notes()[1:] == [first.due_at + timedelta(minutes=90)]


def test_the_older_note_loses_its_buttons_when_the_reminder_comes(world, anna, first):
    world.until(first.due_at + timedelta(hours=1))
    assert [message.labels for message in anna.phone.messages() if message.text == NOTE] == [
        [],
        ["Start", "Later", "Skip"],
    ]


def test_what_is_claimed_is_claimed_by_nobody_else(world, anna, first):
    world.clock.move_to(first.due_at)
    assert [work.row.prompt_id for work in deliver.claim(world.here, 10, PACE)] == [first.id]
    assert deliver.claim(world.here, 10, PACE) == []


# --- when Telegram says no


def test_a_blocked_bot_is_no_reproach_and_no_missed_prompt(world, anna, first):
    other = world.joined("Bella")
    anna.phone.block()
    world.until(first.expires_at)
    assert state(anna, first) == ("undelivered", "blocked")
    assert len(other.notes()) == 2, "nobody else is held up"
    anna.phone.unblock()
    world.rest()
    world.wait(hours=4)
    assert anna.checkins()[1].state == "open"


def test_an_account_that_is_gone_shows_itself_at_the_next_note(world, anna, first):
    anna.phone.deactivate()
    world.until(first.due_at)
    assert state(anna, first) == ("undelivered", "blocked")
    assert anna.row.blocked_at == first.due_at


def test_who_blocked_and_came_back_finds_no_old_message_left(world, anna, first):
    world.until(first.due_at)
    anna.phone.block()
    world.wait(days=3)
    anna.phone.unblock()
    world.rest()
    world.wait(hours=1)
    assert all(world.now - message.at < timedelta(hours=48) for message in anna.phone.messages())
    assert not world.rows("message", gone_at=None, prompt_id=first.id)


def test_a_screen_in_a_message_that_is_gone_is_put_up_anew(world, anna, first):
    world.until(first.due_at)
    anna.press("Start")
    anna.phone.delete_message(anna.last.id)
    world.rest()
    assert "How do you feel right now?" in anna.last.text


def test_a_limit_is_waited_out_as_long_as_telegram_says(world, anna, first):
    world.sandbox.faults.add(Fault(method="sendMessage", code=429, retry_after=40))
    world.until(first.due_at)
    assert anna.notes() == []
    world.wait(seconds=39)
    assert anna.notes() == []
    world.wait(seconds=3)
    assert len(anna.notes()) == 1


def test_trouble_is_retried_more_and_more_slowly(world, anna, first):
    world.sandbox.faults.add(Fault(method="sendMessage", code=502, times=5))
    world.until(first.due_at + timedelta(minutes=5))
    tries = [call.at for call in world.sandbox.journal.calls("sendMessage") if leads_to(call, "start|")]
    waits = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(tries)]
    assert len(waits) == 5
    for wait, least in zip(waits, (2, 4, 8, 16, 32), strict=True):
        assert least <= wait <= least * 1.2
    assert len(anna.notes()) == 1


def test_a_message_that_may_have_arrived_is_sent_again_and_no_harm_is_done(world, anna, first):
    """The answer was lost on the way back: there are two, and either may be tapped."""
    world.sandbox.faults.add(Fault(method="sendMessage", kind="reset", when="after"))
    world.until(first.due_at + timedelta(minutes=1))
    assert [message.text for message in anna.phone.messages()].count(NOTE) == 2
    anna.answer()
    assert state(anna, first) == ("completed", None)


def test_nobody_knows_whether_it_arrived_and_nothing_was_tapped(world, anna, first):
    world.sandbox.faults.add(Fault(method="sendMessage", kind="reset", when="after"))
    world.sandbox.faults.add(Fault(method="sendMessage", code=429, retry_after=1800, times=None))
    world.until(first.expires_at + timedelta(minutes=1), every=timedelta(minutes=30))
    assert state(anna, first) == ("unknown", "ambiguous send")


def test_trouble_until_the_window_closes_comes_to_an_end(world, anna, first):
    world.sandbox.faults.add(Fault(method="sendMessage", code=429, retry_after=3600, times=None))
    world.until(first.expires_at + timedelta(minutes=1))
    assert state(anna, first) == ("undelivered", "outage")
    assert len(world.sandbox.journal.calls("sendMessage", chat_id=anna.phone.id)) < 40


def test_a_request_that_telegram_refuses_for_good_is_told_to_staff(world, anna, first):
    world.sandbox.faults.add(Fault(method="sendMessage", code=400, description="Bad Request: something new"))
    world.until(first.due_at)
    assert state(anna, first) == ("undelivered", "refused")


# --- when she says no


def dead_sender_holds(world, first):
    """The note is claimed by a sender that dies without a word."""
    world.clock.move_to(first.due_at)
    (work,) = deliver.claim(world.here, 10, PACE)
    assert work.row.prompt_id == first.id


@pytest.mark.parametrize(
    ("how", "taps"),
    [
        ("/pause", ["A week"]),
        ("/stop", ["Stop, and keep what I gave"]),
        ("/stop", ["Stop, and erase everything", "Yes, erase everything"]),
    ],
)
def test_what_was_claimed_before_is_not_sent_after_she_said_no(world, anna, first, how, taps):
    anna.write(how)
    anna.tap(*taps[:-1])
    dead_sender_holds(world, first)
    anna.press(taps[-1])
    world.rest()
    world.until(first.expires_at + timedelta(days=1))
    assert anna.notes() == []


def test_nothing_is_sent_in_a_pause_and_the_row_says_why(world, anna, first):
    anna.write("/pause")
    anna.tap("Until tomorrow")
    world.wait(days=1)
    assert [state(anna, prompt) for prompt in anna.checkins()[:2]] == [("paused", "paused")] * 2
    assert anna.notes() == []
    world.wait(hours=10)
    assert len(anna.notes()) > 0, "tomorrow they go on"


def test_a_pause_while_it_is_open_ends_the_reminder(world, anna, first):
    world.until(first.due_at + timedelta(minutes=10))
    anna.write("/pause")
    anna.tap("Until tomorrow")
    world.until(first.expires_at)
    assert len(anna.notes()) == 1
    assert state(anna, first) == ("paused", "paused while it was open")


def test_a_pause_that_is_ended_lets_the_next_one_through(world, anna, first):
    anna.write("/pause")
    anna.tap("A week", "End the pause")
    world.until(first.due_at)
    assert anna.notes() == [first.due_at]


# --- downtime


def test_after_three_hours_down_what_closed_says_so_and_what_is_open_is_sent_once(world, anna):
    """Her windows are 15:12–19:12 and 21:46–01:46. Nothing runs from 18:00 to 21:00, nor from 22:00 to 23:30."""
    late, (first, second, third, *_) = world.joined("Cleo"), anna.checkins()
    world.clock.move_to(first.due_at - timedelta(minutes=5))  # and already before that
    world.down(hours=5)
    assert state(anna, first) == ("undelivered", "outage")
    assert anna.notes() == []
    world.until(second.due_at - timedelta(minutes=5))
    world.down(hours=3)
    assert len(anna.notes()) == 1, "once, and the reminder whose time has passed does not come on top"
    assert state(anna, second) == ("open", None)
    world.until(min(second.expires_at, third.due_at) - timedelta(minutes=1))
    assert len(anna.notes()) == 1
    assert sum(one.sent_at is not None for one in late.checkins()) == 1, "what else she got is its reminder"


def test_after_downtime_only_the_latest_reminder_comes(world, anna, first):
    world.until(first.due_at + timedelta(minutes=50))
    anna.press("Later")
    world.rest()  # one note at +110 min, in place of the reminder at +60
    world.down(hours=2)
    assert len(anna.notes()) == 2


def test_what_was_due_in_a_pause_is_not_sent_after_downtime(world, anna, first):
    """She paused for four hours; the pause was over before anything ran again, and the window was still open."""
    world.until(first.due_at - timedelta(hours=1))
    anna.write("/pause")
    anna.tap("4 hours")
    world.down(hours=4, minutes=30)
    assert state(anna, first) == ("paused", "paused")
    assert anna.notes() == []
