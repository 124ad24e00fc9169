"""The Bot API on the wire: `/bot<token>/<method>` and `/file/bot<token>/<path>`, as an ASGI app.

Written against ASGI itself: a simulation makes many thousand calls through it. It may be mounted
under any prefix.
"""

import asyncio
import json
from collections.abc import Awaitable
from typing import Any

import httpx
from starlette.types import Receive, Scope, Send

from bot.sandbox.api import BotApi
from bot.sandbox.errors import ApiError, ConnectionCut, NoAnswer
from bot.sandbox.model import Json
from bot.sandbox.params import BODY_LIMIT, decode_body

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class BotApiApp:
    """ASGI app of the Bot API."""

    def __init__(self, api: BotApi) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"the Bot API speaks HTTP, not {scope['type']}")
        body = await _body(receive)
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        content_type = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"content-type"), "")
        work = respond(self._api, path, content_type, scope["query_string"].decode(), body)
        try:
            done = await _unless_gone(work, receive)
        except ConnectionCut:
            await _cut(scope, receive, send)
            return
        except NoAnswer as silence:
            await _unless_gone(asyncio.sleep(silence.seconds), receive)
            done = 504, "application/json", _json(ApiError(504, "Gateway Timeout").body())
        if done is None:
            return
        status, media_type, content = done
        headers = [(b"content-type", media_type.encode()), (b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})


class InProcessTransport(httpx.AsyncBaseTransport):
    """For httpx (and so for python-telegram-bot) in the same process: no socket, no ASGI in between.

    Cut connections and time-outs reach the client as httpx's own exceptions.
    """

    def __init__(self, api: BotApi, prefix: str = "") -> None:
        self._api = api
        self._prefix = prefix

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix(self._prefix)
        content_type = request.headers.get("content-type", "")
        body = await request.aread()
        try:
            done = await respond(self._api, path, content_type, request.url.query.decode(), body)
        except ConnectionCut as cut:
            raise httpx.ReadError("connection reset", request=request) from cut
        except NoAnswer as silence:
            raise httpx.ReadTimeout("no answer", request=request) from silence
        status, media_type, content = done
        return httpx.Response(status, headers={"content-type": media_type}, content=content)


async def respond(api: BotApi, path: str, content_type: str, query: str, body: bytes) -> tuple[int, str, bytes]:
    """Status, media type and content for one HTTP request."""
    try:
        if path.startswith("/file/bot"):
            token, _, path = path.removeprefix("/file/bot").partition("/")
            return 200, *await api.download(token, path)
        status, answer = await _call(api, path, content_type, query, body)
    except ApiError as refusal:
        status, answer = refusal.code, refusal.body()
    return status, "application/json", _json(answer)


async def _call(api: BotApi, path: str, content_type: str, query: str, body: bytes) -> tuple[int, Json]:
    token, slash, method = path.removeprefix("/bot").partition("/")
    if not path.startswith("/bot") or not slash:
        raise ApiError(404, "Not Found")
    if len(body) > BODY_LIMIT:
        raise ApiError(413, "Request Entity Too Large")
    return await api.answer(token, method, await decode_body(content_type, query, body))


def _json(answer: Json) -> bytes:
    return _encode(answer).encode()


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


async def _unless_gone(work: Awaitable[Any], receive: Receive) -> Any:
    """The result of `work`; None when the client hangs up first, and then the work is dropped."""
    task = asyncio.ensure_future(work)
    await asyncio.sleep(0)  # nearly every call is done after one step
    if task.done():
        return task.result()
    gone = asyncio.ensure_future(receive())
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        task.cancel()
        gone.cancel()


async def _cut(scope: Scope, receive: Receive, send: Send) -> None:
    """Break the connection: abruptly where the server lets us reach its socket, else in mid-answer."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
        return
    if "state" not in scope:  # called in process, without a server: there is no socket to cut
        raise ConnectionResetError
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
