"""Bring a database to this release's tables.

Any number of processes may start it at once: one works, the others wait.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, event, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from ema.store import tables as _tables  # noqa: F401 - every table must be known
from ema.store.engine import private_file, reach, read_url
from ema.store.trouble import DatabaseUnavailable

ROOT: Final = Path(__file__).parents[2]
VERSIONS = ROOT / "migrations" / "versions"
OPTIONS: Final[dict[str, Any]] = {
    "target_metadata": SQLModel.metadata,
    "render_as_batch": True,  # SQLite can't alter a table in place
    "compare_type": True,
}
_LOCK: Final = 0x656D_615F_6D69
"""Any number that no other advisory lock uses."""
_WAIT_SECONDS: Final = 120
"""How long to wait while another process migrates."""
_LOOK_SECONDS: Final = 0.1
_TABLE_WAIT_SECONDS: Final = 5
"""How long a change may queue for a table: whoever comes later queues behind it, so not long."""


def migrate(url: str, to: str = "head") -> None:
    """Upgrade to the newest revision (or another one). Makes a SQLite file if there is none.

    Each revision is a transaction of its own on PostgreSQL, and all are one on SQLite. A database of a newer release
    is left as it is: `check_code` says whether this one can work with it. Raises DatabaseUnavailable.
    """
    with locked(url) as connection:
        if not _newer(_at(connection)):
            command.upgrade(config(connection), to)


def downgrade(url: str, to: str = "base") -> None:
    with locked(url) as connection:
        command.downgrade(config(connection), to)


def pending(url: str) -> bool:
    """Whether `migrate` would change anything."""
    with locked(url) as connection:
        return _old(_at(connection))


def behind(session: Session) -> bool:
    """The same by a look that waits for nobody: for who asks again and again."""
    return _old(MigrationContext.configure(session.connection()).get_current_revision())


def _at(connection: Connection) -> str | None:
    at = MigrationContext.configure(connection).get_current_revision()
    if connection.dialect.name == "postgresql":
        connection.rollback()  # Alembic begins its own
    return at


def _old(at: str | None) -> bool:
    """Older than this release. One that this release does not know is newer: it may go on beside that one's code."""
    return at != _revisions()[0] and not _newer(at)


def _newer(at: str | None) -> bool:
    return at is not None and at not in _revisions()


def _revisions() -> tuple[str, ...]:
    """All of this release, the newest first."""
    return _revisions_in(VERSIONS)


@cache
def _revisions_in(_folder: Path) -> tuple[str, ...]:
    return tuple(script.revision for script in ScriptDirectory.from_config(config()).walk_revisions())


def check(url: str) -> list[str]:
    """How a migrated database differs from the tables in the code, a line each; none if the migrations are complete."""
    with locked(url) as connection:
        context = MigrationContext.configure(connection, opts=OPTIONS)
        return [str(difference) for difference in compare_metadata(context, SQLModel.metadata)]


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration from pyproject.toml, wherever the process was started."""
    made = Config(toml_file=ROOT / "pyproject.toml", stdout=io.StringIO())
    made.set_main_option("version_locations", str(VERSIONS))
    made.set_main_option("path_separator", "newline")
    made.attributes["connection"] = connection
    return made


@contextmanager
def locked(url: str) -> Iterator[Connection]:
    """A connection that no other migration runs beside: on SQLite in one transaction, on PostgreSQL in none.

    PostgreSQL's lock is held by a second connection, and asked for again and again: who waits for it inside a statement
    would hold up `CREATE INDEX CONCURRENTLY`, which waits for every statement to end.
    """
    parsed = read_url(url)
    sqlite = parsed.get_backend_name() == "sqlite"
    if sqlite:
        # without the driver's own BEGIN, which would leave DDL outside of the transaction
        arguments: dict[str, Any] = {"isolation_level": None, "timeout": _WAIT_SECONDS}
    else:
        parsed = parsed.set(drivername="postgresql+psycopg")
        arguments = reach(parsed) | {"options": f"-c lock_timeout={_TABLE_WAIT_SECONDS * 1000}"}
    engine = create_engine(parsed, poolclass=NullPool, connect_args=arguments)
    if sqlite:
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        if sqlite:
            private_file(Path(parsed.database or ""))
            with engine.connect() as connection, connection.begin():
                yield connection
        else:
            with engine.connect() as guard, engine.connect() as connection:
                _wait_for_turn(guard.execution_options(isolation_level="AUTOCOMMIT"))
                yield connection
    except (DBAPIError, OSError) as error:
        shown = parsed.render_as_string(hide_password=True)
        why = str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines()[0]
        raise DatabaseUnavailable(f"can't set up the database {shown}: {why}") from error
    finally:
        engine.dispose()


def _wait_for_turn(guard: Connection) -> None:
    until = monotonic() + _WAIT_SECONDS
    while not guard.execute(select(func.pg_try_advisory_lock(_LOCK))).scalar_one():
        if monotonic() >= until:
            raise DatabaseUnavailable("can't set up the database: another process has been at it for two minutes")
        sleep(_LOOK_SECONDS)
