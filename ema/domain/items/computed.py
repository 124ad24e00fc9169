"""A hidden item: worked out from earlier answers when its place in the questionnaire is reached, never asked."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ema.domain.errors import InvalidAnswer
from ema.domain.items.base import Ask, Column, Item, Value


class Computed(Item):
    """`expression` gives its value; `text` only labels its column."""

    type: Literal["computed"]
    expression: str = Field(min_length=1, max_length=2000)

    answers_expected: ClassVar[bool] = False
    hidden: ClassVar[bool] = True

    def ask(self) -> Ask:
        return Ask(text=self.text)

    def parse(self, raw: str) -> Value:
        raise InvalidAnswer(f"This is worked out and never asked, so “{raw[:20]}” is no answer.")

    def number(self, value: Value) -> float | None:
        return float(value) if isinstance(value, int | float) else None

    def column(self, language: str) -> Column:
        return Column(self.id, self.text.say(language), "float", {})
