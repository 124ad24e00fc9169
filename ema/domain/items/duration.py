"""How long something took, as people write it: 1h30, 1 h 30 min, 1:30, 1,5 h, 45 min, 90. Stored in whole minutes."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Literal, Self

from pydantic import Field, model_validator

from ema.domain.items.base import Ask, Column, Item, Value
from ema.domain.items.typed import plain
from ema.domain.items.words import refusal
from ema.domain.screen import Words

_NUMBER = r"([0-9]{1,5}(?:[.,][0-9]{1,4})?)"
_HOURS = r"(?:h|hr|hrs|hours?|horas?|ora|ore|godz\.?|godzin[ay]?)"
_MINUTES = r"(?:m|min\.?|mins|minutes?|minutos?|minute|minuta|minuty|minut)"
_BOTH = re.compile(rf"([0-9]{{1,4}}) ?{_HOURS},? ?(?:and |y |si |e |i )?([0-9]{{1,2}})(?: ?{_MINUTES})?")
_CLOCK = re.compile(r"([0-9]{1,4}):([0-9]{2})")
_IN_HOURS = re.compile(rf"{_NUMBER} ?{_HOURS}")
_IN_MINUTES = re.compile(rf"{_NUMBER} ?{_MINUTES}")
_BARE = re.compile(_NUMBER)


class Duration(Item):
    """From `min` to `max` minutes. A number by itself is in `bare`."""

    type: Literal["duration"]
    min: int = Field(default=0, ge=0, le=99_999)
    max: int = Field(default=1440, ge=1, le=99_999)
    bare: Literal["minutes", "hours"] = "minutes"

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min >= self.max:
            raise ValueError(f"min ({self.min}) must be below max ({self.max})")
        return self

    def ask(self) -> Ask:
        return Ask(text=self.text, typed=True, kind="duration", hint=Words("hint.duration"))

    def parse(self, raw: str) -> Value:
        minutes = _minutes(plain(raw), 60 if self.bare == "hours" else 1)
        if minutes is None or minutes.denominator != 1:
            raise refusal("duration")
        if not self.min <= minutes <= self.max:
            raise refusal("duration_range", low=self.min, high=self.max)
        return int(minutes)

    def read_cell(self, cell: str) -> Value:
        """A number in a table is minutes, as it is exported."""
        bare = cell.strip().removesuffix(".0")
        return self.parse(f"{bare} min" if bare.isdecimal() else cell)

    def show(self, value: Value) -> str:
        return f"{value} min"

    def number(self, value: Value) -> float | None:
        return float(value) if isinstance(value, int) and self.min <= value <= self.max else None

    def bounds(self) -> tuple[int, int]:
        return self.min, self.max

    def column(self, language: str) -> Column:
        return Column(self.id, f"{self.text.say(language)} (minutes)", "integer", {}, units="minutes")


def _minutes(written: str, bare: int) -> Fraction | None:
    if (parts := _BOTH.fullmatch(written) or _CLOCK.fullmatch(written)) and int(parts[2]) < 60:
        return Fraction(int(parts[1]) * 60 + int(parts[2]))
    for pattern, factor in ((_IN_HOURS, 60), (_IN_MINUTES, 1), (_BARE, bare)):
        if one := pattern.fullmatch(written):
            return Fraction(one[1].replace(",", ".")) * factor
    return None
