"""PostgreSQL that is restarted, full, read-only, or that finds two who want the same. Nothing that was acknowledged is
missing, nothing is half done, and all goes on by itself.
"""

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from bot.poll import Poller
from ema.services import receive as receiving
from ema.services.doctor import examine
from ema.store import sealed, settings
from ema.store.engine import open_database
from ema.store.trouble import Collided, DatabaseTrouble, DatabaseUnavailable, NotStored
from ema.web.app import create_app
from tests.faults.conftest import until
from tests.services.world import BOT_ID, TABLES, leads_to


@pytest.fixture
def database(cluster):
    opened = open_database(cluster.url)
    yield opened
    opened.close()


def stored(database):
    with database.reading() as session:
        return {key for key in map(str, range(200)) if settings.get(session, key) is not None}


class Answering:
    """A person who starts her check-in and answers what she sees, one tap after the other."""

    def __init__(self, someone):
        self.someone, self.seen = someone, set()

    def step(self):
        message = self.someone.phone.last()
        if message is None or (message.id, message.text) in self.seen:
            return
        label = next((label for label in ("Start", "5") if label in message.labels), None)
        if label is not None:
            self.seen.add((message.id, message.text))
            self.someone.phone.tap(message.id, label)


def test_restarted_twice_under_load_and_nobody_notices_more_than_a_pause(world, cluster, running):
    people = [world.joined(name) for name in ("Anna", "Bella", "Cleo")]
    firsts = [someone.checkins()[0] for someone in people]
    web = TestClient(create_app(world.here), raise_server_exceptions=False)
    world.clock.move_to(max(first.due_at for first in firsts))
    running(world.here, world.sandbox)
    answering, modes = [Answering(someone) for someone in people], ["immediate", "fast"]
    given, everything, seen = 0, 7 * len(people), set()

    def completed():
        for one in answering:
            one.step()
        seen.add(web.get("/readyz").status_code)
        return given_now() == everything

    def given_now():
        nonlocal given
        given = ask_count(world, given)
        if modes and given >= everything * (3 - len(modes)) / 3:
            cluster.restart(modes.pop())
        return given

    until(completed, seconds=60)
    assert modes == []
    assert seen <= {200, 503}
    until(lambda: [world.rows("prompt", id=first.id)[0].state for first in firsts] == ["completed"] * 3)
    assert Counter(row.prompt_id for row in world.rows("answer")) == dict.fromkeys((first.id for first in firsts), 7)
    assert world.rows("inbox", state="failed") == []
    arrived = [call for call in world.sandbox.journal.calls("sendMessage") if leads_to(call, "start|")]
    assert len(arrived) <= len(people) + 2, "at most one copy for each restart"
    until(lambda: web.get("/readyz").json()["checks"]["writes"]["status"] == "ok")
    assert [one for one in examine(world.database, world.vault, world.now) if one.kind != "tick"] == []


def ask_count(world, last):
    """How many answers are stored; as many as before while nobody can say."""
    try:
        return world.count("answer")
    except DatabaseTrouble:
        return last


def test_no_connection_left_is_said_and_nothing_is_acknowledged_that_is_not_stored(cluster, database):
    refused, acknowledged = [], []

    def write(number):
        try:
            with database.transaction() as session:
                settings.put(session, str(number), "written")
        except DatabaseUnavailable as error:
            refused.append(str(error))
        else:
            acknowledged.append(str(number))

    with cluster.full() as others:
        run_all(write, range(12))
        assert len(refused) == 12
        assert all("nothing was stored" in words for words in refused)
        others.pop().close()
        others.pop().close()
        until(lambda: write(12) or acknowledged)
    run_all(write, range(20, 32))
    assert stored(database) == set(acknowledged) == {"12", *map(str, range(20, 32))}


def run_all(work, numbers):
    threads = [threading.Thread(target=work, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def test_a_page_that_can_not_be_read_now_says_so_kindly(world, cluster):
    web = TestClient(create_app(world.here), raise_server_exceptions=False)
    with cluster.full():
        answer = web.get("/readyz")
    assert answer.status_code == 503
    assert "please try again" in answer.text
    assert "FATAL" not in answer.text
    until(lambda: web.get("/readyz").json()["checks"]["writes"]["status"] == "ok")


def test_a_tap_while_no_connection_is_left_comes_again_and_is_never_given_up(world, anna, cluster):
    asked(world, anna)
    anna.press("5")
    with cluster.full():
        for _ in range(receiving.TRIES + 1):
            with pytest.raises(DatabaseTrouble):
                world.run(world.poller.step())
    assert world.sandbox.pending_updates() == 1
    until(lambda: able(world.rest))
    assert world.count("answer") == 1
    assert anna.last.text.startswith("2 of 7")


def able(work):
    """Whether it works now: a connection that was closed is free a moment later."""
    try:
        work()
    except DatabaseTrouble:
        return False
    return True


def test_a_note_that_was_sent_while_the_database_restarted_is_not_sent_again(world, anna, cluster, monkeypatch):
    first = anna.checkins()[0]
    world.until(first.due_at - timedelta(minutes=1))
    world.clock.move_to(first.due_at)
    send = world.channel.send

    async def send_and_restart(*args, **options):
        result = await send(*args, **options)
        cluster.restart("immediate")
        return result

    monkeypatch.setattr(world.channel, "send", send_and_restart)
    world.run(world.sender.step())
    monkeypatch.undo()
    world.wait(minutes=2)
    assert len(anna.notes()) == 1
    assert anna.prompts(id=first.id)[0].state == "open"


def asked(world, someone):
    """She sees the first question."""
    world.until(someone.checkins()[0].due_at)
    someone.tap("Start")


def test_of_two_who_wait_for_each_other_one_is_refused_whole(database):
    with database.transaction() as session:
        for key in ("1", "2"):
            settings.put(session, key, "before")
    met, ends = threading.Barrier(2), {}

    def change(name, first, second):
        try:
            with database.transaction() as session:
                settings.put(session, first, name)
                met.wait(10)
                settings.put(session, second, name)
            ends[name] = "stored"
        except Collided:
            ends[name] = "refused"

    threads = [threading.Thread(target=change, args=args) for args in (("a", "1", "2"), ("b", "2", "1"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(ends.values()) == ["refused", "stored"]
    (winner,) = (name for name, end in ends.items() if end == "stored")
    with database.reading() as session:
        assert {settings.get(session, key) for key in ("1", "2")} == {winner}


def test_a_serialization_failure_is_refused_whole(database):
    with database.transaction() as session:
        settings.put(session, "1", "before")
    with pytest.raises(Collided):
        write_what_somebody_else_changes(database)
    with database.reading() as session:
        assert (settings.get(session, "1"), settings.get(session, "2")) == ("theirs", None)


def write_what_somebody_else_changes(database):
    with database.transaction() as session:
        session.connection().exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        settings.get(session, "1")
        settings.put(session, "2", "half")
        in_another_thread(database, "1", "theirs")
        settings.put(session, "1", "mine")


def in_another_thread(database, key, value):
    def put():
        with database.transaction() as session:
            settings.put(session, key, value)

    thread = threading.Thread(target=put)
    thread.start()
    thread.join(30)


def test_a_tap_that_met_a_deadlock_is_taken_at_once_a_second_time(world, anna, cluster, monkeypatch):
    asked(world, anna)
    anna.press("5")
    (update,) = world.run(world.channel.bot.get_updates())
    other, load, tries = cluster.connect(), sealed.load_states, []
    other.execute("SET deadlock_timeout = '1min'")  # so that not this one is refused
    other.execute("SELECT 1 FROM conversation WHERE participant_id = %s FOR UPDATE", [anna.id])

    def wait_for_inbox():
        other.execute(
            "INSERT INTO inbox (bot_id, update_id, state, received_at, attempts) VALUES (%s, %s, 'done', now(), 0)",
            [BOT_ID, update.update_id],
        )
        other.rollback()

    waiting = threading.Thread(target=wait_for_inbox)

    def meet(session, keys, *, lock=True):
        tries.append(keys) if lock else None
        if len(tries) == 1 and lock:
            waiting.start()
            with cluster.connect(autocommit=True) as look:
                waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pid = %s"
                until(lambda: look.execute(waits, [other.info.backend_pid]).fetchone())
        return load(session, keys, lock=lock)

    monkeypatch.setattr(sealed, "load_states", meet)
    world.rest()
    waiting.join(30)
    other.close()
    assert len(tries) == 2
    assert world.count("answer") == 1
    assert anna.last.text.startswith("2 of 7")


def test_a_standby_says_that_it_takes_no_writes_and_takes_them_once_it_is_promoted(world, anna, cluster):
    """As after a fail-over that sent us to the wrong server."""
    asked(world, anna)
    anna.press("5")
    with cluster.standby() as standby:
        database = open_database(standby.url)
        here = replace(world.here, database=database, clock=world.clock)
        web = TestClient(create_app(here), raise_server_exceptions=False)
        poller = Poller(world.channel, receiving.gathered(here), lambda: None)
        for _ in range(receiving.TRIES + 1):
            with pytest.raises(NotStored, match="read-only"):
                world.run(poller.step())
        assert "takes no writes" in web.get("/readyz").text
        standby.promote()
        world.run(poller.step())
        assert web.get("/readyz").json()["checks"]["writes"]["status"] == "ok"
        with database.reading() as session:
            assert session.execute(select(func.count()).select_from(TABLES["answer"])).scalar_one() == 1
        database.close()
