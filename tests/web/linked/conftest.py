"""Somebody with a note in her chat, and browsers in which her pages may be opened."""

import pytest
from fastapi.testclient import TestClient

from ema.bootstrap import mini_app
from ema.clock import SystemClock
from ema.web.app import create_app
from tests.services.world import BUNDLED, World, only, variant
from tests.web.linked.hands import asked_for, opened
from tests.web.linked.reader import Reader

PUBLIC = "https://notes.example"
OURS = {"origin": "http://testserver"}
STUDY = only(variant(languages=("en", "es"), chart=BUNDLED.chart), "checkin")


@pytest.fixture
def world(database, vault, clock, tmp_path, monkeypatch):
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    made = World(database, vault, clock, tmp_path, STUDY, app_url=f"{PUBLIC}/app")
    yield made
    made.close()


@pytest.fixture
def anna(world):
    """Her note has come, and she has not begun."""
    someone = world.joined("Anna")
    world.wait(hours=4)
    return someone


@pytest.fixture
def browser_of():
    """A new browser for an installation, each time it is called."""
    clients = []

    def another(world):
        app = create_app(world.here, mini_app=mini_app([world.channel], SystemClock()))
        client = TestClient(app, raise_server_exceptions=False, headers=OURS, follow_redirects=False)
        clients.append(client)
        return client

    yield another
    for client in clients:
        client.close()


@pytest.fixture
def browser(world, browser_of):
    return lambda: browser_of(world)


@pytest.fixture
def page(browser, anna):
    """A browser in which her pages are open."""
    client = browser()
    assert opened(client, asked_for(anna)).status_code == 303
    return client


@pytest.fixture
def reader(world, browser):
    """Somebody new with a browser of her own, each time it is called."""
    return lambda **about: Reader(world, browser(), **about)


@pytest.fixture
def rosa(world, reader):
    """She has joined on a Monday at noon, and her note is due in the afternoon."""
    return reader().join(world.invite()[0])


@pytest.fixture
def noted(world, rosa):
    """Her note is there, and she has not looked."""
    world.wait(hours=4)
    return rosa
