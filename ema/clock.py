"""The only source of the present moment. Everything else is told the time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time: aware, UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class VirtualClock:
    """A clock that stands still until it is moved, and never goes back. For the demo, simulations and tests.

    `keep` is called with every new time before it is shown to anybody, so that a stored clock survives a kill.
    """

    def __init__(self, start: datetime, keep: Callable[[datetime], None] | None = None) -> None:
        self._now = start.astimezone(UTC)
        self._keep = keep
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self._now

    def move_to(self, instant: datetime) -> datetime:
        """Go forward to `instant`; an earlier one changes nothing. Returns the time that it is now."""
        with self._lock:
            if instant > self._now:
                if self._keep is not None:
                    self._keep(instant)
                self._now = instant.astimezone(UTC)
            return self._now
