"""A person's phone, held by a program: the simulation, the tests and the page in the browser."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from bot.sandbox import files
from bot.sandbox.entities import commands_in
from bot.sandbox.errors import ApiError, PhoneError
from bot.sandbox.model import Chat, Json, Message, Tap, Toast, query_id
from bot.sandbox.params import Upload
from bot.sandbox.state import State, monotonic

CHAT_INSTANCE_STEP = 1_000_003
TAPS_KEPT = 60.0


@dataclass(frozen=True, slots=True)
class Button:
    """An inline button: `data` for a callback, or a `url` (`web_app` when it opens a Mini App)."""

    label: str
    data: str | None = None
    url: str | None = None
    web_app: bool = False


@dataclass(frozen=True, slots=True)
class ScreenMessage:
    """A message as it stands on the screen now.

    `photo` and `voice` are file_ids, `document` is a file's name, `location` is latitude and longitude.
    """

    id: int
    from_bot: bool
    text: str
    entities: Sequence[Json]
    buttons: tuple[tuple[Button, ...], ...]
    at: datetime
    edited: bool
    silent: bool
    protected: bool
    photo: str | None
    document: str | None
    voice: str | None
    location: tuple[float, float] | None

    @property
    def labels(self) -> list[str]:
        """All button labels, row by row."""
        return [button.label for row in self.buttons for button in row]


def on_screen(message: Message) -> ScreenMessage:
    api = message.api
    rows = api.get("reply_markup", {}).get("inline_keyboard", ())
    return ScreenMessage(
        id=message.message_id,
        from_bot=message.from_bot,
        text=api.get("text") or api.get("caption", ""),
        entities=api.get("entities") or api.get("caption_entities", ()),
        buttons=tuple(tuple(_button(button) for button in row) for row in rows),
        at=datetime.fromtimestamp(api["date"], UTC),
        edited=message.edited,
        silent=message.silent,
        protected=api.get("has_protected_content", False),
        photo=api["photo"][-1]["file_id"] if "photo" in api else None,
        document=api["document"]["file_name"] if "document" in api else None,
        voice=api["voice"]["file_id"] if "voice" in api else None,
        location=(api["location"]["latitude"], api["location"]["longitude"]) if "location" in api else None,
    )


def _button(button: Json) -> Button:
    app, copied = button.get("web_app"), button.get("copy_text")
    url = app["url"] if app else copied["text"] if copied else button.get("url")  # what is copied here is an address
    return Button(button["text"], button.get("callback_data"), url, bool(app))


class Phone:
    """One person's chat with one bot. Every method is synchronous and safe from any thread."""

    def __init__(self, state: State, chat: Chat) -> None:
        self._state = state
        self.chat = chat

    @property
    def id(self) -> int:
        """The person's Telegram id, which is also the id of her chat."""
        return self.chat.person.id

    @property
    def name(self) -> str:
        return self.chat.person.name

    @property
    def language_code(self) -> str:
        return self.chat.person.language_code

    @property
    def timezone(self) -> str:
        return self.chat.person.timezone

    def with_bot(self, username: str) -> "Phone":
        """The same phone, in the chat with another bot."""
        return Phone(self._state, self._state.chat(self._state.bot_named(username), self.chat.person))

    # --- what she does

    def start(self, payload: str = "") -> int:
        """Press Start (or Restart), as by the link `t.me/<bot>?start=<payload>`."""
        with self._state.change():
            if self.chat.blocked:
                self.unblock()
            return self.send(f"/start {payload}".strip())

    def send(self, text: str) -> int:
        """Write to the bot; the id of the message."""
        text = text.strip()
        if not text:
            raise PhoneError("there is nothing to send")
        entities = commands_in(text)
        return self._send(lambda: {"text": text, **({"entities": entities} if entities else {})})

    def send_voice(self, body: bytes, seconds: int) -> int:
        """Send a voice message, of any size, as apps do: Ogg with Opus; the id of the message."""
        return self._send(lambda: {"voice": files.voice(self._state, body, seconds)})

    def send_photo(self, body: bytes) -> int:
        """Send a photo, JPEG or PNG; the id of the message."""
        kind = "png" if body.startswith(files.PNG) else "jpeg"
        photo = Upload(f"photo.{kind}", f"image/{kind}", body)
        return self._send(lambda: {"photo": files.photo(self._state, photo)})

    def send_location(self, latitude: float, longitude: float) -> int:
        """Send a place, in degrees; the id of the message."""
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise PhoneError("there is no such place")
        return self._send(lambda: {"location": {"latitude": latitude, "longitude": longitude}})

    def _send(self, content: Callable[[], Json]) -> int:
        with self._state.change():
            self._check_alive()
            if self.chat.blocked:
                raise PhoneError("the bot is blocked")
            try:
                made = content()
            except ApiError as refusal:
                raise PhoneError(refusal.description.removeprefix("Bad Request: ")) from refusal
            if not self.chat.started:
                self.chat.started = True
                self._state.save_chat(self.chat)
            self.read()
            message = self._state.post(self.chat, made, from_bot=False)
            self._state.queue(self.chat.bot, "message", message.api)
            return message.message_id

    def tap(self, message_id: int, data_or_label: str) -> str:
        """Tap a button, found by its callback data or else by its label; the id of the callback query."""
        with self._state.change():
            self._check_alive()
            message = self.chat.messages.get(message_id)
            if message is None:
                raise PhoneError(f"message {message_id} is not on the screen")
            data = _callback_data(message, data_or_label)
            bot, person = self.chat.bot, self.chat.person
            tap = Tap(query_id(person.id, bot.next_update_id), message_id, data, monotonic())
            for old in [each for each in self.chat.taps.values() if tap.at - each.at > TAPS_KEPT]:
                del self.chat.taps[old.query_id]
            self.chat.taps[tap.query_id] = tap
            self.chat.version += 1
            self.read()
            payload = {
                "id": tap.query_id,
                "from": person.user(),
                "message": message.api,
                "chat_instance": str(person.id * CHAT_INSTANCE_STEP + bot.id),
                "data": data,
            }
            self._state.queue(bot, "callback_query", payload)
            return tap.query_id

    def block(self) -> None:
        self._set_blocked(blocked=True)

    def unblock(self) -> None:
        self._set_blocked(blocked=False)

    def _set_blocked(self, *, blocked: bool) -> None:
        with self._state.change():
            if self.chat.blocked == blocked:
                return
            self.chat.blocked = blocked
            self._state.save_chat(self.chat)
            before, after = (
                _membership(self.chat, blocked=not blocked),
                _membership(self.chat, blocked=blocked),
            )
            payload = {
                "chat": self.chat.person.chat(),
                "from": self.chat.person.user(),
                "date": self._state.timestamp(),
                "old_chat_member": before,
                "new_chat_member": after,
            }
            self._state.queue(self.chat.bot, "my_chat_member", payload)

    def delete_message(self, message_id: int) -> None:
        """Delete a message for both sides; the bot is not told."""
        with self._state.change():
            if message_id not in self.chat.messages:
                raise PhoneError(f"message {message_id} is not on the screen")
            self._state.remove(self.chat, message_id)

    def delete_chat(self) -> None:
        """Delete the whole chat for both sides; the bot is not told and may write again."""
        with self._state.change():
            for message_id in list(self.chat.messages):
                self._state.remove(self.chat, message_id)

    def deactivate(self) -> None:
        """Delete the Telegram account."""
        with self._state.change():
            self.chat.person.deactivated = True
            self._state.store.save_person(self.chat.person)
            for bot in self._state.bots.values():
                if chat := bot.chats.get(self.id):
                    chat.version += 1

    def read(self) -> None:
        """Look at the chat: everything in it counts as read. Writing and tapping do this too."""
        newest = next(reversed(self.chat.messages), 0)
        if newest > self.chat.read_up_to:
            with self._state.change():
                self.chat.read_up_to = newest
                self._state.save_chat(self.chat)

    def _check_alive(self) -> None:
        if self.chat.person.deactivated:
            raise PhoneError("the account is deleted")

    # --- what she sees

    def messages(self) -> list[ScreenMessage]:
        """What is on the screen, oldest first."""
        with self._state.lock:
            return [on_screen(message) for message in self.chat.messages.values()]

    def last(self) -> ScreenMessage | None:
        """The newest message from the bot."""
        with self._state.lock:
            for message in reversed(self.chat.messages.values()):
                if message.from_bot:
                    return on_screen(message)
            return None

    def message(self, message_id: int) -> ScreenMessage | None:
        with self._state.lock:
            message = self.chat.messages.get(message_id)
            return on_screen(message) if message else None

    def toasts(self) -> list[Toast]:
        """What answers to taps have shown, oldest first; the last hundred of this run."""
        with self._state.lock:
            return list(self.chat.toasts)

    def unread(self) -> list[ScreenMessage]:
        """Messages from the bot that she has not looked at: what a locked phone shows."""
        with self._state.lock:
            news = takewhile(
                lambda message: message.message_id > self.chat.read_up_to, reversed(self.chat.messages.values())
            )
            return [on_screen(message) for message in news if message.from_bot][::-1]

    @property
    def started(self) -> bool:
        return self.chat.started

    @property
    def blocked(self) -> bool:
        return self.chat.blocked


def _callback_data(message: Message, data_or_label: str) -> str:
    rows: list[list[Json]] = message.api.get("reply_markup", {}).get("inline_keyboard", [])
    buttons = [button for row in rows for button in row if "callback_data" in button]
    for key in ("callback_data", "text"):
        for button in buttons:
            if button[key] == data_or_label:
                return str(button["callback_data"])
    labels = [button["text"] for button in buttons]
    raise PhoneError(f"no button {data_or_label!r} on message {message.message_id}, only {labels}")


def _membership(chat: Chat, *, blocked: bool) -> dict[str, Any]:
    if blocked:
        return {"user": chat.bot.user, "status": "kicked", "until_date": 0}
    return {"user": chat.bot.user, "status": "member"}
