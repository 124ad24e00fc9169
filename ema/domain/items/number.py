"""A typed number with its range, unit and number of decimals. 7.5 and 7,5 are the same."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from ema.domain.items.base import MISSING, Ask, Column, Item, Value
from ema.domain.items.typed import plain
from ema.domain.items.words import refusal
from ema.domain.localised import Localised
from ema.domain.screen import Words

_WRITTEN = re.compile(r"([-+−]?)\s?([0-9]{1,12})(?:[.,]([0-9]{1,12}))?(?: ?(\D{1,30}))?")
LARGEST = 1_000_000_000


class Number(Item):
    """From `min` to `max`, both included, stored whole or with up to `decimals` digits after the point."""

    type: Literal["number"]
    min: float = Field(default=0, ge=-LARGEST, le=LARGEST)
    max: float = Field(ge=-LARGEST, le=LARGEST)
    decimals: int = Field(default=0, ge=0, le=6)
    unit: Localised | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min >= self.max:
            raise ValueError(f"min ({self.min:g}) must be below max ({self.max:g})")
        if any(Decimal(str(end)) != round(Decimal(str(end)), self.decimals) for end in (self.min, self.max)):
            raise ValueError(f"min and max must be possible answers, with at most {self.decimals} decimals")
        if any(self.min <= code <= self.max for code in MISSING.values()):
            raise ValueError("the numbers -99 to -95 are the codes of empty cells; leave them out of the range")
        return self

    def ask(self) -> Ask:
        ends = {"low": _short(self.min), "high": _short(self.max)}
        hint = Words("hint.number_of", {**ends, "unit": self.unit}) if self.unit else Words("hint.number", ends)
        return Ask(text=self.text, typed=True, kind="number", hint=hint)

    def parse(self, raw: str) -> Value:
        written = _WRITTEN.fullmatch(plain(raw))
        if written is None or not self._is_unit(written[4]):
            raise refusal("number", example=_short(self.max))
        sign, whole, after, _ = written.groups()
        if after and not self.decimals and after.strip("0"):
            raise refusal("whole")
        # 1,000 and 1.000 are a thousand to one reader and one to another
        if after and len(after) == 3 and self.decimals < 3 and whole.strip("0"):
            raise refusal("whole") if not self.decimals else refusal("decimals", most=self.decimals)
        digits = (after or "").rstrip("0")
        if len(digits) > self.decimals:
            raise refusal("decimals", most=self.decimals)
        number = Decimal(f"{'-' if sign in {'-', '−'} else ''}{whole}.{digits or 0}")
        if not Decimal(str(self.min)) <= number <= Decimal(str(self.max)):
            raise refusal("range", low=_short(self.min), high=_short(self.max))
        return float(number) + 0.0 if self.decimals else int(number)

    def show(self, value: Value) -> str:
        return self._say(value) if isinstance(value, int | float) else str(value)

    def number(self, value: Value) -> float | None:
        fits = isinstance(value, int) or (isinstance(value, float) and self.decimals > 0)
        return float(value) if fits and self.min <= float(value) <= self.max else None  # type: ignore[arg-type]

    def bounds(self) -> tuple[float, float]:
        return self.min, self.max

    def column(self, language: str) -> Column:
        unit = self.unit.say(language) if self.unit else ""
        label = f"{self.text.say(language)} ({unit})" if unit else self.text.say(language)
        return Column(self.id, label, "float" if self.decimals else "integer", {}, units=unit)

    def _say(self, number: float) -> str:
        text = f"{number:.{self.decimals}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text

    def _is_unit(self, word: str | None) -> bool:
        return word is None or (
            self.unit is not None and word.strip(" .") in {plain(unit).strip(" .") for unit in self.unit.root.values()}
        )


def _short(number: float) -> float:
    """24 rather than 24.0, for words."""
    return int(number) if number == int(number) else number
