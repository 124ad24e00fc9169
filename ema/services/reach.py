"""Does Telegram answer each bot? Asked once a minute and kept as a heartbeat, so that every process can say it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

from ema.services.installation import Installation
from ema.store import ticks

_NAME: Final = "telegram "
EVERY: Final = timedelta(minutes=1)


def name_of(bot_id: int) -> str:
    """What the heartbeat of this bot is called."""
    return f"{_NAME}{bot_id}"


def bot_of(name: str) -> int | None:
    """The bot whose heartbeat is called so; None for one of the clockwork's."""
    return int(name.removeprefix(_NAME)) if name.startswith(_NAME) else None


async def watch(here: Installation, bot_id: int, ask: Callable[[], Awaitable[object]], stop: asyncio.Event) -> None:
    """Ask until `stop`. What it raises is kept by its kind only: its words may hold the token."""
    while not stop.is_set():
        error = await _trouble(ask)
        with suppress(Exception):  # the database may be away: the next time tells
            await asyncio.to_thread(_keep, here, name_of(bot_id), error)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), EVERY.total_seconds())


async def _trouble(ask: Callable[[], Awaitable[object]]) -> str | None:
    try:
        await ask()
    except Exception as error:  # noqa: BLE001 - whatever it is, the bot can't be reached
        return type(error.__cause__ or error).__name__
    return None


def _keep(here: Installation, name: str, error: str | None) -> None:
    now = here.database.clock.now()
    with here.database.transaction() as session:
        if error is None:
            ticks.ran(session, name, EVERY, now)
        else:
            ticks.failed(session, name, EVERY, now, error)
