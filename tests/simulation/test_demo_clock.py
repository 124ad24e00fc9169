import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ema.simulation.demo_clock import KEY, LEAD, DemoClock, NoClock, set_clock
from ema.store import settings as stored
from ema.store.engine import open_database

START = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Seconds:
    """Real seconds, as the test wants them to pass."""

    def __init__(self):
        self.passed = 0.0

    def __call__(self):
        return self.passed


@pytest.fixture
def main(sqlite_url):
    opened = open_database(sqlite_url, durable=False)
    yield opened
    opened.close()


def put(database, at):
    with database.transaction() as session:
        set_clock(session, at)


def mark(database):
    with database.reading() as session:
        return datetime.fromisoformat(stored.get(session, KEY))


def test_a_database_without_a_time_is_refused(main):
    with pytest.raises(NoClock):
        DemoClock(main)


def test_it_stands_still_until_it_is_started(main):
    put(main, START)
    seconds = Seconds()
    clock = DemoClock(main, seconds)
    seconds.passed += 100
    assert clock.now() == START
    clock.renew()
    seconds.passed += 10
    assert clock.now() == START + timedelta(seconds=10)


def test_it_stands_at_the_mark_while_nothing_can_be_stored(main):
    put(main, START)
    seconds = Seconds()
    clock = DemoClock(main, seconds)
    clock.renew()
    seconds.passed += 1000
    assert clock.now() == START + LEAD == mark(main)
    clock.renew()
    seconds.passed += 1
    assert clock.now() == START + LEAD + timedelta(seconds=1)


def test_it_goes_on_where_it_was_stopped(main):
    put(main, START)
    seconds = Seconds()
    clock = DemoClock(main, seconds)
    clock.renew()
    seconds.passed += 7
    clock.stop()
    seconds.passed += 3600
    assert clock.now() == mark(main) == DemoClock(main, seconds).now() == START + timedelta(seconds=7)


def test_a_jump_is_stored_and_wakes_the_sender(main):
    put(main, START)
    woken = []
    main.after_commit(lambda: woken.append(1))
    clock = DemoClock(main, Seconds())
    assert clock.move_to(START + timedelta(days=1)) == START + timedelta(days=1)
    assert clock.move_to(START) == START + timedelta(days=1)
    assert mark(main) >= clock.now()
    assert len(woken) == 1


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.floats(0, 100)),
        st.tuples(st.just("jump"), st.floats(-1e5, 1e5)),
        st.tuples(st.sampled_from(["renew", "stop", "kill", "restart"]), st.just(0.0)),
    ),
    max_size=25,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_it_never_goes_back_whatever_happens(main, steps):
    put(main, START)
    seconds = Seconds()
    clock, shown = DemoClock(main, seconds), START
    for step, amount in steps:
        if step == "wait":
            seconds.passed += amount
        elif step == "jump":
            clock.move_to(clock.now() + timedelta(seconds=amount))
        elif step == "renew":
            clock.renew()
        elif step == "stop":
            clock.stop()
        else:
            if step == "restart":
                clock.stop()
            clock = DemoClock(main, seconds)
        assert shown <= clock.now() <= mark(main), json.dumps(steps)
        shown = clock.now()
