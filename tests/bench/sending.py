"""Sending: the whole path (claim, render, send, record) beside bare python-telegram-bot, and how punctual a wave is.

Everything runs in processes of its own: the Bot API server (a canned one, so that it is not what is measured), each
worker, PostgreSQL. What is compared takes turns, so that a machine that is busy for a while slows both.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from statistics import median, quantiles

import httpx
from sqlalchemy import Engine, NullPool, create_engine, select, update

from ema.store.migrate import ROOT
from ema.store.rows import table_of
from ema.store.tables import Outbox
from tests.bench import measures
from tests.bench.planning import postgres_urls, sqlite_urls

WARM = 200
"""Notes that are sent before anything is measured."""
BARE_AT_ONCE = (8, 24)
"""The bare client's own best number of connections lies between these; the better one counts."""
MOST_SECONDS = 100
"""For each database, about."""
NOTES = table_of(Outbox)


class Api:
    """The canned Bot API server's address, and what it noted."""

    def __init__(self, port: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._http = httpx.Client(base_url=self.url, trust_env=False)

    def taken(self) -> int:
        return int(self._http.get("/count").text)

    def journal(self) -> list[float]:
        return sorted(self._http.get("/journal").json())


@contextmanager
def canned() -> Iterator[Api]:
    with started("tests.bench.canned") as process:
        assert process.stdout is not None
        yield Api(process.stdout.readline().strip())


@contextmanager
def started(module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-W", "ignore", "-m", module, *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    try:
        yield process
        process.stdin.close()
        process.wait(30)
    finally:
        process.kill()
        process.wait()


def say(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdin is not None
    process.stdin.write(word + "\n")
    process.stdin.flush()


def hear(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    if (said := process.stdout.readline().strip()) != word:
        raise RuntimeError(f"a process of the measurement said “{said}” instead of “{word}”")


def bare_rate(api: Api, processes: int, messages: int, client: str, at_once: int) -> float:
    """Messages a second, from the first to the last that the server took."""
    order = {"api": api.url, "client": client, "at_once": at_once, "messages": messages // processes}
    with ExitStack() as stack:
        running = [
            stack.enter_context(started("tests.bench.sender", "bare", json.dumps(order))) for _ in range(processes)
        ]
        for process in running:
            hear(process, "ready")
        api.journal()
        for process in running:
            say(process, "go")
        for process in running:
            hear(process, "done")
        moments = api.journal()
        for process in running:
            say(process, "stop")
    return (len(moments) - 1) / (moments[-1] - moments[0])


@contextmanager
def workers(api: Api, url: str, processes: int, people: int, per_second: float = 1e9) -> Iterator[Engine]:
    """The product's sending loops over a database with so many people, warm. Gives a way into the database."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        order = {"url": url, "folder": folder, "api": api.url, "per_second": per_second}
        fill = json.dumps({**order, "people": WARM + people, "warm": WARM})
        with started("tests.bench.sender", "fill", fill) as filling:
            filling.wait(120)
        running = [
            stack.enter_context(started("tests.bench.sender", "send", json.dumps(order))) for _ in range(processes)
        ]
        for process in running:
            hear(process, "ready")
        until(lambda: api.taken() >= WARM)
        engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool)
        until_recorded(engine)
        api.journal()
        yield engine
        for process in running:
            say(process, "stop")


def fall_due(engine: Engine, first: int, number: int, at: float) -> None:
    """Of the notes that wait, these are due at that moment."""
    these = update(NOTES).where(NOTES.c.id > WARM + first, NOTES.c.id <= WARM + first + number)
    with engine.begin() as connection:
        connection.execute(these.values(not_before=datetime.fromtimestamp(at, UTC)))


def whole_rate(api: Api, url: str, processes: int, messages: int) -> float:
    """Messages a second through the whole path, from the first that the server took until the last was recorded."""
    with workers(api, url, processes, messages) as engine:
        fall_due(engine, 0, messages, time.time() + 0.5)
        until(lambda: api.taken() >= messages)
        until_recorded(engine)
        recorded = time.time()
        return (messages - 1) / (recorded - api.journal()[0])


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError("the messages did not arrive")
        time.sleep(0.02)


def until_recorded(engine: Engine) -> None:
    """Until nothing that is due is open."""
    now = datetime.now(UTC)
    still = select(NOTES.c.id).where(NOTES.c.state.in_(("pending", "claimed")), NOTES.c.not_before <= now).limit(1)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        until(lambda: connection.execute(still).first() is None)


SETTINGS = (("SQLite, one process", sqlite_urls, 1), ("PostgreSQL, two workers", postgres_urls, 2))


def dispatch(messages: int = 2_000, rounds: int = 2) -> Iterator[measures.Figure]:
    """The whole path beside the bare client, each with as many processes."""
    with canned() as api:
        for name, urls, processes in SETTINGS:
            bare: dict[int, list[float]] = {at_once: [] for at_once in BARE_AT_ONCE}
            ours: list[float] = []
            whole: list[float] = []
            began = time.monotonic()
            with urls() as url_of:
                for round_ in range(rounds):
                    if round_ and time.monotonic() - began > MOST_SECONDS / 2:
                        break  # a busy machine: one round must do
                    for at_once in BARE_AT_ONCE:
                        bare[at_once].append(bare_rate(api, processes, messages // 2, "httpx", at_once))
                    ours.append(bare_rate(api, processes, messages, "aiohttp", 48))
                    whole.append(whole_rate(api, url_of(round_), processes, messages))
            best = max(median(rates) for rates in bare.values())
            spread = ", ".join(f"{rate:,.0f}" for rate in whole)
            yield measures.Figure(f"{name}: whole path : bare client", median(whole) / best, "ratio", "goal 0.7")
            yield measures.Figure(
                f"{name}: whole path : bare with our client", median(whole) / median(ours), "ratio", ""
            )
            yield measures.Figure(f"{name}: whole path", median(whole), "messages/s", f"each round: {spread}")
            each = "; ".join(f"{at_once} at a time {median(rates):,.0f}" for at_once, rates in bare.items())
            yield measures.Figure(f"{name}: bare client", best, "messages/s", each)
            yield measures.Figure(f"{name}: bare with our client", median(ours), "messages/s", "48 at a time")


def lateness(api: Api, url: str, processes: int, messages: int, per_second: float) -> list[float]:
    """Of each message of a wave, after the moment at which the limiter allows it: a full bucket, and what flows in."""
    with workers(api, url, processes, messages, per_second) as engine:
        time.sleep(1)  # the bucket is full
        due = time.time() + 0.5
        fall_due(engine, 0, messages, due)
        until(lambda: api.taken() >= messages)
        taken = api.journal()
    bucket = max(per_second / 4, 1.0)
    allowed = (due + max(0.0, (place + 1 - bucket) / per_second) for place in range(messages))
    return [max(0.0, at - may) for may, at in zip(allowed, taken, strict=True)]


def idle_lateness(api: Api, url: str, processes: int, notes: int = 100) -> list[float]:
    """Of single notes, one after another, that nothing announces."""
    with workers(api, url, processes, notes) as engine:
        due = [time.time() + 1 + 0.137 * place for place in range(notes)]
        for place, at in enumerate(due):
            fall_due(engine, place, 1, at)
        until(lambda: api.taken() >= notes)
        return [at - may for may, at in zip(due, api.journal(), strict=True)]


def punctual(messages: int = 10_000) -> Iterator[measures.Figure]:
    """A wave that is due at one moment, and single notes on an idle machine."""
    with canned() as api:
        for name, urls, processes in SETTINGS:
            bare = max(bare_rate(api, processes, 1_000 * processes, "httpx", at_once) for at_once in BARE_AT_ONCE)
            rate = min(1_000.0, 0.7 * bare)
            wave = min(messages, int(rate * MOST_SECONDS / 2))  # on a slow machine a shorter one
            with urls() as url_of:
                late = lateness(api, url_of(1), processes, wave, rate)
                idle = idle_lateness(api, url_of(2), processes)
            spread = quantiles(late, n=100)
            yield measures.Figure(
                f"{name}: of {wave:,} due at once, sent within 1 s of when the limiter allows",
                100 * sum(each <= 1.0 for each in late) / wave,
                "%",
                f"goal 99; allowed {rate:,.0f}/s, the bare client does {bare:,.0f}/s",
            )
            yield measures.Figure(
                f"{name}: their lateness, p50", spread[49], "s", f"p99 {spread[98]:.2f}, most {max(late):.2f}"
            )
            yield measures.Figure(
                f"{name}: lateness of a single note, p99", quantiles(idle, n=100)[98], "s", f"p50 {median(idle):.2f}"
            )
