"""The sending loop: claim, send, record. Woken by commits, otherwise every 250 ms. All SQL runs in threads.

While one batch is on its way, the next is claimed and the one before is recorded. Each goes out as soon as it is
claimed: what was judged then does not wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from random import Random
from time import monotonic
from typing import NamedTuple

import structlog

from ema.channels import FILE_SECONDS, Channel, Refused, Result, RetryLater, Sent
from ema.domain.refusals import Refusals
from ema.services import deliver, hand_over
from ema.services.compose import Work
from ema.services.installation import Installation
from ema.store.tables import Outbox
from ema.store.trouble import DatabaseTrouble
from ema.tracing import traced

log = structlog.get_logger()

IDLE_SECONDS = 0.25
BUSY_SECONDS = 0.01
"""The first look after a batch comes so soon: the bot may just have to wait for its next messages. Then less often."""
AT_ONCE = 32
"""Messages of one batch."""
LANES = 2
"""Batches at a time."""
RECORD_AGAIN = (0.2, 1.0, 4.0, 10.0)
"""Seconds after which a batch is recorded again that could not be: its lease is far longer."""


class Batch(NamedTuple):
    """What was claimed together, and a moment before the claim (monotonic): the lease ends no later than that says."""

    work: list[Work]
    claimed: float


class Sender:
    """Sends what is due as one bot. `step` does one round; `run` goes on until told to stop.

    Each bot has a sender of its own, so that none waits for another.
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
        self._claiming = asyncio.Lock()

    async def run(self, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        self._installation.database.after_commit(lambda: _wake(loop, self._woken))
        await asyncio.gather(*(self._lane(stop) for _ in range(LANES)))

    async def _lane(self, stop: asyncio.Event) -> None:
        """Batch after batch. Only one lane at a time looks for work."""
        while not stop.is_set():
            async with self._claiming:
                batch = await self._wait_for_work(stop)
            if batch is None:
                continue
            with suppress(Exception):  # it was told each time; what is not recorded goes out again
                await self._record(await self._send_all(batch))

    async def _wait_for_work(self, stop: asyncio.Event) -> Batch | None:
        """What is due, as soon as there is something; nothing when it is time to stop."""
        pause = BUSY_SECONDS
        while not stop.is_set():
            try:
                self._woken.clear()
                if (batch := await self._claim()).work:
                    return batch
            except Exception as error:  # noqa: BLE001 - the loop outlives a database that is away for a while
                log.warning("send.failed", kind=type(error).__name__)
                await _first(stop.wait(), asyncio.sleep(1))
            await _first(stop.wait(), self._woken.wait(), asyncio.sleep(pause))
            pause = min(2 * pause, IDLE_SECONDS)
        return None

    async def step(self) -> int:
        """One round. Returns how many messages were tried."""
        batch = await self._claim()
        if batch.work:
            await self._record(await self._send_all(batch))
        return len(batch.work)

    async def _claim(self) -> Batch:
        before = monotonic()
        return Batch(await asyncio.to_thread(deliver.claim, self._installation, AT_ONCE, self._pace), before)

    async def _send_all(self, batch: Batch) -> list[tuple[Work, Result]]:
        with traced("send", messages=len(batch.work)):
            results = await asyncio.gather(*(self._send(one, batch.claimed) for one in batch.work))
        return list(zip(batch.work, results, strict=True))

    async def _record(self, done: Sequence[tuple[Work, Result]]) -> None:
        """Again and again while the database is away. Safe to repeat: a row that is finished is not finished again."""
        told = self._told_to_wait(done)
        for pause in (*RECORD_AGAIN, None):
            try:
                if told is not None:
                    await asyncio.to_thread(deliver.told_to_wait, self._installation, self._pace.bot_id, told)
                await asyncio.to_thread(deliver.record, self._installation, done, self._rng)
                break
            except Exception as error:
                log.warning("send.not_recorded", kind=type(error).__name__)
                if pause is None:
                    raise
                await asyncio.sleep(pause)

    def _told_to_wait(self, done: Sequence[tuple[Work, Result]]) -> RetryLater | Refused | None:
        """The result that says that the whole bot must wait, the longest wait of several."""
        limits: list[RetryLater] = []
        whole = False
        for one, result in done:
            if isinstance(result, Refused) and result.kind == "token":
                return result
            if isinstance(result, RetryLater) and result.trouble == "limit":
                limits.append(result)
                whole |= result.whole_bot or self._refusals.whole_bot(one.row.participant_id, monotonic())
        return max(limits, key=lambda limit: limit.after or timedelta()) if whole else None

    async def _send(self, work: Work, claimed: float) -> Result:
        channel = self._channel
        if monotonic() >= claimed + seconds_to_send(work.row):  # this process stood still meanwhile
            return RetryLater("claimed too long ago")
        if (work.channel, work.bot_id) != (channel.name, channel.bot_id):
            return Refused(f"there is no such bot of {work.channel}", "broken")
        if work.row.doubts and work.how == "send" and not await channel.answers():
            return RetryLater("still no answer")  # so that a second copy goes only where it arrives
        match work.how:
            case "send" if work.shown is not None:
                return await channel.send(work.address, work.shown, silent=work.silent)
            case "edit" if work.shown is not None and work.message_id is not None:
                return await channel.edit(work.address, work.message_id, work.shown)
            case "file" | "caption":
                return await self._hand_over(work, claimed)
            case "unbutton" if work.message_id is not None:
                return await channel.unbutton(work.address, work.message_id)
            case "delete" if work.message_id is not None:
                return await channel.delete(work.address, [work.message_id])
            case "menu":
                return await channel.menu(work.address, work.menu)
            case "fetch" if work.reference is not None:
                return await channel.fetch(work.reference)
        return Refused(f"a {work.row.kind} without what it needs", "broken")

    async def _hand_over(self, work: Work, claimed: float) -> Result:
        """Make what is hers, and send it. The claim judged it; only whether she is still there is asked again."""
        try:
            made = await asyncio.to_thread(hand_over.made, self._installation, work.row)
        except DatabaseTrouble:
            return RetryLater("the database is away")
        except Exception as error:  # noqa: BLE001 - what else goes out together must not suffer from it
            return Refused(type(error).__name__, "broken")
        if made is None:  # she is gone, or the study shows it no more: the order ends by itself
            return Sent(work.message_id) if work.how == "caption" else RetryLater("nothing to be shown")
        if made.file is None:
            assert work.message_id is not None
            return await self._channel.caption(work.address, work.message_id, made.words)
        if monotonic() >= claimed + seconds_to_send(work.row) - FILE_SECONDS:  # its lease could end while it is sent
            return RetryLater("made too slowly")
        caption = work.shown.text if work.shown is not None else ""
        return await self._channel.send_file(work.address, made.file, caption, silent=work.silent)


def seconds_to_send(row: Outbox) -> float:
    """How long after its claim a row may still go out: until its lease ends, or its window if that is sooner."""
    if row.expires_at is None or row.lease_until is None:
        return deliver.LEASE.total_seconds()
    return (min(row.expires_at, row.lease_until) - row.lease_until + deliver.LEASE).total_seconds()


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
