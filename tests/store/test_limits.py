"""What a bot may send is one bucket for all workers, by the database's clock. On both databases."""

import threading
import time

from sqlalchemy import select, update

from ema.store import limits
from ema.store.rows import table_of
from ema.store.tables import BotLimit

LIMIT = table_of(BotLimit)
BOT = 7
HOUR = 3600.0
RATE, FULL = 40.0, 10


def room(database, per_second=RATE, bot=BOT):
    with database.transaction() as session:
        return limits.room(session, bot, per_second)


def take(database, number, per_second=RATE, bot=BOT):
    with database.transaction() as session:
        return limits.take(session, bot, number, per_second)


def rest(database, seconds, bot=BOT):
    with database.transaction() as session:
        limits.rest(session, bot, seconds)


def clock_jumps(database, seconds):
    """As if the database's clock had been set forward by so much, or back."""
    with database.transaction() as session:
        session.execute(
            update(LIMIT).values(refilled_at=LIMIT.c.refilled_at - seconds, rest_until=LIMIT.c.rest_until - seconds)
        )


def test_a_bot_may_send_a_quarter_of_a_second_at_once_and_then_waits(database):
    assert room(database) == limits.Room(FULL, resting=False)
    assert take(database, FULL)
    assert room(database).messages < FULL
    assert not take(database, FULL)


def test_it_fills_with_time(database):
    room(database)
    assert take(database, FULL)
    clock_jumps(database, 0.15)
    assert room(database).messages >= RATE / 10
    clock_jumps(database, 60)
    assert room(database).messages == FULL, "never more than a quarter of a second's worth"


def test_a_slow_bot_sends_one_at_a_time(database):
    assert room(database, 0.1).messages == 1
    assert take(database, 1, 0.1)
    assert room(database, 0.1).messages == 0


def test_looking_takes_nothing(database):
    assert [room(database).messages for _ in range(3)] == [FULL] * 3


def test_each_bot_has_its_own(database):
    room(database)
    assert take(database, FULL)
    rest(database, HOUR)
    assert room(database, bot=8) == limits.Room(FULL, resting=False)


def test_a_bot_that_was_told_to_wait_rests_however_full_its_bucket(database):
    rest(database, HOUR)
    assert room(database).resting
    assert not take(database, 1)
    clock_jumps(database, HOUR)
    assert room(database) == limits.Room(FULL, resting=False)
    assert take(database, 1)


def test_a_shorter_rest_does_not_end_a_longer_one(database):
    rest(database, HOUR)
    rest(database, 1)
    clock_jumps(database, 60)
    assert room(database).resting


def test_a_clock_that_goes_back_an_hour_holds_nobody_up_for_an_hour(database):
    room(database, 0.1)
    assert take(database, 1, 0.1)
    rest(database, 60)
    clock_jumps(database, -HOUR)
    assert room(database, 0.1) == limits.Room(0, resting=True), (
        "the rest is as long as it was, and the jump gave nothing"
    )
    clock_jumps(database, 61)
    assert room(database, 0.1) == limits.Room(1, resting=False)


def test_many_workers_together_take_no_more_than_there_is(database):
    room(database)
    taken, gate = [], threading.Barrier(6)

    def work():
        gate.wait()
        taken.extend(5 for _ in range(20) if take(database, 5))

    began = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert FULL <= sum(taken) <= FULL + RATE * (time.monotonic() - began) + 1


def test_there_is_one_row_for_each_bot(database):
    for bot in (7, 8, 7):
        room(database, bot=bot)
    with database.reading() as session:
        assert sorted(session.execute(select(LIMIT.c.bot_id)).scalars()) == [7, 8]
