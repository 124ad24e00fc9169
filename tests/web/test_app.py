"""The Mini App over HTTP: what it gives to whoever Telegram says opened it, and to nobody else."""

import re
from datetime import timedelta
from html import unescape

import pytest
from fastapi.testclient import TestClient

from bot.sandbox.miniapp import init_data
from ema.bootstrap import app_url, mini_app
from ema.clock import SystemClock
from ema.config import Settings
from ema.store import participants
from ema.store.engine import open_database
from ema.web.app import create_app
from ema.web.pages import HERE
from tests.services.sliding import EASE, SLIDING, kept
from tests.services.world import World


class Later:
    """The machine's clock, as it will be."""

    def __init__(self, **span):
        self.span = timedelta(**span)

    def now(self):
        return SystemClock().now() + self.span


@pytest.fixture
def world(sqlite_url, vault, clock, tmp_path, monkeypatch):
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    database = open_database(sqlite_url, durable=False)
    made = World(database, vault, clock, tmp_path, SLIDING)
    yield made
    made.close()
    database.close()


@pytest.fixture
def anna(world):
    """She is at the first question of her check-in."""
    someone = world.joined("Anna")
    world.wait(hours=4)
    someone.tap("Start")
    return someone


@pytest.fixture
def client(world):
    app = create_app(world.here, mini_app=mini_app([world.channel], SystemClock()))
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


def launch(someone):
    """The launch data that Telegram gives to her app."""
    return {"init_data": init_data(someone.phone.chat.bot.account, someone.phone.chat.person)}


def form(html):
    """The hidden fields of the question that came."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)">', html))


def test_the_frame_says_nothing_about_anybody(client, anna):
    answer = client.get("/app")
    assert answer.status_code == 200
    assert "One moment." in answer.text
    assert EASE.text.say("en") not in answer.text
    assert "set-cookie" not in answer.headers


def test_the_frame_speaks_the_language_of_the_phone(client):
    assert "Un momento." in client.get("/app", headers={"accept-language": "xx, es-MX;q=0.9, en;q=0.5"}).text
    assert 'lang="en"' in client.get("/app", headers={"accept-language": "xx"}).text


def test_only_the_frame_lets_telegrams_script_in_and_telegrams_web_clients_around(client, anna):
    frame = client.get("/app").headers["content-security-policy"]
    assert "script-src 'self' https://telegram.org;" in frame
    assert "frame-ancestors 'self' https://web.telegram.org " in frame
    for other in (client.get("/"), client.post("/app/question", data=launch(anna))):
        policy = other.headers["content-security-policy"]
        assert "telegram" not in policy
        assert "frame-ancestors 'none'" in policy
    assert re.sub(r"(script-src|frame-ancestors) [^;]*", "", frame) == re.sub(
        r"(script-src|frame-ancestors) [^;]*", "", client.get("/").headers["content-security-policy"]
    )


def test_no_part_has_inline_script_or_style(client, anna):
    for page in (client.get("/app").text, client.post("/app/question", data=launch(anna)).text):
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)


def test_the_question_comes_in_her_language_and_nothing_is_picked(client, world, anna):
    with world.database.transaction() as session:
        participants.change(session, anna.id, language="es")
    shown = client.post("/app/question", data=launch(anna))
    assert shown.status_code == 200
    for words in (EASE.text.say("es"), "Nada", "Del todo", "Guardar", "Saltar esta", "Prefiero no decirlo"):
        assert words in unescape(shown.text)
    assert 'lang="es" dir="ltr"' in shown.text
    (slider,) = re.findall(r'<input type="range"[^>]*>', shown.text)
    assert " value=" not in slider
    assert 'class="untouched"' in slider


def test_an_answer_is_stored_and_the_app_may_close(client, world, anna):
    fields = form(client.post("/app/question", data=launch(anna)).text)
    saved = client.post("/app/answer", data=launch(anna) | fields | {"given": "answer", "value": "73"})
    assert "data-done" in saved.text
    assert kept(anna) == [("ease", 1, "answered", "73/100")]
    world.rest()
    assert anna.last.text.startswith("2 of 3")
    again = client.post("/app/answer", data=launch(anna) | fields | {"given": "answer", "value": "73"})
    assert "data-done" in again.text
    assert len(kept(anna)) == 1


@pytest.mark.parametrize(("given", "status"), [("skip", "skipped"), ("prefer", "prefer_not")])
def test_it_can_be_left_out_wherever_the_slider_stands(client, anna, given, status):
    fields = form(client.post("/app/question", data=launch(anna)).text)
    assert "data-done" in client.post("/app/answer", data=launch(anna) | fields | {"given": given, "value": "50"}).text
    assert kept(anna) == [("ease", 1, status, None)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": "101"},
        {"value": "-1"},
        {"value": "7/10"},
        {"value": ""},
        {"given": "leave"},
        {"prompt": "0"},
        {"prompt": "9" * 30},
        {"revision": "x"},
        {"item": "x" * 65},
    ],
    ids=str,
)
def test_what_no_slider_gives_is_refused_without_repeating_it(client, anna, wrong):
    fields = form(client.post("/app/question", data=launch(anna)).text)
    answer = client.post("/app/answer", data=launch(anna) | fields | {"given": "answer", "value": "50"} | wrong)
    assert answer.status_code == 422
    assert kept(anna) == []


def test_nothing_to_do_is_said_kindly(client, world):
    bea = world.phone("Bea")
    shown = client.post("/app/question", data=launch(bea), headers={"accept-language": "pl"})
    assert "Nie ma tu nic do zrobienia. Możesz to zamknąć." in shown.text


def test_a_closed_one_is_said_kindly(client, world, anna):
    fields = form(client.post("/app/question", data=launch(anna)).text)
    world.clock.move_to(anna.checkins()[0].expires_at + timedelta(hours=12))
    for shown in (
        client.post("/app/question", data=launch(anna)),
        client.post("/app/answer", data=launch(anna) | fields | {"given": "answer", "value": "50"}),
    ):
        assert "This one has closed. That’s fine." in shown.text
    assert kept(anna) == []


@pytest.mark.parametrize("path", ["/app/question", "/app/answer"])
def test_without_launch_data_of_telegrams_nothing_is_shown_or_stored(client, anna, path):
    fields = form(client.post("/app/question", data=launch(anna)).text) | {"given": "answer", "value": "50"}
    forged = launch(anna)["init_data"].replace(str(anna.phone.id), str(anna.phone.id + 1))
    for init_data_given in (forged, "", "hash=", "user=%7B%22id%22%3A1%7D"):
        answer = client.post(path, data=fields | {"init_data": init_data_given})
        assert answer.status_code == 401
        assert EASE.text.say("en") not in answer.text
    assert client.post(path, data=fields).status_code == 401
    assert kept(anna) == []


def test_a_launch_is_good_for_an_hour_of_the_machines_time(world, anna):
    for hours, status in ((0.9, 200), (1.1, 401)):
        app = create_app(world.here, mini_app=mini_app([world.channel], Later(hours=hours)))
        with TestClient(app) as client:
            assert client.post("/app/question", data=launch(anna)).status_code == status


def test_without_a_bot_there_is_no_mini_app(world):
    assert mini_app([], SystemClock()) is None
    with TestClient(create_app(world.here)) as client:
        assert client.get("/app").status_code == 404
        assert client.post("/app/question", data={"init_data": "x"}).status_code == 404


def test_the_whole_is_small(client, anna):
    files = [path.stat().st_size for path in (HERE / "static" / "participant").iterdir()]
    parts = [client.get("/app").content, client.post("/app/question", data=launch(anna)).content]
    assert sum(files) + sum(map(len, parts)) < 30_000


@pytest.mark.parametrize(
    ("public", "api", "url"),
    [
        (None, "https://api.telegram.org", None),
        ("https://example.org", "https://api.telegram.org", "https://example.org/app"),
        ("https://example.org/", "https://api.telegram.org", "https://example.org/app"),
        ("http://example.org", "https://api.telegram.org", None),
        ("http://127.0.0.1:8000", "https://api.telegram.org", None),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/sandbox/api", "http://127.0.0.1:8000/app"),
    ],
)
def test_telegram_is_only_given_an_address_that_it_takes(public, api, url):
    assert app_url(Settings(public_url=public, telegram_api_url=api)) == url
