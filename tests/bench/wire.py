"""A client that costs little: HTTP/1.1 over kept connections, bytes in and bytes out, and the pace of an open loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from statistics import quantiles
from time import perf_counter


class Line:
    """One connection. One request at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        if self._reader is None or self._writer is None or self._reader.at_eof():  # closed after a rest
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        body = await self._reader.readexactly(int(length)) if length else b""
        return int(head[9:12]), body

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def post(path: str, body: bytes, kind: str = "application/x-www-form-urlencoded", more: str = "") -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    )
    return head.encode() + body


async def closed(work: Sequence[Callable[[], Awaitable[None]]], at_once: int, seconds: float) -> list[float]:
    """So many at a time, each the next as soon as one is done, for so long. Seconds that each took."""
    left, took, end = iter(work), [], perf_counter() + seconds

    async def one_after_another() -> None:
        for one in left:
            start = perf_counter()
            if start > end:
                return
            await one()
            took.append(perf_counter() - start)

    await asyncio.gather(*(one_after_another() for _ in range(at_once)))
    return took


async def opened(work: Sequence[Callable[[], Awaitable[None]]], per_second: float) -> list[float]:
    """One every so often, whether the earlier ones are done or not. Seconds from when each was to begin."""
    begun, took = perf_counter(), [0.0] * len(work)

    async def one_at(number: int) -> None:
        due = begun + number / per_second
        await asyncio.sleep(max(0.0, due - perf_counter()))
        await work[number]()
        took[number] = perf_counter() - due

    await asyncio.gather(*(one_at(number) for number in range(len(work))))
    return took


def p(took: Sequence[float], percent: int) -> float:
    """A percentile in ms."""
    return quantiles(took, n=100)[percent - 1] * 1000
