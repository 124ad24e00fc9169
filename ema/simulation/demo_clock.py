"""The demo's one clock: stored, never backwards, standing still while the program is stopped."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from ema.clock import VirtualClock
from ema.domain.errors import EmaError
from ema.store import settings
from ema.store.engine import Database, wake_sender

KEY: Final = "demo_clock"
LEAD: Final = timedelta(seconds=30)
"""How far ahead of the shown time the stored mark is put."""
RENEW_SECONDS: Final = 5.0


class NoClock(EmaError):
    """No time is stored: this is not the database of a demo."""

    status = 409


class _Running(NamedTuple):
    """Replaced as a whole, so that `now` needs no lock."""

    base: datetime
    since: float
    mark: datetime


def stored_clock(database: Database) -> VirtualClock | None:
    """The time at which a demo stands, for who looks at its data while it does not run. None: no demo's database."""
    with database.reading() as session:
        stored = settings.get(session, KEY)
    return None if stored is None else VirtualClock(datetime.fromisoformat(stored))


class DemoClock:
    """Shows no time beyond the mark that is stored, and starts again at the mark: so a kill never makes it go back.

    `now` only reads memory. `run` puts the stored mark ahead every few seconds; where that fails, time stands at the
    mark until it works again. At an orderly end the mark is the time shown last.
    """

    def __init__(self, database: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._monotonic = monotonic
        self._lock = threading.Lock()
        with database.reading() as session:
            stored = settings.get(session, KEY)
        if stored is None:
            raise NoClock(NoClock.__doc__)
        mark = datetime.fromisoformat(stored)
        self._running = _Running(mark, monotonic(), mark)

    def now(self) -> datetime:
        running = self._running
        return min(running.base + timedelta(seconds=self._monotonic() - running.since), running.mark)

    def renew(self) -> None:
        """Store a mark ahead of now; until the first time, the clock stands still."""
        with self._lock:
            self._go_on(self.now())

    def move_to(self, instant: datetime) -> datetime:
        """Go forward to `instant`; an earlier one changes nothing. The sender is woken. Returns the time it is now."""
        with self._lock:
            if instant > self.now():
                self._go_on(instant.astimezone(UTC))
        return self.now()

    def stop(self) -> None:
        """Stand still, with the time shown last as the mark."""
        with self._lock:
            at = self.now()
            self._running = _Running(at, self._running.since, at)
            self._store(at)

    async def run(self, stop: asyncio.Event) -> None:
        """Run in real time until `stop`."""
        while not stop.is_set():
            await asyncio.to_thread(self.renew)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RENEW_SECONDS)
        await asyncio.to_thread(self.stop)

    def _go_on(self, at: datetime) -> None:
        self._store(at + LEAD)
        self._running = _Running(at, self._monotonic(), at + LEAD)

    def _store(self, mark: datetime) -> None:
        with self._database.transaction() as session:
            set_clock(session, mark)
            wake_sender(session)


def set_clock(session: Session, at: datetime) -> None:
    """Store the time at which the demo's clock starts."""
    settings.put(session, KEY, at.astimezone(UTC).isoformat())
