"""A Bot API server that takes every message and notes when: so fast that it is not what is measured.

`python -m tests.bench.canned` prints its port. `/journal` gives the moments at which messages came, and forgets them.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from itertools import count
from urllib.parse import parse_qs

import uvloop

ME = {"id": 42, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}


class Journal:
    def __init__(self) -> None:
        self.moments: list[float] = []
        self.numbers = count(1)

    def answer(self, path: bytes, body: bytes) -> bytes:
        if path == b"/count":
            return str(len(self.moments)).encode()
        if path == b"/journal":
            told, self.moments = json.dumps(self.moments).encode(), []
            return told
        if path.endswith(b"/sendMessage"):
            self.moments.append(time.time())
            chat = parse_qs(body.decode())["chat_id"][0]
            return b'{"ok":true,"result":{"message_id":%d,"date":%d,"chat":{"id":%s,"type":"private"},"text":"x"}}' % (
                next(self.numbers),
                int(time.time()),
                chat.encode(),
            )
        return json.dumps({"ok": True, "result": ME if path.endswith(b"/getMe") else True}).encode()


class Connection(asyncio.Protocol):
    """As much of HTTP as its clients speak."""

    def __init__(self, journal: Journal) -> None:
        self.journal, self.waiting = journal, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            head = self.waiting[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.waiting) < end + 4 + length:
                return
            path = self.waiting[: self.waiting.index(b"\r\n")].split(b" ")[1]
            body, self.waiting = self.waiting[end + 4 : end + 4 + length], self.waiting[end + 4 + length :]
            content = self.journal.answer(path, body)
            self.transport.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
                % (len(content), content)
            )


async def serve() -> None:
    journal = Journal()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(journal), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(input)  # until whoever started it closes the pipe


if __name__ == "__main__":
    with suppress(EOFError):
        uvloop.run(serve())
