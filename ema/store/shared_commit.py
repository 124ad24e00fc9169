"""SQLite's single writer: bodies run one after another, and one durable COMMIT serves all that wait.

A commit costs an fsync, a body costs microseconds. So the thread that ends its body while others wait does not commit:
it hands the open transaction to the next in the queue and sleeps until somebody has committed for all of them. Nobody
returns before that. The first body of a group runs in the bare transaction, every later one in a savepoint of its own,
so that a failing body takes back only what it wrote.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, Final

from sqlalchemy import Connection
from sqlmodel import Session

from ema.store.body import BodySession
from ema.store.trouble import NotStored

BUSY_SECONDS: Final = 10
"""How long anybody waits for another process's lock before giving up, the time in the queue included."""
GROUP_SIZE: Final = 64
"""Bodies that may share a commit."""
GROUP_SECONDS: Final = 0.03
"""How long a group may go on taking bodies in; the first of them is waiting all the while."""
_PATIENT: Final = 1.0
"""Seconds in the queue below which nothing is reckoned up."""


class WriterConnection(sqlite3.Connection):
    """A driver connection that leaves BEGIN and COMMIT to `SharedCommit`, whatever SQLAlchemy calls on it."""

    def commit(self) -> None:
        pass

    def rollback(self) -> None:
        pass


class _Group:
    """The bodies that one COMMIT serves."""

    __slots__ = ("began", "done", "error", "info", "size")

    def __init__(self) -> None:
        self.began = monotonic()
        self.done = threading.Event()
        self.error: BaseException | None = None
        self.info: dict[Any, Any] = {}
        self.size = 0


class SharedCommit:
    """Runs the bodies of all threads on one writer connection.

    `committed` is called after every commit with the merged `session.info` of its bodies, in the thread that committed.
    """

    def __init__(self, connection: Connection, committed: Callable[[dict[Any, Any]], None]) -> None:
        raw = connection.connection.driver_connection
        if not isinstance(raw, WriterConnection):
            raise TypeError("SharedCommit needs a connection made with factory=WriterConnection")
        self._connection = connection
        self._raw = raw
        self._committed = committed
        self._mutex = threading.Lock()  # guards _busy and _queue, never held while SQL runs
        self._busy = False
        self._queue: deque[threading.Lock] = deque()
        self._group: _Group | None = None  # touched only by the thread whose turn it is

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        since = monotonic()
        self._take_turn()
        group, alone = self._join(monotonic() - since)
        session = BodySession(bind=self._connection, expire_on_commit=False)
        try:
            yield session
            session.flush()
        except BaseException:
            self._leave(group, session, alone=alone, keep=False)
            raise
        self._leave(group, session, alone=alone, keep=True)

    def close(self) -> None:
        """Close the connection. Nobody may be in a body or waiting."""
        self._connection.close()

    # --- the queue

    def _take_turn(self) -> None:
        with self._mutex:
            if not self._busy:
                self._busy = True
                return
            ticket = threading.Lock()
            ticket.acquire()
            self._queue.append(ticket)
        try:
            ticket.acquire()
        except BaseException:  # interrupted while waiting: the turn may have come in that moment
            with self._mutex:
                waiting = ticket in self._queue
                if waiting:
                    self._queue.remove(ticket)
            if not waiting:
                self._close_group()
            raise

    def _pass_turn(self) -> None:
        with self._mutex:
            if self._queue:
                self._queue.popleft().release()
            else:
                self._busy = False

    def _hand_over(self, group: _Group) -> bool:
        """Give the turn with the open group to the next in the queue, if there is one and the group may grow."""
        with self._mutex:
            if not self._queue or group.size >= GROUP_SIZE or monotonic() - group.began >= GROUP_SECONDS:
                return False
            self._queue.popleft().release()
            return True

    # --- the group

    def _join(self, waited: float) -> tuple[_Group, bool]:
        """The open group, or a new one. True: this body is its first and needs no savepoint."""
        try:
            if self._group is None:
                self._begin(waited)
                self._group = _Group()
                return self._group, True
            self._raw.execute("SAVEPOINT body")
        except BaseException as error:
            self._close_group()
            if isinstance(error, sqlite3.Error):
                raise NotStored(f"the database can't be written now ({error})") from error
            raise
        return self._group, False

    def _begin(self, waited: float) -> None:
        """Who has waited in the queue waits less for another process, or each would wait after the other."""
        left = max(BUSY_SECONDS - waited, 0.0)
        if waited < _PATIENT:
            self._raw.execute("BEGIN IMMEDIATE")
            return
        self._raw.execute(f"PRAGMA busy_timeout = {int(left * 1000)}")
        try:
            self._raw.execute("BEGIN IMMEDIATE")
        finally:
            self._raw.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")

    def _leave(self, group: _Group, session: Session, *, alone: bool, keep: bool) -> None:
        """Settle this body, then commit for the group or wait for whoever does. Raises NotStored if that failed."""
        try:
            session.close()
            self._settle(group, alone=alone, keep=keep)
        except sqlite3.Error as error:
            group.error = error
        if keep:
            group.size += 1
            group.info.update(session.info)
        if group.error is None and self._hand_over(group):
            group.done.wait()
        else:
            self._close_group()
        if keep and group.error is not None:
            raise NotStored(f"the database could not store this ({group.error})") from group.error

    def _settle(self, group: _Group, *, alone: bool, keep: bool) -> None:
        if not self._raw.in_transaction:
            # disk full or an input/output error: SQLite has undone the whole transaction by itself
            group.error = sqlite3.OperationalError("SQLite gave up the transaction")
        elif alone:
            if not keep:
                self._raw.execute("ROLLBACK")
                self._raw.execute("BEGIN IMMEDIATE")
        else:
            if not keep:
                self._raw.execute("ROLLBACK TO body")
            self._raw.execute("RELEASE body")

    def _close_group(self) -> None:
        """End the open group, if any, and pass the turn on. Called by the thread whose turn it is."""
        group, self._group = self._group, None
        if group is not None:
            try:
                if group.error is None and group.size:
                    self._raw.execute("COMMIT")
            except sqlite3.Error as error:
                group.error = error
            finally:
                if self._raw.in_transaction:
                    self._raw.execute("ROLLBACK")
        self._pass_turn()
        if group is not None:
            group.done.set()
            if group.error is None and group.size:
                self._committed(group.info)
