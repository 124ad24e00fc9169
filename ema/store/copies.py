"""Whole copies of the main database, out and in: a file for SQLite, `pg_dump`'s custom format for PostgreSQL."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Engine, NullPool, create_engine, func, inspect, make_url, select
from sqlmodel import SQLModel

from ema.domain.errors import EmaError
from ema.store.engine import Database

_DUMP: Final = b"PGDMP"
_SQLITE: Final = b"SQLite format 3\0"


class CannotCopy(EmaError):
    """A backup can't be made or used. The message says why; nothing was overwritten."""


def copy_out(database: Database, file: Path) -> dict[str, int]:
    """Write a complete, consistent copy to `file`, which must not exist, while others go on. Returns rows by table."""
    if file.exists():
        raise CannotCopy(f"{file} exists already: name a new file")
    file.parent.mkdir(parents=True, exist_ok=True)
    with _draft(file) as draft:
        if database.dialect == "sqlite":
            copy_file(Path(database.url.database or ""), draft)
        else:
            url = database.url.render_as_string(hide_password=False)
            _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={draft}", url=url)
        counts = counts_in(draft)
        settle(draft, file)
    return counts


def copy_in(file: Path, url: str) -> dict[str, int]:
    """Fill an empty place at `url` from a copy and verify it by its row counts. Returns rows by table.

    On SQLite the place is a file that must not exist. On PostgreSQL it is a database without tables.
    """
    parsed = make_url(url)
    kind = kind_of(file)
    if kind != parsed.get_backend_name():
        raise CannotCopy(f"{file} is a copy of a {kind} database, but EMA_DATABASE_URL names another kind")
    expected = counts_in(file)
    if "participant" not in expected:
        raise CannotCopy(f"{file} is a database, but not one of this product")
    if kind == "sqlite":
        target = Path(parsed.database or "")
        if target.exists():
            raise CannotCopy(f"{target} exists already: a restore goes into an empty place only")
        target.parent.mkdir(parents=True, exist_ok=True)
        with _draft(target) as draft:
            copy_file(file, draft)
            _verify(expected, counts_in(draft))
            settle(draft, target)
        return expected
    with _connected(url) as connection:
        if inspect(connection).get_table_names():
            raise CannotCopy("the database holds tables already: a restore goes into an empty one only")
    _run("pg_restore", "--no-owner", "--no-privileges", "--single-transaction", str(file), url=url)
    with _connected(url) as connection:
        _verify(expected, _counts(connection))
    return expected


def kind_of(file: Path) -> str:
    """`sqlite` or `postgresql`, by how the file begins. Raises CannotCopy."""
    try:
        with file.open("rb") as stream:
            start = stream.read(len(_SQLITE))
    except OSError as error:
        raise CannotCopy(f"can't read {file}: {error.strerror}") from error
    if start == _SQLITE:
        return "sqlite"
    if start.startswith(_DUMP):
        return "postgresql"
    raise CannotCopy(f"{file} is no copy made by `ema backup`")


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


def counts_in(file: Path) -> dict[str, int]:
    """Rows by table of a copy."""
    if kind_of(file) == "sqlite":
        engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
        try:
            with engine.connect() as connection:
                return _counts(connection)
        finally:
            engine.dispose()
    counts: dict[str, int] = {}
    with tempfile.TemporaryFile() as script:
        _run("pg_restore", "--data-only", "--file=-", str(file), into=script)
        script.seek(0)
        table = None
        for line in script:
            if table is not None:
                if line == b"\\.\n":
                    table = None
                else:
                    counts[table] += 1
            elif line.startswith(b"COPY "):
                table = line.split()[1].decode().rpartition(".")[2].strip('"')
                counts[table] = 0
    return {name: count for name, count in sorted(counts.items()) if name in SQLModel.metadata.tables}


def settle(draft: Path, file: Path) -> None:
    """Put a finished file in its place, for good: in one step, and on the disk."""
    handle = os.open(draft, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    draft.replace(file)


@contextmanager
def _draft(file: Path) -> Iterator[Path]:
    """A name beside `file` for what is not finished yet; nothing of it stays."""
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}.") as folder:
        draft = Path(folder) / "draft"
        draft.touch(mode=0o600)
        yield draft


def _verify(expected: dict[str, int], found: dict[str, int]) -> None:
    wrong = sorted(name for name in expected if found.get(name) != expected[name])
    if wrong:
        raise CannotCopy(f"the restored database lacks rows in {', '.join(wrong)}: don't use it")


def _counts(connection: Connection) -> dict[str, int]:
    there = set(inspect(connection).get_table_names())
    tables = [table for name, table in sorted(SQLModel.metadata.tables.items()) if name in there]
    return {table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables}


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine: Engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _run(program: str, *arguments: str, url: str | None = None, into: Any = None) -> None:
    """Run one of PostgreSQL's programs on a database. Its password goes by a file: others can read a command line."""
    found = shutil.which(program)
    if found is None:
        raise CannotCopy(
            f"`{program}` is not installed: install PostgreSQL's client programs (Debian: postgresql-client)"
        )
    with tempfile.TemporaryDirectory() as folder:
        target: tuple[str, ...] = ()
        if url is not None:
            engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
            given = engine.dialect.create_connect_args(engine.url)[1]
            wanted = {name: value for name, value in given.items() if name != "context"}  # psycopg's own, not libpq's
            passwords = Path(folder) / "passwords"
            passwords.touch(mode=0o600)
            password = str(wanted.pop("password", "")).replace("\\", "\\\\").replace(":", "\\:")
            passwords.write_text(f"*:*:*:*:{password}\n", encoding="utf-8")
            target = (f"--dbname={make_conninfo(**wanted, passfile=str(passwords))}",)
        done = subprocess.run(  # noqa: S603 - a program that we name, without a shell
            [found, *target, *arguments], check=False, stdout=into, stderr=subprocess.PIPE
        )
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise CannotCopy(f"{program} failed: {'; '.join(lines)}")
