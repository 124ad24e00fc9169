"""Bot API methods that bring updates to the bot: getUpdates, and the webhook's settings."""

import asyncio
import re
from typing import Any
from urllib.parse import urlsplit

from bot.sandbox.errors import bad_request, conflict
from bot.sandbox.model import Bot, Json, Update, Webhook
from bot.sandbox.state import State, monotonic

UPDATES_AT_ONCE = 100
LONGEST_POLL = 50.0
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
UPDATE_KINDS = frozenset(
    [
        "message",
        "edited_message",
        "channel_post",
        "edited_channel_post",
        "business_connection",
        "business_message",
        "edited_business_message",
        "deleted_business_messages",
        "message_reaction",
        "message_reaction_count",
        "inline_query",
        "chosen_inline_result",
        "callback_query",
        "shipping_query",
        "pre_checkout_query",
        "purchased_paid_media",
        "poll",
        "poll_answer",
        "my_chat_member",
        "chat_member",
        "chat_join_request",
        "chat_boost",
        "removed_chat_boost",
    ]
)


async def get_updates(
    state: State,
    bot: Bot,
    *,
    offset: int = 0,
    limit: int = UPDATES_AT_ONCE,
    timeout: int = 0,  # noqa: ASYNC109 - the method's own parameter
    allowed_updates: list[Any] | None = None,
) -> list[Json]:
    """Long polling. A later call ends an earlier one that still waits, with 409 for the earlier."""
    if not 1 <= limit <= UPDATES_AT_ONCE:
        raise bad_request(f"limit must be between 1 and {UPDATES_AT_ONCE}")
    news = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wake() -> None:
        loop.call_soon_threadsafe(news.set)

    bot.bell.listen(wake)
    try:
        turn = _begin(state, bot, offset, allowed_updates)
        deadline = monotonic() + min(timeout, LONGEST_POLL)
        while True:
            if found := _look(state, bot, turn, limit):
                return [update.api() for update in found]
            patience = deadline - monotonic()
            if patience <= 0 or state.closed:
                return []
            try:
                await asyncio.wait_for(news.wait(), patience)
            except TimeoutError:
                return []
            news.clear()
    finally:
        bot.bell.leave(wake)


def _begin(state: State, bot: Bot, offset: int, allowed_updates: list[Any] | None) -> int:
    with state.change():
        if bot.webhook is not None:
            raise conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
        end_polls(bot, "other getUpdates request; make sure that only one bot instance is running")
        _allow(state, bot, allowed_updates)
        if offset > 0:
            state.confirm(bot, offset)
        elif offset < 0:
            pending = state.pending(bot)
            if len(pending) > -offset:
                state.confirm(bot, pending[offset].update_id)
        return bot.poll_turn


def end_polls(bot: Bot, ended_by: str) -> None:
    bot.poll_turn += 1
    bot.poll_ended_by = ended_by
    bot.bell.ring()


def _look(state: State, bot: Bot, turn: int, limit: int) -> list[Update]:
    with state.lock:
        if state.closed:
            return []
        if turn != bot.poll_turn:
            raise conflict(f"terminated by {bot.poll_ended_by}")
        return state.pending(bot)[:limit]


def _allow(state: State, bot: Bot, allowed_updates: list[Any] | None) -> None:
    """Kinds for updates from now on; without the parameter the former setting stays."""
    if allowed_updates is None:
        return
    if unknown := [kind for kind in allowed_updates if kind not in UPDATE_KINDS]:
        raise bad_request(f"unknown update kinds {unknown} (Telegram would ignore them, this server does not)")
    if allowed_updates != bot.allowed_updates:
        bot.allowed_updates = allowed_updates
        state.store.save_bot(bot)


def set_webhook(
    state: State,
    bot: Bot,
    *,
    url: str,
    ip_address: str = "",
    max_connections: int = 40,
    allowed_updates: list[Any] | None = None,
    drop_pending_updates: bool = False,
    secret_token: str | None = None,
) -> bool:
    if secret_token is not None and not SECRET.fullmatch(secret_token):
        raise bad_request("secret token contains unallowed characters")
    if not 1 <= max_connections <= 100:
        raise bad_request("max_connections must be between 1 and 100")
    if url:
        _check_webhook_url(url)
    _allow(state, bot, allowed_updates)
    if drop_pending_updates:
        state.confirm(bot, bot.next_update_id)
    if url or bot.webhook:
        bot.webhook = Webhook(url, secret_token or "", max_connections, ip_address) if url else None
        state.store.save_bot(bot)
        end_polls(bot, "setWebhook request")
    return True


def _check_webhook_url(url: str) -> None:
    """HTTPS, as Telegram wants it; plain HTTP only on this machine, as its local server allows."""
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        raise bad_request("bad webhook: Failed to resolve host: Name or service not known")
    if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")


def delete_webhook(state: State, bot: Bot, *, drop_pending_updates: bool = False) -> bool:
    return set_webhook(state, bot, url="", drop_pending_updates=drop_pending_updates)


def get_webhook_info(state: State, bot: Bot) -> Json:
    info: Json = {
        "url": bot.webhook.url if bot.webhook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(state.pending(bot)),
    }
    if bot.webhook:
        info["max_connections"] = bot.webhook.max_connections
        if bot.webhook.ip_address:
            info["ip_address"] = bot.webhook.ip_address
        if bot.webhook.last_error_date:
            info["last_error_date"] = bot.webhook.last_error_date
            info["last_error_message"] = bot.webhook.last_error_message
    if bot.allowed_updates:
        info["allowed_updates"] = bot.allowed_updates
    return info
