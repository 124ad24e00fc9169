"""The main database: one way to write (`transaction`), one way to read (`reading`), on SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any, Final, Literal, cast

from sqlalchemy import URL, Engine, NullPool, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session as AnySession
from sqlmodel import Session

from ema.clock import Clock, SystemClock
from ema.domain.errors import EmaError
from ema.store.body import BodySession
from ema.store.instant import Instant
from ema.store.rows import table_of
from ema.store.shared_commit import BUSY_SECONDS, SharedCommit, WriterConnection
from ema.store.tables import Setting
from ema.store.trouble import READ_ONLY, DatabaseTrouble, DatabaseUnavailable, PerhapsStored, plainly, sqlstate, trouble

_WAKE: Final = "wake the sender"


class DatabaseTooNew(DatabaseTrouble):
    """The database was changed by a newer release that this one can't work with."""


class NestedTransaction(EmaError):
    """A transaction was opened inside another in the same thread. Pass the session on instead."""

    status = 500


class Database:
    """One main database. Thread-safe; made by `open_database`, closed by `close`.

    `transaction()` is the only commit in the product. Its body holds nothing but SQL: no network, no waiting.
    """

    def __init__(self, url: URL, *, durable: bool) -> None:
        self.url: Final = url
        self.dialect: Final = cast('Literal["sqlite", "postgresql"]', url.get_backend_name())
        self.clock: Final[Clock] = SystemClock() if self.dialect == "sqlite" else DatabaseClock(self)
        """Real time, the same for all processes on this database."""
        self._inside = threading.local()
        self._listeners: list[Callable[[], None]] = []
        if self.dialect == "sqlite":
            self._writer = _sqlite_writer(url, durable=durable)
            self._readers = _sqlite_readers(url)
            self._shared = SharedCommit(self._writer.connect(), self._after)
            self._body: Callable[[], AbstractContextManager[Session]] = self._shared.transaction
        else:
            self._writer = _postgres(url, durable=durable)
            # one snapshot for all queries of a page or an export, as on SQLite
            self._readers = self._writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            self._body = self._postgres_body

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose work is committed, durably, when the body ends; undone when it raises.

        Raises a DatabaseTrouble when the database is at fault; after PerhapsStored only it may have been stored all the
        same. Raises NestedTransaction when this thread is in one already.
        """
        if getattr(self._inside, "yes", False):
            raise NestedTransaction(NestedTransaction.__doc__)
        self._inside.yes = True
        try:
            with plainly(), self._body() as session:
                yield session
        finally:
            self._inside.yes = False

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session on one consistent snapshot of what is committed. Writing through it fails."""
        with plainly(), self._readers.connect() as connection, BodySession(bind=connection) as session:
            yield session

    def after_commit(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every commit that `wake_sender` marked, in the committing thread: it must not block."""
        self._listeners.append(listener)

    def now(self) -> datetime | None:
        """The database server's own time, the one authority for several processes. None on SQLite: use a clock."""
        if self.dialect == "sqlite":
            return None
        with plainly(), self._readers.connect() as connection:  # a standby tells the time, too
            return connection.execute(select(func.clock_timestamp(type_=Instant()))).scalar_one()

    def close(self) -> None:
        if self.dialect == "sqlite":
            self._shared.close()
        self._readers.dispose()
        self._writer.dispose()

    @contextmanager
    def _postgres_body(self) -> Iterator[Session]:
        with self._writer.connect() as connection:
            outer = connection.begin()
            with BodySession(bind=connection, expire_on_commit=False) as session:
                try:
                    yield session
                    session.flush()
                except BaseException as error:
                    if outer.is_active:  # a failed flush has rolled back already
                        outer.rollback()
                    if sqlstate(error) in READ_ONLY:  # after a fail-over another server may take writes
                        connection.invalidate()
                    raise
                try:
                    outer.commit()
                except DBAPIError as error:
                    if isinstance(trouble(error), DatabaseUnavailable):
                        raise PerhapsStored(
                            "the connection to the database broke while this was stored: look before you do it again"
                        ) from error
                    raise
        self._after(session.info)

    def _after(self, info: dict[Any, Any]) -> None:
        if _WAKE in info:
            for listener in self._listeners:
                listener()


def open_database(url: str, *, durable: bool = True) -> Database:
    """Open the database at a SQLAlchemy URL. `durable=False` may lose the last moments in a power cut, not in a crash.

    Raises DatabaseUnavailable with one clear line.
    """
    parsed = read_url(url)
    try:
        database = Database(parsed, durable=durable)
        with database.reading() as session:
            session.connection().exec_driver_sql("SELECT 1")
    except (DatabaseTrouble, DBAPIError, sqlite3.Error, OSError) as error:
        cause = error.__cause__ if isinstance(error, DatabaseTrouble) else error
        why = cause.orig if isinstance(cause, DBAPIError) else cause or error
        shown = parsed.render_as_string(hide_password=True)
        raise DatabaseUnavailable(f"can't open the database {shown}: {str(why).strip().splitlines()[0]}") from error
    return database


def read_url(url: str) -> URL:
    """The URL of a database that we can use. Raises DatabaseUnavailable."""
    try:
        parsed = make_url(url.replace("postgres://", "postgresql://", 1))
    except ArgumentError:
        raise DatabaseUnavailable(
            "EMA_DATABASE_URL is no database URL; write sqlite:///path/to/file or postgresql://user@host/name"
        ) from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise DatabaseUnavailable(f"“{parsed.get_backend_name()}” is not supported; use SQLite or PostgreSQL")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise DatabaseUnavailable("SQLite in memory would lose everything; name a file: sqlite:///path/to/file")
    return parsed


def private_file(path: Path) -> None:
    """A new file that only this user may read; SQLite gives its side files the same mode. One that is there stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        path.touch(mode=0o600, exist_ok=False)


def wake_sender(session: AnySession) -> None:
    """Have the sender woken when this transaction is committed."""
    session.info[_WAKE] = True


class DatabaseClock:
    """The database server's time, for replicas that must agree: asked every `every`, carried on between."""

    def __init__(self, database: Database, every: timedelta = timedelta(seconds=10)) -> None:
        if database.dialect == "sqlite":
            raise ValueError("SQLite has no clock of its own")
        self._database = database
        self._every = every.total_seconds()
        self._lock = threading.Lock()
        self._base: tuple[datetime, float] | None = None

    def now(self) -> datetime:
        with self._lock:
            if self._base is None or monotonic() - self._base[1] >= self._every:
                before = monotonic()
                at = self._database.now()
                if at is None:
                    raise DatabaseUnavailable("the database has no clock")
                self._base = (at, (before + monotonic()) / 2)
            at, then = self._base
            return at + timedelta(seconds=monotonic() - then)


def check_code(database: Database, code: int) -> None:
    """Refuse a database whose stored `min_code` exceeds `code`. A database without one takes any."""
    setting = table_of(Setting)
    with database.reading() as session:
        stored = session.connection().execute(select(setting.c.value).where(setting.c.key == "min_code")).scalar()
    if stored is not None and int(stored) > code:
        raise DatabaseTooNew(
            f"this database needs release level {stored} or newer and this is level {code}: install the newer release"
        )


def _sqlite_writer(url: URL, *, durable: bool) -> Engine:
    private_file(Path(url.database or ""))
    engine = create_engine(
        url,
        poolclass=NullPool,
        connect_args={
            "factory": WriterConnection,
            "isolation_level": None,
            "check_same_thread": False,
            "timeout": BUSY_SECONDS,
        },
    )

    @event.listens_for(engine, "connect")
    def _prepare(raw: sqlite3.Connection, _record: object) -> None:
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        raw.execute("PRAGMA cache_size = -64000")  # KiB
        # a page that many transactions change is copied to its place once for all: planning takes an eighth less
        raw.execute("PRAGMA wal_autocheckpoint = 10000")  # pages, 40 MB
        raw.execute("PRAGMA journal_size_limit = 67108864")

    return engine


def _sqlite_readers(url: URL) -> Engine:
    engine = create_engine(
        url,
        pool_size=8,
        max_overflow=32,
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": BUSY_SECONDS},
    )

    @event.listens_for(engine, "connect")
    def _prepare(raw: sqlite3.Connection, _record: object) -> None:
        raw.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(
            "BEGIN"
        )  # one snapshot for the whole session; the driver would not begin for a SELECT

    return engine


def _postgres(url: URL, *, durable: bool) -> Engine:
    options = f"-c timezone=UTC -c lock_timeout={BUSY_SECONDS * 1000}"
    if not durable:
        options += " -c synchronous_commit=off"
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=16,
        max_overflow=16,
        pool_timeout=BUSY_SECONDS,
        pool_pre_ping=True,
        pool_use_lifo=True,  # the connection that was used last knows the most statements
        connect_args=reach(url) | {"options": options},
    )


def reach(url: URL) -> dict[str, Any]:
    """How libpq notices within half a minute that a server vanished without a word. What the URL says itself stands."""
    wanted = {
        "connect_timeout": BUSY_SECONDS,
        "keepalives_idle": 15,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
    }
    return {name: value for name, value in wanted.items() if name not in url.query}
