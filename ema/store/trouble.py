"""When the database is at fault, and not what was asked of it: which trouble it is, in words that anybody may read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ema.domain.errors import EmaError


class DatabaseTrouble(EmaError):
    """The database can't do it now. The same may work later, so whatever asked for it is not to blame."""

    status = 503


class DatabaseUnavailable(DatabaseTrouble):
    """The database can't be reached or opened. The message says which and why."""


class NotStored(DatabaseTrouble):
    """The database could not store this. Nothing of it was kept; the disk or the database needs a look."""


class PerhapsStored(DatabaseTrouble):
    """The connection broke in the middle of the commit: nobody knows. Whatever may come again is safe to come again."""


class Collided(DatabaseTrouble):
    """Somebody else changed the same at the same time. Nothing was kept; at once it may work."""


class OtherRelease(DatabaseTrouble):
    """The database's tables are those of another release."""


_COLLIDED: Final = {"40001", "40P01", "55P03"}
"""Serialization failure, deadlock, a lock that took too long."""
_OTHER_TABLES: Final = {"42703", "42P01"}
READ_ONLY: Final = {"25006", "0A000"}
"""Set so, or a standby, which can't begin a transaction that writes."""
_AWAY: Final = ("08", "57P", "53300")
"""Connection lost, server stopping or starting, no connection left."""
_FAILING: Final = ("53", "58", "XX")
"""No room, input and output, damage."""
_SQLITE: Final = {
    sqlite3.SQLITE_BUSY: "another process holds it",
    sqlite3.SQLITE_LOCKED: "another process holds it",
    sqlite3.SQLITE_READONLY: "it is read-only",
    sqlite3.SQLITE_IOERR: "its disk fails",
    sqlite3.SQLITE_FULL: "there is no room",
    sqlite3.SQLITE_CANTOPEN: "its file can't be opened",
    sqlite3.SQLITE_CORRUPT: "its file is damaged",
}


def sqlstate(error: BaseException) -> str | None:
    """PostgreSQL's own code of what went wrong."""
    return getattr(getattr(error, "orig", None), "sqlstate", None)


def trouble(error: DBAPIError | PoolTimeout) -> DatabaseTrouble | None:
    """What to raise instead. None: what was asked is at fault."""
    if isinstance(error, PoolTimeout):
        return DatabaseUnavailable("every connection to the database is busy: please try again in a moment")
    if isinstance(error.orig, sqlite3.Error):
        why = _SQLITE.get(getattr(error.orig, "sqlite_errorcode", 0) & 0xFF)
        return NotStored(f"the database can't be used now: {why}. Nothing was stored") if why else None
    state = sqlstate(error) or ""
    if state in _COLLIDED:
        return Collided("somebody changed the same at the same time: nothing was stored, please try again")
    if state in _OTHER_TABLES:
        return OtherRelease("the database's tables are those of another release: install that one")
    if error.connection_invalidated or state.startswith(_AWAY) or (not state and isinstance(error, OperationalError)):
        return DatabaseUnavailable("the database can't be reached now: nothing was stored, please try again soon")
    if state in READ_ONLY:
        return NotStored("the database is read-only, perhaps a standby: nothing was stored")
    if state.startswith(_FAILING):
        return NotStored(f"the database could not store this ({error.orig})")
    return None


@contextmanager
def plainly() -> Iterator[None]:
    """Raise DatabaseTrouble in place of the driver's own error, where the database is at fault."""
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        instead = trouble(error)
        if instead is None:
            raise
        raise instead from error
