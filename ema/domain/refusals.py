"""Whose limit it is when the other side says “too many”: one chat's, or the whole bot's. It does not say."""

from __future__ import annotations

from typing import Final

SEVERAL: Final = 3
WITHIN_SECONDS: Final = 1.0


class Refusals:
    """The rule of decision 0015: a chat's, unless several chats are refused within a second."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        """When each chat was refused last, in the seconds of a clock that never goes back."""

    def whole_bot(self, chat: str, at: float) -> bool:
        """One more refusal. Does it say that the whole bot must wait?"""
        self._last = {other: last for other, last in self._last.items() if at - last < WITHIN_SECONDS}
        self._last[chat] = at
        return len(self._last) >= SEVERAL
