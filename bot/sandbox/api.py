"""One Bot API call from parameters to answer, the same for every transport."""

import asyncio
import inspect
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.sandbox.errors import ApiError, ConnectionCut, NoAnswer, bad_request
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.files import FETCHED_BYTES_LIMIT
from bot.sandbox.methods import METHODS, Method
from bot.sandbox.model import Bot, Json
from bot.sandbox.state import State

OnRequest = Callable[[str, Json], None]
OnResponse = Callable[[str, Any], None]


@dataclass(frozen=True, slots=True)
class Call:
    """A request as the server understood it. `status` 0: no answer reached the client."""

    bot_id: int
    method: str
    params: Json
    status: int
    description: str
    message_id: int | None
    at: datetime


class Journal:
    """The last calls, oldest first; bounded, in memory only."""

    def __init__(self, size: int) -> None:
        self._calls: deque[Call] = deque(maxlen=size)
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        with self._lock:
            self._calls.append(call)

    def calls(self, method: str | None = None, *, chat_id: int | None = None) -> list[Call]:
        with self._lock:
            return [
                call
                for call in self._calls
                if method in (None, call.method) and chat_id in (None, call.params.get("chat_id"))
            ]

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()


class BotApi:
    """Carries out calls: token, method, parameters, checks, faults, the method itself, the journal.

    `on_request` and `on_response` may raise to object; the request is then answered with 400 and
    the objection kept in `violations`.
    """

    def __init__(
        self,
        state: State,
        faults: Faults,
        journal: Journal,
        on_request: OnRequest | None,
        on_response: OnResponse | None,
    ) -> None:
        self.state = state
        self.faults = faults
        self.journal = journal
        self.violations: list[str] = []
        self._on_request = on_request
        self._on_response = on_response

    def bot(self, token: str) -> Bot:
        if self.state.closed:
            raise ApiError(503, "Service Unavailable")
        bot = self.state.bots.get(token)
        if bot is None:
            raise ApiError(401, "Unauthorized") if ":" in token else ApiError(404, "Not Found")
        return bot

    async def answer(self, token: str, method_name: str, raw: Mapping[str, Any]) -> tuple[int, Json]:
        """HTTP status and body. Raises ConnectionCut or NoAnswer when a fault says so."""
        bot_id, name, params, result = 0, method_name, dict(raw), None
        status, description = 0, ""
        try:
            bot = self.bot(token)
            bot_id = bot.id
            method = _find(method_name)
            name = method.name
            params = method.signature.read(raw)
            self._check(self._on_request, name, params)
            fault = self.faults.take(bot_id, name, params.get("chat_id"))
            if fault:
                await self._before(fault)
            self.faults.check_rate(bot_id, name, params.get("chat_id"))
            result = await self._carry_out(bot, method, params)
            self._check(self._on_response, name, result)
            if fault and fault.when == "after" and fault.kind != "delay":
                fault.strike()
        except ApiError as refusal:
            status, description = refusal.code, refusal.description
            return status, refusal.body()
        except (ConnectionCut, NoAnswer) as silence:
            description = type(silence).__name__
            raise
        else:
            status = 200
            return status, {"ok": True, "result": result}
        finally:
            message_id = result.get("message_id") if isinstance(result, dict) else params.get("message_id")
            self.journal.add(Call(bot_id, name, params, status, description, message_id, self.state.now()))

    async def download(self, token: str, path: str) -> tuple[str, bytes]:
        """Media type and bytes of a file. Faults know it as the method `file`."""
        bot = self.bot(token)
        fault = self.faults.take(bot.id, "file", None)
        if fault:
            await self._before(fault)
        with self.state.lock:
            found = self.state.store.content(path)
        if found is None or len(found[1]) > FETCHED_BYTES_LIMIT:
            raise ApiError(404, "Not Found")
        if fault and fault.when == "after" and fault.kind != "delay":
            fault.strike()
        return found

    @staticmethod
    async def _before(fault: Fault) -> None:
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        elif fault.when == "before":
            fault.strike()

    async def _carry_out(self, bot: Bot, method: Method, params: Json) -> Any:
        if inspect.iscoroutinefunction(method.carry_out):
            return await method.carry_out(self.state, bot, **params)
        with self.state.change():
            return method.carry_out(self.state, bot, **params)

    def _check(self, hook: Callable[[str, Any], None] | None, name: str, subject: Any) -> None:
        if hook is None:
            return
        try:
            hook(name, subject)
        except Exception as objection:
            self.violations.append(f"{name}: {objection}")
            raise bad_request(f"refused by a check of this server: {objection}") from objection

    def check_update(self, update: Json) -> None:
        """The same check for an update that goes out by webhook."""
        self._check(self._on_response, "getUpdates", [update])


def _find(method_name: str) -> Method:
    method = METHODS.get(method_name.lower())
    if method is None:
        raise ApiError(404, "Not Found: method not found")
    return method
