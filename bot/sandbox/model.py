"""What the server remembers: bots, people, chats, messages, updates and files."""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

TOASTS_KEPT = 100


@dataclass(frozen=True, slots=True)
class BotAccount:
    """A bot as its owner registered it: `token` is `<id>:<secret>`, as BotFather gives it."""

    token: str
    username: str
    name: str
    description: str = ""

    @property
    def id(self) -> int:
        return int(self.token.partition(":")[0])


class Bell:
    """Wakes those who wait for news, in whatever thread or event loop they are."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], object]] = []

    def listen(self, wake: Callable[[], object]) -> None:
        self._listeners.append(wake)

    def leave(self, wake: Callable[[], object]) -> None:
        with suppress(ValueError):
            self._listeners.remove(wake)

    def ring(self) -> None:
        for wake in tuple(self._listeners):
            try:
                wake()
            except RuntimeError:  # its event loop is closed
                self.leave(wake)


@dataclass(slots=True)
class Update:
    update_id: int
    at: int
    kind: str
    payload: Json

    def api(self) -> Json:
        return {"update_id": self.update_id, self.kind: self.payload}


@dataclass(slots=True)
class Webhook:
    url: str
    secret_token: str = ""
    max_connections: int = 40
    ip_address: str = ""
    last_error_date: int = 0
    last_error_message: str = ""


@dataclass(slots=True)
class Bot:
    """One bot account with its queue of updates and what its owner configured."""

    account: BotAccount
    user: Json
    next_message_id: int = 1
    next_update_id: int = 1
    updates: deque[Update] = field(default_factory=deque)
    allowed_updates: list[str] = field(default_factory=list)
    webhook: Webhook | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    chats: dict[int, "Chat"] = field(default_factory=dict)
    poll_turn: int = 0
    poll_ended_by: str = ""
    bell: Bell = field(default_factory=Bell)

    @property
    def id(self) -> int:
        return self.account.id


@dataclass(slots=True)
class Person:
    """The owner of a phone."""

    id: int
    name: str
    language_code: str
    timezone: str
    deactivated: bool = False

    def user(self) -> Json:
        return {
            "id": self.id,
            "is_bot": False,
            "first_name": self.name,
            "language_code": self.language_code,
        }

    def chat(self) -> Json:
        return {"id": self.id, "type": "private", "first_name": self.name}


@dataclass(slots=True)
class Message:
    """A message as the Bot API shows it (`api`), and what only the phone knows."""

    message_id: int
    from_bot: bool
    silent: bool
    api: Json
    edited: bool = False


@dataclass(slots=True)
class Tap:
    """A tapped button that waits for answerCallbackQuery."""

    query_id: str
    message_id: int
    data: str
    at: float


def query_id(person_id: int, update_id: int) -> str:
    """The id of a callback query; it tells who tapped."""
    return f"{person_id}{update_id:010d}"


def tapped_by(callback_query_id: str) -> int:
    """The person in an id that `query_id` made; 0 in any other."""
    person_id = callback_query_id[:-10]
    return int(person_id) if person_id.isdecimal() else 0


@dataclass(slots=True, frozen=True)
class Toast:
    """What answerCallbackQuery showed: a passing line, or an alert that must be closed."""

    number: int
    text: str
    alert: bool
    url: str = ""


@dataclass(slots=True)
class Chat:
    """The private chat of one person with one bot."""

    bot: Bot
    person: Person
    started: bool = False
    blocked: bool = False
    read_up_to: int = 0
    messages: dict[int, Message] = field(default_factory=dict)
    taps: dict[str, Tap] = field(default_factory=dict)
    toasts: deque[Toast] = field(default_factory=lambda: deque(maxlen=TOASTS_KEPT))
    toast_count: int = 0
    action_until: float = 0.0
    version: int = 0


@dataclass(slots=True, frozen=True)
class File:
    """A stored file; its bytes stay in the store."""

    file_id: str
    file_unique_id: str
    path: str
    name: str
    mime_type: str
    size: int
    width: int = 0
    height: int = 0
