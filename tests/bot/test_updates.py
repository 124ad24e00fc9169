"""From Telegram's updates, as it really sends them, to events of the dialogue."""

import pytest
from telegram import Update

from bot.updates import to_incoming
from ema.domain.conversation.events import Blocked, Command, Posted, Tap, Typed, Unblocked
from ema.domain.screen import Action

ANNA = {"id": 7_000_000_001, "is_bot": False, "first_name": "Anna", "language_code": "es-419"}
CHAT = {"id": 7_000_000_001, "type": "private", "first_name": "Anna"}
GROUP = {"id": -100_123, "type": "supergroup", "title": "Us"}
BOT = {"id": 42, "is_bot": True, "first_name": "Notes", "username": "note_bot"}
MESSAGE = {"message_id": 9, "date": 1_770_000_000, "chat": CHAT, "from": ANNA}
NOTE = {"message_id": 8, "date": 1_770_000_000, "chat": CHAT, "from": BOT, "text": "You have a note."}
PHOTO = [
    {"file_id": "small", "file_unique_id": "s", "width": 90, "height": 67, "file_size": 1000},
    {"file_id": "large", "file_unique_id": "l", "width": 1280, "height": 960, "file_size": 90_000},
    {"file_id": "middle", "file_unique_id": "m", "width": 320, "height": 240, "file_size": 9000},
]
VOICE = {"file_id": "a", "file_unique_id": "b", "duration": 3}
PLACE = {"latitude": 51.507351, "longitude": -0.127758}
STICKER = {
    "file_id": "a", "file_unique_id": "b", "type": "regular", "width": 512, "height": 512,
    "is_animated": False, "is_video": False, "emoji": "🙂",
}  # fmt: skip


def incoming(late=False, **kind):
    return to_incoming(Update.de_json({"update_id": 77, **kind}, None), 42, late=late)


def said(**content):
    return incoming(message=MESSAGE | content).event


def tapped(data, message=NOTE):
    query = {"id": "555", "from": ANNA, "chat_instance": "1", "data": data, "message": message}
    return incoming(callback_query=query)


def membership(status):
    member = {"user": BOT, "status": status} | ({"until_date": 0} if status == "kicked" else {})
    change = {"chat": CHAT, "from": ANNA, "date": 1, "old_chat_member": {"user": BOT, "status": "left"}}
    return incoming(my_chat_member=change | {"new_chat_member": member})


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("/start ABC123", Command("start", "ABC123", 9)),
        ("/start", Command("start", "", 9)),
        ("/HELP", Command("help", "", 9)),
        ("/help@note_bot", Command("help", "", 9)),
        ("/stop  now please ", Command("stop", "now please", 9)),
        ("hello", Typed("hello", 9)),
        ("what is /help", Typed("what is /help", 9)),
        ("/", Command("", "", 9)),
    ],
)
def test_what_she_writes(text, event):
    assert said(text=text) == event


def test_a_voice_message():
    assert said(voice=VOICE | {"mime_type": "audio/ogg", "file_size": 12_345}) == Posted("voice", "a", 9, 12_345)
    assert said(voice=VOICE) == Posted("voice", "a", 9, 0)  # telegram may leave the size out


def test_a_photo_is_its_largest_size_and_a_caption_is_not_read():
    assert said(photo=PHOTO, caption="/stop") == Posted("photo", "large", 9, 90_000)
    without_size = {"file_id": "a", "file_unique_id": "b", "width": 90, "height": 90}
    assert said(photo=[without_size]) == Posted("photo", "a", 9, 0)


@pytest.mark.parametrize(
    ("place", "reference"),
    [
        (PLACE, "51.507351,-0.127758"),
        (PLACE | {"horizontal_accuracy": 35.0}, "51.507351,-0.127758"),
        ({"latitude": 0, "longitude": -179.9999999}, "0,-179.9999999"),
    ],
)
def test_a_place_is_its_numbers_as_they_came(place, reference):
    assert said(location=place) == Posted("location", reference, 9)


def test_a_venue_is_where_it_is():
    venue = {"location": PLACE, "title": "Trafalgar Square", "address": "London"}
    assert said(location=PLACE, venue=venue) == Posted("location", "51.507351,-0.127758", 9)


def test_where_she_is_never_gets_into_print():
    assert "51.5" not in repr(incoming(message=MESSAGE | {"location": PLACE}))


FILE = {"file_id": "a", "file_unique_id": "b"}


@pytest.mark.parametrize(
    "content",
    [
        {"sticker": STICKER},
        {"location": PLACE | {"live_period": 900}},
        {"document": FILE | {"mime_type": "image/png"}, "caption": "look"},
        {"audio": FILE | {"duration": 3, "mime_type": "audio/ogg"}},
        {"video": FILE | {"width": 90, "height": 90, "duration": 3}},
        {"video_note": FILE | {"length": 90, "duration": 3}},
        {"contact": {"phone_number": "+44", "first_name": "Bea"}},
    ],
    ids=lambda content: next(iter(content)),
)
def test_anything_else_is_something_typed_without_words(content):
    """So it is deleted like all that nobody asked for. A live location would go on telling where she is."""
    assert said(**content) == Typed("", 9)


def test_a_tap():
    one = tapped("answer|5|12|wb_mood|1")
    assert one.event == Tap(Action("answer", "5", 12, "wb_mood", 1), 8, "555")
    assert (one.bot_id, one.update_id, one.address, one.language, one.late) == (42, 77, "7000000001", "es", False)


def test_a_tap_with_a_payload_from_elsewhere():
    assert tapped("{}|{}|{}").event == Tap(None, 8, "555")


def test_a_tap_on_a_message_that_telegram_no_longer_shows():
    gone = {"message_id": 8, "date": 0, "chat": CHAT}
    assert tapped("go|home", gone).event == Tap(Action("go", "home"), 8, "555")


def test_blocking_and_coming_back():
    assert membership("kicked").event == Blocked()
    assert membership("member").event == Unblocked()


@pytest.mark.parametrize(
    "update",
    [
        {"edited_message": MESSAGE | {"text": "other words", "edit_date": 1_770_000_001}},
        {"message": MESSAGE | {"text": "/start ABC123", "chat": GROUP}},
        {"channel_post": {"message_id": 1, "date": 1, "chat": {"id": -100, "type": "channel", "title": "x"}, "text": "x"}},
        {"callback_query": {"id": "5", "from": ANNA, "chat_instance": "1", "data": "x", "message": NOTE | {"chat": GROUP}}},
        {"callback_query": {"id": "5", "from": ANNA, "chat_instance": "1", "data": "x", "inline_message_id": "i"}},
        {"poll": {"id": "1", "question": "?", "options": [], "total_voter_count": 0, "is_closed": True,
                  "is_anonymous": True, "allows_revoting": False, "members_only": False, "type": "regular", "allows_multiple_answers": False}},
        {},
    ],
)  # fmt: skip
def test_what_means_nothing_here(update):
    assert incoming(**update) is None


def test_what_waited_while_nobody_listened_is_marked():
    assert incoming(late=True, message=MESSAGE | {"text": "hello"}).late
