"""What every way in which Telegram can refuse means."""

import logging
from datetime import timedelta

import httpx
import pytest

from bot.channel import TelegramChannel
from bot.sandbox import Fault
from ema.channels import FILE_SECONDS, Fetched, File, Refused, RetryLater, Sent
from ema.domain.screen import Action, Shown
from ema.services.deliver import LEASE
from tests.sandbox.test_files import JPEG_START, png

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
    await nowhere.bot.request.shutdown()
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


@pytest.mark.parametrize(
    ("body", "mime"),
    [
        (b"OggS" + bytes(60), "audio/ogg"),
        (b"\x1aE\xdf\xa3" + bytes(60), "application/octet-stream"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "application/octet-stream"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"<html>OggS", "application/octet-stream"),
    ],
)
async def test_a_recording_is_what_its_first_bytes_say(channel, phone, body, mime):
    message = phone.message(phone.send_voice(body, 2))
    assert await channel.fetch(message.voice) == Fetched(body, mime)


@pytest.mark.parametrize(("body", "mime"), [(png(), "image/png"), (JPEG_START, "image/jpeg")])
async def test_so_is_a_photo(channel, phone, body, mime):
    message = phone.message(phone.send_photo(body))
    assert await channel.fetch(message.photo) == Fetched(body, mime)


MOST = 20 * 1024 * 1024


async def test_telegram_gives_twenty_megabytes_and_not_a_byte_more(channel, phone):
    most, too_much = (phone.message(phone.send_voice(bytes(size), 600)) for size in (MOST, MOST + 1))
    assert len((await channel.fetch(most.voice)).body) == MOST
    ended = await channel.fetch(too_much.voice)
    assert isinstance(ended, Refused)
    assert (ended.kind, ended.why) == ("gone", "File is too big")


async def test_what_telegram_has_never_heard_of_is_gone(channel, phone):
    assert (await channel.fetch("AwACAgIAAxkBAAI")).kind == "gone"
    assert (await channel.fetch("")).kind == "broken"


@pytest.mark.parametrize("method", ["getFile", "file"])
@pytest.mark.parametrize(
    ("fault", "result"),
    [
        ({"code": 429, "retry_after": 7}, ("later", timedelta(seconds=7))),
        ({"code": 502}, ("later", None)),
        ({"kind": "reset"}, ("later", None)),
        ({"kind": "reset", "when": "after"}, ("later", None)),
        ({"kind": "timeout"}, ("later", None)),
        ({"code": 404, "description": "Not Found"}, ({"getFile": "token", "file": "gone"}, None)),
    ],
    ids=lambda value: str(value.get("kind") or value["code"]) if isinstance(value, dict) else "",
)
async def test_a_recording_that_can_not_be_had_and_nothing_tells_its_address(
    sandbox, channel, phone, caplog, method, fault, result
):
    """The address of a file has the bot's token in it."""
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.WARNING, "httpx")  # as every command of ours does
    message = phone.message(phone.send_voice(b"OggS", 2))
    sandbox.faults.add(Fault(method=method, times=None, **fault))  # the client may ask twice for a file, by itself
    ended = await channel.fetch(message.voice)
    sandbox.faults.clear()
    if result[0] == "later":
        assert isinstance(ended, RetryLater)
        assert (ended.after, ended.ambiguous) == (result[1], False)
    else:
        assert isinstance(ended, Refused)
        assert ended.kind == result[0][method]
    assert TOKEN_SECRET not in repr(ended) + caplog.text
    assert await channel.fetch(message.voice) == Fetched(b"OggS", "audio/ogg")


async def test_a_file_that_telegram_does_not_have_ready_is_for_later():
    answer = {"ok": True, "result": {"file_id": "a", "file_unique_id": "b"}}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=answer))
    channel = TelegramChannel("42:a-token", "http://in.process", transport=transport)
    assert await channel.fetch("a") == RetryLater("no path")
    await channel.bot.shutdown()


COPY = File("copy.json", "application/json", b'{"said": "\xc5\xbc"}')
PICTURE = File("picture.png", "image/png", png(30, 20))


async def test_what_is_hers_to_keep_can_be_kept_and_a_picture_stays_covered_in_the_chat(sandbox, channel, phone):
    for file, words in ((COPY, ""), (PICTURE, "You have a note.")):
        assert isinstance(await channel.send_file(str(phone.id), file, words, silent=True), Sent)
    document, photo = (sandbox.journal.calls(method)[-1].params for method in ("sendDocument", "sendPhoto"))
    assert (document["document"].name, document["document"].mime_type) == ("copy.json", "application/json")
    assert document["document"].content == COPY.body
    assert "caption" not in document
    assert not document.get("protect_content")
    assert document["disable_content_type_detection"]
    assert (photo["photo"].name, photo["photo"].content) == ("picture.png", PICTURE.body)
    assert (photo["caption"], photo["has_spoiler"], photo["protect_content"]) == ("You have a note.", True, True)


async def test_a_file_of_many_megabytes_arrives_whole(sandbox, channel, phone):
    body = bytes(range(256)) * 4096 * 24
    assert isinstance(
        await channel.send_file(str(phone.id), File("copy.json", "application/json", body), "", silent=True), Sent
    )
    assert sandbox.journal.calls("sendDocument")[-1].params["document"].content == body


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [
        ({"kind": "reset", "when": "after"}, "lost"),
        ({"kind": "timeout"}, "lost"),
        ({"code": 502, "when": "after"}, "network"),
    ],
)
@pytest.mark.parametrize("file", [COPY, PICTURE], ids=["copy", "picture"])
async def test_a_file_whose_answer_was_lost_may_have_arrived(
    sandbox, channel, phone, monkeypatch, file, fault, trouble
):
    monkeypatch.setattr("bot.http.FILE_SECONDS", 0.5)
    method = "sendPhoto" if file.is_picture else "sendDocument"
    sandbox.faults.add(Fault(method=method, **fault))
    ended = await channel.send_file(str(phone.id), file, "", silent=True)
    assert isinstance(ended, RetryLater)
    assert (ended.trouble, ended.ambiguous) == (trouble, True)
    assert file.body.decode(errors="replace") not in repr(ended)


@pytest.mark.parametrize("served", ["over sockets"], indirect=True)
async def test_an_upload_that_takes_too_long_ends_before_its_lease(sandbox, channel, phone, monkeypatch):
    monkeypatch.setattr("bot.http.FILE_SECONDS", 0.2)
    sandbox.faults.add(Fault(method="sendDocument", kind="delay", seconds=2))
    ended = await channel.send_file(str(phone.id), COPY, "", silent=True)
    assert isinstance(ended, RetryLater)
    assert ended.trouble == "lost"


def test_an_upload_may_take_less_than_its_lease():
    assert LEASE.total_seconds() > FILE_SECONDS


def test_what_is_in_a_file_is_in_no_printed_form():
    assert "said" not in repr(COPY)
