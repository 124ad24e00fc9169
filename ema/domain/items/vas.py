"""A visual analogue scale, 0 to 100: a slider where there is one; in plain chat a row of buttons 0 to 10.

A row has eleven places and a slider a hundred and one, so the two are not the same measure. The stored value says which
it was: `7/10` is from the row, `73/100` from the slider.
"""

from __future__ import annotations

import re
from typing import Literal

from ema.domain.errors import InvalidAnswer
from ema.domain.items.base import Ask, Column, Item, Option, Value
from ema.domain.items.words import refusal
from ema.domain.localised import ANY, Localised

_GIVEN = re.compile(r"([0-9]{1,3})(?:/(10|100))?")
_MODES = {"10": "row", "100": "slider"}


class Vas(Item):
    """Words at both ends. As a number always 0 to 100; a place in the row counts ten."""

    type: Literal["vas"]
    low: Localised
    high: Localised

    def ask(self) -> Ask:
        options = tuple(Option(str(place), Localised({ANY: str(place)})) for place in range(11))
        return Ask(text=self.text, rows=(options[:6], options[6:]), low=self.low, high=self.high, slider=True)

    def parse(self, raw: str) -> Value:
        """A place in the row by itself (`7`), or with the scale that it is on (`7/10`, `73/100`)."""
        given = _GIVEN.fullmatch(raw.strip()) if len(raw) < 20 else None
        if given is None or int(given[1]) > int(given[2] or 10):
            raise refusal("scale", low=0, high=10)
        return f"{int(given[1])}/{given[2] or 10}"

    def read_cell(self, cell: str) -> Value:
        """Only with its scale: a bare 7 could be either."""
        if "/" not in cell:
            raise InvalidAnswer(f"“{cell[:20]}” does not say its scale; write 7/10 for the row, 73/100 for the slider")
        return self.parse(cell)

    def number(self, value: Value) -> float | None:
        given = _GIVEN.fullmatch(value) if isinstance(value, str) else None
        if given is None or given[2] is None or int(given[1]) > int(given[2]):
            return None
        return float(int(given[1]) * 100 // int(given[2]))

    def mode(self, value: Value) -> str:
        return _MODES.get(str(value).rpartition("/")[2], "")

    def bounds(self) -> tuple[int, int]:
        return 0, 100

    def column(self, language: str) -> Column:
        return Column(
            self.id,
            self.text.say(language),
            "integer",
            {0: self.low.say(language), 100: self.high.say(language)},
            modes={"row": "row of buttons 0 to 10, times ten", "slider": "slider 0 to 100"},
        )
