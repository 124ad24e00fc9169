"""The local Bot API server as one object: the wire, the phones, the faults and the journal."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from bot.sandbox.api import BotApi, Journal, OnRequest, OnResponse
from bot.sandbox.faults import Faults
from bot.sandbox.model import BotAccount
from bot.sandbox.pages import pages
from bot.sandbox.phone import Phone
from bot.sandbox.server import BotApiApp, InProcessTransport
from bot.sandbox.state import State
from bot.sandbox.store import Store
from bot.sandbox.webhook import WebhookSender


class TimeControls(Protocol):
    """What the product offers so that a visitor can move the demo's clock."""

    def now(self) -> datetime:
        """The demo's time, aware."""

    async def jump(self, target: str) -> str:
        """Go to `next` (prompt), `+6h` or `+1d`; a sentence for the visitor when it is done."""


class Sandbox:
    """Made by `create_sandbox`.

    - `app`: the whole on its own: `/bot<token>/<method>`, `/file/bot<token>/<path>`, `/sandbox`
    - `pages`: what a product mounts at `/sandbox`; it holds the Bot API at `/sandbox/api`
    - `api`: the Bot API alone, for any prefix
    - `transport()`: the Bot API for an httpx client in the same process
    """

    def __init__(self, state: State, bot_api: BotApi, webhook_retry: tuple[float, float]) -> None:
        self._state = state
        self._bot_api = bot_api
        self.time_controls: TimeControls | None = None
        self.api: ASGIApp = BotApiApp(bot_api)
        self.pages: ASGIApp = pages(self, state, self.api)
        self.app: ASGIApp = Starlette(routes=[Mount("/sandbox", self.pages), Mount("/", self.api)])
        self._webhooks = [WebhookSender(bot_api, bot, *webhook_retry) for bot in state.bots.values()]
        with state.lock:
            for sender in self._webhooks:
                sender.wake()

    @property
    def accounts(self) -> list[BotAccount]:
        return [bot.account for bot in self._state.bots.values()]

    @property
    def faults(self) -> Faults:
        return self._bot_api.faults

    @property
    def journal(self) -> Journal:
        return self._bot_api.journal

    @property
    def violations(self) -> list[str]:
        """What the hooks objected to, each with its method; a test asserts that there is none."""
        return self._bot_api.violations

    def now(self) -> datetime:
        return self._state.now()

    def transport(self, prefix: str = "") -> InProcessTransport:
        """For `httpx.AsyncClient(transport=...)`; `prefix` is what stands before `/bot` in its URLs."""
        return InProcessTransport(self._bot_api, prefix)

    def new_phone(
        self,
        name: str = "",
        language_code: str = "en",
        timezone: str = "Europe/London",
        id: int | None = None,  # noqa: A002 - Telegram's word
        *,
        bot: str | None = None,
    ) -> Phone:
        """A new person with a phone, who has not pressed Start; `bot` is a user name, else the first bot."""
        ZoneInfo(timezone)
        account = self._state.bot_named(bot)
        with self._state.change():
            person = self._state.add_person(name, language_code, timezone, id)
            if not person.name:
                person.name = f"Phone {len(self._state.people)}"
                self._state.store.save_person(person)
            return Phone(self._state, self._state.chat(account, person))

    def phone(self, person_id: int, *, bot: str | None = None) -> Phone:
        """The phone of this person; KeyError when there is none."""
        person = self._state.people[person_id]
        return Phone(self._state, self._state.chat(self._state.bot_named(bot), person))

    def phones(self, *, bot: str | None = None) -> list[Phone]:
        """All phones, the newest first."""
        account = self._state.bot_named(bot)
        with self._state.lock:
            people = sorted(self._state.people.values(), key=lambda person: person.id, reverse=True)
            return [Phone(self._state, self._state.chat(account, person)) for person in people]

    def restart_update_ids(self, first: int, *, bot: str | None = None) -> None:
        """Go on with other update ids, as Telegram does after a week without updates."""
        account = self._state.bot_named(bot)
        with self._state.change():
            self._state.confirm(account, account.next_update_id)
            account.next_update_id = first
            self._state.store.save_counters(account)

    def pending_updates(self, *, bot: str | None = None) -> int:
        """How many updates the bot has not confirmed."""
        account = self._state.bot_named(bot)
        with self._state.change():
            return len(self._state.pending(account))

    def close(self) -> None:
        """End waiting polls and webhook threads, then close the file."""
        self._state.close()
        for sender in self._webhooks:
            sender.join()


def create_sandbox(
    store_path: Path | None,
    now: Callable[[], datetime],
    *,
    tokens: Sequence[BotAccount],
    time_controls: TimeControls | None = None,
    on_request: OnRequest | None = None,
    on_response: OnResponse | None = None,
    journal_size: int = 10_000,
    webhook_retry: tuple[float, float] = (0.5, 30.0),
) -> Sandbox:
    """A local Bot API server for the bots in `tokens`, remembered in `store_path` (None: in memory).

    `now` gives aware times for everything that chats show; time-outs and rates use real seconds.
    `on_request(method, params)` and `on_response(method, result)` see every call and raise to object.
    `webhook_retry` is the first and the longest pause, in seconds, between tries of a delivery.
    """
    state = State(Store(store_path), now, tokens)
    api = BotApi(state, Faults(), Journal(journal_size), on_request, on_response)
    sandbox = Sandbox(state, api, webhook_retry)
    sandbox.time_controls = time_controls
    return sandbox
