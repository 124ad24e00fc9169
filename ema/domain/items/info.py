"""A screen that only informs. It is shown once, has no answer, and never counts as one."""

from __future__ import annotations

from typing import ClassVar, Literal

from ema.domain.errors import InvalidAnswer
from ema.domain.items.base import Ask, Column, Item, Value


class Info(Item):
    """Words alone; the conversation draws “Next” under them."""

    type: Literal["info"]

    answers_expected: ClassVar[bool] = False

    def ask(self) -> Ask:
        return Ask(text=self.text)

    def parse(self, raw: str) -> Value:
        raise InvalidAnswer(f"Nothing is asked here, so “{raw[:20]}” is no answer.")

    def number(self, value: Value) -> float | None:  # noqa: ARG002
        return None

    def column(self, language: str) -> Column:
        return Column(self.id, self.text.say(language), "string", {})
