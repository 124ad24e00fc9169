"""The clockwork: a few interval ticks over tables, and a heartbeat row for each. APScheduler is only the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from ema.clock import SystemClock
from ema.services.backup import back_up_when_due
from ema.services.calls import watch_calls
from ema.services.complete import complete
from ema.services.expire import behind, expire
from ema.services.health import BACKUP
from ema.services.installation import Installation
from ema.services.plan import plan_ahead
from ema.services.reap import reap
from ema.services.silence import watch_silence
from ema.store import ticks
from ema.store.trouble import DatabaseTrouble
from ema.tracing import traced

log = structlog.get_logger()

HOLD_EXPIRY = timedelta(minutes=10)
"""After downtime, expiry waits for the backlog of taps to drain, at most so long."""

JUMP_SECONDS = 2.0
"""So often the machine's clock is compared with the monotonic one, and by so much it may differ."""


@dataclass(frozen=True)
class Tick:
    """One interval job. Idempotent, and safe on any number of replicas."""

    name: str
    every: timedelta
    run: Callable[[Installation], object]


TICKS = (
    Tick("plan", timedelta(seconds=15), plan_ahead),
    Tick("expire", timedelta(seconds=15), expire),
    Tick("reap", timedelta(seconds=30), reap),
    Tick("silence", timedelta(minutes=10), watch_silence),
    Tick("calls", timedelta(minutes=1), watch_calls),
    Tick("complete", timedelta(minutes=10), complete),
    Tick(BACKUP, timedelta(minutes=10), back_up_when_due),
)


class Worker:
    """Runs the ticks. Heartbeats are in the database's real time; what the ticks do goes by the installation's clock.

    A machine whose clock jumps goes on ticking: APScheduler goes by the machine's clock, so it is told of every jump.
    """

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._machine = SystemClock()
        self._hold_until = self._expiry_hold()
        """By the monotonic clock."""
        self._beating: set[asyncio.Future[None]] = set()
        """Ticks that run now."""

    def drained(self) -> None:
        """Nothing more is waiting at Telegram: what has run out may expire."""
        self._hold_until = None

    def run_once(self) -> None:
        """Every tick once, in order: for the demo's clock, simulations and tests."""
        for tick in TICKS:
            tick.run(self._installation)

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until `stop`."""
        scheduler = AsyncIOScheduler(timezone="UTC")
        for tick in TICKS:
            scheduler.add_job(
                self._beat,
                "interval",
                args=[tick],
                id=tick.name,
                seconds=tick.every.total_seconds(),
                next_run_time=self._machine.now(),
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )
        scheduler.start()
        try:
            await self._watch_jumps(scheduler, stop)
        finally:
            scheduler.pause()
            # a shutdown would cancel what runs: its thread would go on, on a database that closes
            await asyncio.gather(*self._beating)
            await asyncio.sleep(0)  # APScheduler hears of the last one
            scheduler.shutdown(wait=False)

    async def _watch_jumps(self, scheduler: AsyncIOScheduler, stop: asyncio.Event) -> None:
        """Until `stop`: after the machine's clock jumped every tick runs at once, or it would wait for its old time."""
        real, steady = self._machine.now(), monotonic()
        while not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), JUMP_SECONDS)
            jump = (self._machine.now() - real).total_seconds() - (monotonic() - steady)
            if abs(jump) >= JUMP_SECONDS:
                log.warning("clock.jumped", seconds=round(jump))
                real, steady = self._machine.now(), monotonic()
                for job in scheduler.get_jobs():
                    job.modify(next_run_time=real)

    async def _beat(self, tick: Tick) -> None:
        beat = asyncio.ensure_future(asyncio.to_thread(self._beat_now, tick))
        self._beating.add(beat)
        beat.add_done_callback(self._beating.discard)
        await beat

    def _beat_now(self, tick: Tick) -> None:
        if tick.name == "expire" and self._holding():
            return
        database = self._installation.database
        try:
            now = database.clock.now()
            with traced("tick", what=tick.name):
                tick.run(self._installation)
            with database.transaction() as session:
                ticks.ran(session, tick.name, tick.every, now)
        except Exception as error:  # noqa: BLE001 - APScheduler would swallow it; here it is kept for all to see
            log.warning("tick.failed", tick=tick.name, kind=type(error).__name__)
            with suppress(DatabaseTrouble), database.transaction() as session:  # it may be away: its heartbeat tells
                ticks.failed(session, tick.name, tick.every, database.clock.now(), type(error).__name__)

    def _holding(self) -> bool:
        return self._hold_until is not None and monotonic() < self._hold_until

    def _expiry_hold(self) -> float | None:
        """How long to wait at the start: only after downtime, so that a restart costs nothing."""
        down = behind(self._installation, self._installation.database.clock.now())
        return monotonic() + HOLD_EXPIRY.total_seconds() if down else None
