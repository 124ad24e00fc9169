"""The session of one transaction's body, which puts off writes so that those of several people go out together."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session as AnySession
from sqlmodel import Session

from ema.domain.errors import EmaError
from ema.store.given import Together

Statement = Executable | Together


class CommitElsewhere(EmaError):
    """A body may not commit or roll back: `Database.transaction()` does. Raise an error to undo everything."""

    status = 500


class BodySession(Session):
    """The session of one body. Its transaction is ended by whoever opened it, never from inside.

    What is put off (`later`) goes out before anything is read and before the body ends, so that nobody can tell the
    difference: one statement for all rows of a kind, each person's writes in the order in which they were made.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._whose = ""
        self._put_off: dict[str, deque[tuple[Statement, Mapping[str, Any]]]] = {}

    @contextmanager
    def putting_off_for(self, whose: str) -> Iterator[None]:
        before, self._whose = self._whose, whose
        try:
            yield
        finally:
            self._whose = before

    def put_off(self, statement: Statement, rows: Iterator[Mapping[str, Any]]) -> None:
        self._put_off.setdefault(self._whose, deque()).extend((statement, row) for row in rows)

    def commit(self) -> None:
        raise CommitElsewhere(CommitElsewhere.__doc__)

    def rollback(self) -> None:
        raise CommitElsewhere(CommitElsewhere.__doc__)

    def execute(self, *args: Any, **options: Any) -> Any:
        self._send()
        return super().execute(*args, **options)

    def connection(self, *args: Any, **options: Any) -> Connection:
        self._send()
        return super().connection(*args, **options)

    def begin_nested(self) -> Any:
        self._send()
        return super().begin_nested()

    def flush(self, *args: Any, **options: Any) -> None:
        self._send()
        super().flush(*args, **options)

    def _send(self) -> None:
        """The statement that is next for most people goes first, with the rows of all for whom it is."""
        if not self._put_off:
            return
        waiting, self._put_off = list(self._put_off.values()), {}
        with unawaited(super().connection()):
            self._send_all(waiting)

    def _send_all(self, waiting: list[deque[tuple[Statement, Mapping[str, Any]]]]) -> None:
        while waiting:
            next_ones = Counter(id(hers[0][0]) for hers in waiting)
            chosen = max(next_ones, key=next_ones.__getitem__)
            statement = next(hers[0][0] for hers in waiting if id(hers[0][0]) == chosen)
            rows: list[Mapping[str, Any]] = []
            for hers in waiting:
                while hers and hers[0][0] is statement:
                    rows.append(hers.popleft()[1])
            if isinstance(statement, Together):
                super().execute(statement.statement, statement.bound(rows))
            else:
                super().execute(statement, rows if len(rows) > 1 else rows[0])
            waiting = [hers for hers in waiting if hers]


@contextmanager
def unawaited(connection: Connection) -> Iterator[None]:
    """On PostgreSQL no statement within waits for the end of the one before. None of them may return rows.

    What fails is raised by a later statement, or at the end.
    """
    raw = connection.connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        yield
        return
    try:
        with raw.pipeline():
            yield
    except psycopg.Error as error:  # of the end; what a statement raises SQLAlchemy has wrapped
        lost = raw.broken
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance(None, None, error, psycopg.Error, connection_invalidated=lost) from error


def later(session: AnySession, statement: Statement, *rows: Mapping[str, Any]) -> None:
    """Have these rows written by a statement whose outcome nobody looks at, and which returns none.

    Only the same statement object is the same statement: build it once.
    """
    cast(BodySession, session).put_off(statement, iter(rows))


def on_behalf_of(session: AnySession, participant_id: str) -> AbstractContextManager[None]:
    """What is put off within is hers: it may pass what others put off, and be passed."""
    return cast(BodySession, session).putting_off_for(participant_id)
