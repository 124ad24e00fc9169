"""The phone in a program's hand."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.sandbox import PhoneError
from bot.sandbox.entities import parse_html, runs
from bot.sandbox.errors import ApiError
from tests.sandbox.conftest import client
from tests.sandbox.test_files import png
from tests.sandbox.test_polling import keyboard


def test_a_new_phone_is_silent_until_start(sandbox):
    phone = sandbox.new_phone(timezone="America/New_York")
    assert (phone.messages(), phone.last(), phone.started) == ([], None, False)
    assert sandbox.pending_updates() == 0
    phone.start("X")
    assert [message.text for message in phone.messages()] == ["/start X"]
    with pytest.raises(KeyError):
        sandbox.phone(1)
    with pytest.raises(ValueError, match="exists already"):
        sandbox.new_phone(id=phone.id)


@pytest.mark.anyio
async def test_only_what_is_on_the_screen_can_be_tapped(bot, phone, sandbox):
    sent = await bot.send_message(phone.id, "?", reply_markup=keyboard())
    assert phone.tap(sent.message_id, "y") != phone.tap(sent.message_id, "Yes")
    with pytest.raises(PhoneError, match="no button 'Maybe'"):
        phone.tap(sent.message_id, "Maybe")
    await bot.delete_message(phone.id, sent.message_id)
    with pytest.raises(PhoneError, match="not on the screen"):
        phone.tap(sent.message_id, "Yes")


@pytest.mark.anyio
async def test_reading_and_the_locked_screen(bot, phone):
    await bot.send_message(phone.id, "You have a note.", disable_notification=True)
    assert [(message.text, message.silent) for message in phone.unread()] == [("You have a note.", True)]
    phone.read()
    assert phone.unread() == []


@pytest.mark.anyio
async def test_deleting_tells_the_bot_nothing(bot, phone, sandbox):
    sent = await bot.send_message(phone.id, "x")
    await bot.send_message(phone.id, "y")
    phone.delete_message(sent.message_id)
    assert [message.text for message in phone.messages()] == ["/start", "y"]
    phone.delete_chat()
    assert phone.messages() == []
    assert sandbox.pending_updates() == 0
    assert await bot.send_message(phone.id, "z")


def test_a_blocked_bot_hears_nothing_until_restart(phone):
    phone.block()
    with pytest.raises(PhoneError, match="blocked"):
        phone.send("x")
    phone.start()
    assert not phone.blocked


@pytest.mark.parametrize(
    ("send", "complaint"),
    [
        (lambda phone: phone.send_voice(b"", 1), "file must be non-empty"),
        (lambda phone: phone.send_photo(b"no picture"), "IMAGE_PROCESS_FAILED"),
        (lambda phone: phone.send_photo(png(50, 1)), "PHOTO_INVALID_DIMENSIONS"),
        (lambda phone: phone.send_location(90.1, 0), "no such place"),
        (lambda phone: phone.send_location(0, -180.1), "no such place"),
        (lambda phone: phone.send_location(float("nan"), 0), "no such place"),
    ],
)
def test_what_no_phone_can_send(sandbox, send, complaint):
    phone = sandbox.new_phone()
    with pytest.raises(PhoneError, match=complaint):
        send(phone)
    assert (phone.started, phone.messages(), sandbox.pending_updates()) == (False, [], 0)


def test_a_blocked_bot_hears_and_sees_nothing_either(sandbox, phone):
    phone.block()
    before = sandbox.pending_updates()
    for send in (
        lambda: phone.send_voice(b"OggS", 1),
        lambda: phone.send_photo(png()),
        lambda: phone.send_location(0, 0),
    ):
        with pytest.raises(PhoneError, match="blocked"):
            send()
    assert sandbox.pending_updates() == before


def test_many_threads_at_once(sandbox):
    phones = [sandbox.new_phone() for _ in range(8)]
    barrier = threading.Barrier(8)

    def live(phone):
        barrier.wait()
        for number in range(50):
            phone.send(str(number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(live, phones))
    assert sandbox.pending_updates() == 400
    ids = [message.id for phone in phones for message in phone.messages()]
    assert sorted(ids) == list(range(1, 401))


@pytest.mark.anyio
async def test_two_bots_on_one_phone(serve, sandbox, phone):
    other = phone.with_bot("other_bot")
    assert other.messages() == []
    other.start()
    assert [message.text for message in phone.messages()] == ["/start"]
    async with client(serve(sandbox.app), sandbox.accounts[1].token) as bot:
        assert (await bot.send_message(phone.id, "x")).message_id == 2


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("a &lt; b &amp; c &#128512;", "a < b & c 😀", []),
        ("😀<b>x</b>", "😀x", [("bold", 2, 1)]),
        ("<b>a<i>b</i></b>", "ab", [("bold", 0, 2), ("italic", 1, 1)]),
        ('<a href="https://a.org/?x=1&amp;y=2">l</a>', "l", [("text_link", 0, 1)]),
        ('<span class="tg-spoiler">s</span><tg-spoiler>t</tg-spoiler>', "st", [("spoiler", 0, 1), ("spoiler", 1, 1)]),
        ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", 0, 1)]),
    ],
)
def test_html(source, text, entities):
    plain, found = parse_html(source)
    assert plain == text
    assert [(entity["type"], entity["offset"], entity["length"]) for entity in found] == entities


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("é<table>", 'Unsupported start tag "table" at byte offset 2'),
        ("<b>x</i>", 'Unmatched end tag "i"'),
        ("1 < 2", "at byte offset 2"),
    ],
)
def test_broken_html(source, complaint):
    with pytest.raises(ApiError, match=f"(?i){complaint}"):
        parse_html(source)


def test_runs_cut_where_the_format_changes():
    text, entities = parse_html('😀 <b>bo<i>th</i></b> <a href="https://a.org">l</a>')
    assert [(run["text"], run["styles"], run.get("url")) for run in runs(text, entities)] == [
        ("😀 ", [], None),
        ("bo", ["bold"], None),
        ("th", ["bold", "italic"], None),
        (" ", [], None),
        ("l", ["text_link"], "https://a.org"),
    ]
