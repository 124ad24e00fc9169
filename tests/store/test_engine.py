"""One way to write and one way to read, on both databases; and SQLite's shared commit, in good and in bad moments."""

# ruff: noqa: PT012 - a transaction that fails is the point

import sqlite3
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from ema.store import engine, settings
from ema.store.body import CommitElsewhere
from ema.store.engine import (
    DatabaseClock,
    DatabaseTooNew,
    DatabaseUnavailable,
    NestedTransaction,
    check_code,
    open_database,
    wake_sender,
)
from ema.store.rows import table_of
from ema.store.shared_commit import NotStored
from ema.store.tables import Setting
from ema.store.trouble import OtherRelease

SETTING = table_of(Setting)


class Refused(Exception):
    pass


def stored(database):
    with database.reading() as session:
        return {row.key for row in session.execute(SETTING.select())}


def add(session, key):
    session.execute(SETTING.insert().values(key=key, value="x"))


def test_a_body_that_ends_is_stored_and_one_that_raises_is_not(database):
    with database.transaction() as session:
        add(session, "kept")
    with pytest.raises(Refused), database.transaction() as session:
        add(session, "gone")
        raise Refused
    assert stored(database) == {"kept"}


def test_orm_objects_are_flushed(database):
    with database.transaction() as session:
        session.add(Setting(key="orm", value="x"))
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add(Setting(key="orm", value="again"))
    assert stored(database) == {"orm"}


def test_an_inner_savepoint_can_fail_alone(database):
    with database.transaction() as session:
        add(session, "before")
        with pytest.raises(IntegrityError), session.begin_nested():
            add(session, "inside")
            add(session, "before")
        add(session, "after")
    assert stored(database) == {"before", "after"}


def test_a_transaction_inside_a_transaction_is_refused(database):
    with database.transaction() as session:
        with pytest.raises(NestedTransaction), database.transaction():
            pass
        add(session, "outer")
    assert stored(database) == {"outer"}


def test_a_body_can_not_commit_or_roll_back(database):
    with database.transaction() as session:
        add(session, "kept")
        with pytest.raises(CommitElsewhere):
            session.commit()
        with pytest.raises(CommitElsewhere):
            session.rollback()
    assert stored(database) == {"kept"}


def test_reading_can_not_write(database):
    with pytest.raises(NotStored, match=r"(?i)read-only"), database.reading() as session:
        add(session, "never")
    assert stored(database) == set()


def test_a_reader_keeps_its_snapshot(database):
    with database.reading() as session:
        assert session.execute(SETTING.select()).all() == []
        with database.transaction() as writing:
            add(writing, "later")
        assert session.execute(SETTING.select()).all() == []
    assert stored(database) == {"later"}


def test_listeners_hear_of_commits_that_touch_the_outbox_only(database):
    seen = []
    database.after_commit(lambda: seen.append(stored(database)))
    with database.transaction() as session:
        add(session, "quiet")
    with pytest.raises(Refused), database.transaction() as session:
        wake_sender(session)
        raise Refused
    assert seen == []
    with database.transaction() as session:
        add(session, "loud")
        wake_sender(session)
    assert seen == [{"quiet", "loud"}]


def test_32_threads_are_all_stored_before_they_go_on(database):
    lost, wrong = [], []

    def work(number):
        for turn in range(10):
            key = f"{number}.{turn}"
            try:
                with database.transaction() as session:
                    add(session, key)
                    if turn % 3 == 2:
                        raise Refused  # noqa: TRY301
            except Refused:
                wrong.extend([key] if turn % 3 != 2 else [])
            with database.reading() as session:
                there = session.execute(SETTING.select().where(SETTING.c.key == key)).first() is not None
            if there != (turn % 3 != 2):
                lost.append(key)

    run_all([lambda number=number: work(number) for number in range(32)])
    assert lost == []
    assert wrong == []
    assert len(stored(database)) == 32 * 7


def run_all(jobs):
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)


# --- SQLite's shared commit


@pytest.fixture
def sqlite_database(sqlite_url):
    opened = open_database(sqlite_url)
    yield opened
    opened.close()


class Crowd:
    """Bodies that queue up behind a first one, in order, so that one commit serves them all."""

    def __init__(self, database):
        self.database, self.order, self.errors, self.statements = database, [], {}, []
        database._shared._raw.set_trace_callback(self.statements.append)

    def run(self, *bodies):
        queue = self.database._shared._queue
        started = threading.Event()

        def job(number, body):
            try:
                with self.database.transaction() as session:
                    if number == 0:
                        started.set()
                        wait_until(lambda: len(queue) == len(bodies) - 1)
                    self.order.append(number)
                    body(session)
            except Exception as error:  # noqa: BLE001
                self.errors[number] = error

        threads = [threading.Thread(target=job, args=each) for each in enumerate(bodies)]
        threads[0].start()
        started.wait(10)
        for behind, thread in enumerate(threads[1:], 1):
            thread.start()
            wait_until(lambda behind=behind: len(queue) >= behind)
        for thread in threads:
            thread.join(10)
        self.database._shared._raw.set_trace_callback(None)
        assert not any(thread.is_alive() for thread in threads)

    def count(self, statement):
        return self.statements.count(statement)


def wait_until(true):
    tick = threading.Event()
    for _ in range(2000):
        if true():
            return
        tick.wait(0.005)
    raise TimeoutError


def adding(key):
    return lambda session: add(session, key)


def failing(key):
    def body(session):
        add(session, key)
        raise Refused

    return body


def orphan(session):
    """Breaks a foreign key in a way that SQLite finds out at the COMMIT."""
    connection = session.connection()
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    connection.exec_driver_sql(
        "INSERT INTO sign_in (token_hash, kind, staff_id, created_at, expires_at) VALUES ('a', 'link', 99, '2026', '2026')"
    )


@pytest.fixture
def crowd(sqlite_database, monkeypatch):
    monkeypatch.setattr("ema.store.shared_commit.GROUP_SECONDS", 60)
    return Crowd(sqlite_database)


def test_bodies_run_in_the_order_in_which_they_came_and_share_one_commit(crowd, sqlite_database):
    crowd.run(*(adding(f"{number}") for number in range(8)))
    assert crowd.order == list(range(8))
    assert crowd.count("COMMIT") == 1
    assert len(stored(sqlite_database)) == 8


@pytest.mark.parametrize("where", [0, 1, 3])
def test_a_failing_body_takes_back_only_its_own(crowd, sqlite_database, where):
    bodies = [adding(f"{number}") for number in range(4)]
    bodies[where] = failing(f"{where}")
    crowd.run(*bodies)
    assert stored(sqlite_database) == {f"{number}" for number in range(4) if number != where}
    assert {number: type(error) for number, error in crowd.errors.items()} == {where: Refused}


@pytest.mark.parametrize("where", [0, 2, 3])
def test_a_failing_commit_fails_everybody_in_the_group(crowd, sqlite_database, where):
    bodies = [adding(f"{number}") for number in range(4)]
    bodies[where] = orphan
    crowd.run(*bodies)
    assert [type(crowd.errors.get(number)) for number in range(4)] == [NotStored] * 4
    assert stored(sqlite_database) == set()
    with sqlite_database.transaction() as session:
        add(session, "afterwards")
    assert stored(sqlite_database) == {"afterwards"}


def test_a_transaction_that_sqlite_gave_up_fails_everybody_in_it(crowd, sqlite_database):
    def give_up(session):  # what a full disk can do
        session.connection().connection.driver_connection.execute("ROLLBACK")

    crowd.run(adding("0"), adding("1"), give_up, adding("3"))
    assert [type(crowd.errors.get(number)) for number in range(4)] == [NotStored, NotStored, NotStored, type(None)]
    assert stored(sqlite_database) == {"3"}


def test_a_full_disk_is_reported_and_survived(sqlite_database):
    with sqlite_database.transaction() as session:
        connection = session.connection()
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(NotStored, match="no room"), sqlite_database.transaction() as session:
        session.execute(SETTING.insert().values(key="big", value="x" * 100_000))
    with sqlite_database.transaction() as session:
        add(session, "small")
    assert stored(sqlite_database) == {"small"}


def test_a_group_is_bounded(crowd, sqlite_database, monkeypatch):
    monkeypatch.setattr("ema.store.shared_commit.GROUP_SIZE", 3)
    crowd.run(*(adding(f"{number}") for number in range(7)))
    assert crowd.count("COMMIT") == 3
    assert len(stored(sqlite_database)) == 7


def test_a_group_takes_nobody_in_after_its_time(crowd, sqlite_database, monkeypatch):
    monkeypatch.setattr("ema.store.shared_commit.GROUP_SECONDS", 0)
    crowd.run(*(adding(f"{number}") for number in range(4)))
    assert crowd.count("COMMIT") == 4


def test_a_database_that_another_process_holds(sqlite_url, monkeypatch):
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    database = open_database(sqlite_url)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(NotStored, match="can't be written now"), database.transaction():
        raise AssertionError("the body must not run")
    other.execute("ROLLBACK")
    other.close()
    with database.transaction() as session:
        add(session, "free")
    assert stored(database) == {"free"}
    database.close()


# --- opening


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "EMA_DATABASE_URL is no database URL"),
        ("mysql://localhost/x", "use SQLite or PostgreSQL"),
        ("sqlite://", "would lose everything"),
        ("sqlite:////proc/nowhere/x.sqlite", "can't open the database"),
        ("postgresql://someone:geheim@127.0.0.1:1/x", "can't open the database"),
    ],
)
def test_what_can_not_be_opened_is_one_clear_line(url, words):
    with pytest.raises(DatabaseUnavailable, match=words) as refused:
        open_database(url)
    assert "geheim" not in str(refused.value)


def test_a_database_of_a_newer_release_is_refused(database):
    check_code(database, 1)
    with database.transaction() as session:
        settings.put(session, "min_code", "2")
    check_code(database, 2)
    with pytest.raises(DatabaseTooNew, match="level 2 or newer and this is level 1"):
        check_code(database, 1)


def test_what_was_lost_is_an_error_of_the_driver_only_inside(database):
    with pytest.raises((DBAPIError, OtherRelease)), database.transaction() as session:
        session.connection().exec_driver_sql("SELECT * FROM nowhere")
    with database.transaction() as session:
        add(session, "fine")
    assert stored(database) == {"fine"}


# --- the clock


def test_postgresql_tells_the_time_and_sqlite_does_not(database):
    if database.dialect == "sqlite":
        assert database.now() is None
        with pytest.raises(ValueError, match="no clock"):
            DatabaseClock(database)
        return
    clock = DatabaseClock(database, every=timedelta(seconds=60))
    asked = []
    real = database.now
    database.now = lambda: asked.append(1) or real()
    first, second = clock.now(), clock.now()
    assert first <= second
    assert second.tzinfo is not None
    assert abs(datetime.now(UTC) - second) < timedelta(seconds=5)
    assert len(asked) == 1
