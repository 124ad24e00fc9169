"""What the page in the browser draws: one phone's screen as plain data, in the phone's own time zone."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.sandbox.entities import commands_in, runs, units
from bot.sandbox.messages import CALLBACK_ANSWERED_WITHIN
from bot.sandbox.model import Chat, Json, Message
from bot.sandbox.phone import Button, Phone, ScreenMessage, on_screen
from bot.sandbox.profile import commands_shown, menu_button_shown, text_shown
from bot.sandbox.state import State, monotonic

MESSAGES_SHOWN = 120
NOTICES_SHOWN = 4
_LINK = re.compile(r"https?://[^\s<>]+[^\s<>.,;:!?)]")


def clock(at: datetime, timezone: str) -> Json:
    """A moment as a phone in this time zone shows it."""
    local = at.astimezone(ZoneInfo(timezone))
    return {
        "time": f"{local:%H:%M}",
        "day": f"{local:%A} {local.day} {local:%B}",
        "bar": f"{local:%a} {local.day} {local:%b}, {local:%H:%M}",
    }


def tag(state: State, phone: Phone) -> str:
    """Changes whenever the screen would look different."""
    typing, waiting = _typing(phone.chat), len(_waiting(phone.chat))
    return f"{state.run}.{phone.chat.version}.{typing:d}.{waiting}"


def screen(state: State, phone: Phone) -> Json:
    """The whole screen of a phone."""
    with state.lock:
        chat = phone.chat
        waiting = _waiting(chat)
        shown = list(chat.messages.values())[-MESSAGES_SHOWN:]
        return {
            "tag": tag(state, phone),
            "started": chat.started,
            "blocked": chat.blocked,
            "deactivated": chat.person.deactivated,
            "typing": _typing(chat),
            "bot": text_shown(chat.bot, "name", chat.person.language_code),
            "description": text_shown(chat.bot, "description", chat.person.language_code),
            "commands": commands_shown(chat.bot, chat.person.id, chat.person.language_code),
            "menu": menu_button_shown(chat.bot, chat.person.id),
            "messages": [_message(message, chat, waiting) for message in shown],
            "notices": notices(phone),
            "toasts": [
                {"number": toast.number, "text": toast.text, "alert": toast.alert, "url": toast.url}
                for toast in list(chat.toasts)[-5:]
            ],
        }


def notices(phone: Phone) -> list[Json]:
    """Unread messages as the locked phone shows them, the newest first."""
    return [
        {
            "id": message.id,
            "text": notice_text(message),
            "silent": message.silent,
            "at": clock(message.at, phone.timezone)["time"],
        }
        for message in reversed(phone.unread()[-NOTICES_SHOWN:])
    ]


def notice_text(message: ScreenMessage) -> str:
    """The line that the notification shows: spoilers covered, a picture named."""
    pieces = runs(message.text, message.entities)
    text = "".join("░" * len(p["text"]) if "spoiler" in p["styles"] else p["text"] for p in pieces)
    if message.photo:
        return f"🖼 {text or 'Photo'}"
    if message.document:
        return f"📎 {text or message.document}"
    return text


def _typing(chat: Chat) -> bool:
    return monotonic() < chat.action_until


def _waiting(chat: Chat) -> set[tuple[int, str]]:
    """Tapped buttons whose tap the bot has not answered."""
    oldest = monotonic() - CALLBACK_ANSWERED_WITHIN
    return {(tap.message_id, tap.data) for tap in chat.taps.values() if tap.at >= oldest}


def _message(message: Message, chat: Chat, waiting: set[tuple[int, str]]) -> Json:
    seen, api = on_screen(message), message.api
    moment = clock(seen.at, chat.person.timezone)
    shown: Json = {
        "id": seen.id,
        "mine": not seen.from_bot,
        "runs": runs(seen.text, [*seen.entities, *_found(seen)]),
        "time": moment["time"],
        "day": moment["day"],
        "edited": seen.edited,
        "silent": seen.silent,
        "rows": [[_button(button, seen.id, waiting) for button in row] for row in seen.buttons],
    }
    if "photo" in api:
        photo = api["photo"][-1]
        shown["photo"] = {
            "file": photo["file_id"],
            "width": photo["width"],
            "height": photo["height"],
            "spoiler": api.get("has_media_spoiler", False),
        }
    if "document" in api:
        document = api["document"]
        shown["document"] = {
            "file": document["file_id"],
            "name": document["file_name"],
            "size": document["file_size"],
        }
    if "voice" in api:
        shown["voice"] = {"file": api["voice"]["file_id"], "seconds": api["voice"]["duration"]}
    if "location" in api:
        shown["location"] = api["location"]
    return shown


def _found(message: ScreenMessage) -> list[Json]:
    """What an app makes tappable by itself: commands and links."""
    links = [
        {"type": "url", "url": match[0], "offset": units(message.text[: match.start()]), "length": units(match[0])}
        for match in _LINK.finditer(message.text)
    ]
    return links or commands_in(message.text)


def _button(button: Button, message_id: int, waiting: set[tuple[int, str]]) -> Json:
    return {
        "label": button.label,
        "data": button.data,
        "url": button.url,
        "app": button.web_app,
        "waiting": button.data is not None and (message_id, button.data) in waiting,
    }
