"""The composition root: the only place that knows which parts make up the whole."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog
import uvicorn

from ema import texts
from ema.clock import Clock
from ema.config import Settings
from ema.domain.errors import EmaError
from ema.release import CODE
from ema.sender import Sender
from ema.services.deliver import told_to_wait
from ema.services.expire import behind
from ema.services.installation import Installation
from ema.services.reach import watch
from ema.services.receive import gathered
from ema.store.engine import DatabaseTooNew, check_code, open_database
from ema.store.migrate import migrate, pending
from ema.store.vault import open_vault
from ema.worker import Worker

if TYPE_CHECKING:
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp

    from bot.channel import TelegramChannel
    from ema.web.participant import MiniApp

log = structlog.get_logger()

Loop = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""Something that runs until the event is set."""

FITS_SECONDS = 2
"""So often a process looks whether the database still takes its release."""


ENTER_AGAIN_SECONDS = 60
"""So often a bot is tried again that Telegram refused at the start, while others work."""


class CannotStart(EmaError):
    """Something that the program needs is missing or refused. The message says what to do."""


Opened = AbstractContextManager[Installation]


@contextmanager
def installation(
    settings: Settings | None = None, clock: Clock | None = None, *, upgrade: bool = False, durable: bool = True
) -> Iterator[Installation]:
    """Open database and vault. `upgrade` brings the database up to date first; otherwise an old one is refused."""
    settings = settings or Settings()
    if upgrade:
        migrate(settings.database)
    elif pending(settings.database):
        raise CannotStart("The database is not set up for this release: run `ema migrate`.")
    database = open_database(settings.database, durable=durable)
    try:
        check_code(database, CODE)
        vault = open_vault(settings.keystore, settings.secret_key)
        try:
            if clock is None:
                clock = database.clock
            yield Installation(database, vault, clock, settings)
        finally:
            vault.close()
    finally:
        database.close()


def telegram(settings: Settings) -> list[TelegramChannel]:
    """The bots, from the environment. Raises CannotStart when no token is set."""
    from bot.channel import TelegramChannel

    if not settings.telegram_tokens:
        raise CannotStart(
            "EMA_TELEGRAM_TOKEN is not set: put the token there that @BotFather gave you. `ema demo` needs none."
        )
    app, tokens = app_url(settings), settings.telegram_tokens
    return [TelegramChannel(token.get_secret_value(), settings.telegram_api_url, app_url=app) for token in tokens]


def app_url(settings: Settings) -> str | None:
    """Where Telegram finds the Mini App, if it can. It takes https only; a Bot API server on this machine also http."""
    public = settings.public_url
    local = urlsplit(settings.telegram_api_url).hostname in {"localhost", "127.0.0.1", "::1"}
    if public is None or not (public.startswith("https:") or local):
        return None
    return f"{public.rstrip('/')}/app"


async def introduce(channel: TelegramChannel) -> None:
    """Check the token and set the command menu. Raises TokenRefused or Unreachable."""
    await channel.open()
    menus: dict[str | None, list[tuple[str, str]]] = {None: texts.menu("en")}
    menus.update({language: texts.menu(language) for language in texts.languages()})
    await channel.set_menu(menus)


async def leave(channels: Sequence[TelegramChannel]) -> None:
    """Close their connections."""
    for channel in channels:
        await channel.bot.shutdown()


def by_webhook(settings: Settings) -> bool:
    """Updates are delivered to us, instead of asked for."""
    return settings.public_url is not None and settings.telegram_webhook_secret is not None


async def announce(channel: TelegramChannel, settings: Settings) -> None:
    """Tell Telegram how updates come: to the webhook, or by polling. Only who takes them may say so."""
    from bot import webhook

    secret = settings.telegram_webhook_secret
    if settings.public_url is not None and secret is not None:
        path = webhook.path_of(channel.bot_id, alone=len(settings.bots) == 1)
        await webhook.announce(channel, settings.public_url, secret.get_secret_value(), path=path)
    else:
        await channel.bot.delete_webhook()


async def enter(channels: Sequence[TelegramChannel], settings: Settings, *, takes_updates: bool) -> list[Loop]:
    """Introduce every bot; with `takes_updates` say how its updates come, too.

    One that can't be is tried again beside, by what this returns, and the others go on. Raises what hindered the first
    when none could be.
    """

    async def one(channel: TelegramChannel) -> None:
        await introduce(channel)
        if takes_updates:
            await announce(channel, settings)

    async def again(channel: TelegramChannel, stop: asyncio.Event) -> None:
        entered = False
        while not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), None if entered else ENTER_AGAIN_SECONDS)
            if not stop.is_set():
                entered = await _enters(one(channel), channel)

    ends = await asyncio.gather(*(one(channel) for channel in channels), return_exceptions=True)
    hindered = {channel: end for channel, end in zip(channels, ends, strict=True) if end is not None}
    if len(hindered) == len(channels):
        raise next(iter(hindered.values()))
    for channel, end in hindered.items():
        log.warning("bot.not_entered", bot=channel.bot_id, kind=type(end).__name__)
    return [partial(again, channel) for channel in hindered]


async def _enters(entering: Awaitable[None], channel: TelegramChannel) -> bool:
    try:
        await entering
    except Exception as error:  # noqa: BLE001 - the other bots go on, whatever it is
        log.warning("bot.not_entered", bot=channel.bot_id, kind=type(error).__name__)
        return False
    return True


def web_app(
    here: Installation,
    channels: Sequence[TelegramChannel],
    routes: Sequence[BaseRoute] = (),
    *,
    telegrams_script: str | None = None,
) -> ASGIApp:
    """The pages and the API; with a bot the Mini App, with a webhook secret also a webhook for each bot.

    `telegrams_script` stands in for Telegram's own where there is no internet.
    """
    from ema.web.app import create_app

    extra = list(routes)
    clock = here.database.clock
    secret = here.settings.telegram_webhook_secret
    if channels and secret is not None:
        from bot import webhook

        take, catching_up = gathered(here), lambda: behind(here, clock.now())
        for channel in channels:
            path = webhook.path_of(channel.bot_id, alone=len(channels) == 1)
            extra.append(webhook.route(channel, secret.get_secret_value(), take, catching_up, path=path))
    return create_app(here, extra_routes=extra, mini_app=mini_app(channels, clock, telegrams_script))


def mini_app(channels: Sequence[TelegramChannel], clock: Clock, telegrams_script: str | None = None) -> MiniApp | None:
    """The Mini App of these bots. Telegram signs with real time, so `clock` is real."""
    from bot.initdata import opened_at
    from ema.web.participant import TELEGRAMS_SCRIPT, MiniApp

    if not channels:
        return None
    tokens = {channel.bot_id: channel.bot.token for channel in channels}

    def verify(init_data: str) -> tuple[int, str]:
        return opened_at(init_data, tokens, clock.now())

    return MiniApp(verify, telegrams_script or TELEGRAMS_SCRIPT)


def parts(
    here: Installation,
    channels: Sequence[TelegramChannel],
    *,
    rng: Random | None = None,
    work: bool = True,
    poll: bool = True,
) -> list[Loop]:
    """What runs beside the web pages: the clockwork, and a sender and a poller for each bot."""
    from bot.poll import Poller

    loops: list[Loop] = [partial(fits, here)]
    worker = Worker(here) if work else None
    if worker is not None:
        loops.append(worker.run)
    undrained = {channel.bot_id for channel in channels}

    def drained(bot_id: int) -> None:
        undrained.discard(bot_id)
        if worker is not None and not undrained:
            worker.drained()

    for channel in channels:
        if work:
            loops.append(Sender(here, channel, rng or SystemRandom()).run)
            loops.append(partial(watch, here, channel.bot_id, channel.bot.get_me))
        if poll:
            told = partial(told_to_wait, here, channel.bot_id)
            loops.append(Poller(channel, gathered(here), partial(drained, channel.bot_id), told).run)
    return loops


async def fits(here: Installation, stop: asyncio.Event) -> None:
    """Look until `stop` whether the database still takes this release. DatabaseTooNew ends the process."""
    while not stop.is_set():
        try:
            await asyncio.to_thread(check_code, here.database, CODE)
        except DatabaseTooNew:
            raise
        except EmaError as error:  # away for a while
            log.warning("release.not_known", kind=type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), FITS_SECONDS)


def forever(main: Coroutine[Any, Any, None]) -> None:
    """`asyncio.run`, on uvloop where there is one (not on Windows): a tenth more taps a second."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)


async def run(loops: Sequence[Loop], app: ASGIApp | None = None, sock: socket.socket | None = None) -> None:
    """Run until interrupted: the loops, and the pages on `sock`. What is under way is finished first."""
    collect_seldom()
    stop = asyncio.Event()
    for interrupt in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(interrupt, stop.set)
    tasks = [asyncio.create_task(loop(stop)) for loop in loops]
    server = serving = None
    if app is not None and sock is not None:
        server = Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=5))
        serving = asyncio.create_task(server.serve([sock]))
        tasks.append(serving)
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    await asyncio.wait([task for task in tasks if task is not serving] or [stopped])  # before the pages go
    if server is not None:
        server.should_exit = True
    await asyncio.wait([*tasks, stopped])
    await asyncio.gather(*tasks)  # raises what one of them ended with


def collect_seldom() -> None:
    """Have Python look for garbage seldom: what was loaded stays, and a batch makes many things that die together.

    Planning takes a tenth less time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


class Server(uvicorn.Server):
    """The web server without signal handlers of its own: `run` stops everything in order."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(settings: Settings) -> socket.socket:
    """Take the port, before anything else is started. Raises CannotStart when it is taken."""
    family = socket.AF_INET6 if ":" in settings.bind else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, so that asyncio sends without delay
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((settings.bind, settings.port))
    except OSError as error:
        sock.close()
        where = f"{settings.bind}:{settings.port}"
        raise CannotStart(f"can't listen on {where} ({error.strerror}). Choose another port: EMA_PORT=8001") from None
    sock.listen(128)
    return sock
