"""The sending loop: claim, send, record. Woken by commits, otherwise every 250 ms. All SQL runs in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from random import Random
from time import monotonic

import structlog

from ema.channels import Channel, Refused, Result, RetryLater
from ema.domain.errors import EmaError
from ema.services import deliver
from ema.services.compose import Work
from ema.services.installation import Installation

log = structlog.get_logger()

IDLE_SECONDS = 0.25
AT_ONCE = 24
PER_SECOND = 30.0
"""Telegram's limit for one bot."""


class Allowance:
    """A token bucket on monotonic time: so many messages a second, and a rest when the bot was told to wait."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._tokens = per_second
        self._at = monotonic()
        self._rest_until = 0.0

    def available(self) -> int:
        """How many may go now."""
        now = monotonic()
        self._tokens = min(self._per_second, self._tokens + (now - self._at) * self._per_second)
        self._at = now
        return 0 if now < self._rest_until else int(self._tokens)

    def use(self, number: int) -> None:
        self._tokens -= number

    def rest(self, seconds: float) -> None:
        self._rest_until = max(self._rest_until, monotonic() + seconds)


class Sender:
    """Sends what is due through the channels, by name. `step` does one round; `run` goes on until told to stop."""

    def __init__(
        self,
        installation: Installation,
        channels: Mapping[str, Channel],
        rng: Random,
        per_second: float = PER_SECOND,
    ) -> None:
        self._installation = installation
        self._channels = channels
        self._rng = rng
        self._allowance = Allowance(per_second)
        self._woken = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        self._installation.database.after_commit(lambda: _wake(loop, self._woken))
        while not stop.is_set():
            try:
                self._woken.clear()
                if await self.step():
                    continue
            except EmaError as error:
                log.warning("send.trouble", kind=type(error).__name__)
            except Exception as error:  # noqa: BLE001 - the loop outlives a database that is away for a while
                log.warning("send.failed", kind=type(error).__name__)
                await _first(stop.wait(), asyncio.sleep(1))
            await _first(stop.wait(), self._woken.wait(), asyncio.sleep(IDLE_SECONDS))

    async def step(self) -> int:
        """One round. Returns how many messages were tried."""
        room = min(AT_ONCE, self._allowance.available())
        if room == 0:
            return 0
        work = await asyncio.to_thread(deliver.claim, self._installation, room)
        if not work:
            return 0
        self._allowance.use(len(work))
        results = await asyncio.gather(*(self._send(one) for one in work))
        for result in results:
            if isinstance(result, RetryLater) and result.whole_bot and result.after is not None:
                self._allowance.rest(result.after.total_seconds())
        await asyncio.to_thread(deliver.record, self._installation, list(zip(work, results, strict=True)), self._rng)
        return len(work)

    async def _send(self, work: Work) -> Result:
        channel = self._channels.get(work.channel)
        if channel is None:
            return Refused(f"there is no channel {work.channel}", "broken")
        silent = work.row.silent
        match work.how:
            case "send" if work.shown is not None:
                return await channel.send(work.address, work.shown, silent=silent)
            case "edit" if work.shown is not None and work.message_id is not None:
                return await channel.edit(work.address, work.message_id, work.shown)
            case "unbutton" if work.message_id is not None:
                return await channel.unbutton(work.address, work.message_id)
            case "delete" if work.message_id is not None:
                return await channel.delete(work.address, [work.message_id])
            case "fetch" if work.reference is not None:
                return await channel.fetch(work.reference)
        return Refused(f"a {work.row.kind} without what it needs", "broken")


def _wake(loop: asyncio.AbstractEventLoop, woken: asyncio.Event) -> None:
    """Called in the thread that committed."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(woken.set)


async def _first(*awaitables: object) -> None:
    """Until the first of these is done."""
    tasks = [asyncio.ensure_future(awaitable) for awaitable in awaitables]  # type: ignore[call-overload]
    _, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in rest:
        task.cancel()
