"""A completed questionnaire of ten items in one request: stored, scored and durable, through the real web server.

Closed loop by wrk, open loop by a small client: both are processes of their own. On SQLite the server is one process;
on PostgreSQL it is one beside the database's.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import NullPool, create_engine, make_url, text

from bot.sandbox import BotAccount
from bot.sandbox.miniapp import init_data
from bot.sandbox.model import Person
from ema import bootstrap
from ema.store.migrate import ROOT
from tests.bench import measures, planning, wire
from tests.bench.serving import ITEMS, TOKEN

CLIENTS = 32
SECONDS = 4
MOST = 2000
"""Check-ins a second that there is something to hand in for."""
RATE = 300
WARM = 40
"""Handed in before anything is measured: the first loads what is loaded once."""
SETTLED = 2.0
"""Seconds after which what wrk broke off is stored too."""
PATH = "/app/whole/send"
SCRIPT = Path(__file__).with_name("form.lua")


def form() -> Iterator[measures.Figure]:
    bootstrap.collect_seldom()  # or looking for garbage makes the client late, and the server is blamed for it
    yield measures.Figure("fsync on this disk", fsyncs(), "1/s", "one after another, 4 kB each")
    for name, new_url in (("SQLite", planning.sqlite_urls), ("PostgreSQL", planning.postgres_urls)):
        with new_url() as url_of:
            yield from figures(name, url_of(0))


def fsyncs(seconds: float = 1.0) -> float:
    """How often a second the disk under the databases takes something for good."""
    with tempfile.TemporaryFile() as file:
        start, done = perf_counter(), 0
        while perf_counter() - start < seconds:
            os.pwrite(file.fileno(), bytes(4096), done * 4096)
            os.fdatasync(file.fileno())
            done += 1
        return done / (perf_counter() - start)


@contextmanager
def served(what: str, url: str, people: int, api_url: str = "http://127.0.0.1:9") -> Iterator[dict[str, Any]]:
    """The server, with people. Stopped at the end."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-W", "ignore", "-m", "tests.bench.serving", what, url, folder, str(people), api_url]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                yield json.loads(process.stdout.readline())
            finally:
                process.terminate()
                process.wait(15)


def body(address: str, prompt: int) -> bytes:
    """What the Mini App sends for her."""
    account = BotAccount(TOKEN, "bench_bot", "Bench")
    items = [f"q{number}" for number in range(ITEMS)]
    fields = [
        ("init_data", init_data(account, Person(int(address), "Anna", "en", "Europe/London"))),
        ("prompt", str(prompt)),
    ]
    fields += [("asked", item) for item in items] + [(f"a.{item}", str(at % 7 + 1)) for at, item in enumerate(items)]
    return urlencode(fields).encode()


def figures(name: str, url: str) -> Iterator[measures.Figure]:
    many, some = MOST * SECONDS, RATE * SECONDS
    with served("form", url, WARM + many + some) as server:
        bodies = [body(address, prompt) for address, prompt in server["people"]]
        warm, slow, fast = bodies[:WARM], bodies[WARM : WARM + some], bodies[WARM + some :]
        asyncio.run(open_loop(server["port"], warm, 20))
        with tempfile.TemporaryDirectory() as folder:
            rate, p50, p99, by = closed_loop(server["port"], fast, Path(folder))
        stored = completed(url)
        yield measures.Figure(
            f"{name}: check-ins of {ITEMS} items, {CLIENTS} clients", rate, "check-ins/s",
            f"wanted 600; {by}; p50 {p50:.0f} ms, p99 {p99:.0f} ms; {stored - WARM:,} stored and scored",
        )  # fmt: skip
        took = asyncio.run(open_loop(server["port"], slow, RATE))
        if completed(url) != stored + some:
            raise AssertionError(f"{completed(url) - stored} stored of {some}")
        yield measures.Figure(
            f"{name}: at {RATE}/s, p99", wire.p(took, 99), "ms", f"wanted 100; open loop; p50 {wire.p(took, 50):.1f} ms"
        )


def closed_loop(port: int, bodies: list[bytes], folder: Path) -> tuple[float, float, float, str]:
    """Check-ins a second, and p50 and p99 in ms, by wrk; without it, loudly, by a client that costs more itself."""
    if shutil.which("wrk") is None:
        print("wrk IS MISSING: the load comes from a Python client, which takes processor time from the server")
        begun = perf_counter()
        took = asyncio.run(by_python(port, bodies))
        return len(took) / (perf_counter() - begun), wire.p(took, 50), wire.p(took, 99), "a Python client"
    file = folder / "bodies"
    file.write_bytes(b"\n".join(bodies))
    command = [
        "wrk",
        "-t2",
        f"-c{CLIENTS}",
        f"-d{SECONDS}s",
        "--timeout",
        "20s",
        "-s",
        str(SCRIPT),
        f"http://127.0.0.1:{port}{PATH}",
        "--",
    ]
    said = subprocess.run([*command, str(file)], check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout
    found = json.loads(said.splitlines()[-1])
    if found["errors"] or found["dry"]:
        raise AssertionError(said)
    return found["requests"] / found["seconds"], found["p50"], found["p99"], "wrk"


async def by_python(port: int, bodies: list[bytes]) -> list[float]:
    lines: list[wire.Line] = []
    took = await wire.closed([taken(port, lines, each) for each in bodies], CLIENTS, SECONDS)
    for line in lines:
        line.close()
    return took


async def open_loop(port: int, bodies: list[bytes], per_second: float) -> list[float]:
    lines: list[wire.Line] = []
    took = await wire.opened([taken(port, lines, each) for each in bodies], per_second)
    for line in lines:
        line.close()
    return took


def taken(port: int, lines: list[wire.Line], each: bytes) -> Any:
    """Hand this one in by a connection that is free, or a new one."""

    async def one() -> None:
        line = lines.pop() if lines else wire.Line(port)
        status, _ = await line.ask(wire.post(PATH, each))
        lines.append(line)
        if status != 200:
            raise AssertionError(f"answered {status}")

    return one


def completed(url: str) -> int:
    """Check-ins that are stored whole: completed, with all answers and a score. What is under way is waited for."""
    sleep(SETTLED)
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg") if "postgres" in url else url, poolclass=NullPool
    )
    with engine.connect() as connection:
        prompts, answers, scores = (
            connection.execute(text(query)).scalar_one()
            for query in (
                "SELECT count(*) FROM prompt WHERE state = 'completed'",
                "SELECT count(*) FROM answer",
                "SELECT count(*) FROM score WHERE value_sealed IS NOT NULL",
            )
        )
    engine.dispose()
    if answers != prompts * ITEMS or scores != prompts:
        raise AssertionError(f"{prompts} check-ins have {answers} answers and {scores} scores")
    return int(prompts)
