"""Clearing up: messages in time, what dead senders held, joinings that nobody decided."""

from datetime import timedelta

import pytest

from ema.services import deliver
from ema.services.reap import reap
from tests.services.world import BOT_ID, PACE

pytestmark = pytest.mark.every_database


def test_no_message_grows_older_than_two_days(world, anna):
    """Telegram lets a bot delete for 48 hours: notes, screens and what she typed all go before."""
    for day in range(6):
        if day % 2:
            anna.write("/help")
        world.wait(hours=20)
        assert all(world.now - message.at < timedelta(hours=48) for message in anna.phone.messages())
    assert world.sandbox.journal.calls("deleteMessage")
    assert not [call for call in world.sandbox.journal.calls("deleteMessage") if call.status != 200]


def test_after_long_downtime_what_cannot_be_deleted_any_more_is_blanked(world, anna):
    world.wait(hours=4)
    world.clock.move_to(world.now + timedelta(hours=50))
    world.start()
    world.rest()
    world.tick()
    old = [message for message in anna.phone.messages() if world.now - message.at > timedelta(hours=48)]
    assert {message.text for message in old} == {"·"}
    assert not any(message.labels for message in old)


def test_hiding_clears_the_whole_chat(world, anna):
    world.wait(hours=4)
    anna.write("/help")
    anna.write("/hide")
    assert anna.phone.messages() == []
    anna.write("/start")
    assert len(anna.phone.messages()) == 1


def test_what_a_dead_sender_held_is_given_back_when_its_lease_ends(world, anna):
    first = anna.checkins()[0]
    world.clock.move_to(first.due_at)
    (work,) = deliver.claim(world.here, 10, PACE)
    reap(world.here)
    assert world.rows("outbox", id=work.row.id)[0].state == "claimed"
    world.clock.move_to(first.due_at + deliver.LEASE)
    reap(world.here)
    assert world.rows("outbox", id=work.row.id)[0].state == "pending"


def test_a_joining_that_nobody_decides_is_forgotten_after_a_week(world):
    (code,) = world.invite()
    anna = world.phone("Anna")
    anna.start(code)
    world.wait(days=6)
    assert anna.row.standing == "joining"
    world.wait(days=2)
    assert anna.id is None
    assert world.count("participant") == 0
    anna.join(code)


def test_clearing_again_does_no_harm(world, anna):
    world.wait(days=2)
    before = world.rows("message")
    for _ in range(3):
        reap(world.here)
    assert world.rows("message") == before


def test_the_inbox_forgets_after_two_days(world, anna):
    assert world.count("inbox") > 0
    world.wait(days=3)
    assert world.count("inbox") == 0


def test_keys_of_nobody_go_portion_by_portion_and_hers_stays(world, anna, monkeypatch):
    monkeypatch.setattr("ema.services.reap.BATCH", 2)
    for number in range(7):
        world.vault.enrol(f"nobody{number}", "telegram", BOT_ID, f"9{number}", world.now)
    world.clock.move_to(world.now + timedelta(hours=2))
    left = []
    for _ in range(5):
        reap(world.here)
        left.append(len(world.vault.keystore.participant_ids()))
    assert left == sorted(left, reverse=True)
    assert left[0] >= 6
    assert world.vault.keystore.participant_ids() == {anna.id}
