"""Bot API methods that write, change and remove messages.

Each function is one method; its keyword-only parameters are the method's parameters.
"""

from datetime import timedelta
from typing import Any

from bot.sandbox import files, rules
from bot.sandbox.errors import bad_request
from bot.sandbox.model import Bot, Chat, Json, Message, Toast, tapped_by
from bot.sandbox.params import Upload
from bot.sandbox.state import State, monotonic

DELETABLE_FOR = timedelta(hours=48)
CALLBACK_ANSWERED_WITHIN = 15.0
TYPING_SHOWN_FOR = 5.0
DELETED_AT_ONCE = 100
CHAT_ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)


def send_message(
    state: State,
    bot: Bot,
    *,
    chat_id: int,
    text: str,
    parse_mode: str | None = None,
    entities: list[Any] | None = None,
    link_preview_options: dict[str, Any] | None = None,
    disable_notification: bool = False,
    protect_content: bool = False,
    reply_markup: dict[str, Any] | None = None,
) -> Json:
    chat = state.reachable(bot, chat_id)
    content = rules.message_text(text, parse_mode, entities)
    if link_preview_options:
        content["link_preview_options"] = link_preview_options
    return _post(state, chat, content, reply_markup, silent=disable_notification, protected=protect_content)


def send_photo(
    state: State,
    bot: Bot,
    *,
    chat_id: int,
    photo: Upload | str,
    caption: str | None = None,
    parse_mode: str | None = None,
    caption_entities: list[Any] | None = None,
    show_caption_above_media: bool = False,
    has_spoiler: bool = False,
    disable_notification: bool = False,
    protect_content: bool = False,
    reply_markup: dict[str, Any] | None = None,
) -> Json:
    chat = state.reachable(bot, chat_id)
    caption_content = rules.message_caption(caption, parse_mode, caption_entities)
    content = {"photo": files.photo(state, photo), **caption_content}
    if show_caption_above_media:
        content["show_caption_above_media"] = True
    if has_spoiler:
        content["has_media_spoiler"] = True
    return _post(state, chat, content, reply_markup, silent=disable_notification, protected=protect_content)


def send_document(
    state: State,
    bot: Bot,
    *,
    chat_id: int,
    document: Upload | str,
    caption: str | None = None,
    parse_mode: str | None = None,
    caption_entities: list[Any] | None = None,
    disable_content_type_detection: bool = False,  # noqa: ARG001 - every file stays a plain document here
    disable_notification: bool = False,
    protect_content: bool = False,
    reply_markup: dict[str, Any] | None = None,
) -> Json:
    chat = state.reachable(bot, chat_id)
    caption_content = rules.message_caption(caption, parse_mode, caption_entities)
    content = {"document": files.document(state, document), **caption_content}
    return _post(state, chat, content, reply_markup, silent=disable_notification, protected=protect_content)


def _post(state: State, chat: Chat, content: Json, markup: Any, *, silent: bool, protected: bool) -> Json:
    content |= rules.inline_keyboard(markup)
    if protected:
        content["has_protected_content"] = True
    return state.post(chat, content, from_bot=True, silent=silent).api


def edit_message_text(
    state: State,
    bot: Bot,
    *,
    text: str,
    chat_id: int,
    message_id: int,
    parse_mode: str | None = None,
    entities: list[Any] | None = None,
    link_preview_options: dict[str, Any] | None = None,
    reply_markup: dict[str, Any] | None = None,
) -> Json:
    chat, message = _editable(state, bot, chat_id, message_id)
    if "text" not in message.api:
        raise bad_request("there is no text in the message to edit")
    content = rules.message_text(text, parse_mode, entities)
    if link_preview_options:
        content["link_preview_options"] = link_preview_options
    return _edit(state, chat, message, content, reply_markup, replaces={"text", "entities", "link_preview_options"})


def edit_message_caption(
    state: State,
    bot: Bot,
    *,
    chat_id: int,
    message_id: int,
    caption: str | None = None,
    parse_mode: str | None = None,
    caption_entities: list[Any] | None = None,
    reply_markup: dict[str, Any] | None = None,
) -> Json:
    chat, message = _editable(state, bot, chat_id, message_id)
    if "text" in message.api:
        raise bad_request("there is no caption in the message to edit")
    content = rules.message_caption(caption, parse_mode, caption_entities)
    return _edit(state, chat, message, content, reply_markup, replaces={"caption", "caption_entities"})


def edit_message_reply_markup(
    state: State,
    bot: Bot,
    *,
    chat_id: int,
    message_id: int,
    reply_markup: dict[str, Any] | None = None,
) -> Json:
    chat, message = _editable(state, bot, chat_id, message_id)
    return _edit(state, chat, message, {}, reply_markup, replaces=set())


def _editable(state: State, bot: Bot, chat_id: int, message_id: int) -> tuple[Chat, Message]:
    chat = state.reachable(bot, chat_id)
    message = chat.messages.get(message_id)
    if message is None:
        raise bad_request("message to edit not found")
    if not message.from_bot:
        raise bad_request("message can't be edited")
    return chat, message


def _edit(state: State, chat: Chat, message: Message, content: Json, markup: Any, *, replaces: set[str]) -> Json:
    """Put `content` in the place of what it `replaces`; a keyboard that is not given again is gone."""
    before = {key: message.api[key] for key in replaces if key in message.api}
    visible = content != before
    keyboard = rules.inline_keyboard(markup)
    if not visible and keyboard.get("reply_markup") == message.api.get("reply_markup"):
        raise bad_request(NOT_MODIFIED)
    state.edit(chat, message, content | keyboard, replaces | {"reply_markup"}, visible=visible)
    return message.api


def delete_message(state: State, bot: Bot, *, chat_id: int, message_id: int) -> bool:
    chat = state.known(bot, chat_id)
    message = chat.messages.get(message_id)
    if message is None:
        raise bad_request("message to delete not found")
    _check_deletable(state, message)
    state.remove(chat, message_id)
    return True


def delete_messages(state: State, bot: Bot, *, chat_id: int, message_ids: list[Any]) -> bool:
    """Messages that are gone already are skipped; one that is too old refuses the whole call."""
    if not 1 <= len(message_ids) <= DELETED_AT_ONCE:
        raise bad_request("message identifiers are not specified" if not message_ids else "too many messages")
    chat = state.known(bot, chat_id)
    there = [message for each in message_ids if (message := chat.messages.get(each))]
    for message in there:
        _check_deletable(state, message)
    for message in there:
        state.remove(chat, message.message_id)
    return True


def _check_deletable(state: State, message: Message) -> None:
    if state.timestamp() - message.api["date"] >= DELETABLE_FOR.total_seconds():
        raise bad_request("message can't be deleted for everyone")


def answer_callback_query(
    state: State,  # noqa: ARG001 - a method like the others
    bot: Bot,
    *,
    callback_query_id: str,
    text: str | None = None,
    show_alert: bool = False,
    url: str | None = None,
    cache_time: int = 0,  # noqa: ARG001
) -> bool:
    if text and len(text) > rules.CALLBACK_ANSWER_LIMIT:
        raise bad_request("MESSAGE_TOO_LONG")
    chat = bot.chats.get(tapped_by(callback_query_id))
    tap = chat.taps.pop(callback_query_id, None) if chat else None
    if chat and tap and monotonic() - tap.at <= CALLBACK_ANSWERED_WITHIN:
        if text or url:
            chat.toast_count += 1
            chat.toasts.append(Toast(chat.toast_count, text or "", show_alert, url or ""))
        chat.version += 1
        return True
    raise bad_request("query is too old and response timeout expired or query ID is invalid")


def send_chat_action(state: State, bot: Bot, *, chat_id: int, action: str) -> bool:
    chat = state.reachable(bot, chat_id)
    if action not in CHAT_ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat.action_until = monotonic() + TYPING_SHOWN_FOR
    chat.version += 1
    return True
