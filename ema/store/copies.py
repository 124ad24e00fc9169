"""Whole copies of the main database, out and in: a file for SQLite, `pg_dump`'s custom format for PostgreSQL.

At the end of each stands its manifest; with a recipient both are sealed (`ema.store.sealed_file`).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from sqlalchemy import Connection, Engine, NullPool, create_engine, inspect, make_url, text

from ema.store import manifest
from ema.store.drafts import draft
from ema.store.engine import Database
from ema.store.manifest import Manifest
from ema.store.pg_programs import CannotCopy, fed, read_from
from ema.store.sealed_file import is_sealed, seal, unseal

__all__ = [
    "CannotCopy",
    "contents",
    "copy_file",
    "copy_in",
    "copy_out",
    "kind_of",
    "only_one",
    "seal_file",
    "settle",
]
_DUMP: Final = b"PGDMP"
_SQLITE: Final = b"SQLite format 3\0"
_AT_ONCE: Final = 1024 * 1024


def copy_out(database: Database, file: Path, to: X25519PublicKey | None = None) -> Manifest:
    """Write a complete, consistent copy to `file`, which must not exist, while others go on; sealed for `to` if given.

    Nothing is left behind when it fails. On SQLite a copy that is to be sealed lies unsealed beside the database for as
    long as this takes; on PostgreSQL it is sealed as it comes.
    """
    if file.exists():
        raise CannotCopy(f"{file} exists already: name a new file")
    file.parent.mkdir(parents=True, exist_ok=True)
    with draft(file) as made:
        if database.dialect == "sqlite":
            found = _out_of_sqlite(Path(database.url.database or ""), made, to)
        else:
            found = _out_of_postgresql(database.url.render_as_string(hide_password=False), made, to)
        settle(made, file)
    return found


def _out_of_sqlite(database: Path, target: Path, to: X25519PublicKey | None) -> Manifest:
    with draft(database if to is not None else target) as copy:
        copy_file(database, copy)
        with _sqlite(copy) as connection:
            tables = manifest.tables_of(connection)
        return _write(_parts(copy), target, to, lambda: tables)


def _out_of_postgresql(url: str, target: Path, to: X25519PublicKey | None) -> Manifest:
    """The dump and the manifest are made from one and the same snapshot."""
    with _postgresql(url) as connection:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        options = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}")
        return _write(read_from("pg_dump", *options, url=url), target, to, lambda: manifest.tables_of(connection))


def copy_in(file: Path, url: str, key: X25519PrivateKey | None = None) -> Manifest:
    """Fill an empty place at `url` from a copy, and verify it by every table's rows and hash.

    On SQLite the place is a file that must not exist. On PostgreSQL it is a database without tables.
    """
    parsed = make_url(url)
    kind = kind_of(file, key)
    if kind != parsed.get_backend_name():
        raise CannotCopy(f"{file} is a copy of a {kind} database, but EMA_DATABASE_URL names another kind")
    expected = manifest.check(contents(file, key))
    if "participant" not in expected.tables:
        raise CannotCopy(f"{file} is a database, but not one of this product")
    copy = manifest.copy_of(contents(file, key))
    if kind == "sqlite":
        target = Path(parsed.database or "")
        if target.exists():
            raise CannotCopy(f"{target} exists already: a restore goes into an empty place only")
        target.parent.mkdir(parents=True, exist_ok=True)
        with draft(target) as made:
            _fill(made, copy)
            with _sqlite(made) as connection:
                _verify(expected, connection)
            settle(made, target)
        return expected
    with _postgresql(url) as connection:
        if inspect(connection).get_table_names():
            raise CannotCopy("the database holds tables already: a restore goes into an empty one only")
    fed("pg_restore", "--no-owner", "--no-privileges", "--single-transaction", url=url, content=copy)
    with _postgresql(url) as connection:
        _verify(expected, connection)
    return expected


def kind_of(file: Path, key: X25519PrivateKey | None = None) -> str:
    """`sqlite` or `postgresql`, by how the copy begins. Raises CannotCopy, or CannotOpen when the key does not fit."""
    try:
        start = next(contents(file, key), b"")
    except OSError as error:
        raise CannotCopy(f"can't read {file}: {error.strerror}") from error
    if start.startswith(_SQLITE):
        return "sqlite"
    if start.startswith(_DUMP):
        return "postgresql"
    raise CannotCopy(f"{file} is no copy made by `ema backup`")


def contents(file: Path, key: X25519PrivateKey | None = None) -> Iterator[bytes]:
    """What a file holds, unsealed."""
    if not is_sealed(file):
        yield from _parts(file)
    elif key is None:
        raise CannotCopy(f"{file} is sealed: give the private key that opens it")
    else:
        yield from unseal(file, key)


def seal_file(file: Path, target: Path, to: X25519PublicKey) -> None:
    _fill(target, seal(_parts(file), to))


def copy_file(file: Path, target: Path) -> None:
    """Copy a SQLite database in one step: page by page it would begin anew with every write of others."""
    source, copy = sqlite3.connect(file), sqlite3.connect(target)
    try:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
        (sound,) = copy.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.Error as error:
        raise CannotCopy(f"can't copy {file}: {error}") from error
    finally:
        source.close()
        copy.close()
    if sound != "ok":
        raise CannotCopy(f"the copy is damaged: {sound}")


def settle(finished: Path, file: Path) -> None:
    """Put a finished file in its place, for good: in one step, and on the disk."""
    handle = os.open(finished, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    finished.replace(file)


@contextmanager
def only_one(database: Database, what: int) -> Iterator[bool]:
    """Whether this process is the one that does `what` now. On SQLite there is no other."""
    if database.dialect == "sqlite":
        yield True
        return
    with _postgresql(database.url.render_as_string(hide_password=False)) as connection:
        # the lock goes with the connection, also when the process dies
        yield bool(connection.execute(text("SELECT pg_try_advisory_lock(:what)"), {"what": what}).scalar())


def _write(
    copy: Iterable[bytes],
    target: Path,
    to: X25519PublicKey | None,
    tables: Callable[[], dict[str, tuple[int, str]]],
) -> Manifest:
    """The copy and after it its manifest, sealed or not, as they come."""
    written, made = manifest.Written(), []

    def whole() -> Iterator[bytes]:
        yield from written.through(copy)
        made.append(written.manifest(tables()))
        yield made[0].to_bytes()

    _fill(target, whole() if to is None else seal(whole(), to))
    return made[0]


def _parts(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while part := stream.read(_AT_ONCE):
            yield part


def _fill(target: Path, content: Iterable[bytes]) -> None:
    with target.open("wb") as stream:
        for part in content:
            stream.write(part)


def _verify(expected: Manifest, connection: Connection) -> None:
    found = manifest.tables_of(connection)
    wrong = sorted(name for name in expected.tables if found.get(name) != expected.tables[name])
    if wrong:
        raise CannotCopy(f"the restored database lacks or changed rows in {', '.join(wrong)}: don't use it")


@contextmanager
def _sqlite(file: Path) -> Iterator[Connection]:
    with _connected(create_engine(f"sqlite:///{file}", poolclass=NullPool)) as connection:
        yield connection


@contextmanager
def _postgresql(url: str) -> Iterator[Connection]:
    options = {"options": "-c timezone=UTC"}
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool, connect_args=options)
    with _connected(engine) as connection:
        yield connection


@contextmanager
def _connected(engine: Engine) -> Iterator[Connection]:
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
