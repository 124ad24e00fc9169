"""getUpdates: offsets, redelivery, long polling, conflicts, allowed kinds, ageing."""

import asyncio
import time

import pytest
from telegram.error import BadRequest, Conflict

from tests.sandbox.conftest import SECOND_TOKEN, client

pytestmark = pytest.mark.anyio


async def test_start_arrives_with_its_payload(bot, sandbox):
    phone = sandbox.new_phone("Ada", language_code="pl")
    phone.start("CODE7")
    (update,) = await bot.get_updates()
    assert update.message.text == "/start CODE7"
    assert update.message.from_user.language_code == "pl"
    assert update.message.chat.id == phone.id
    assert [entity.type for entity in update.message.entities] == ["bot_command"]


async def test_unconfirmed_updates_come_again_and_confirmed_ones_do_not(bot, phone):
    for text in "abc":
        phone.send(text)
    first = await bot.get_updates()
    assert [update.message.text for update in first] == ["a", "b", "c"]
    assert [update.update_id for update in first] == [1000, 1001, 1002]
    assert await bot.get_updates() == first
    assert [u.message.text for u in await bot.get_updates(offset=1001)] == ["b", "c"]
    assert [u.message.text for u in await bot.get_updates(offset=0)] == ["b", "c"]
    assert await bot.get_updates(offset=1003) == ()
    assert await bot.get_updates() == ()


async def test_a_negative_offset_forgets_all_but_the_last(bot, phone):
    for text in "abcd":
        phone.send(text)
    assert [u.message.text for u in await bot.get_updates(offset=-2)] == ["c", "d"]
    assert [u.message.text for u in await bot.get_updates()] == ["c", "d"]
    assert [u.message.text for u in await bot.get_updates(offset=-9)] == ["c", "d"]


async def test_limit(bot, phone):
    for number in range(5):
        phone.send(str(number))
    assert len(await bot.get_updates(limit=2)) == 2
    with pytest.raises(BadRequest, match=r"(?i)limit"):
        await bot.get_updates(limit=101)


async def test_a_long_poll_returns_as_soon_as_there_is_something(bot, phone):
    began = time.monotonic()
    poll = asyncio.create_task(bot.get_updates(timeout=20))
    await asyncio.sleep(0.1)
    assert not poll.done()
    await asyncio.to_thread(phone.send, "hello")
    (update,) = await poll
    assert update.message.text == "hello"
    assert time.monotonic() - began < 2


async def test_a_long_poll_ends_empty_in_time(bot):
    began = time.monotonic()
    assert await bot.get_updates(timeout=1) == ()
    assert 0.9 < time.monotonic() - began < 3


async def test_a_second_poller_ends_the_first(url, bot, phone):
    first = asyncio.create_task(bot.get_updates(timeout=20))
    await asyncio.sleep(0.1)
    async with client(url) as other:
        second = asyncio.create_task(other.get_updates(timeout=20))
        with pytest.raises(Conflict, match=r"(?i)terminated by other getUpdates request"):
            await first
        phone.send("x")
        assert len(await second) == 1


async def test_polling_is_refused_while_a_webhook_is_set(bot):
    poll = asyncio.create_task(bot.get_updates(timeout=20))
    await asyncio.sleep(0.1)
    await bot.set_webhook("http://127.0.0.1:9/none")
    with pytest.raises(Conflict, match=r"(?i)terminated by setWebhook request"):
        await poll
    with pytest.raises(Conflict, match=r"(?i)webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


async def test_only_allowed_kinds_are_queued_from_then_on(bot, phone):
    message_id = phone.send("before")
    await bot.get_updates(allowed_updates=["callback_query"])
    phone.send("unwanted")
    message = await bot.send_message(phone.id, "?", reply_markup=keyboard())
    phone.tap(message.message_id, "Yes")
    updates = await bot.get_updates()
    assert [update.message and update.message.message_id for update in updates] == [message_id, None]
    assert updates[1].callback_query.data == "y"
    await bot.get_updates(allowed_updates=[])
    phone.send("wanted again")
    assert (await bot.get_updates())[-1].message.text == "wanted again"


async def test_updates_are_kept_for_24_hours(bot, phone, clock):
    phone.send("old")
    clock.forward(hours=23)
    phone.send("newer")
    clock.forward(hours=1, seconds=1)
    assert [u.message.text for u in await bot.get_updates()] == ["newer"]


async def test_each_bot_has_its_own_updates(url, bot, sandbox, phone):
    phone.send("to the first")
    phone.with_bot("other_bot").start()
    async with client(url, SECOND_TOKEN) as other:
        assert [u.message.text for u in await other.get_updates()] == ["/start"]
    assert [u.message.text for u in await bot.get_updates()] == ["to the first"]


async def test_a_poll_that_hangs_up_does_not_swallow_updates(url, phone, sandbox):
    async with client(url, read_timeout=0.2) as hasty:
        poll = asyncio.create_task(hasty.get_updates(timeout=5))
        await asyncio.sleep(0.1)
        poll.cancel()
    phone.send("x")
    async with client(url) as bot:
        assert len(await bot.get_updates(timeout=2)) == 1


def keyboard():
    return {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}, {"text": "No", "callback_data": "n"}]]}
