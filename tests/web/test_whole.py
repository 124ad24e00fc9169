"""The page of a whole check-in as the Mini App sends it, over real HTTP."""

import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import httpx
import pytest
from starlette.testclient import TestClient

from bot.sandbox import serve_in_thread
from bot.sandbox.miniapp import init_data
from ema.bootstrap import mini_app
from ema.clock import SystemClock
from ema.web.app import create_app
from tests.services.sliding import kept
from tests.services.world import BUNDLED, World

SEVEN = [item.id for item in BUNDLED.questionnaires["checkin"].items]
SEND = "/app/whole/send"


@pytest.fixture
def world(database, vault, clock, tmp_path, monkeypatch):
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    made = World(database, vault, clock, tmp_path)
    yield made
    made.close()


@pytest.fixture
def anna(world):
    someone = world.joined("Anna")
    world.wait(hours=4)
    someone.tap("Start")
    return someone


@pytest.fixture
def app(world):
    return create_app(world.here, mini_app=mini_app([world.channel], SystemClock()))


def launch(someone):
    return {"init_data": init_data(someone.phone.chat.bot.account, someone.phone.chat.person)}


def filled(someone, html, value="5"):
    """The page as she sends it, with this answer to everything."""
    hidden = dict(re.findall(r'<input type="hidden" name="(prompt|opened)" value="(\d+)">', html))
    asked = re.findall(r'name="asked" value="(\w+)"', html)
    return [*launch(someone).items(), *hidden.items(), *(("asked", one) for one in asked)] + [
        (f"a.{one}", value) for one in asked
    ]


def post(client, fields):
    return client.post(SEND, content=urlencode(fields), headers={"content-type": "application/x-www-form-urlencoded"})


def test_a_page_is_opened_filled_in_and_sent_and_says_nothing_of_its_topic(world, anna, app):
    with TestClient(app) as client:
        frame = client.get("/app/whole")
        assert 'data-first="/app/whole"' in frame.text
        assert "style-src" not in frame.headers["content-security-policy"]  # nothing inline: default-src 'self'
        shown = client.post("/app/whole", data=launch(anna))
        assert re.search(r"<title>(.*)</title>", frame.text)[1] == "Check-ins"
        assert len(re.findall("<fieldset", shown.text)) == 7
        assert not re.search(r"style=|onclick=|<script", shown.text)
        assert len(shown.content) < 30_000
        assert [post(client, filled(anna, shown.text)).text.count("data-done") for _ in range(2)] == [1, 1]
        world.rest()
        assert sorted(item for item, *_ in kept(anna)) == sorted(SEVEN)
        assert "app.nothing" not in client.post("/app/whole", data=launch(anna)).text
        assert anna.checkins()[0].state == "completed"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"init_data": "x"}, 401),
        ({"prompt": "0"}, 422),
        ({"prompt": "1e3"}, 422),
        ({"prompt": "0" * 19 + "1" * 5000}, 422),
        ({"asked": None}, 422),
    ],
)
def test_what_is_forged_or_is_no_page_is_refused(anna, app, change, status):
    with TestClient(app, raise_server_exceptions=False) as client:
        page = filled(anna, client.post("/app/whole", data=launch(anna)).text)
        fields = [(name, change.get(name, value)) for name, value in page]
        assert post(client, [(name, value) for name, value in fields if value is not None]).status_code == status
        assert kept(anna) == []


def test_32_phones_that_send_and_hang_up_leave_the_server_as_it_was(world, anna, app):
    """No connection of the pool stays held, the next request is served, and what was sent is one record."""
    url, stop = serve_in_thread(app)
    try:
        shown = httpx.post(f"{url}/app/whole", data=launch(anna)).text
        body = urlencode(filled(anna, shown)).encode()
        with ThreadPoolExecutor(32) as phones:
            list(phones.map(lambda _: send_and_hang_up(url, body), range(32)))
        again = httpx.post(
            f"{url}{SEND}", content=body, headers={"content-type": "application/x-www-form-urlencoded"}, timeout=20
        )
        assert "data-done" in again.text
        assert len(kept(anna)) == 7
        if world.database.dialect == "postgresql":
            assert soon(lambda: idle_in_transaction(world.database) == 0), "those that hung up are still being stored"
    finally:
        stop()


def send_and_hang_up(url, body):
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        head = f"POST {SEND} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        line.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def soon(holds):
    """Whether it comes to hold within ten seconds."""
    until = time.monotonic() + 10
    while not (held := holds()) and time.monotonic() < until:
        time.sleep(0.05)
    return held


def idle_in_transaction(database):
    with database.reading() as session:
        query = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
        )
        return session.connection().exec_driver_sql(query).scalar_one()
