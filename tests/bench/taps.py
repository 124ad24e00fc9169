"""A tap by webhook: update in, stored, next question out, through the real server and its sender.

Telegram's stand-in is a process of its own, which answers with canned bytes and taps for everybody: a person taps the
first answer on the question that she was just sent. A tap is over when the next question has come.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from time import perf_counter
from typing import Any
from urllib.parse import parse_qs

from ema.store.migrate import ROOT
from tests.bench import measures, planning, wire
from tests.bench.form import fsyncs, served
from tests.bench.serving import ITEMS, SECRET

SECONDS = 4
RATE = 100
PEOPLE = 400
"""Each taps Start and ten answers; that is how many taps there are."""
PATH = "/telegram/webhook"
BOT = b'{"ok":true,"result":{"id":42,"is_bot":true,"first_name":"Bench","username":"bench_bot"}}'


def taps() -> Iterator[measures.Figure]:
    yield measures.Figure("fsync on this disk", fsyncs(), "1/s", "one after another, 4 kB each")
    for name, new_url in (("SQLite", planning.sqlite_urls), ("PostgreSQL", planning.postgres_urls)):
        with new_url() as url_of, stand_in() as telegram, served("taps", url_of(0), PEOPLE, telegram.url) as server:
            found = telegram.tap(server)
        for at_once in (1, 8, 32):
            one = found[str(at_once)]
            yield measures.Figure(
                f"{name}: taps, {at_once} at a time", one["rate"], "taps/s",
                f"{'wanted 200; ' if at_once == 32 else ''}p50 {one['p50']:.1f} ms, p99 {one['p99']:.1f} ms",
            )  # fmt: skip
        open_loop = found["open"]
        yield measures.Figure(
            f"{name}: at {RATE}/s, p99", open_loop["p99"], "ms", f"wanted 100; open loop; p50 {open_loop['p50']:.1f} ms"
        )


@contextmanager
def stand_in(module: str = "tests.bench.taps") -> Iterator[StandIn]:
    """The process, for as long as it is needed."""
    command = [sys.executable, "-W", "ignore", "-m", module]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield StandIn(process, f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.kill()


@dataclass
class StandIn:
    process: subprocess.Popen[str]
    url: str

    def tap(self, server: dict[str, Any]) -> dict[str, dict[str, float]]:
        """Everything that is measured, by how many at a time."""
        said, _ = self.process.communicate(json.dumps(server), timeout=100)
        found: dict[str, dict[str, float]] = json.loads(said)
        return found


class Telegram:
    """The canned Bot API, and everybody's phone."""

    def __init__(self) -> None:
        self._updates, self._messages = count(1), count(100)
        self._waiting: dict[str, asyncio.Future[str]] = {}
        self._lines: list[wire.Line] = []
        self.port = 0
        self.sent = self.received = 0
        """Bytes of what phones send, and of what is sent to them, as the Bot API carries it."""
        self.chat: set[int] = set()
        """The messages that stand in a chat, where there is only one."""

    async def calls(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the bot's."""
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
                body = await reader.readexactly(int(length)) if length else b""
                answer = self._call(head.split(b" ", 2)[1].rsplit(b"/", 1)[1].decode(), body.decode())
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(answer)
                )
                writer.write(answer)
        writer.close()

    def _call(self, method: str, body: str) -> bytes:
        if method == "getMe":
            return BOT
        self.received += len(body)
        fields = {name: value[0] for name, value in parse_qs(body).items()}
        chat = fields.get("chat_id", "0")
        if method in {"editMessageText", "sendMessage"}:
            message_id = int(fields.get("message_id", next(self._messages)))
            self.chat.add(message_id)
            waiting = self._waiting.pop(chat, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(fields.get("reply_markup", ""))
            message = {"message_id": message_id, "date": 0, "chat": {"id": int(chat), "type": "private"}, "text": "x"}
            return json.dumps({"ok": True, "result": message}).encode()
        if method in {"deleteMessage", "deleteMessages"}:
            gone = fields.get("message_id", fields.get("message_ids", ""))
            self.chat -= {int(number) for number in gone.strip("[]").split(",")}
        return b'{"ok":true,"result":true}'

    async def tap(self, chat: str, code: str) -> str:
        """Tap, and wait for what comes. Returns the code of the first answer on it; nothing where there is none."""
        shown = self._waiting[chat] = asyncio.get_running_loop().create_future()
        person = {"id": int(chat), "is_bot": False, "first_name": "Anna"}
        message = {"message_id": 1, "date": 1, "chat": {"id": int(chat), "type": "private"}, "text": "x"}
        query = {"id": f"t{chat}", "from": person, "chat_instance": "1", "data": code, "message": message}
        update = json.dumps({"update_id": next(self._updates), "callback_query": query}).encode()
        line = self._lines.pop() if self._lines else wire.Line(self.port)
        secret = f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n"
        status, answered = await line.ask(wire.post(PATH, update, "application/json", secret))
        self._lines.append(line)
        self.sent += len(update)
        self.received += len(answered)
        if status != 200:
            raise AssertionError(f"answered {status}")
        async with asyncio.timeout(30):
            markup = await shown
        codes = (button.get("callback_data", "") for row in json.loads(markup)["inline_keyboard"] for button in row)
        return next((one for one in codes if one.startswith("answer|")), "")


class Person:
    """She taps Start, then the first answer of every question."""

    def __init__(self, telegram: Telegram, chat: str, prompt: int) -> None:
        self._telegram, self._chat, self._next = telegram, chat, f"start||{prompt}"

    async def tap(self) -> None:
        self._next = await self._telegram.tap(self._chat, self._next)

    @property
    def done(self) -> bool:
        return not self._next


async def closed(people: list[Person], at_once: int) -> dict[str, float]:
    """So many people at a time, each tapping as soon as the next question is there."""
    took: list[float] = []
    begun = perf_counter()

    async def one_after_another() -> None:
        while people and perf_counter() - begun < SECONDS:
            person = people.pop()
            while not person.done and perf_counter() - begun < SECONDS:
                start = perf_counter()
                await person.tap()
                took.append(perf_counter() - start)

    await asyncio.gather(*(one_after_another() for _ in range(at_once)))
    return {"rate": len(took) / (perf_counter() - begun), "p50": wire.p(took, 50), "p99": wire.p(took, 99)}


async def opened(people: list[Person]) -> dict[str, float]:
    """A tap every so often, each by the person who has waited longest, whether the others have got theirs or not."""
    ready = asyncio.Queue[Person]()
    for person in people:
        ready.put_nowait(person)

    async def one() -> None:
        person = await ready.get()
        await person.tap()
        if not person.done:
            ready.put_nowait(person)

    took = await wire.opened([one] * (RATE * SECONDS), RATE)
    return {"p50": wire.p(took, 50), "p99": wire.p(took, 99)}


async def main() -> None:
    telegram = Telegram()
    listening = await asyncio.start_server(telegram.calls, "127.0.0.1", 0)
    print(listening.sockets[0].getsockname()[1], flush=True)
    server = json.loads(await asyncio.to_thread(sys.stdin.read))
    telegram.port = server["port"]
    people = [Person(telegram, chat, prompt) for chat, prompt in server["people"]]
    await closed([people.pop() for _ in range(4)], 1)  # what is loaded once is loaded
    few = RATE * SECONDS // (ITEMS + 1) + 60
    found = {"open": await opened([people.pop() for _ in range(few)])}
    for at_once in (1, 8, 32):
        found[str(at_once)] = await closed(people, at_once)
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
