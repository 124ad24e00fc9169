"""Moving time: every instant at which something is due is visited, in order, and all sending comes to rest at each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from typing import Protocol as Shape

from ema.services.installation import Installation
from ema.simulation.life import Life
from ema.store.instants import Ahead, ahead, earliest

TICK_AT_LEAST: Final = timedelta(hours=1)
"""Silence and clearing up need no exact instant, but a look now and then."""
LOOK_SECONDS: Final = 1.0
"""How often the virtual people look at their phones while time runs by itself."""


class MovableClock(Shape):
    def now(self) -> datetime: ...
    def move_to(self, instant: datetime) -> datetime: ...


class Journey:
    """Takes product and people through time. `tick` runs the worker's ticks once: all of them, or only those that
    go by the minute. `rest` waits until nothing more is being received or sent.
    """

    def __init__(
        self,
        here: Installation,
        clock: MovableClock,
        life: Life,
        *,
        tick: Callable[[bool], None],
        rest: Callable[[], Awaitable[None]],
        grace: timedelta,
    ) -> None:
        self._here = here
        self._clock = clock
        self._life = life
        self._tick = tick
        self._rest = rest
        self._grace = grace
        self._ticked_at = clock.now() - TICK_AT_LEAST
        self._one_at_a_time = asyncio.Lock()

    async def to(self, target: datetime, passing: Callable[[datetime], None] = lambda _: None) -> None:
        """Go to `target`. Who asks while another journey is under way waits for its end."""
        async with self._one_at_a_time:
            while True:
                await self._rest()
                coming = await asyncio.to_thread(self._coming)
                hour = self._ticked_at + TICK_AT_LEAST
                at = earliest(coming.sending, coming.ticking, hour, self._life.next_at(), target)
                if at is None or at >= target:
                    break
                due = at == coming.ticking
                await asyncio.to_thread(self._visit, at, due=due, everything=at >= hour)
                passing(at)
            await asyncio.to_thread(self._visit, target, due=True, everything=True)
            await self._rest()

    async def live(self, stop: asyncio.Event) -> None:
        """Let the virtual people live on while time runs by itself."""
        while not stop.is_set():
            if not self._one_at_a_time.locked():
                async with self._one_at_a_time:
                    await asyncio.to_thread(self._live_on)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_SECONDS)

    def _coming(self) -> Ahead:
        now = self._clock.now()
        self._life.look(now)
        with self._here.database.reading() as session:
            return ahead(session, now, self._grace)

    def _visit(self, at: datetime, *, due: bool, everything: bool) -> None:
        now = self._clock.move_to(at)
        if everything:
            self._ticked_at = now
        if due or everything:
            self._tick(everything)
        self._life.act(now)

    def _live_on(self) -> None:
        now = self._clock.now()
        self._life.look(now)
        self._life.act(now)
