"""A voice message. Off unless the study says why it must ask for one."""

from __future__ import annotations

from typing import ClassVar, Literal

from ema.domain.items.base import Ask, Column, Item, Value
from ema.domain.items.sent import reference
from ema.domain.screen import Words


class Voice(Item):
    """Stored as a reference into the vault."""

    type: Literal["voice"]

    off_because: ClassVar[str] = (
        "a voice can be recognised, it can hold other people's, and nobody listens in time when it tells of danger"
    )

    def ask(self) -> Ask:
        return Ask(text=self.text, kind="voice", hint=Words("hint.voice"))

    def parse(self, raw: str) -> Value:
        return reference(raw, "voice")

    def number(self, value: Value) -> float | None:  # noqa: ARG002
        return None

    def column(self, language: str) -> Column:
        return Column(self.id, self.text.say(language), "string", {})
