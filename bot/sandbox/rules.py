"""Telegram's limits on what a bot may send."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from bot.sandbox.entities import formatted, units
from bot.sandbox.errors import bad_request
from bot.sandbox.model import Json

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
CALLBACK_DATA_BYTES = 64
CALLBACK_ANSWER_LIMIT = 200
BUTTONS_IN_A_ROW = 8
BUTTONS_IN_ALL = 100
COMMANDS_IN_ALL = 100
LOOPBACK = {"localhost", "127.0.0.1", "::1"}

_COMMAND_NAME = re.compile(r"[a-z0-9_]{1,32}")
_LINK = re.compile(r"(https?|tg)://[^\s/]+", re.IGNORECASE)


def message_text(text: str, parse_mode: str | None, entities: Sequence[Any] | None) -> Json:
    """`text` and `entities` of a message, 1 to 4096 characters after parsing."""
    plain, found = formatted(text, parse_mode, entities)
    if not plain:
        raise bad_request("message text is empty")
    if units(plain) > TEXT_LIMIT:
        raise bad_request("message is too long")
    return {"text": plain, **({"entities": found} if found else {})}


def message_caption(caption: str | None, parse_mode: str | None, entities: Sequence[Any] | None) -> Json:
    """`caption` and `caption_entities`, at most 1024 characters; empty means none."""
    plain, found = formatted(caption or "", parse_mode, entities)
    if units(plain) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    if not plain:
        return {}
    return {"caption": plain, **({"caption_entities": found} if found else {})}


def inline_keyboard(markup: Any) -> Json:
    """`reply_markup` of a message; nothing when the keyboard is absent or empty."""
    if markup is None:
        return {}
    if not isinstance(markup, dict) or not isinstance(markup.get("inline_keyboard"), list):
        raise bad_request("object expected as reply markup: this server knows inline keyboards only")
    if markup.keys() != {"inline_keyboard"}:
        raise bad_request(f"unknown parameter in reply_markup: {sorted(markup.keys() - {'inline_keyboard'})}")
    rows = [_row(row) for row in markup["inline_keyboard"] if row]
    if sum(map(len, rows)) > BUTTONS_IN_ALL:
        raise bad_request("reply markup is too long")
    return {"reply_markup": {"inline_keyboard": rows}} if rows else {}


def _row(row: Any) -> list[Json]:
    if not isinstance(row, list):
        raise bad_request("can't parse inline keyboard: Array of buttons expected")
    if len(row) > BUTTONS_IN_A_ROW:
        raise bad_request(f"{len(row)} buttons in a row: phones show at most {BUTTONS_IN_A_ROW}")
    for button in row:
        _check_button(button)
    return row


def _check_button(button: Any) -> None:
    if not isinstance(button, dict) or not isinstance(button.get("text"), str) or not button["text"].strip():
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be of type String')
    actions = button.keys() - {"text"}
    if not actions:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1 or not actions <= {"callback_data", "url", "web_app", "copy_text"}:
        raise bad_request(f"can't parse inline keyboard button: unknown parameter or several of {sorted(actions)}")
    if "callback_data" in button:
        data = button["callback_data"]
        if not isinstance(data, str) or not 1 <= len(data.encode()) <= CALLBACK_DATA_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
    elif "url" in button:
        _check_link(button["url"])
    elif "web_app" in button:
        app = button["web_app"]
        _check_app_link(app["url"] if isinstance(app, dict) and app.keys() == {"url"} else None)
    elif not isinstance(button["copy_text"], dict) or button["copy_text"].keys() != {"text"}:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")


def _check_link(url: Any) -> None:
    if not isinstance(url, str) or not _LINK.match(url):
        raise bad_request("BUTTON_URL_INVALID")


def _check_app_link(url: Any) -> None:
    """Telegram opens Mini Apps by https only. Here http on this machine will do too: the demo has no certificate."""
    _check_link(url)
    parts = urlsplit(url)
    if parts.scheme.lower() != "https" and (parts.scheme.lower() != "http" or parts.hostname not in LOOPBACK):
        raise bad_request(f"inline keyboard button Web App URL '{url}' is invalid: Only HTTPS links are allowed")


def bot_commands(commands: Any) -> list[Json]:
    """A checked list of commands and their descriptions."""
    if not isinstance(commands, list) or len(commands) > COMMANDS_IN_ALL:
        raise bad_request("BOT_COMMANDS_TOO_MUCH" if isinstance(commands, list) else "expected an Array of BotCommand")
    for command in commands:
        if not isinstance(command, dict) or command.keys() != {"command", "description"}:
            raise bad_request("can't parse BotCommand: command and description expected")
        command["command"] = str(command["command"]).removeprefix("/")
        if not _COMMAND_NAME.fullmatch(command["command"]):
            raise bad_request("BOT_COMMAND_INVALID")
        if not isinstance(command["description"], str) or not 1 <= units(command["description"]) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return commands
