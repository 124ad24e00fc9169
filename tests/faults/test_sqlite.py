"""SQLite that another process holds, whose disk is full, or that may only be read. What could not be stored is not
acknowledged; all goes on, without a restart, once it works.
"""

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from ema.services import deliver
from ema.services import receive as receiving
from ema.store import settings
from ema.store.engine import open_database
from ema.store.migrate import ROOT, migrate
from ema.store.trouble import DatabaseTrouble, DatabaseUnavailable, NotStored


@pytest.fixture
def database(sqlite_url):
    opened = open_database(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def asked(world, anna):
    """She sees the first question."""
    world.until(anna.checkins()[0].due_at)
    anna.tap("Start")
    return anna


@pytest.fixture
def impatient(monkeypatch):
    """Waits for another process are short."""
    monkeypatch.setattr("ema.store.shared_commit.BUSY_SECONDS", 0.2)
    monkeypatch.setattr("ema.store.engine.BUSY_SECONDS", 0.2)


@pytest.fixture
def held(sqlite_url):
    """Another process holds the file: a copy that is made with a lock, or a tool that somebody left open."""
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    yield other
    other.close()


def test_a_tap_while_another_process_holds_the_file_comes_again_and_is_never_given_up(impatient, world, asked, held):
    held.execute("BEGIN IMMEDIATE")
    asked.press("5")
    for _ in range(receiving.TRIES + 1):
        with pytest.raises(NotStored):
            world.run(world.poller.step())
    assert world.sandbox.pending_updates() == 1
    assert asked.last.text.startswith("7 short questions"), "she sees the question still"
    held.execute("ROLLBACK")
    goes_on(world, asked)


def goes_on(world, someone):
    """Her tap is taken, once, and she is asked the next question."""
    world.rest()
    assert world.rows("inbox", state="failed") == []
    assert world.count("answer") == 1
    assert someone.last.text.startswith("2 of 7")
    assert world.sandbox.pending_updates() == 0


def test_many_who_wait_for_another_process_are_all_told_within_one_wait(monkeypatch, database, held):
    monkeypatch.setattr("ema.store.shared_commit.BUSY_SECONDS", 0.5)
    monkeypatch.setattr("ema.store.shared_commit._PATIENT", 0.1)
    database._shared._raw.execute("PRAGMA busy_timeout = 500")
    held.execute("BEGIN IMMEDIATE")
    told = []

    def write(number):
        with pytest.raises(NotStored), database.transaction() as session:
            settings.put(session, str(number), "written")
        told.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(told) == list(range(8))
    assert time.monotonic() - began < 8 * 0.5, "not one after the other"
    held.execute("ROLLBACK")
    with database.transaction() as session:
        settings.put(session, "afterwards", "written")


@contextmanager
def full_disk(database):
    """The system lets nobody in this process make a file longer than the log is: every write fails as on a full disk."""
    log = Path(f"{database.url.database}-wal")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_tap_that_found_no_room_comes_again_and_is_never_given_up(world, asked):
    asked.press("5")
    with full_disk(world.database):
        for _ in range(receiving.TRIES + 1):
            with pytest.raises(NotStored):
                world.run(world.poller.step())
        assert world.sandbox.pending_updates() == 1
        assert world.count("answer") == 0
        assert asked.last.text.startswith("7 short questions"), "she sees the question still"
    goes_on(world, asked)


def test_a_note_that_was_sent_while_the_disk_was_full_is_not_sent_again(world, anna, monkeypatch):
    first = anna.checkins()[0]
    world.until(first.due_at - timedelta(minutes=1))
    world.clock.move_to(first.due_at)
    disk, refused = full_disk(world.database), []
    send, record = world.channel.send, deliver.record

    async def send_and_fill(*args, **options):
        result = await send(*args, **options)
        disk.__enter__()
        return result

    def record_until_there_is_room(*args):
        try:
            return record(*args)
        except NotStored as error:
            refused.append(error)
            disk.__exit__(None, None, None)
            raise

    monkeypatch.setattr(world.channel, "send", send_and_fill)
    monkeypatch.setattr(deliver, "record", record_until_there_is_room)
    world.run(world.sender.step())
    monkeypatch.undo()
    assert len(refused) == 1
    world.wait(minutes=2)
    assert len(anna.notes()) == 1
    assert anna.prompts(id=first.id)[0].state == "open"


def test_a_tap_while_the_file_may_only_be_read_comes_again(world, asked):
    connection = world.database._shared._raw
    connection.execute("PRAGMA query_only = ON")
    asked.press("5")
    for _ in range(receiving.TRIES + 1):
        with pytest.raises(NotStored, match="readonly"):
            world.run(world.poller.step())
    connection.execute("PRAGMA query_only = OFF")
    goes_on(world, asked)


# --- a real disk

WRITER = """
import os, signal, sys
from ema.store import settings
from ema.store.engine import open_database
from ema.store.trouble import NotStored

database = open_database(sys.argv[1])
print("open", flush=True)
for line in sys.stdin:
    number = line.strip()
    try:
        with database.transaction() as session:
            settings.put(session, number, "x" * 20_000)
        print("stored", flush=True)
    except NotStored as error:
        print(f"refused: {error}", flush=True)
"""


class Writer:
    """A process that stores what it is told, and says whether it did."""

    def __init__(self, url, **options):
        command = [sys.executable, "-W", "ignore", "-c", WRITER, url]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **options,
        )
        assert self.process.stdout.readline() == "open\n"

    def store(self, key):
        self.process.stdin.write(f"{key}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait(20) == 0


def test_a_disk_that_takes_no_more_is_said_and_survived_without_a_restart(tmp_path):
    """The system lets the process write no file larger than this: every write beyond fails, as on a full disk."""
    url = f"sqlite:///{tmp_path / 'ema.sqlite'}"
    migrate(url)
    writer = Writer(url, preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
    assert writer.store("first") == "stored"
    room = max(file.stat().st_size for file in tmp_path.glob("ema.sqlite*")) + 100_000
    resource.prlimit(writer.process.pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    said, stored = [], ["first"]
    for number in range(20):
        said.append(writer.store(number))
        stored += [str(number)] if said[-1] == "stored" else []
    assert said[0] == "stored"
    assert said[-1].startswith("refused: "), said
    resource.prlimit(writer.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert writer.store("afterwards") == "stored"
    writer.process.kill()
    writer.process.wait()
    writer.process.stdin.close()
    writer.process.stdout.close()
    database = open_database(url)
    with database.reading() as session:
        assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
        keys = {row.key for row in session.connection().exec_driver_sql("SELECT key FROM setting")}
    database.close()
    assert keys == {*stored, "afterwards"}, "what was acknowledged, and nothing else"


@pytest.fixture
def read_only_place(tmp_path):
    """A database that this user may read and not write, and how to run as somebody who is not root."""
    place = Path(tempfile.mkdtemp(prefix="ema-read-only-"))
    migrate(f"sqlite:///{place / 'ema.sqlite'}")
    for path in place.iterdir():
        path.chmod(0o444)
    place.chmod(0o555)
    yield place
    place.chmod(0o755)
    shutil.rmtree(place)


def test_a_file_that_may_only_be_read_is_one_clear_line_at_the_start(read_only_place):
    program = (
        "from ema.domain.errors import EmaError\n"
        "from ema.store.engine import open_database\n"
        "from ema.store.migrate import migrate\n"
        "import os\n"
        "if os.geteuid() == 0: os.setgid(65534), os.setuid(65534)\n"
        f"try: open_database('sqlite:///{read_only_place}/ema.sqlite')\n"
        "except EmaError as error: print(error)\n"
        f"try: migrate('sqlite:///{read_only_place}/new/ema.sqlite')\n"
        "except EmaError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.strip().splitlines()
    assert first.startswith("can't open the database sqlite:///")
    assert "readonly" in first
    assert "Permission denied" in second


def test_a_key_store_that_another_process_holds_is_trouble_and_not_her_fault(world, asked, tmp_path):
    world.vault.keystore._engine.dispose()
    keys = tmp_path / "keys.sqlite"
    keys.rename(tmp_path / "away.sqlite")
    keys.mkdir()
    asked.press("5")
    for _ in range(receiving.TRIES + 1):
        with pytest.raises((DatabaseTrouble, DatabaseUnavailable)):
            world.run(world.poller.step())
    keys.rmdir()
    (tmp_path / "away.sqlite").rename(keys)
    goes_on(world, asked)
