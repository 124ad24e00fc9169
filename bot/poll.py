"""Long polling that never confirms an update before it is stored.

The offset lives in memory only and starts empty: after a restart Telegram gives again whatever was not confirmed, and
the inbox makes a repeat harmless.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from datetime import timedelta
from typing import Any, Protocol, TypeVar

import structlog
from telegram import Update
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.channel import TelegramChannel
from bot.updates import to_incoming
from ema.channels import Direct, Handled, Incoming, Refused, Result, RetryLater

log = structlog.get_logger()
T = TypeVar("T")

ALLOWED = ["message", "callback_query", "my_chat_member"]
WAIT_SECONDS = 25
NOT_STORED_SECONDS = 2
"""So often what the database could not take is asked for again: somebody waits with her finger on a button."""
TOKEN_SECONDS = 60
"""So often a refused token is tried again."""
AT_ONCE = 64
"""Chats whose events are handled at the same time; each chat's own events keep their order."""


class Receive(Protocol):
    """Stores one incoming event durably. May raise: then the update is not confirmed and comes again."""

    async def __call__(self, incoming: Incoming, /) -> Handled: ...


Told = Callable[[RetryLater | Refused], None]
"""Called, in a thread, with what concerns the whole bot: it must wait, or its token is refused."""


class Poller:
    """The one process that asks Telegram for this bot's updates. `drained` is called when nothing more is waiting."""

    def __init__(
        self, channel: TelegramChannel, receive: Receive, drained: Callable[[], None], told: Told | None = None
    ) -> None:
        self._channel = channel
        self._receive = receive
        self._drained = drained
        self._told = told
        self._offset: int | None = None
        self._late = True
        self._tails: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until `stop`. Trouble on the way is waited out, also a token that is refused: it may work again."""
        pause = 1.0
        while not stop.is_set():
            try:
                updates = await _unless(stop, self._ask(WAIT_SECONDS))
                if updates is None:
                    return
                await self._take_all(updates)
                pause = 1.0
            except InvalidToken:
                log.error("poll.token_refused")  # noqa: TRY400 - the trace would show the address with the token
                await self._tell(Refused("the token", "token"))
                await _rest(stop, TOKEN_SECONDS)
            except RetryAfter as error:
                after = (
                    error.retry_after if isinstance(error.retry_after, timedelta) else timedelta(0, error.retry_after)
                )
                log.warning("poll.trouble", kind="RetryAfter")
                await self._tell(RetryLater("limit", "limit", after, whole_bot=True))
                await _rest(stop, after.total_seconds())
            except (Conflict, NetworkError, TelegramError) as error:
                log.warning("poll.trouble", kind=type(error).__name__)
                await _rest(stop, min(pause := pause * 2, 30))
            except Exception as error:  # noqa: BLE001 - the database may be away: nothing is confirmed, try again
                log.warning("poll.not_stored", kind=type(error).__name__)
                await _rest(stop, NOT_STORED_SECONDS)

    async def _tell(self, what: RetryLater | Refused) -> None:
        if self._told is None:
            return
        try:
            await asyncio.to_thread(self._told, what)
        except Exception as error:  # noqa: BLE001 - the database may be away: the sender will be told by Telegram itself
            log.warning("poll.not_stored", kind=type(error).__name__)

    async def step(self, wait_seconds: int = 0) -> int:
        """Ask once, store what came, confirm what is stored. Returns how many updates came."""
        updates = await self._ask(wait_seconds)
        await self._take_all(updates)
        return len(updates)

    async def _ask(self, wait_seconds: int) -> Sequence[Update]:
        """What is waiting. Asking confirms what came before; giving the question up loses nothing."""
        return await self._channel.bot.get_updates(
            offset=self._offset, timeout=0 if self._late else wait_seconds, allowed_updates=ALLOWED
        )

    async def _take_all(self, updates: Sequence[Update]) -> None:
        """Store them, then move the offset past what is stored. Raises the first failure."""
        failures: list[tuple[int, Exception]] = []
        gate = asyncio.Semaphore(AT_ONCE)

        async def chat(events: list[Update]) -> None:
            for update in events:
                async with gate:
                    try:
                        await self._take(update)
                    except Exception as error:  # noqa: BLE001 - collected, judged below
                        failures.append((update.update_id, error))
                        return  # what follows in this chat waits for it

        await asyncio.gather(*(chat(events) for events in _by_chat(updates)))
        if failures:
            first = min(update_id for update_id, _ in failures)
            before = [update.update_id for update in updates if update.update_id < first]
            self._offset = max(before) + 1 if before else self._offset
            raise failures[0][1]
        if updates:
            self._offset = updates[-1].update_id + 1
        else:
            self._late = False
            self._drained()

    async def settle(self) -> None:
        """Wait for the best-effort answers that are still on their way."""
        await asyncio.gather(*self._tails)

    async def _take(self, update: Update) -> None:
        incoming = to_incoming(update, self._channel.bot_id, late=self._late)
        if incoming is None:
            return
        handled = await self._receive(incoming)
        task = asyncio.create_task(self._answer(handled))
        self._tails.add(task)
        task.add_done_callback(self._tails.discard)

    async def _answer(self, handled: Handled) -> None:
        for result in await answer(self._channel, handled):
            if isinstance(result, RetryLater) and result.whole_bot:
                await self._tell(result)


async def answer(channel: TelegramChannel, handled: Handled) -> list[Result]:
    """The tap's own answer and direct words, after the commit. Best effort: a failure is only logged. Returns how they
    ended.
    """
    steps: list[Awaitable[list[Result]]] = []
    if handled.tap_id is not None:
        steps.append(_toast(channel, handled.tap_id, handled.toast))
    if handled.direct is not None:
        steps.append(_say(channel, handled.direct))
    results: list[Result] = []
    for step in steps:
        try:
            results += await step
        except Exception as error:  # noqa: BLE001 - best effort by design
            log.warning("poll.answer_lost", kind=type(error).__name__)
    return results


async def _toast(channel: TelegramChannel, tap_id: str, text: str | None) -> list[Result]:
    return [await channel.acknowledge(tap_id, text)]


async def _say(channel: TelegramChannel, direct: Direct) -> list[Result]:
    results = [
        await channel.delete(direct.address, direct.remove[at : at + 100])  # Telegram takes a hundred at a time
        for at in range(0, len(direct.remove), 100)
    ]
    if direct.shown is not None and direct.message_id is not None:
        results.append(await channel.edit(direct.address, direct.message_id, direct.shown))
    elif direct.shown is not None:
        results.append(await channel.send(direct.address, direct.shown, silent=True))
    return results


def _by_chat(updates: Iterable[Update]) -> list[list[Update]]:
    chats: dict[int | None, list[Update]] = {}
    for update in updates:
        chats.setdefault(update.effective_chat.id if update.effective_chat else None, []).append(update)
    return list(chats.values())


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """What `work` gives, or None if told to stop before it is done."""
    task, stopped = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
        return None
    return task.result()


async def _rest(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
