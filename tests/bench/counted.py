"""A canned Bot API server in a process of its own: it accepts everything at once and notes what it was asked.

`python -m tests.bench.counted FILE` prints its port; FILE takes a line for each call: seconds, method, chat, prompt.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from itertools import count
from pathlib import Path
from typing import TextIO
from urllib.parse import parse_qsl

_ids = count(50_000)
ME = {"id": 42, "is_bot": True, "first_name": "Notes", "username": "notes_bot"}


class Canned(asyncio.Protocol):
    """One connection."""

    def __init__(self, log: TextIO) -> None:
        self._log = log
        self._left = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._left += data
        while b"\r\n\r\n" in self._left:
            head, _, rest = self._left.partition(b"\r\n\r\n")
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
            length = int(fields.get(b"content-length", b"0"))
            if len(rest) < length:
                return
            self._left = rest[length:]
            method = head.split(b" ", 2)[1].rpartition(b"/")[2].decode()
            self._answer(method, _params(rest[:length], fields.get(b"content-type", b"")))

    def _answer(self, method: str, params: dict[str, str]) -> None:
        chat, buttons = params.get("chat_id", ""), params.get("reply_markup", "")
        start = buttons.partition('"start||')[2].partition('"')[0].partition("|")[0]
        self._log.write(f"{time.time():.6f} {method} {chat or '-'} {start or '-'}\n")
        body = json.dumps({"ok": True, "result": _result(method, chat, params)}).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


def _params(body: bytes, kind: bytes) -> dict[str, str]:
    if b"json" in kind:
        return {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in json.loads(body).items()
        }
    return dict(parse_qsl(body.decode()))


def _result(method: str, chat: str, params: dict[str, str]) -> object:
    if method.lower() == "getme":
        return ME
    if method.lower() not in {"sendmessage", "editmessagetext", "editmessagereplymarkup"}:
        return True
    return {
        "message_id": int(params.get("message_id") or next(_ids)),
        "date": int(time.time()),
        "chat": {"id": int(chat), "type": "private", "first_name": "A"},
        "text": params.get("text", ""),
    }


async def main(file: Path) -> None:
    with file.open("w", buffering=1) as log:
        server = await asyncio.get_running_loop().create_server(lambda: Canned(log), "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
