"""From a Telegram update to an event of the dialogue. Pure: nothing is looked up, nothing is sent."""

from __future__ import annotations

from telegram import Chat, Update

from bot.render import decode
from ema.channels import Incoming
from ema.domain.conversation.events import Blocked, Command, Event, Tap, Typed, Unblocked


def to_incoming(update: Update, bot_id: int, *, late: bool = False) -> Incoming | None:
    """None for updates that mean nothing here: groups, channels, edited messages. `late`: see `Incoming`."""
    chat, user = update.effective_chat, update.effective_user
    if chat is None or chat.type != Chat.PRIVATE:
        return None
    event = _event(update)
    if event is None:
        return None
    language = user.language_code.split("-")[0] if user and user.language_code else None
    return Incoming(bot_id, update.update_id, str(chat.id), language, event, late)


def _event(update: Update) -> Event | None:
    if update.callback_query is not None:
        query = update.callback_query
        if query.message is None:
            return None
        return Tap(decode(query.data or ""), query.message.message_id, query.id)
    if update.message is not None:
        message = update.message
        text = message.text or ""
        if text.startswith("/"):
            head, _, argument = text[1:].partition(" ")
            return Command(head.partition("@")[0].lower(), argument.strip(), message.message_id)
        return Typed(text, message.message_id)
    if update.my_chat_member is not None:
        return Blocked() if update.my_chat_member.new_chat_member.status == "kicked" else Unblocked()
    return None
