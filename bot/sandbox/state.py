"""The state of all chats: held in memory, written through to the store, guarded by one lock."""

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.errors import bad_request, forbidden
from bot.sandbox.model import Bot, BotAccount, Chat, File, Json, Message, Person, Update
from bot.sandbox.store import Store

FIRST_PERSON_ID = 7_000_000_001
FIRST_UPDATE_ID = 100_000_001
UPDATES_KEPT = timedelta(hours=24)
NOT_SENT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


class State:
    """Every change happens inside `with state.change():`, from any thread; its end is the commit."""

    def __init__(self, store: Store, now: Callable[[], datetime], accounts: Sequence[BotAccount]) -> None:
        self.store = store
        self.now = now
        self.lock = threading.RLock()
        self.closed = False
        self.run = secrets.token_hex(4)  # tells this run's screens from an earlier run's
        self._depth = 0
        self.people = {person.id: person for person in store.people()}
        self.bots: dict[str, Bot] = {}
        for account in accounts:
            self._register(account)

    def _register(self, account: BotAccount) -> None:
        user = {
            "id": account.id,
            "is_bot": True,
            "first_name": account.name,
            "username": account.username,
        }
        bot = Bot(account, user, next_update_id=FIRST_UPDATE_ID)
        self.store.load_bot(bot, self.people)
        self.bots[account.token] = bot
        with self.change():
            self.store.save_bot(bot)

    @contextmanager
    def change(self) -> Iterator[None]:
        """One transaction. Rules are checked before anything is changed, so a refusal changes nothing."""
        with self.lock:
            self._depth += 1
            try:
                yield
            except BaseException:
                if self._depth == 1:
                    self.store.rollback()
                raise
            else:
                if self._depth == 1:
                    self.store.commit()
            finally:
                self._depth -= 1

    def timestamp(self) -> int:
        return int(self.now().timestamp())

    def bot_named(self, username: str | None) -> Bot:
        """The bot with this user name; the first one without a name."""
        for bot in self.bots.values():
            if username is None or bot.account.username == username:
                return bot
        raise KeyError(username)

    # --- people and chats

    def add_person(self, name: str, language_code: str, timezone: str, person_id: int | None) -> Person:
        with self.change():
            if person_id is None:
                person_id = max(self.people, default=FIRST_PERSON_ID - 1) + 1
            elif person_id in self.people:
                raise ValueError(f"a phone with id {person_id} exists already")
            person = Person(person_id, name, language_code, timezone)
            self.people[person_id] = person
            self.store.save_person(person)
            return person

    def chat(self, bot: Bot, person: Person) -> Chat:
        """The chat of these two, opened empty when there is none yet."""
        chat = bot.chats.get(person.id)
        if chat is None:
            with self.change():
                chat = bot.chats.setdefault(person.id, Chat(bot, person))
                self.store.save_chat(chat)
        return chat

    def reachable(self, bot: Bot, chat_id: int) -> Chat:
        """The chat that a bot may write to, or Telegram's refusal."""
        chat = self.known(bot, chat_id)
        if chat.person.deactivated:
            raise forbidden("user is deactivated")
        if chat.blocked:
            raise forbidden("bot was blocked by the user")
        if not chat.started:
            raise forbidden("bot can't initiate conversation with a user")
        return chat

    def known(self, bot: Bot, chat_id: int) -> Chat:
        person = self.people.get(chat_id)
        if person is None:
            raise bad_request("chat not found")
        return self.chat(bot, person)

    def save_chat(self, chat: Chat) -> None:
        chat.version += 1
        self.store.save_chat(chat)

    # --- messages

    def post(self, chat: Chat, content: Json, *, from_bot: bool, silent: bool = False) -> Message:
        """Put a message into the chat; its id is the next of this bot's account."""
        bot = chat.bot
        message_id = bot.next_message_id
        bot.next_message_id += 1
        api = {
            "message_id": message_id,
            "date": self.timestamp(),
            "chat": chat.person.chat(),
            "from": bot.user if from_bot else chat.person.user(),
            **content,
        }
        message = Message(message_id, from_bot, silent, api)
        chat.messages[message_id] = message
        chat.version += 1
        chat.action_until = 0.0
        self.store.save_message(chat, message)
        self.store.save_counters(bot)
        return message

    def edit(self, chat: Chat, message: Message, content: Json, drop: Iterable[str], *, visible: bool) -> None:
        """Replace parts of a message; `visible` edits carry the word "edited" on the phone."""
        api = {key: value for key, value in message.api.items() if key not in drop}
        message.api = {**api, **content, "edit_date": self.timestamp()}
        message.edited = message.edited or visible
        chat.version += 1
        self.store.save_message(chat, message)

    def remove(self, chat: Chat, message_id: int) -> None:
        """Take a message away for both sides, and with it the files that it was the last to show."""
        message = chat.messages.pop(message_id)
        chat.version += 1
        self.store.drop_message(chat, message_id)
        for file_id in _files_in(message.api):
            self.store.drop_file(file_id)

    # --- updates

    def queue(self, bot: Bot, kind: str, payload: Json) -> None:
        """Give the bot an update, unless it said that it does not want this kind."""
        wanted = kind in bot.allowed_updates if bot.allowed_updates else kind not in NOT_SENT_BY_DEFAULT
        if not wanted:
            return
        update = Update(bot.next_update_id, self.timestamp(), kind, payload)
        bot.next_update_id += 1
        bot.updates.append(update)
        self.store.add_update(bot, update)
        self.store.save_counters(bot)
        bot.bell.ring()

    def pending(self, bot: Bot) -> list[Update]:
        """Unconfirmed updates, oldest first; after 24 hours they are gone."""
        oldest = self.timestamp() - int(UPDATES_KEPT.total_seconds())
        kept = next((update for update in bot.updates if update.at >= oldest), None)
        self.confirm(bot, kept.update_id if kept else bot.next_update_id)
        return list(bot.updates)

    def confirm(self, bot: Bot, before: int) -> None:
        """Forget the updates with ids below `before`."""
        if not bot.updates or bot.updates[0].update_id >= before:
            return
        with self.change():
            while bot.updates and bot.updates[0].update_id < before:
                bot.updates.popleft()
            self.store.drop_updates(bot, before)

    # --- settings and files

    def save_setting(self, bot: Bot, key: str, value: Any) -> None:
        bot.settings[key] = value
        self.store.save_setting(bot, key, value)
        self._refresh(bot)

    def drop_setting(self, bot: Bot, key: str) -> None:
        bot.settings.pop(key, None)
        self.store.drop_setting(bot, key)
        self._refresh(bot)

    def _refresh(self, bot: Bot) -> None:
        for chat in bot.chats.values():
            chat.version += 1

    def file(self, file_id: str) -> File:
        with self.lock:
            file = self.store.file(file_id)
        if file is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        return file

    def file_content(self, file_id: str) -> tuple[File, bytes]:
        with self.lock:
            file = self.file(file_id)
            found = self.store.content(file.path)
        return file, found[1] if found else b""

    def close(self) -> None:
        """Let everyone who waits go home, then close the store."""
        with self.lock:
            if self.closed:
                return
            self.closed = True
            for bot in self.bots.values():
                bot.bell.ring()
            self.store.close()


def _files_in(api: Json) -> list[str]:
    shown = [*api.get("photo", ()), *(api[kind] for kind in ("document", "voice") if kind in api)]
    return [each["file_id"] for each in shown]


def monotonic() -> float:
    """Real seconds, for time-outs and rates; never the clock of the chats."""
    return time.monotonic()
