"""Trouble as a bot experiences it: python-telegram-bot's exceptions, before and after acceptance."""

import time

import pytest
from telegram import Bot
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import HTTPXRequest

from bot.sandbox import Fault
from tests.sandbox.conftest import TOKEN, client

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["http", "in process"])
async def bot(request, url, sandbox):
    """The same faults reach the client over a socket and in process."""
    if request.param == "http":
        made = client(url, read_timeout=0.3)
    else:
        transport = HTTPXRequest(httpx_kwargs={"transport": sandbox.transport()})
        made = Bot(TOKEN, base_url="http://sandbox/bot", request=transport)
    async with made:
        yield made


async def test_retry_after(bot, sandbox, phone):
    sandbox.faults.add(Fault("sendMessage", code=429, retry_after=3))
    with pytest.raises(RetryAfter) as caught:
        await bot.send_message(phone.id, "x")
    assert caught.value._retry_after.total_seconds() == 3
    assert await bot.send_message(phone.id, "x")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"code": 502}, NetworkError),
        ({"code": 500}, TelegramError),
        ({"code": 403, "description": "Forbidden: bot was blocked by the user"}, Forbidden),
        ({"kind": "reset"}, NetworkError),
        ({"kind": "timeout", "seconds": 1}, TimedOut),
    ],
)
async def test_before_and_after_acceptance(bot, sandbox, phone, when, fault, error):
    sandbox.faults.add(Fault("sendMessage", when=when, **fault))
    with pytest.raises(error):
        await bot.send_message(phone.id, "x")
    assert (phone.last() is not None) == (when == "after")
    await bot.send_message(phone.id, "y")
    assert phone.last().text == "y"


async def test_a_delay(bot, sandbox, phone):
    sandbox.faults.add(Fault(kind="delay", seconds=0.1))
    began = time.monotonic()
    await bot.send_message(phone.id, "x")
    assert time.monotonic() - began >= 0.1


async def test_an_outage_on_and_off(bot, sandbox, phone):
    sandbox.faults.outage(on=True)
    for _ in range(3):
        with pytest.raises(NetworkError):
            await bot.send_message(phone.id, "x")
    sandbox.faults.outage(on=False)
    assert await bot.send_message(phone.id, "x")


async def test_one_chat_only_and_several_times(bot, sandbox, phone):
    other = sandbox.new_phone()
    other.start()
    sandbox.faults.add(Fault(chat_id=phone.id, times=2, code=400, description="Bad Request: chat not found"))
    assert await bot.send_message(other.id, "x")
    for _ in range(2):
        with pytest.raises(BadRequest):
            await bot.send_message(phone.id, "x")
    assert await bot.send_message(phone.id, "x")


async def test_limits_per_chat_and_per_bot(bot, sandbox, phone):
    other = sandbox.new_phone()
    other.start()
    sandbox.faults.limit(per_chat=1)
    await bot.send_message(phone.id, "1")
    with pytest.raises(RetryAfter):
        await bot.send_message(phone.id, "2")
    await bot.send_message(other.id, "1")
    sandbox.faults.limit(per_bot=2)
    await bot.send_message(phone.id, "1")
    await bot.send_message(other.id, "1")
    with pytest.raises(RetryAfter):
        await bot.send_message(phone.id, "2")
    sandbox.faults.limit()
    await bot.send_message(phone.id, "3")


async def test_a_failed_call_is_in_the_journal(bot, sandbox, phone):
    sandbox.faults.add(Fault("sendMessage", "reset", when="after"))
    with pytest.raises(NetworkError):
        await bot.send_message(phone.id, "x")
    (call,) = sandbox.journal.calls("sendMessage")
    assert (call.status, call.description, call.message_id) == (0, "ConnectionCut", phone.last().id)
