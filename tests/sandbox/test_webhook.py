"""Webhooks: secret, order, retries, methods in the answer, information."""

import asyncio
import time

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from telegram.error import BadRequest

pytestmark = pytest.mark.anyio


class Receiver:
    """A bot's own web server, which notes what it is given and answers as it is told."""

    def __init__(self):
        self.updates, self.secrets, self.answers = [], [], []
        self.app = Starlette(routes=[Route("/hook", self.hook, methods=["POST"])])

    async def hook(self, request):
        self.updates.append(await request.json())
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        return self.answers.pop(0) if self.answers else Response()

    def wait_for(self, count):
        wait_until(lambda: len(self.updates) >= count)


def wait_until(condition, seconds=5):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def receiver():
    return Receiver()


@pytest.fixture
def hook(serve, receiver):
    return serve(receiver.app) + "/hook"


async def test_updates_are_pushed_in_order_with_the_secret(bot, phone, receiver, hook, sandbox):
    phone.send("before")
    await bot.set_webhook(hook, secret_token="s3cret_-")
    phone.send("after")
    receiver.wait_for(2)
    assert [update["message"]["text"] for update in receiver.updates] == ["before", "after"]
    assert set(receiver.secrets) == {"s3cret_-"}
    wait_until(lambda: sandbox.pending_updates() == 0)


async def test_a_refused_update_comes_again_before_the_next(bot, phone, receiver, hook):
    receiver.answers = [Response(status_code=500), Response(status_code=403)]
    await bot.set_webhook(hook)
    phone.send("first")
    phone.send("second")
    receiver.wait_for(4)
    texts = [update["message"]["text"] for update in receiver.updates]
    assert texts == ["first", "first", "first", "second"]


async def test_information_about_failures(bot, phone, receiver, hook):
    receiver.answers = [Response(status_code=500)] * 50
    await bot.set_webhook(hook, max_connections=7, allowed_updates=["message"])
    phone.send("x")
    receiver.wait_for(2)
    info = await bot.get_webhook_info()
    assert (info.url, info.pending_update_count, info.max_connections) == (hook, 1, 7)
    assert info.last_error_message == "Wrong response from the webhook: 500 Internal Server Error"
    assert info.allowed_updates == ("message",)


async def test_nobody_listens(bot, phone):
    await bot.set_webhook("http://127.0.0.1:9/hook")
    phone.send("x")
    for _ in range(100):
        await asyncio.sleep(0.05)
        if (await bot.get_webhook_info()).last_error_message:
            break
    assert (await bot.get_webhook_info()).last_error_message == "Connection refused"
    await bot.delete_webhook()
    assert len(await bot.get_updates()) == 1


async def test_the_answer_may_hold_a_method(bot, phone, receiver, hook):
    receiver.answers = [
        JSONResponse({"method": "sendMessage", "chat_id": phone.id, "text": "by return"}),
    ]
    await bot.set_webhook(hook)
    phone.send("x")
    wait_until(lambda: phone.last() is not None)
    assert phone.last().text == "by return"


async def test_pending_updates_can_be_dropped(bot, phone, receiver, hook, sandbox):
    phone.send("old")
    await bot.set_webhook(hook, drop_pending_updates=True)
    phone.send("new")
    receiver.wait_for(1)
    assert receiver.updates[0]["message"]["text"] == "new"
    await bot.delete_webhook(drop_pending_updates=True)
    assert sandbox.pending_updates() == 0


async def test_what_cannot_be_a_webhook(bot):
    with pytest.raises(BadRequest, match=r"(?i)unallowed characters"):
        await bot.set_webhook("http://127.0.0.1:9/", secret_token="no spaces")
    with pytest.raises(BadRequest, match=r"(?i)HTTPS URL must be provided"):
        await bot.set_webhook("http://example.org/")
    with pytest.raises(BadRequest, match=r"(?i)bad webhook"):
        await bot.set_webhook("nonsense")


async def test_from_webhook_to_polling_and_back(bot, phone, receiver, hook):
    await bot.set_webhook(hook)
    phone.send("1")
    receiver.wait_for(1)
    await bot.delete_webhook()
    phone.send("2")
    assert [u.message.text for u in await bot.get_updates()] == ["2"]
    await bot.set_webhook(hook)
    receiver.wait_for(2)
    assert receiver.updates[-1]["message"]["text"] == "2"
