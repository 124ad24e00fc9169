"""Bring a database to this release's tables.

Any number of processes may start it at once: one works, the others wait.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, event, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from ema.store import tables as _tables  # noqa: F401 - every table must be known
from ema.store.engine import DatabaseUnavailable, private_file, read_url

ROOT: Final = Path(__file__).parents[2]
OPTIONS: Final[dict[str, Any]] = {
    "target_metadata": SQLModel.metadata,
    "render_as_batch": True,  # SQLite can't alter a table in place
    "compare_type": True,
}
_LOCK: Final = 0x656D_615F_6D69
"""Any number that no other advisory lock uses."""
_WAIT_SECONDS: Final = 120
"""How long to wait while another process migrates."""
_TABLE_WAIT_SECONDS: Final = 5
"""How long a change may queue for a table: whoever comes later queues behind it, so not long."""


def migrate(url: str, to: str = "head") -> None:
    """Upgrade to the newest revision (or another one), all in one transaction. Makes a SQLite file if there is none.

    Raises DatabaseUnavailable.
    """
    with locked(url) as connection:
        command.upgrade(config(connection), to)


def downgrade(url: str, to: str = "base") -> None:
    with locked(url) as connection:
        command.downgrade(config(connection), to)


def pending(url: str) -> bool:
    """Whether `migrate` would change anything."""
    with locked(url) as connection:
        at = MigrationContext.configure(connection).get_current_revision()
    return at != _head()


def behind(session: Session) -> bool:
    """The same by a look that waits for nobody: for who asks again and again."""
    at = MigrationContext.configure(session.connection()).get_current_revision()
    return at != _head()


@cache
def _head() -> str | None:
    return ScriptDirectory.from_config(config()).get_current_head()


def check(url: str) -> list[str]:
    """How a migrated database differs from the tables in the code, a line each; none if the migrations are complete."""
    with locked(url) as connection:
        context = MigrationContext.configure(connection, opts=OPTIONS)
        return [str(difference) for difference in compare_metadata(context, SQLModel.metadata)]


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration from pyproject.toml, wherever the process was started."""
    made = Config(toml_file=ROOT / "pyproject.toml", stdout=io.StringIO())
    made.attributes["connection"] = connection
    return made


@contextmanager
def locked(url: str) -> Iterator[Connection]:
    """A connection in one transaction that no other migration runs beside."""
    parsed = read_url(url)
    sqlite = parsed.get_backend_name() == "sqlite"
    if sqlite:
        private_file(Path(parsed.database or ""))
        # without the driver's own BEGIN, which would leave DDL outside of the transaction
        arguments: dict[str, Any] = {"isolation_level": None, "timeout": _WAIT_SECONDS}
    else:
        parsed = parsed.set(drivername="postgresql+psycopg")
        arguments = {"options": f"-c lock_timeout={_WAIT_SECONDS * 1000}"}
    engine = create_engine(parsed, poolclass=NullPool, connect_args=arguments)
    if sqlite:
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.connect() as connection, connection.begin():
            if not sqlite:
                connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
                connection.execute(text(f"SET LOCAL lock_timeout = '{_TABLE_WAIT_SECONDS}s'"))
            yield connection
    except DBAPIError as error:
        shown = parsed.render_as_string(hide_password=True)
        why = str(error.orig).strip().splitlines()[0]
        raise DatabaseUnavailable(f"can't set up the database {shown}: {why}") from error
    finally:
        engine.dispose()
