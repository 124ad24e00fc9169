"""Updates by webhook: the secret is checked, the update is stored, and only then is 200 answered."""

import httpx
import pytest
from starlette.applications import Starlette

from bot import webhook
from bot.sandbox import serve_in_thread
from ema.channels import Handled
from ema.domain.screen import Action, Shown
from tests.bot.conftest import soon
from tests.bot.test_poll import Store
from tests.bot.test_updates import MESSAGE

pytestmark = pytest.mark.anyio

SECRET = "a-secret"
NOTE = Shown("You have a note.", ((("Start", Action("start", prompt=1)),),))


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def app(channel, store):
    return Starlette(routes=[webhook.route(channel, SECRET, store, lambda: False)])


@pytest.fixture
async def post(app):
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://ema") as client:

        async def send(body, secret=SECRET):
            headers = {} if secret is None else {webhook.HEADER: secret}
            return await client.post(webhook.PATH, json=body, headers=headers)

        yield send


def update(update_id=7, **message):
    return {"update_id": update_id, "message": MESSAGE | {"text": "hello"} | message}


@pytest.mark.parametrize("secret", [None, "", "a-secre", "A-SECRET", "a-secret "])
async def test_without_the_secret_nothing_is_taken(post, store, secret):
    assert (await post(update(), secret)).status_code == 403
    assert store.taken == []


async def test_what_is_stored_is_acknowledged(post, store):
    answer = await post(update())
    assert (answer.status_code, answer.content) == (200, b"")
    assert store.texts == ["hello"]


async def test_after_downtime_what_arrives_may_have_waited(channel, store):
    app = Starlette(routes=[webhook.route(channel, SECRET, store, lambda: True)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ema") as client:
        await client.post(webhook.PATH, json=update(), headers={webhook.HEADER: SECRET})
    assert [incoming.late for incoming in store.taken] == [True]


async def test_what_could_not_be_stored_is_not_acknowledged(post, store):
    store.failing = {"hello": 1}
    assert (await post(update())).status_code == 500
    assert (await post(update())).status_code == 200
    assert store.texts == ["hello"]


async def test_a_tap_is_answered_in_the_response(post, store):
    store.answer = Handled(toast="That is noted.")
    query = {"id": "555", "from": MESSAGE["from"], "chat_instance": "1", "data": "go|home", "message": MESSAGE}
    answer = await post({"update_id": 8, "callback_query": query})
    assert answer.json() == {"method": "answerCallbackQuery", "callback_query_id": "555", "text": "That is noted."}


@pytest.mark.parametrize("body", [[], None, "x", 5, {}, {"update_id": 1}, {"update_id": 1, "message": {"text": "x"}}])
async def test_what_cannot_be_read_is_not_asked_for_again(post, store, body):
    assert (await post(body)).status_code == 200
    assert store.taken == []


async def test_telegram_delivers_until_it_is_stored(sandbox, channel, app, store):
    """Over real HTTP: announced with its secret, delivered, failed twice, delivered again, once stored."""
    url, stop = serve_in_thread(app)
    try:
        store.failing = {"hello": 2}
        await webhook.announce(channel, url, SECRET)
        phone = sandbox.new_phone("Anna")
        phone.start()
        phone.send("hello")
        await soon(lambda: store.texts == ["hello"])
        await soon(lambda: sandbox.pending_updates() == 0)
        sent = await channel.send(str(phone.id), NOTE, silent=False)
        store.answer = Handled(toast="That is noted.")
        phone.tap(sent.message_id, "Start")
        await soon(lambda: [toast.text for toast in phone.toasts()] == ["That is noted."])
    finally:
        await channel.bot.delete_webhook()
        stop()
