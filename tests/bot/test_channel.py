"""What every way in which Telegram can refuse means."""

from datetime import timedelta

import pytest

from bot.channel import TelegramChannel
from bot.sandbox import Fault
from ema.channels import Refused, RetryLater, Sent
from ema.domain.screen import Action, Shown

pytestmark = pytest.mark.anyio

NOTE = Shown("You have a note.", ((("Start", Action("start", prompt=1)), ("Later", Action("later", prompt=1))),))


@pytest.mark.parametrize(
    ("fault", "result"),
    [
        ({"code": 403, "description": "Forbidden: bot was blocked by the user"}, ("blocked", None)),
        ({"code": 403, "description": "Forbidden: user is deactivated"}, ("blocked", None)),
        ({"code": 400, "description": "Bad Request: chat not found"}, ("blocked", None)),
        ({"code": 400, "description": "Bad Request: PEER_ID_INVALID"}, ("blocked", None)),
        ({"code": 400, "description": "Bad Request: BUTTON_DATA_INVALID"}, ("broken", None)),
        ({"code": 400, "description": "Bad Request: message text is empty"}, ("broken", None)),
        ({"code": 401, "description": "Unauthorized"}, ("token", None)),
        ({"code": 404, "description": "Not Found"}, ("token", None)),
        ({"code": 429, "retry_after": 7}, ("later", timedelta(seconds=7))),
        ({"code": 500}, ("later", None)),
        ({"code": 502}, ("later", None)),
        ({"kind": "reset"}, ("later", None)),
        ({"kind": "timeout"}, ("later", None)),
    ],
    ids=lambda value: (
        str(value.get("description") or value.get("kind") or value["code"]) if isinstance(value, dict) else ""
    ),
)
async def test_a_refused_message(sandbox, channel, phone, fault, result):
    sandbox.faults.add(Fault(method="sendMessage", **fault))
    ended = await channel.send(str(phone.id), NOTE, silent=False)
    if result[0] == "later":
        assert isinstance(ended, RetryLater)
        assert ended.after == result[1]
    else:
        assert isinstance(ended, Refused)
        assert ended.kind == result[0]
    assert TOKEN_SECRET not in ended.why


TOKEN_SECRET = "a-token"


@pytest.mark.parametrize(
    "fault", [{"kind": "reset", "when": "after"}, {"kind": "timeout"}, {"code": 502, "when": "after"}]
)
async def test_a_message_that_may_have_arrived_is_ambiguous(sandbox, channel, phone, fault):
    sandbox.faults.add(Fault(method="sendMessage", **fault))
    ended = await channel.send(str(phone.id), NOTE, silent=False)
    assert isinstance(ended, RetryLater)
    assert ended.ambiguous


async def test_what_telegram_refused_for_its_limit_did_not_arrive(sandbox, channel, phone):
    sandbox.faults.add(Fault(method="sendMessage", code=429, retry_after=3))
    assert not (await channel.send(str(phone.id), NOTE, silent=False)).ambiguous


async def test_a_server_that_is_not_there_did_not_take_anything():
    nowhere = TelegramChannel("42:a-token", "http://127.0.0.1:9")
    ended = await nowhere.send("1", NOTE, silent=False)
    await nowhere.bot.shutdown()
    assert isinstance(ended, RetryLater)
    assert not ended.ambiguous


async def test_an_edit_is_never_ambiguous(sandbox, channel, phone):
    sent = await channel.send(str(phone.id), NOTE, silent=False)
    sandbox.faults.add(Fault(method="editMessageText", kind="reset", when="after"))
    ended = await channel.edit(str(phone.id), sent.message_id, Shown("Other words"))
    assert isinstance(ended, RetryLater)
    assert not ended.ambiguous


async def test_a_message_too_old_to_delete_is_a_limit(time, channel, phone):
    sent = await channel.send(str(phone.id), NOTE, silent=False)
    time[0] += timedelta(hours=49)
    ended = await channel.delete(str(phone.id), [sent.message_id])
    assert isinstance(ended, Refused)
    assert ended.kind == "limit"


async def test_a_late_answer_to_a_tap_is_no_trouble(channel, phone):
    ended = await channel.acknowledge("12345", "Noted")
    assert isinstance(ended, Refused)


async def test_notes_can_not_be_forwarded_and_are_as_silent_as_asked(channel, phone):
    await channel.send(str(phone.id), NOTE, silent=True)
    assert phone.last().protected
    assert phone.last().silent
    await channel.send(str(phone.id), NOTE, silent=False)
    assert not phone.last().silent


async def test_many_messages_are_deleted_in_one_call(sandbox, channel, phone):
    sent = [await channel.send(str(phone.id), NOTE, silent=False) for _ in range(3)]
    assert await channel.delete(str(phone.id), [one.message_id for one in sent]) == Sent(None)
    assert len(sandbox.journal.calls("deleteMessages")) == 1
    assert not [message for message in phone.messages() if message.from_bot]
