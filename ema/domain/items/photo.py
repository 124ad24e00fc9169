"""A photo sent in the chat. Off unless the study says why it must ask for one."""

from __future__ import annotations

from typing import ClassVar, Literal

from ema.domain.items.base import Ask, Column, Item, Value
from ema.domain.items.sent import reference
from ema.domain.screen import Words


class Photo(Item):
    """Stored as a reference into the vault."""

    type: Literal["photo"]

    off_because: ClassVar[str] = (
        "a photo can show her face, her place or other people, and carries what the camera wrote into it"
    )

    def ask(self) -> Ask:
        return Ask(text=self.text, kind="photo", hint=Words("hint.photo"))

    def parse(self, raw: str) -> Value:
        return reference(raw, "photo")

    def number(self, value: Value) -> float | None:  # noqa: ARG002
        return None

    def column(self, language: str) -> Column:
        return Column(self.id, self.text.say(language), "string", {})
