"""`ema serve`, `web`, `worker`, `poll` and `migrate`: run the platform, in one process or in several."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import structlog

from ema import bootstrap, tracing
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
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # it warns in the server's own words, which may name a row


def migrate() -> None:
    """Bring the database up to date. Makes it if there is none."""
    from ema.store.migrate import migrate as upgrade

    settings = Settings()
    upgrade(settings.database)
    print("The database is up to date.")


def _settings() -> Settings:
    """For a process that goes on: with its logs, and spans if somebody collects them."""
    logs()
    settings = Settings()
    tracing.start(settings.otlp_url)
    return settings


def serve() -> None:
    """All in one process: pages, clockwork, sender, polling (or the webhook, with EMA_PUBLIC_URL and a secret)."""
    settings = _settings()
    channels = bootstrap.telegram(settings)
    sock = bootstrap.listen(settings)
    with bootstrap.installation(settings, upgrade=True) as here:
        load_bundled_study(here)
        bootstrap.forever(_serve(here, channels, sock))


async def _serve(here: Installation, channels: Sequence[TelegramChannel], sock: socket.socket) -> None:
    try:
        entering = await bootstrap.enter(channels, here.settings, takes_updates=True)
        print(f"Pages: {here.settings.url}   (Ctrl-C ends)", flush=True)
        loops = bootstrap.parts(here, channels, poll=not bootstrap.by_webhook(here.settings))
        await bootstrap.run([*loops, *entering], bootstrap.web_app(here, channels), sock)
    finally:
        await bootstrap.leave(channels)


def web() -> None:
    """Only the pages, the API and the webhook. Any number of these may run."""
    settings = _settings()
    channels = bootstrap.telegram(settings) if settings.telegram_tokens else []
    sock = bootstrap.listen(settings)
    with _shared(settings) as here:
        bootstrap.forever(_web(here, channels, sock))


async def _web(here: Installation, channels: Sequence[TelegramChannel], sock: socket.socket) -> None:
    entering: list[bootstrap.Loop] = []
    try:
        if channels and bootstrap.by_webhook(here.settings):
            entering = await bootstrap.enter(channels, here.settings, takes_updates=True)
        await bootstrap.run([partial(bootstrap.fits, here), *entering], bootstrap.web_app(here, channels), sock)
    finally:
        await bootstrap.leave(channels)


def worker() -> None:
    """Only the clockwork and the senders. Any number of these may run on PostgreSQL."""
    settings = _settings()
    channels = bootstrap.telegram(settings)
    with _shared(settings) as here:
        bootstrap.forever(_loops(here, channels, work=True, poll=False))


def poll() -> None:
    """Only the polling, for every bot. One of these may run."""
    settings = _settings()
    channels = bootstrap.telegram(settings)
    if bootstrap.by_webhook(settings):
        raise bootstrap.CannotStart("Updates come by the webhook: unset EMA_TELEGRAM_WEBHOOK_SECRET to poll instead.")
    with _shared(settings) as here:
        bootstrap.forever(_loops(here, channels, work=False, poll=True))


async def _loops(here: Installation, channels: Sequence[TelegramChannel], *, work: bool, poll: bool) -> None:
    try:
        entering = await bootstrap.enter(channels, here.settings, takes_updates=poll)
        await bootstrap.run([*bootstrap.parts(here, channels, work=work, poll=poll), *entering])
    finally:
        await bootstrap.leave(channels)


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
