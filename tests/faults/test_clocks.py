"""Clocks that jump, and machines that disagree. Backward jumps undo and resend nothing; forward jumps may expire. On
PostgreSQL the database's clock decides, whatever the machines say.
"""

import asyncio
import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
import time_machine

from ema import worker as working
from ema.clock import VirtualClock
from ema.config import Settings
from ema.services import deliver, health, signin, staff
from ema.services.backup import back_up_when_due
from ema.services.doctor import examine
from ema.services.installation import Installation
from ema.store import outbox
from ema.store.engine import open_database
from ema.store.tables import FINAL_STATES
from ema.worker import Tick, Worker
from tests.faults.conftest import until
from tests.services.world import PACE, leads_to
from tests.store import people

HOUR = timedelta(hours=1)


class JumpingClock(VirtualClock):
    """One that somebody sets, also back."""

    def put(self, by):
        self._now += by


@pytest.fixture
def clock():
    return JumpingClock(datetime(2026, 3, 2, 12, tzinfo=UTC))


def copies(world):
    """How often each check-in was announced, reminders apart."""
    arrived = [
        call for call in world.sent() if leads_to(call, "start|") and not call.params.get("disable_notification")
    ]
    return Counter(call.params["reply_markup"]["inline_keyboard"][0][0]["callback_data"] for call in arrived)


def ended(world):
    return {row.id: (row.state, row.reason) for row in world.rows("prompt") if row.state in FINAL_STATES}


# --- study time


def test_an_hour_back_undoes_nothing_and_sends_nothing_again(world, anna, clock):
    first = anna.checkins()[0]
    world.until(first.due_at)
    anna.tap("Start", "5", "5")
    before, notes = world.rows("prompt"), len(anna.notes())
    clock.put(-HOUR)
    world.start()
    world.tick()
    assert world.rows("prompt") == before
    assert len(anna.notes()) == notes
    anna.tap(*["5"] * 5)
    assert world.count("answer") == 7
    world.wait(hours=2)
    assert len(anna.notes()) == notes
    assert anna.prompts(id=first.id)[0].state == "completed"


def test_an_hour_forward_may_expire_and_an_hour_back_revives_nothing(world, anna, clock):
    first = anna.checkins()[0]
    world.until(first.due_at - timedelta(minutes=1))
    clock.put(first.expires_at - clock.now() + timedelta(minutes=1))
    world.tick()
    (prompt,) = anna.prompts(id=first.id)
    assert (prompt.state, prompt.reason) == ("undelivered", "outage")
    clock.put(-3 * HOUR)
    world.tick()
    world.until(first.expires_at)
    assert anna.prompts(id=first.id) == [prompt]
    assert anna.notes() == []


def test_the_next_question_does_not_wait_for_the_hour_to_come_again(world, anna, clock):
    """Her answer is stored; before the next question goes out, the clock is put back."""
    world.until(anna.checkins()[0].due_at)
    anna.tap("Start")
    anna.press("5")
    world.run(world.poller.step())
    clock.put(-HOUR)
    world.tick()
    assert anna.last.text.startswith("2 of 7")


def test_what_a_dead_sender_held_does_not_wait_for_the_hour_to_come_again(world, anna, clock):
    world.until(anna.checkins()[0].due_at - timedelta(minutes=1))
    clock.move_to(anna.checkins()[0].due_at + timedelta(minutes=30))
    assert len(deliver.claim(world.here, 10, PACE)) == 1
    clock.put(timedelta(minutes=-20))
    world.tick()
    world.wait(minutes=2)
    assert len(anna.notes()) == 1


def test_whatever_the_clock_does_nothing_comes_twice_or_is_undone(world, anna, clock):
    chance, final, answers = Random(1), {}, 0
    for _ in range(40):
        if chance.random() < 0.3:
            clock.put(chance.choice((-HOUR, HOUR)))
        else:
            clock.put(timedelta(minutes=chance.choice((5, 40, 200))))
        if chance.random() < 0.2:
            world.start()
        world.tick()
        last = anna.last
        if label := next((label for label in ("Start", "5") if last and label in last.labels), None):
            anna.tap(label)
        now_final = ended(world)
        assert final.items() <= now_final.items(), "what is final stays as it is"
        assert world.count("answer") >= answers
        final, answers = now_final, world.count("answer")
        assert all(count == 1 for count in copies(world).values())
    clock.put(timedelta(days=3))
    world.tick()
    world.wait(hours=1)
    assert [one for one in examine(world.database, world.vault, world.now) if one.kind != "tick"] == []


# --- the machine's clock


@pytest.fixture
def here(sqlite_url, vault, tmp_path):
    database = open_database(sqlite_url)
    yield Installation(database, vault, database.clock, Settings(data_dir=tmp_path, backup_dir=tmp_path / "backups"))
    database.close()


def test_the_clockwork_goes_on_when_the_machine_is_put_back_or_forward_an_hour(here, monkeypatch):
    beats = []
    monkeypatch.setattr(working, "JUMP_SECONDS", 0.1)
    monkeypatch.setattr(working, "TICKS", (Tick("one", timedelta(seconds=0.1), lambda _: beats.append(1)),))
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(Worker(here).run(stop)))
    with time_machine.travel(datetime.now(UTC), tick=True) as machine:
        thread.start()
        for jump in (-HOUR, HOUR, -HOUR):
            seen = len(beats)
            until(lambda seen=seen: len(beats) > seen)
            machine.shift(jump)
            seen = len(beats)
            until(lambda seen=seen: len(beats) > seen + 1)
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        assert not [beat for beat in health.heartbeats(here) if beat.late or beat.error]
    loop.close()


def test_how_long_expiry_waits_after_downtime_is_not_the_clocks_to_say(here, monkeypatch):
    monkeypatch.setattr(working, "HOLD_EXPIRY", timedelta(seconds=0.2))
    expiry = next(tick for tick in working.TICKS if tick.name == "expire")
    with time_machine.travel(datetime.now(UTC), tick=True) as machine:
        Worker(here)._beat_now(expiry)
        machine.shift(HOUR)
        worker = Worker(here)
        assert worker._holding()
        machine.shift(-HOUR)
        until(lambda: not worker._holding())


def test_a_jump_costs_no_backup_and_makes_at_most_one_more(here):
    def made():
        return sorted(path.name for path in here.settings.backup_dir.glob("ema-*"))

    with time_machine.travel(datetime(2026, 5, 1, 12, tzinfo=UTC), tick=True) as machine:
        assert back_up_when_due(here)
        machine.shift(timedelta(days=400))
        assert back_up_when_due(here)
        machine.shift(timedelta(days=-399))
        assert back_up_when_due(here), "one from a time to come does not say that there is one for today"
        for _ in range(3):
            assert back_up_when_due(here) is None
        last = replace(here, settings=here.settings.model_copy(update={"backup_keep": 1}))
        machine.shift(timedelta(days=2))
        kept = back_up_when_due(last)
        assert made() == [kept.name], "the newest is the one that was made last"


# --- two machines that disagree


@pytest.fixture
def replicas(postgres_url, vault, tmp_path):
    """Two processes' view of one PostgreSQL."""
    databases = [open_database(postgres_url) for _ in range(2)]
    settings = Settings(data_dir=tmp_path)
    yield [Installation(database, vault, database.clock, settings) for database in databases]
    for database in databases:
        database.close()


@pytest.fixture(params=[-1500, -1, 1, 1500], ids=lambda minutes: f"{minutes} min")
def off(request):
    """The first replica's machine is wrong by so much."""
    span = timedelta(minutes=request.param)
    return lambda: time_machine.travel(datetime.now(UTC) + span, tick=True)


def test_replicas_that_disagree_have_one_time(replicas, off):
    first, second = replicas
    with off():
        theirs = first.clock.now()
    assert abs(second.clock.now() - theirs) < timedelta(seconds=10)


def test_a_heartbeat_of_a_machine_that_is_wrong_is_neither_late_nor_hides_a_late_one(replicas, off):
    first, second = replicas
    with off():
        for tick in working.TICKS[:3]:
            Worker(first)._beat_now(tick)
    assert [check.words for check in health.checks(second) if not check.holds] == []
    assert all(timedelta() <= beat.since < timedelta(seconds=30) for beat in health.heartbeats(second))
    assert Worker(second)._hold_until is None, "there was no downtime"


def test_a_link_that_a_machine_that_is_wrong_made_lives_a_day(replicas, off):
    first, second = replicas
    with off():
        token = signin.issue_link(first, staff.add(first, "Ada", "researcher"))
    session = signin.redeem(second, token)
    with off():
        assert signin.who(first, session) is not None


def test_a_lease_of_a_machine_that_is_wrong_is_as_long_as_any(replicas, off):
    first, second = replicas
    now = second.clock.now()
    with second.database.transaction() as session:
        people.participant(session, "anna")
        people.message(session, "anna", "one", not_before=now)
    with off(), first.database.transaction() as session:
        (row,) = outbox.claim(session, people.BOT, first.clock.now(), 10, deliver.LEASE)
    assert abs(row.lease_until - now - deliver.LEASE) < timedelta(seconds=10)
    with second.database.transaction() as session:
        assert outbox.claim(session, people.BOT, second.clock.now(), 10, deliver.LEASE) == []
