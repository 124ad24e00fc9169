"""The sending loop: claim, send, record. Woken by commits, otherwise every 250 ms. All SQL runs in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from time import monotonic

import structlog

from ema.channels import Channel, Refused, Result, RetryLater
from ema.domain.refusals import Refusals
from ema.services import deliver
from ema.services.compose import Work
from ema.services.installation import Installation
from ema.store.trouble import DatabaseTrouble

log = structlog.get_logger()

IDLE_SECONDS = 0.25
AT_ONCE = 24


class Sender:
    """Sends what is due as one bot. `step` does one round; `run` goes on until told to stop.

    Any number of workers may send as the same bot: what it may send in all is in the database.
    """

    def __init__(
        self, installation: Installation, channel: Channel, rng: Random, per_second: float | None = None
    ) -> None:
        """`per_second`: messages that the bot may send by itself; without it, what the operator has set."""
        self._installation = installation
        self._channel = channel
        self._rng = rng
        self._pace = deliver.Pace(channel.bot_id, per_second or installation.settings.messages_per_second)
        self._refusals = Refusals()
        self._woken = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        self._installation.database.after_commit(lambda: _wake(loop, self._woken))
        while not stop.is_set():
            try:
                self._woken.clear()
                if await self.step():
                    continue
            except Exception as error:  # noqa: BLE001 - the loop outlives a database that is away for a while
                log.warning("send.failed", kind=type(error).__name__)
                await _first(stop.wait(), asyncio.sleep(1))
            await _first(stop.wait(), self._woken.wait(), asyncio.sleep(IDLE_SECONDS))

    async def step(self) -> int:
        """One round. Returns how many messages were tried."""
        work = await asyncio.to_thread(deliver.claim, self._installation, AT_ONCE, self._pace)
        if not work:
            return 0
        results = await asyncio.gather(*(self._send(one) for one in work))
        if (told := self._told_to_wait(work, results)) is not None:
            await asyncio.to_thread(deliver.told_to_wait, self._installation, self._pace.bot_id, told)
        await self._record(list(zip(work, results, strict=True)))
        return len(work)

    async def _record(self, results: Sequence[tuple[Work, Result]]) -> None:
        """Store how it went. What was sent is not forgotten because the database is away for a while: it would be sent
        again. After the lease somebody else may have it, and there is no more to be said.
        """
        give_up = monotonic() + deliver.LEASE.total_seconds()
        while True:
            try:
                return await asyncio.to_thread(deliver.record, self._installation, results, self._rng)
            except DatabaseTrouble as error:
                log.warning("send.not_recorded", kind=type(error).__name__)
                if monotonic() >= give_up:
                    raise
            await asyncio.sleep(IDLE_SECONDS)

    def _told_to_wait(self, work: Sequence[Work], results: Sequence[Result]) -> RetryLater | Refused | None:
        """The result that says that the whole bot must wait, the longest wait of several."""
        limits: list[RetryLater] = []
        whole = False
        for one, result in zip(work, results, strict=True):
            if isinstance(result, Refused) and result.kind == "token":
                return result
            if isinstance(result, RetryLater) and result.trouble == "limit":
                limits.append(result)
                whole |= result.whole_bot or self._refusals.whole_bot(one.row.participant_id, monotonic())
        return max(limits, key=lambda limit: limit.after or timedelta()) if whole else None

    async def _send(self, work: Work) -> Result:
        channel = self._channel
        if (work.channel, work.bot_id) != (channel.name, channel.bot_id):
            return Refused(f"there is no such bot of {work.channel}", "broken")
        if work.row.doubts and work.how == "send" and not await channel.answers():
            return RetryLater("still no answer")  # so that a second copy goes only where it arrives
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
