"""python-telegram-bot on aiohttp: a third of the processor time that its own client takes (docs/decisions/0017).

On the wire nothing differs. Errors say the kind of what went wrong and no more: aiohttp's own words hold the address,
and in the address is the token.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from ssl import SSLContext
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientHttpProxyError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    FormData,
    TCPConnector,
)
from httpx import create_ssl_context
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from ema.channels import FILE_SECONDS

NOT_SENT = (ClientConnectorError, ConnectionTimeoutError, ClientHttpProxyError)
"""No connection came about, or none was free in time: the request never left."""
LOST = (ClientError, TimeoutError)
"""Anything else of this client: the request may have arrived."""

CONNECT_SECONDS = 5.0
FREE_SECONDS = 10.0
"""How long a request waits for one of the connections."""
FORM = "application/x-www-form-urlencoded"


class AiohttpRequest(BaseRequest):
    """One pool of connections."""

    def __init__(self, connections: int, read_timeout: float) -> None:
        self._connections = connections
        self._read_timeout = read_timeout
        self._session: ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        return self._read_timeout

    async def initialize(self) -> None:
        self._open()

    async def shutdown(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(  # noqa: PLR0917 - as its base class has it
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002 - what is sent fits into the socket's buffer, or has FILE_SECONDS
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Status and body. Raises TimedOut or NetworkError, with aiohttp's error as the cause."""
        connecting = _or(connect_timeout, CONNECT_SECONDS)
        headers = {"User-Agent": self.USER_AGENT}
        data: bytes | FormData | None = None
        # aiohttp counts from the beginning of the upload, so that a large file has one limit for both ways
        in_all, answer = None, _or(read_timeout, self._read_timeout)
        if request_data is not None and request_data.contains_files:
            data, in_all, answer = _with_files(request_data), FILE_SECONDS, FILE_SECONDS
        elif request_data is not None:
            data, headers["Content-Type"] = urlencode(request_data.json_parameters).encode(), FORM
        timeout = ClientTimeout(
            total=in_all,
            connect=connecting + _or(pool_timeout, FREE_SECONDS),
            sock_connect=connecting,
            sock_read=answer,
        )
        try:
            async with self._open().request(
                method,
                url,
                data=data,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
                proxy=_proxy(*urlsplit(url)[:2]),
                ssl=_trusted() if url.startswith("https:") else True,
            ) as response:
                return response.status, await response.read()
        except TimeoutError as error:
            raise TimedOut from error
        except ClientError as error:
            raise NetworkError(type(error).__name__) from error

    def _open(self) -> ClientSession:
        """The session, made where it is first needed: it belongs to the loop that runs."""
        if self._session is None:
            connector = TCPConnector(limit=self._connections)
            # not `trust_env`: that would ask for the proxy in a thread of its own, for each request
            self._session = ClientSession(connector=connector, cookie_jar=DummyCookieJar(), timeout=ClientTimeout())
        return self._session


def _with_files(request_data: RequestData) -> FormData:
    """As multipart, sent in pieces: a large one in one piece would hold the loop."""
    form = FormData(quote_fields=False)
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, body, mime) in (request_data.multipart_data or {}).items():
        form.add_field(name, BytesIO(body) if isinstance(body, bytes) else body, filename=filename, content_type=mime)
    return form


def _or(timeout: Any, otherwise: float) -> float:
    """None would be endless; the bot passes it nowhere."""
    return otherwise if timeout is BaseRequest.DEFAULT_NONE or timeout is None else float(timeout)


@cache
def _proxy(scheme: str, place: str) -> str | None:
    """What the environment says of this server, as every client understands it."""
    if proxy_bypass(place):
        return None
    proxies = getproxies()
    return proxies.get(scheme) or proxies.get("all")


@cache
def _trusted() -> SSLContext:
    """The same certificates as before: a slim container may have none of its own."""
    return create_ssl_context()
