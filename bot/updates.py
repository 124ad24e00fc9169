"""From a Telegram update to an event of the dialogue. Pure: nothing is looked up, nothing is sent."""

from __future__ import annotations

from telegram import Chat, Message, Update

from bot.render import decode
from ema.channels import Incoming
from ema.domain.conversation.events import Blocked, Command, Event, Posted, Tap, Typed, Unblocked


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
        return _posted(update.message) or _written(update.message)
    if update.my_chat_member is not None:
        return Blocked() if update.my_chat_member.new_chat_member.status == "kicked" else Unblocked()
    return None


def _posted(message: Message) -> Posted | None:
    """A voice message, a photo or a place. None for all else, as for a live location: it would go on moving."""
    if message.voice is not None:
        return Posted("voice", message.voice.file_id, message.message_id, message.voice.file_size or 0)
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return Posted("photo", largest.file_id, message.message_id, largest.file_size or 0)
    place = message.location  # a venue's message has its location here too
    if place is not None and place.live_period is None:
        return Posted("location", f"{place.latitude},{place.longitude}", message.message_id)
    return None


def _written(message: Message) -> Event:
    text = message.text or ""
    if text.startswith("/"):
        head, _, argument = text[1:].partition(" ")
        return Command(head.partition("@")[0].lower(), argument.strip(), message.message_id)
    return Typed(text, message.message_id)
