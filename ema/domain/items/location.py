"""A place that she sends, rounded before it is stored. Off unless the study says why it must ask for one."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import ClassVar, Literal

from pydantic import Field

from ema.domain.items.base import Ask, Column, Item, Value
from ema.domain.items.words import refusal
from ema.domain.screen import Words

_WRITTEN = re.compile(r"(-?[0-9]{1,3}(?:\.[0-9]{1,15})?) ?[,;] ?(-?[0-9]{1,3}(?:\.[0-9]{1,15})?)")
_DEGREES = "degrees, WGS 84"


class Location(Item):
    """Latitude and longitude in degrees, WGS 84, rounded to `decimals`.

    1 decimal is about 11 km, 2 are about 1.1 km, 3 about 110 m. What is rounded away is stored nowhere.
    """

    type: Literal["location"]
    decimals: int = Field(default=2, ge=0, le=3)

    off_because: ClassVar[str] = (
        "where she is can put her in danger, from people and from courts; a place can name her even when rounded"
    )

    def ask(self) -> Ask:
        return Ask(text=self.text, kind="location", hint=Words("hint.location"))

    def parse(self, raw: str) -> Value:
        """`51.5034,-0.1276` as a channel hands it over."""
        written = _WRITTEN.fullmatch(raw.strip()) if len(raw) <= 60 else None
        if written is None:
            raise refusal("location")
        latitude, longitude = Decimal(written[1]), Decimal(written[2])
        if abs(latitude) > 90 or abs(longitude) > 180:
            raise refusal("location")
        return f"{self._rounded(latitude)},{self._rounded(longitude)}"

    def _rounded(self, degrees: Decimal) -> str:
        return f"{round(degrees, self.decimals) + 0:.{self.decimals}f}"

    def number(self, value: Value) -> float | None:  # noqa: ARG002
        return None

    def column(self, language: str) -> Column:
        label = f"{self.text.say(language)} (latitude,longitude in degrees, {self.decimals} decimals)"
        return Column(self.id, label, "string", {}, units=_DEGREES)

    def beside(self, language: str) -> tuple[Column, ...]:
        label = self.text.say(language)
        return (
            Column(f"{self.id}_lat", f"{label} (latitude)", "float", {}, units=_DEGREES),
            Column(f"{self.id}_lon", f"{label} (longitude)", "float", {}, units=_DEGREES),
        )

    def spread(self, value: Value) -> tuple[int | float | None, ...]:
        written = _WRITTEN.fullmatch(str(value))
        return (float(written[1]), float(written[2])) if written else (None, None)
