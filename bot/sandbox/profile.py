"""Bot API methods about the bot itself: its commands, texts and menu button, and about chats."""

import json
from typing import Any

from bot.sandbox import rules
from bot.sandbox.entities import units
from bot.sandbox.errors import bad_request
from bot.sandbox.model import Bot, Json
from bot.sandbox.state import State

SCOPES = {
    "default": {"type"},
    "all_private_chats": {"type"},
    "all_group_chats": {"type"},
    "all_chat_administrators": {"type"},
    "chat": {"type", "chat_id"},
}
TEXT_LIMITS = {"name": 64, "description": 512, "short_description": 120}


def get_me(state: State, bot: Bot) -> Json:  # noqa: ARG001 - a method like the others
    return {
        **bot.user,
        "can_join_groups": False,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def get_chat(state: State, bot: Bot, *, chat_id: int) -> Json:
    chat = state.known(bot, chat_id)
    return {
        **chat.person.chat(),
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": False,
            "limited_gifts": False,
            "unique_gifts": False,
            "premium_subscription": False,
            "gifts_from_channels": False,
        },
    }


# --- commands


def set_my_commands(
    state: State,
    bot: Bot,
    *,
    commands: list[Any],
    scope: dict[str, Any] | None = None,
    language_code: str = "",
) -> bool:
    key = _commands_key(scope, language_code)
    if scope and "chat_id" in scope:
        state.known(bot, scope["chat_id"])
    state.save_setting(bot, key, rules.bot_commands(commands))
    return True


def get_my_commands(
    state: State,  # noqa: ARG001 - a method like the others
    bot: Bot,
    *,
    scope: dict[str, Any] | None = None,
    language_code: str = "",
) -> list[Json]:
    found: list[Json] = bot.settings.get(_commands_key(scope, language_code), [])
    return found


def delete_my_commands(state: State, bot: Bot, *, scope: dict[str, Any] | None = None, language_code: str = "") -> bool:
    state.drop_setting(bot, _commands_key(scope, language_code))
    return True


def _commands_key(scope: dict[str, Any] | None, language_code: str) -> str:
    scope = scope or {"type": "default"}
    if SCOPES.get(str(scope.get("type"))) != scope.keys():
        raise bad_request("can't parse BotCommandScope: unsupported type of scope")
    return f"commands {json.dumps(scope, sort_keys=True)} {language_code}"


def commands_shown(bot: Bot, chat_id: int, language_code: str) -> list[Json]:
    """What a person sees in the menu: the narrowest scope first, her language before no language."""
    for scope in ({"type": "chat", "chat_id": chat_id}, {"type": "all_private_chats"}, {"type": "default"}):
        for language in (language_code, ""):
            found: list[Json] | None = bot.settings.get(_commands_key(scope, language))
            if found:
                return found
    return []


# --- name and descriptions


def set_my_name(state: State, bot: Bot, *, name: str = "", language_code: str = "") -> bool:
    return _set_text(state, bot, "name", name, language_code)


def get_my_name(state: State, bot: Bot, *, language_code: str = "") -> Json:  # noqa: ARG001
    return {"name": text_shown(bot, "name", language_code)}


def set_my_description(state: State, bot: Bot, *, description: str = "", language_code: str = "") -> bool:
    return _set_text(state, bot, "description", description, language_code)


def get_my_description(state: State, bot: Bot, *, language_code: str = "") -> Json:  # noqa: ARG001
    return {"description": text_shown(bot, "description", language_code)}


def set_my_short_description(state: State, bot: Bot, *, short_description: str = "", language_code: str = "") -> bool:
    return _set_text(state, bot, "short_description", short_description, language_code)


def get_my_short_description(state: State, bot: Bot, *, language_code: str = "") -> Json:  # noqa: ARG001
    return {"short_description": text_shown(bot, "short_description", language_code)}


def _set_text(state: State, bot: Bot, key: str, text: str, language_code: str) -> bool:
    if units(text) > TEXT_LIMITS[key]:
        raise bad_request(f"{key} is too long")
    if text:
        state.save_setting(bot, f"{key} {language_code}", text)
    else:
        state.drop_setting(bot, f"{key} {language_code}")
    return True


def text_shown(bot: Bot, key: str, language_code: str) -> str:
    """The text for this language, else the one for all, else what the account was made with."""
    registered = {"name": bot.account.name, "description": bot.account.description}.get(key, "")
    return str(bot.settings.get(f"{key} {language_code}") or bot.settings.get(f"{key} ") or registered)


# --- the menu button


def set_chat_menu_button(
    state: State, bot: Bot, *, chat_id: int | None = None, menu_button: dict[str, Any] | None = None
) -> bool:
    menu_button = menu_button or {"type": "default"}
    kind = menu_button.get("type")
    if kind == "web_app":
        complete = menu_button.keys() == {"type", "text", "web_app"} and bool(menu_button["text"])
    else:
        complete = kind in {"commands", "default"} and menu_button.keys() == {"type"}
    if not complete:
        raise bad_request("can't parse menu button")
    if chat_id is not None:
        state.known(bot, chat_id)
    state.save_setting(bot, f"menu_button {chat_id or ''}", menu_button)
    return True


def get_chat_menu_button(state: State, bot: Bot, *, chat_id: int | None = None) -> Json:  # noqa: ARG001
    return menu_button_shown(bot, chat_id)


def menu_button_shown(bot: Bot, chat_id: int | None) -> Json:
    """The chat's own button, else the bot's, else the list of commands."""
    for key in (f"menu_button {chat_id or ''}", "menu_button "):
        button: Json | None = bot.settings.get(key)
        if button and button["type"] != "default":
            return button
    return {"type": "commands"}
