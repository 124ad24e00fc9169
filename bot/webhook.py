"""Updates by webhook, each bot's at its own path: the secret is checked, the update stored, then 200 is answered."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from math import inf
from time import monotonic
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from telegram import Update

from bot.channel import TelegramChannel
from bot.poll import ALLOWED, Receive, answer
from bot.updates import to_incoming
from ema.channels import Handled

PATH = "/telegram/webhook"
"""Where there is one bot. Of several, each has its public number after it."""
HEADER = "X-Telegram-Bot-Api-Secret-Token"


def path_of(bot_id: int, *, alone: bool) -> str:
    return PATH if alone else f"{PATH}/{bot_id}"


class _Seldom:
    """Asks, in a thread, at most once a second: it costs more than an update itself."""

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._ask = ask
        self._at = -inf
        self._said = False

    async def says(self) -> bool:
        if monotonic() >= self._at + 1:
            self._said = await run_in_threadpool(self._ask)
            self._at = monotonic()
        return self._said


def route(
    channel: TelegramChannel,
    secret: str,
    receive: Receive,
    catching_up: Callable[[], bool],
    *,
    path: str = PATH,
) -> Route:
    """The route to mount. What can't be read is answered with 200, so that Telegram does not send it over and over.

    `catching_up`: after downtime, until expiry runs again, what arrives may have waited.
    """
    seldom = _Seldom(catching_up)

    async def take(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get(HEADER, "").encode(), secret.encode()):
            return Response(status_code=403)
        try:
            update = Update.de_json(json.loads(await request.body()), channel.bot)
        except (ValueError, TypeError, KeyError, AttributeError):
            return Response(status_code=200)
        incoming = to_incoming(update, channel.bot_id, late=await seldom.says())
        if incoming is None:
            return Response(status_code=200)
        handled = await receive(incoming)
        if handled.direct is not None:
            await answer(channel, Handled(direct=handled.direct))
        return _acknowledged(handled)

    return Route(path, take, methods=["POST"])


async def announce(channel: TelegramChannel, public_url: str, secret: str, *, path: str = PATH) -> None:
    """Tell Telegram where to deliver."""
    url = public_url.rstrip("/") + path
    await channel.bot.set_webhook(url, secret_token=secret, allowed_updates=ALLOWED, max_connections=20)


def _acknowledged(handled: Handled) -> Response:
    """The tap's answer travels in the response: no further call."""
    if handled.tap_id is None:
        return Response(status_code=200)
    body: dict[str, Any] = {"method": "answerCallbackQuery", "callback_query_id": handled.tap_id}
    if handled.toast is not None:
        body["text"] = handled.toast
    return JSONResponse(body)
