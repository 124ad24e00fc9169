"""The session of one transaction's body, which puts off writes so that those of several people go out together."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, cast

from sqlalchemy import Connection, Executable
from sqlalchemy.orm import Session as AnySession
from sqlmodel import Session

from ema.domain.errors import EmaError


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
        self._put_off: dict[str, deque[tuple[Executable, Mapping[str, Any]]]] = {}

    @contextmanager
    def putting_off_for(self, whose: str) -> Iterator[None]:
        before, self._whose = self._whose, whose
        try:
            yield
        finally:
            self._whose = before

    def put_off(self, statement: Executable, rows: Iterator[Mapping[str, Any]]) -> None:
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
        while waiting:
            next_ones = Counter(id(hers[0][0]) for hers in waiting)
            chosen = max(next_ones, key=next_ones.__getitem__)
            statement = next(hers[0][0] for hers in waiting if id(hers[0][0]) == chosen)
            rows: list[Mapping[str, Any]] = []
            for hers in waiting:
                while hers and hers[0][0] is statement:
                    rows.append(hers.popleft()[1])
            super().execute(statement, rows if len(rows) > 1 else rows[0])
            waiting = [hers for hers in waiting if hers]


def later(session: AnySession, statement: Executable, *rows: Mapping[str, Any]) -> None:
    """Have these rows written by a statement whose outcome nobody looks at.

    Only the same statement object is the same statement: build it once.
    """
    cast(BodySession, session).put_off(statement, iter(rows))


def on_behalf_of(session: AnySession, participant_id: str) -> AbstractContextManager[None]:
    """What is put off within is hers: it may pass what others put off, and be passed."""
    return cast(BodySession, session).putting_off_for(participant_id)
