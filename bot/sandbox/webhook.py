"""Delivery of updates by webhook: one after another per bot, again with back-off until it worked."""

import asyncio
import json
import threading
from http import HTTPStatus

import httpx

from bot.sandbox.api import BotApi
from bot.sandbox.errors import ApiError, ConnectionCut, NoAnswer
from bot.sandbox.model import Bot, Update, Webhook
from bot.sandbox.params import decode_json
from bot.sandbox.state import monotonic

ANSWER_WITHIN = 30.0


class WebhookSender:
    """Sends a bot's updates from a thread of its own, which lives as long as a webhook is set."""

    def __init__(self, api: BotApi, bot: Bot, first_retry: float, last_retry: float) -> None:
        self._api = api
        self._state = api.state
        self._bot = bot
        self._first_retry = first_retry
        self._last_retry = last_retry
        self._thread: threading.Thread | None = None
        self._wake_loop: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        bot.bell.listen(self.wake)

    def wake(self) -> None:
        """Called with the state's lock held whenever something has changed for this bot."""
        if self._thread is None:
            if self._bot.webhook is not None and not self._state.closed:
                name = f"webhook of {self._bot.account.username}"
                self._thread = threading.Thread(target=asyncio.run, args=(self._run(),), name=name, daemon=True)
                self._thread.start()
        elif self._wake_loop is not None:
            loop, news = self._wake_loop
            loop.call_soon_threadsafe(news.set)

    def join(self) -> None:
        if thread := self._thread:
            thread.join(timeout=5)

    async def _run(self) -> None:
        news = asyncio.Event()
        self._wake_loop = (asyncio.get_running_loop(), news)
        async with httpx.AsyncClient(timeout=ANSWER_WITHIN, trust_env=False) as client:
            failures = 0
            while (work := self._next()) is not None:
                hook, update = work
                if update is None:
                    await news.wait()
                    news.clear()
                elif await self._deliver(client, hook, update):
                    failures = 0
                else:
                    await self._back_off(news, hook, failures)
                    failures += 1

    def _next(self) -> tuple[Webhook, Update | None] | None:
        """The webhook and the oldest update for it; nothing at all when the thread is to end."""
        with self._state.lock:
            if self._state.closed or self._bot.webhook is None:
                self._thread = self._wake_loop = None
                return None
            pending = self._state.pending(self._bot)
            return self._bot.webhook, pending[0] if pending else None

    async def _deliver(self, client: httpx.AsyncClient, hook: Webhook, update: Update) -> bool:
        headers = {"content-type": "application/json"}
        if hook.secret_token:
            headers["X-Telegram-Bot-Api-Secret-Token"] = hook.secret_token
        try:
            self._api.check_update(update.api())
            body = json.dumps(update.api(), ensure_ascii=False).encode()
            answer = await client.post(hook.url, content=body, headers=headers)
        except ApiError as objection:
            return self._failed(hook, objection.description)
        except httpx.TimeoutException:
            return self._failed(hook, "Read timeout expired")
        except httpx.HTTPError:
            return self._failed(hook, "Connection refused")
        if not answer.is_success:
            phrase = HTTPStatus(answer.status_code).phrase
            return self._failed(hook, f"Wrong response from the webhook: {answer.status_code} {phrase}")
        with self._state.lock:
            if not self._state.closed:
                self._state.confirm(self._bot, update.update_id + 1)
        await self._carry_out_reply(answer.content)
        return True

    def _failed(self, hook: Webhook, why: str) -> bool:
        with self._state.lock:
            hook.last_error_date, hook.last_error_message = self._state.timestamp(), why
        return False

    async def _carry_out_reply(self, content: bytes) -> None:
        """A method in the answer is carried out; its result goes nowhere, as at Telegram."""
        try:
            raw = decode_json(content)
        except ApiError:
            return
        if isinstance(method := raw.pop("method", None), str):
            try:
                await self._api.answer(self._bot.account.token, method, raw)
            except (ConnectionCut, NoAnswer):
                return

    async def _back_off(self, news: asyncio.Event, hook: Webhook, failures: int) -> None:
        """Wait longer after each failure; another webhook or the end is not waited for."""
        until = monotonic() + min(self._last_retry, self._first_retry * 2.0 ** min(failures, 20))
        while (left := until - monotonic()) > 0 and self._bot.webhook is hook and not self._state.closed:
            try:
                await asyncio.wait_for(news.wait(), left)
            except TimeoutError:
                return
            news.clear()
