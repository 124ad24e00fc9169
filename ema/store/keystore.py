"""The key store: each person's wrapped key, apart from the main database.

So destroying one key erases her from every backup of the main database. It holds no readable address, only a keyed
hash. The master key that wraps is a file, outside both databases.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Select,
    String,
    Table,
    bindparam,
    create_engine,
    delete,
    event,
    func,
    insert,
    inspect,
    make_url,
    select,
    update,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlmodel import UTCDateTime

from ema.domain.errors import EmaError
from ema.store.engine import private_file, reach
from ema.store.shared_commit import BUSY_SECONDS
from ema.store.trouble import DatabaseTrouble, plainly

FORMAT: Final = 1
_LOCK: Final = 0x656D_616B_6579
"""Any number that no other advisory lock uses."""
_metadata: Final = MetaData()
_about: Final = Table(
    "about",
    _metadata,
    Column("format", Integer, nullable=False),
    Column("master_id", String, nullable=False),
)
_keys: Final = Table(
    "person_key",
    _metadata,
    Column("participant_id", String, primary_key=True),
    Column("address_hash", LargeBinary, nullable=False, unique=True),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("key_id", String, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
)


class KeyStoreUnusable(EmaError):
    """The key store or the key file can't be used. The message says why; nothing was changed."""

    status = 503


@dataclass(frozen=True)
class StoredKey:
    """One row: a person's key, wrapped under the master key named by `key_id`."""

    participant_id: str
    wrapped_key: bytes
    key_id: str


class KeyStore:
    """Commits by itself, at once: enrolment writes here first, erasure destroys here first. Thread-safe.

    SQLite: one file with `secure_delete`, its WAL truncated after every destroyed key. PostgreSQL: a database of its
    own, without WAL archive.
    """

    def __init__(self, url: str) -> None:
        try:
            self.url: Final = make_url(url.replace("postgres://", "postgresql://", 1))
        except ArgumentError:
            raise KeyStoreUnusable("EMA_KEYSTORE_URL is no database URL") from None
        self._sqlite: Final = self.url.get_backend_name() == "sqlite"
        self._lock = threading.Lock()  # SQLite: one writer at a time, so that a checkpoint finds nobody in its way
        try:
            self._engine = _engine(url=str(self.url.render_as_string(hide_password=False)), sqlite_file=self._sqlite)
            with self._writing() as connection:
                if not self._sqlite:  # several processes may start on an empty one at once
                    connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
                _metadata.create_all(connection)
        except (DatabaseTrouble, DBAPIError, sqlite3.Error, OSError) as error:
            why = error.__cause__ if isinstance(error, DatabaseTrouble) else error
            raise KeyStoreUnusable(
                f"can't open the key store {self.url.render_as_string(hide_password=True)}: {why}"
            ) from error

    def close(self) -> None:
        self._engine.dispose()

    def master_id(self) -> str | None:
        """Which master key wraps the keys held here. None: none was used yet."""
        with plainly(), self._engine.connect() as connection:
            row = connection.execute(select(_about)).first()
        if row is not None and row.format > FORMAT:
            raise KeyStoreUnusable("the key store was made by a newer release: install the newer release")
        return None if row is None else str(row.master_id)

    def claim(self, master_id: str) -> None:
        """Note whose keys these are, the first time."""
        with self._writing() as connection:
            connection.execute(insert(_about).values(format=FORMAT, master_id=master_id))

    def add(self, key: StoredKey, address_hash: bytes, now: datetime) -> StoredKey:
        """Store a new key, or return the one that this address already has."""
        try:
            with self._writing() as connection:
                connection.execute(
                    insert(_keys).values(
                        participant_id=key.participant_id,
                        address_hash=address_hash,
                        wrapped_key=key.wrapped_key,
                        key_id=key.key_id,
                        created_at=now,
                    )
                )
        except IntegrityError:
            existing = self.of_address(address_hash)
            if existing is None:
                raise
            return existing
        return key

    def of_address(self, address_hash: bytes) -> StoredKey | None:
        return self.of_addresses([address_hash]).get(address_hash)

    def of_addresses(self, address_hashes: Collection[bytes]) -> dict[bytes, StoredKey]:
        with plainly(), self._engine.connect() as connection:
            rows = connection.execute(_at(), {"hashes": list(address_hashes)}) if address_hashes else ()
            return {bytes(row.address_hash): _stored(row) for row in rows}

    def of_participant(self, participant_id: str) -> StoredKey | None:
        return self.of_participants([participant_id]).get(participant_id)

    def of_participants(self, participant_ids: Iterable[str]) -> dict[str, StoredKey]:
        ids = list(participant_ids)
        found: dict[str, StoredKey] = {}
        with plainly(), self._engine.connect() as connection:
            for start in range(0, len(ids), 500):
                rows = connection.execute(_of(), {"ids": ids[start : start + 500]})
                found.update((row.participant_id, _stored(row)) for row in rows)
        return found

    def participant_ids(self) -> set[str]:
        with plainly(), self._engine.connect() as connection:
            return set(connection.execute(select(_keys.c.participant_id)).scalars())

    def created_before(self, instant: datetime) -> set[str]:
        """Who has had a key since before `instant`: a key younger than an enrolment takes is no orphan yet."""
        with plainly(), self._engine.connect() as connection:
            return set(connection.execute(select(_keys.c.participant_id).where(_keys.c.created_at < instant)).scalars())

    def page(self, after: str, limit: int) -> list[tuple[str, datetime]]:
        """Whose keys come next `after` this id, and since when each has one: all are looked through in portions."""
        wanted = select(_keys.c.participant_id, _keys.c.created_at).where(_keys.c.participant_id > after)
        with plainly(), self._engine.connect() as connection:
            rows = connection.execute(wanted.order_by(_keys.c.participant_id).limit(limit))
            return [(row.participant_id, row.created_at) for row in rows]

    def rebind(self, participant_id: str, address_hash: bytes) -> bool:
        """Give her key another address. False if she has no key. Raises IntegrityError if the address is another's."""
        with self._writing() as connection:
            done = connection.execute(
                update(_keys).where(_keys.c.participant_id == participant_id).values(address_hash=address_hash)
            )
        return done.rowcount == 1

    def destroy(self, participant_ids: Iterable[str]) -> None:
        """Delete keys for good; when this returns, no file of the store holds them. Missing ones don't matter."""
        with self._writing() as connection:
            for participant_id in participant_ids:
                connection.execute(delete(_keys).where(_keys.c.participant_id == participant_id))
        if self._sqlite:
            self._truncate_wal()

    def file(self) -> Path:
        """Where a SQLite store is. Raises KeyStoreUnusable for any other."""
        if not self._sqlite:
            raise KeyStoreUnusable("the key store is a PostgreSQL database: copy it with PostgreSQL's own tools")
        return Path(self.url.database or "")

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        if not self._sqlite:
            with plainly(), self._engine.begin() as connection:
                yield connection
            return
        with plainly(), self._lock, self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()

    def _truncate_wal(self) -> None:
        with plainly(), self._lock, self._engine.connect() as connection:
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar_one()
        if busy:
            raise KeyStoreUnusable("a key was deleted, but another process holds the key store's log: try again")


def master_key(file: Path, *, may_create: bool) -> bytes:
    """The 32 bytes of the wrapping key, kept as base64 text that only its owner can read.

    Made at the first start (`may_create`); never over an existing file, and never where keys already depend on another.
    """
    try:
        text = file.read_text(encoding="ascii")
    except FileNotFoundError:
        if not may_create:
            raise KeyStoreUnusable(
                f"the key file {file} is missing, but the key store holds keys that only it can open:"
                " put the file back (EMA_SECRET_KEY_FILE)"
            ) from None
        return _new_master_key(file)
    except (OSError, UnicodeDecodeError) as error:
        raise KeyStoreUnusable(f"can't read the key file {file}: {error}") from error
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise KeyStoreUnusable(f"the key file {file} does not hold 32 bytes as base64 text")
    return key


def _new_master_key(file: Path) -> bytes:
    key = secrets.token_bytes(32)
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(base64.b64encode(key) + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        # a link is made whole or not at all: of two processes that start together one makes the key, the other reads it
        file.hardlink_to(draft)
    except FileExistsError:
        return master_key(file, may_create=False)
    except OSError as error:
        raise KeyStoreUnusable(f"can't make the key file {file}: {error}") from error
    finally:
        draft.unlink(missing_ok=True)
    return key


def is_key_store(file: Path) -> bool:
    """Whether a file is a copy of a key store."""
    engine = create_engine(f"sqlite:///{file}")
    try:
        return inspect(engine).has_table("person_key")
    except DBAPIError:
        return False
    finally:
        engine.dispose()


@cache
def _of() -> Select[Any]:
    return select(_keys).where(_keys.c.participant_id.in_(bindparam("ids", expanding=True)))


@cache
def _at() -> Select[Any]:
    return select(_keys).where(_keys.c.address_hash.in_(bindparam("hashes", expanding=True)))


def _stored(row: Row[Any]) -> StoredKey:
    return StoredKey(row.participant_id, bytes(row.wrapped_key), row.key_id)


def _engine(*, url: str, sqlite_file: bool) -> Engine:
    parsed = make_url(url)
    if not sqlite_file:
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=8,
            max_overflow=16,
            pool_timeout=BUSY_SECONDS,
            pool_pre_ping=True,
            connect_args=reach(parsed),
        )
    private_file(Path(parsed.database or ""))
    engine = create_engine(
        parsed,
        pool_size=40,  # as many as there are threads that serve: what is over is opened anew for each request
        max_overflow=8,
        connect_args={"check_same_thread": False, "isolation_level": None, "timeout": 10},
    )

    @event.listens_for(engine, "connect")
    def _prepare(raw: sqlite3.Connection, _record: object) -> None:
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("PRAGMA secure_delete = ON")

    return engine
