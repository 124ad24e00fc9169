"""A rating between two labelled ends, in whole steps: momentary 1–7 in one row of buttons, 0–10 in two."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from ema.domain.items.base import Ask, Column, Item, Option, Value
from ema.domain.items.words import refusal
from ema.domain.localised import ANY, Localised

ROW = 8
"""As many number buttons as fit side by side on a phone."""


class Rating(Item):
    """Whole numbers from `min` to `max`, with words at both ends."""

    type: Literal["rating"]
    min: int = Field(default=1, ge=0, le=10)
    max: int = Field(default=7, ge=1, le=10)
    low: Localised
    high: Localised

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min >= self.max:
            raise ValueError(f"min ({self.min}) must be below max ({self.max})")
        return self

    def ask(self) -> Ask:
        options = tuple(Option(str(point), Localised({ANY: str(point)})) for point in range(self.min, self.max + 1))
        rows = -(-len(options) // ROW)
        length = -(-len(options) // rows)
        return Ask(
            text=self.text,
            rows=tuple(options[at : at + length] for at in range(0, len(options), length)),
            low=self.low,
            high=self.high,
        )

    def parse(self, raw: str) -> Value:
        written = raw.strip()
        if written.isascii() and written.isdecimal() and len(written) <= 2 and self.min <= int(written) <= self.max:
            return int(written)
        raise refusal("scale", low=self.min, high=self.max)

    def read_cell(self, cell: str) -> Value:
        return self.parse(cell.strip().removesuffix(".0"))

    def number(self, value: Value) -> float | None:
        return float(value) if isinstance(value, int) and self.min <= value <= self.max else None

    def bounds(self) -> tuple[int, int]:
        return self.min, self.max

    def column(self, language: str) -> Column:
        labels: dict[int | str, str] = {self.min: self.low.say(language), self.max: self.high.say(language)}
        return Column(self.id, self.text.say(language), "integer", labels)
