"""Polling: nothing is confirmed to Telegram before it is stored, and nothing is answered before that either."""

import asyncio
import threading
from datetime import timedelta

import pytest
from telegram.error import Conflict

from bot.channel import TelegramChannel
from bot.poll import TOKEN_SECONDS, Poller
from bot.sandbox import Fault
from ema.channels import Direct, Handled
from ema.domain.conversation.events import Tap, Typed
from ema.domain.screen import Action, Shown
from tests.bot.conftest import TOKEN

pytestmark = pytest.mark.anyio

NOTE = Shown("You have a note.", ((("Start", Action("start", prompt=1)),),))


class Store:
    """What a bot's poller hands on. `failing` are texts that can't be stored, for so many tries."""

    def __init__(self):
        self.taken, self.failing, self.drained, self.answer = [], {}, 0, Handled()
        self._lock = threading.Lock()

    async def __call__(self, incoming):
        event = incoming.event
        if isinstance(event, Typed) and self.failing.get(event.text, 0) > 0:
            self.failing[event.text] -= 1
            raise ZeroDivisionError
        with self._lock:
            self.taken.append(incoming)
        return Handled(event.tap_id, self.answer.toast) if isinstance(event, Tap) else self.answer

    @property
    def texts(self):
        return [each.event.text for each in self.taken if isinstance(each.event, Typed)]

    def was_drained(self):
        self.drained += 1


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def poller(channel, store):
    return Poller(channel, store, store.was_drained)


async def test_the_offset_moves_only_past_what_is_stored(sandbox, phone, poller, store):
    phone.send("one")
    store.failing = {"one": 1}
    with pytest.raises(ZeroDivisionError):
        await poller.step()
    assert sandbox.pending_updates() == 1
    assert await poller.step() == 1
    assert store.texts == ["one"]
    assert sandbox.pending_updates() == 1, "stored, and confirmed by the next question"
    assert await poller.step() == 0
    assert sandbox.pending_updates() == 0


async def test_a_chat_waits_for_its_failed_update_and_others_do_not(sandbox, phone, poller, store):
    other = sandbox.new_phone("Bella")
    other.start()
    await poller.step()
    store.failing = {"two": 1}
    for text in ("one", "two", "three"):
        phone.send(text)
    other.send("hers")
    with pytest.raises(ZeroDivisionError):
        await poller.step()
    assert sorted(store.texts) == ["hers", "one"]
    await poller.step()
    mine = [each.event.text for each in store.taken if each.address == str(phone.id)]
    assert list(dict.fromkeys(mine))[-3:] == ["one", "two", "three"], "in their order"


async def test_a_poller_that_starts_anew_is_given_again_what_was_not_confirmed(phone, channel, poller, store):
    phone.send("one")
    await poller.step()
    again = Poller(channel, store, store.was_drained)
    await again.step()
    assert store.texts == ["one", "one"], "the inbox makes the second harmless"


async def test_what_waited_before_the_start_is_late_and_what_comes_then_is_not(phone, poller, store):
    phone.send("before")
    await poller.step()
    assert store.drained == 0
    await poller.step()
    assert store.drained == 1
    phone.send("after")
    await poller.step()
    assert [(each.event.text, each.late) for each in store.taken] == [("before", True), ("after", False)]


async def test_a_tap_is_answered_after_it_is_stored(phone, channel, poller, store):
    sent = await channel.send(str(phone.id), NOTE, silent=False)
    store.answer = Handled(toast="That is noted.")
    phone.tap(sent.message_id, "Start")
    await poller.step()
    await poller.settle()
    assert [toast.text for toast in phone.toasts()] == ["That is noted."]


async def test_an_answer_that_is_lost_is_no_trouble(sandbox, phone, channel, poller, store):
    sent = await channel.send(str(phone.id), NOTE, silent=False)
    phone.tap(sent.message_id, "Start")
    sandbox.faults.add(Fault(method="answerCallbackQuery", kind="reset"))
    await poller.step()
    await poller.settle()
    assert len(store.taken) == 1
    assert await poller.step() == 0


async def test_last_words_to_somebody_who_is_not_kept(phone, channel, poller, store):
    """The other messages go, and the tapped one says goodbye."""
    sent = [await channel.send(str(phone.id), NOTE, silent=False) for _ in range(3)]
    last = sent[-1].message_id
    others = tuple(one.message_id for one in sent[:-1])
    store.answer = Handled(direct=Direct(str(phone.id), Shown("Goodbye."), last, remove=others))
    phone.send("bye")
    await poller.step()
    await poller.settle()
    assert [message.text for message in phone.messages() if message.from_bot] == ["Goodbye."]


async def test_two_pollers_of_one_bot_are_told(served, store, poller):
    await poller.step()  # nothing is waiting: from now on it waits for news
    first = asyncio.create_task(poller.step(5))
    await asyncio.sleep(0.05)
    async with TelegramChannel(TOKEN, **served).bot as bot:
        await bot.get_updates()
    with pytest.raises(Conflict):
        await first


async def test_trouble_is_waited_out_even_a_refused_token(sandbox, channel, phone, store, monkeypatch):
    pauses, told, stop = [], [], asyncio.Event()

    async def pause(_, seconds):
        pauses.append(seconds)

    monkeypatch.setattr("bot.poll._rest", pause)
    for fault in (
        {"code": 502},
        {"kind": "reset"},
        {"code": 429, "retry_after": 7},
        {"code": 401, "description": "Unauthorized"},
    ):
        sandbox.faults.add(Fault(method="getUpdates", **fault))
    phone.send("one")
    poller = Poller(channel, store, stop.set, told.append)
    await asyncio.wait_for(poller.run(stop), 5)
    assert store.texts == ["one"]
    assert pauses == [2, 4, 7, TOKEN_SECONDS]
    limit, token = told
    assert (limit.after, limit.whole_bot) == (timedelta(seconds=7), True), "getUpdates is no chat's call"
    assert token.kind == "token"


async def test_a_limit_on_the_answer_to_a_tap_is_the_whole_bots(sandbox, channel, phone, store):
    told = []
    poller = Poller(channel, store, store.was_drained, told.append)
    sent = await channel.send(str(phone.id), NOTE, silent=False)
    phone.tap(sent.message_id, "Start")
    sandbox.faults.add(Fault(method="answerCallbackQuery", code=429, retry_after=3))
    await poller.step()
    await poller.settle()
    assert [(limit.after, limit.whole_bot) for limit in told] == [(timedelta(seconds=3), True)]


async def test_edited_messages_and_groups_are_passed_over(sandbox, phone, poller, store):
    assert await poller.step() == 0
    phone.send("one")
    assert await poller.step() == 1
    (asked,) = {tuple(call.params["allowed_updates"]) for call in sandbox.journal.calls("getUpdates")}
    assert set(asked) == {"message", "callback_query", "my_chat_member"}
