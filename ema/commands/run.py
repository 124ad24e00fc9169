"""`ema serve`, `web`, `worker`, `poll` and `migrate`: run the platform, in one process or in several."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from typing import TYPE_CHECKING

import structlog

from ema import bootstrap
from ema.config import Settings

if TYPE_CHECKING:
    from bot.channel import TelegramChannel
    from ema.services.installation import Installation

DURABLE_SQLITE = "SQLite allows one process: use `ema serve`, or PostgreSQL for several."


TALKATIVE = ("aiohttp", "httpx", "httpcore", "telegram", "sqlalchemy", "python_multipart", "multipart")
"""What these say below a warning holds the token, chats, texts or what is stored."""


def logs() -> None:
    """One line an event on stderr. Never personal data, at whatever level somebody sets."""
    hush()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def hush() -> None:
    """Let no library tell what is personal."""
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def migrate() -> None:
    """Bring the database up to date. Makes it if there is none."""
    from ema.store.migrate import migrate as upgrade

    settings = Settings()
    upgrade(settings.database)
    print("The database is up to date.")


def serve() -> None:
    """All in one process: pages, clockwork, sender, polling (or the webhook, with EMA_PUBLIC_URL and a secret)."""
    logs()
    settings = Settings()
    channel = bootstrap.telegram(settings)
    sock = bootstrap.listen(settings)
    with bootstrap.installation(settings, upgrade=True) as here:
        load_bundled_study(here)
        asyncio.run(_serve(here, channel, sock))


async def _serve(here: Installation, channel: TelegramChannel, sock: socket.socket) -> None:
    await bootstrap.introduce(channel)
    await bootstrap.announce(channel, here.settings)
    print(f"Pages: {here.settings.url}   (Ctrl-C ends)", flush=True)
    loops = bootstrap.parts(here, channel, poll=not bootstrap.by_webhook(here.settings))
    try:
        await bootstrap.run(loops, bootstrap.web_app(here, channel), sock)
    finally:
        await channel.bot.shutdown()


def web() -> None:
    """Only the pages, the API and the webhook. Any number of these may run."""
    logs()
    settings = Settings()
    channel = bootstrap.telegram(settings) if settings.telegram_token else None
    sock = bootstrap.listen(settings)
    with _shared(settings) as here:
        asyncio.run(_web(here, channel, sock))


async def _web(here: Installation, channel: TelegramChannel | None, sock: socket.socket) -> None:
    if channel is not None and bootstrap.by_webhook(here.settings):
        await bootstrap.introduce(channel)
        await bootstrap.announce(channel, here.settings)
    try:
        await bootstrap.run([], bootstrap.web_app(here, channel), sock)
    finally:
        if channel is not None:
            await channel.bot.shutdown()


def worker() -> None:
    """Only the clockwork and the sender. Any number of these may run on PostgreSQL."""
    logs()
    settings = Settings()
    channel = bootstrap.telegram(settings)
    with _shared(settings) as here:
        asyncio.run(_loops(here, channel, work=True, poll=False))


def poll() -> None:
    """Only the polling. One of these for each bot."""
    logs()
    settings = Settings()
    channel = bootstrap.telegram(settings)
    if bootstrap.by_webhook(settings):
        raise bootstrap.CannotStart("Updates come by the webhook: unset EMA_TELEGRAM_WEBHOOK_SECRET to poll instead.")
    with _shared(settings) as here:
        asyncio.run(_loops(here, channel, work=False, poll=True))


async def _loops(here: Installation, channel: TelegramChannel, *, work: bool, poll: bool) -> None:
    await bootstrap.introduce(channel)
    if poll:
        await bootstrap.announce(channel, here.settings)
    try:
        await bootstrap.run(bootstrap.parts(here, channel, work=work, poll=poll))
    finally:
        await channel.bot.shutdown()


def _shared(settings: Settings) -> bootstrap.Opened:
    """For one of several processes, which SQLite can't serve."""
    if settings.database.startswith("sqlite"):
        raise bootstrap.CannotStart(DURABLE_SQLITE)
    return bootstrap.installation(settings)


def load_bundled_study(here: Installation) -> None:
    """An empty installation starts with the bundled study, piloting."""
    import questionnaires
    from ema.domain.studyfile import load_study
    from ema.services import study
    from ema.store import studies

    with here.database.reading() as session:
        if studies.everything(session):
            return
    protocol = load_study(questionnaires.ROOT / "studies" / "twice_daily.yaml")
    study.load(here, protocol)
    print(f"Loaded the study “{protocol.id}”. It is piloting; `ema study open {protocol.id}` says what is missing.")
