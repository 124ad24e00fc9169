"""From a screen to Telegram's text and keyboard, and the 64-byte code of what a button means."""

from __future__ import annotations

from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup, WebAppInfo

from ema.domain.errors import EmaError
from ema.domain.screen import Action, Shown

MOST_BYTES = 64
"""Telegram's limit for callback data."""

PAGES = {"slide": "", "whole": "/whole", "settings": "/settings"}
"""What a button opens in place of being tapped: a page of the Mini App, below its address."""
LINK = "link"
"""What a button opens in any browser: her pages, by a personal link."""
COPY = "copy"
"""What a button puts on the clipboard: the address of a page of hers, for somebody else to open."""


class PayloadTooLong(EmaError):
    """A button's meaning does not fit into Telegram's 64 bytes: shorten the item id or the option's value."""


def encode(action: Action) -> str:
    """Its code. Raises PayloadTooLong."""
    code = action.code()
    if len(code.encode()) > MOST_BYTES:
        raise PayloadTooLong(f"The button “{code}” takes {len(code.encode())} bytes of Telegram's 64: shorten its ids")
    return code


def decode(code: str) -> Action | None:
    """The action, or None where the code is from elsewhere."""
    return Action.read(code)


def keyboard(shown: Shown, app_url: str | None = None) -> InlineKeyboardMarkup | None:
    """The rows of buttons, or None for a message without. `app_url` is the Mini App's; without it nothing opens it."""
    rows = [[made for label, action in row if (made := _button(label, action, app_url))] for row in shown.rows]
    rows = [row for row in rows if row]
    return InlineKeyboardMarkup(rows) if rows else None


def _button(label: str, action: Action, app_url: str | None) -> InlineKeyboardButton | None:
    """Some open the Mini App, which asks for the current questions itself: the address says nothing of them."""
    if action.verb == LINK:  # behind the #, so that it is sent to no server and stands in no log
        return InlineKeyboardButton(label, url=f"{app_url.removesuffix('/app')}/p#{action.value}") if app_url else None
    if action.verb == COPY:
        address = f"{app_url.removesuffix('/app')}/s#{action.value}" if app_url else None
        return InlineKeyboardButton(label, copy_text=CopyTextButton(address)) if address else None
    if action.verb not in PAGES:
        return InlineKeyboardButton(label, callback_data=encode(action))
    return InlineKeyboardButton(label, web_app=WebAppInfo(app_url + PAGES[action.verb])) if app_url else None
