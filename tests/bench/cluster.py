"""One, two and four workers and webs as processes of their own on PostgreSQL, against a canned Bot API server.

In each: a wave of notes due at the same instant, notes due one by one, people who tap as fast as they are answered,
some taps delivered twice. Then it is counted whether anything was sent twice or lost.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Self

from sqlalchemy import func, insert, select

from bot.webhook import HEADER, PATH
from ema.clock import SystemClock
from ema.config import Settings
from ema.services import doctor, study
from ema.services.installation import Installation
from ema.store import outbox
from ema.store.engine import open_database
from ema.store.migrate import ROOT, migrate
from ema.store.rows import row_of, table_of
from ema.store.tables import Answer, Enrolment, Outbox, Prompt
from ema.store.vault import open_vault
from tests.bench import crowd, measures, planning

NUMBERS = (1, 2, 4)
WAVE = int(os.environ.get("EMA_BENCH_WAVE", "1500"))
SPREAD = 100
"""Notes that are due one after the other, `EVERY` apart."""
EVERY = timedelta(milliseconds=50)
TAPPING = WAVE // 10
AT_A_TIME = 16
TWICE = 10
"""Every tenth tap is delivered twice."""
SECRET = "hush"
PATIENCE = 120

_prompt, _outbox, _enrolment, _answer = (table_of(model) for model in (Prompt, Outbox, Enrolment, Answer))


def cluster() -> Iterator[measures.Figure]:
    with planning.postgres_urls() as url_of, tempfile.TemporaryDirectory() as folder:
        for number in NUMBERS:
            own = Path(folder) / str(number)
            own.mkdir()
            with Cluster(number, url_of(number), url_of(100 + number), own) as running:
                yield from running.measured()


class Cluster:
    """So many workers and webs, each a process, on databases of their own."""

    def __init__(self, number: int, url: str, keystore_url: str, folder: Path) -> None:
        self.number, self._folder, self._stack = number, folder, ExitStack()
        self._log = folder / "calls"
        key_file = folder / "secret.key"
        migrate(url)
        database, vault = open_database(url), open_vault(keystore_url, key_file)
        self._stack.callback(vault.close)
        self._stack.callback(database.close)
        self.here = Installation(database, vault, SystemClock(), Settings(data_dir=folder))
        study.load(self.here, crowd.protocol(), seed="bench")
        with crowd.quick(url) as connection:
            crowd.add_people(connection, vault, WAVE + SPREAD, self.here.clock.now(), silent=False)
        self._environment = os.environ | {
            "EMA_DATA_DIR": str(folder),
            "EMA_DATABASE_URL": url,
            "EMA_KEYSTORE_URL": keystore_url,
            "EMA_SECRET_KEY_FILE": str(key_file),
            "EMA_TELEGRAM_TOKEN": f"{crowd.BOT}:bench",
            "EMA_TELEGRAM_WEBHOOK_SECRET": SECRET,
            "EMA_PUBLIC_URL": "http://127.0.0.1:1",
            "EMA_MESSAGES_PER_SECOND": "1000000",
        }

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self) -> None:
        command = [sys.executable, "-m", "tests.bench.counted", str(self._log)]
        api = self._stack.enter_context(process(command, dict(os.environ), subprocess.PIPE))
        assert api.stdout is not None
        self._environment["EMA_TELEGRAM_API_URL"] = f"http://127.0.0.1:{int(api.stdout.readline())}"
        self.ports = [free_port() for _ in range(self.number)]
        ema = [sys.executable, "-W", "ignore", "-m", "ema"]
        for port in self.ports:
            self._stack.enter_context(process([*ema, "web"], self._environment | {"EMA_PORT": str(port)}))
            self._stack.enter_context(process([*ema, "worker"], self._environment))
        until(lambda: all(listens(port) for port in self.ports))
        until(lambda: self._log.read_text().lower().count("getme") >= 2 * self.number)
        time.sleep(1)  # the workers' first ticks

    def measured(self) -> Iterator[measures.Figure]:
        name = f"{self.number} worker{'s' * (self.number > 1)}, {self.number} web{'s' * (self.number > 1)}"
        start = self.here.clock.now() + timedelta(seconds=3)
        wave = self._plan(range(WAVE), [start] * WAVE)
        until(lambda: len(self._notes()) >= WAVE)
        at = sorted(self._notes().values())
        late = self._late(wave)
        yield measures.Figure(
            f"{name}: notes due at once",
            WAVE / (at[-1] - start.timestamp()),
            "messages/s",
            f"{WAVE:,} of them, limiter off; half within {late[49]:.2f} s, 99 % within {late[98]:.2f} s",
        )
        start = self.here.clock.now() + timedelta(seconds=1)
        spread = self._plan(range(WAVE, WAVE + SPREAD), [start + EVERY * each for each in range(SPREAD)])
        until(lambda: len(self._notes()) >= WAVE + SPREAD)
        late = self._late(spread)
        yield measures.Figure(
            f"{name}: a note's lateness, one by one",
            late[98] * 1000,
            "ms, p99",
            f"half within {late[49] * 1000:.0f} ms; one each {EVERY.total_seconds() * 1000:.0f} ms",
        )
        persons = list(wave.items())[:TAPPING]
        taps = asyncio.run(self._tap(persons))
        rates = quantiles(taps.seconds, n=100)
        yield measures.Figure(
            f"{name}: taps",
            len(taps.seconds) / taps.wall,
            "taps/s",
            f"{AT_A_TIME} at a time, through the webhook; p50 {rates[49] * 1000:.0f} ms, p99 {rates[98] * 1000:.0f} ms",
        )
        until(self._at_rest)
        broken = self._broken(wave | spread, persons)
        yield measures.Figure(
            f"{name}: sent twice, lost, answers missing", len(broken), "problems", "; ".join(broken) or "as promised"
        )

    def _plan(self, people: range, due: list[datetime]) -> dict[int, tuple[datetime, str]]:
        """A prompt for each of these people. Returns when each prompt is due, and her address."""
        names = {crowd.pseudonym(number): (number, at) for number, at in zip(people, due, strict=True)}
        version = crowd.protocol().version
        with self.here.database.transaction() as session:
            wanted = select(_enrolment.c.id, _enrolment.c.participant_id)
            enrolments = {row.participant_id: row.id for row in session.execute(wanted) if row.participant_id in names}
            rows = [
                row_of(
                    Prompt,
                    enrolment_id=enrolments[name],
                    participant_id=name,
                    schedule="checkin",
                    slot_key="45.0",
                    slot="afternoon",
                    kind="scheduled",
                    counts=True,
                    study_day=45,
                    timezone="Europe/London",
                    local_date=at.date(),
                    opens_at=at,
                    due_at=at,
                    expires_at=at + timedelta(hours=4),
                    protocol_version=version,
                    created_at=at,
                )
                for name, (_, at) in names.items()
            ]
            session.execute(insert(_prompt), rows)
            mine = select(_prompt.c.id, _prompt.c.participant_id).where(_prompt.c.participant_id.in_(list(names)))
            made = {row.id: names[row.participant_id] for row in session.execute(mine)}
            outbox.enqueue_notes(session, list(made), self.here.clock.now())
        return {prompt: (at, crowd.address(number)) for prompt, (number, at) in made.items()}

    def _calls(self) -> list[list[str]]:
        return [line.split() for line in self._log.read_text().splitlines() if line.count(" ") == 3]

    def _notes(self) -> dict[int, float]:
        """Prompt → when its note was first sent."""
        found: dict[int, float] = {}
        for at, method, _, prompt in self._calls():
            if method == "sendMessage" and prompt != "-":
                found.setdefault(int(prompt), float(at))
        return found

    def _late(self, planned: dict[int, tuple[datetime, str]]) -> list[float]:
        notes = self._notes()
        return quantiles((notes[prompt] - at.timestamp() for prompt, (at, _) in planned.items()), n=100)

    async def _tap(self, persons: list[tuple[int, tuple[datetime, str]]]) -> Taps:
        items = [item.id for item in crowd.protocol().questionnaires["checkin"].items]
        queue: asyncio.Queue[tuple[int, tuple[int, tuple[datetime, str]]]] = asyncio.Queue()
        for each in enumerate(persons):
            queue.put_nowait(each)
        seconds: list[float] = []

        async def one(place: int) -> None:
            lines = [await Line.open(port) for port in self.ports]
            while not queue.empty():
                number, (prompt, (_, address)) = queue.get_nowait()
                for step, item in enumerate(["", *items]):
                    code = f"answer|5|{prompt}|{item}|1" if item else f"start||{prompt}"
                    body = update(1_000_000 + 100 * number + step, int(address), code)
                    began = time.perf_counter()
                    await lines[(place + step) % len(lines)].post(body)
                    seconds.append(time.perf_counter() - began)
                    if (number + step) % TWICE == 0:
                        await lines[(place + step + 1) % len(lines)].post(body)
            for line in lines:
                line.close()

        began = time.perf_counter()
        await asyncio.gather(*(one(place) for place in range(AT_A_TIME)))
        return Taps(seconds, time.perf_counter() - began)

    def _at_rest(self) -> bool:
        now = self.here.clock.now()
        open_now = (_outbox.c.state.in_(("pending", "claimed")), _outbox.c.not_before <= now)
        with self.here.database.reading() as session:
            return session.execute(select(func.count()).select_from(_outbox).where(*open_now)).scalar_one() == 0

    def _broken(
        self, planned: dict[int, tuple[datetime, str]], persons: list[tuple[int, tuple[datetime, str]]]
    ) -> list[str]:
        """What does not hold, in words."""
        items = len(crowd.protocol().questionnaires["checkin"].items)
        sent = Counter(
            int(prompt) for _, method, _, prompt in self._calls() if method == "sendMessage" and prompt != "-"
        )
        with self.here.database.reading() as session:
            prompts = {row.id: row for row in session.execute(select(_prompt.c.id, _prompt.c.state, _prompt.c.sent_at))}
            given = Counter(session.execute(select(_answer.c.prompt_id)).scalars())
        found = [f"prompt {prompt} was sent {sent[prompt]} times" for prompt in planned if sent[prompt] != 1]
        found += [
            f"prompt {prompt} is {prompts[prompt].state}" for prompt in planned if prompts[prompt].sent_at is None
        ]
        tapped = {prompt for prompt, _ in persons}
        found += [f"prompt {prompt} has {given[prompt]} answers" for prompt in tapped if given[prompt] != items]
        found += [f"prompt {prompt} is not completed" for prompt in tapped if prompts[prompt].state != "completed"]
        return found + [
            str(each) for each in doctor.examine(self.here.database, self.here.vault, self.here.clock.now())
        ]


@dataclass(frozen=True)
class Taps:
    seconds: list[float]
    wall: float


class Line:
    """One connection to a web, kept open."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> Line:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def post(self, body: bytes) -> None:
        head = f"POST {PATH} HTTP/1.1\r\nHost: local\r\n{HEADER}: {SECRET}\r\nContent-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(answer.decode())
        fields = dict(line.lower().split(b": ", 1) for line in answer.strip().split(b"\r\n")[1:])
        await self._reader.readexactly(int(fields.get(b"content-length", b"0")))

    def close(self) -> None:
        self._writer.close()


def update(number: int, chat: int, code: str) -> bytes:
    """A tap, as Telegram delivers it."""
    who = {"id": chat, "first_name": "A"}
    message = {"message_id": 50_000, "date": int(datetime.now(UTC).timestamp()), "chat": who | {"type": "private"}}
    query = {"id": str(number), "from": who | {"is_bot": False}, "chat_instance": "1", "data": code, "message": message}
    return json.dumps({"update_id": number, "callback_query": query}).encode()


@contextmanager
def process(
    command: list[str], environment: dict[str, str], out: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs until the end of the block; then it is asked to end, and made to if it does not."""
    running = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.DEVNULL)
    try:
        yield running
    finally:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(10)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
        if running.stdout is not None:
            running.stdout.close()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as trying:
        return trying.connect_ex(("127.0.0.1", port)) == 0


def until(happened: Callable[[], bool]) -> None:
    """Raises TimeoutError."""
    end = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > end:
            raise TimeoutError("the cluster does not get on")
        time.sleep(0.1)
