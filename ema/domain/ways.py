"""The ways by which somebody takes part: a chat with one of the bots, or a page that she looks at."""

from __future__ import annotations

from typing import Final

PAGE: Final = 0
"""Stands for a bot where there is none: she looks at a page in her browser, and nothing is sent. Telegram numbers its
bots from 1 on.
"""


def channel_of(bot_id: int) -> str:
    """The kind of address that this bot's people have."""
    return "page" if bot_id == PAGE else "telegram"
