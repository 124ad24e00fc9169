"""A few words of her own. Off unless the study says why it must ask for them."""

from __future__ import annotations

import unicodedata
from typing import ClassVar, Literal

from pydantic import Field

from ema.domain.items.base import Ask, Column, Item, Value
from ema.domain.items.words import refusal
from ema.domain.screen import Words


class Text(Item):
    """At most `most` characters, kept as typed but for spaces around it."""

    type: Literal["text"]
    most: int = Field(default=280, ge=1, le=1000)

    off_because: ClassVar[str] = (
        "nobody reads words in time when they tell of danger, they can name other people, and what is typed stays in "
        "her chat"
    )

    def ask(self) -> Ask:
        return Ask(text=self.text, typed=True, kind="text", hint=Words("hint.text", {"most": self.most}))

    def parse(self, raw: str) -> Value:
        words = raw.replace("\r\n", "\n").strip()
        if not words:
            raise refusal("empty")
        if len(words) > self.most:
            raise refusal("too_long", most=self.most)
        # Cc: control signs; Cs: halves of a pair, which no database takes; Co, Cn: signs that nothing can show
        if any(unicodedata.category(sign) in {"Cc", "Cs", "Co", "Cn"} and sign != "\n" for sign in words):
            raise refusal("signs")
        return words

    def number(self, value: Value) -> float | None:  # noqa: ARG002
        return None

    def column(self, language: str) -> Column:
        return Column(self.id, self.text.say(language), "string", {})
