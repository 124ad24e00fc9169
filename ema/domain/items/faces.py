"""Faces from sad to glad, for whoever reads little. Stored as 1 for the saddest, up to 3, 5 or 7."""

from __future__ import annotations

from typing import Literal

from ema.domain.items.base import Ask, Column, Item, Option, Value
from ema.domain.items.words import refusal
from ema.domain.localised import ANY, Localised

FACES: dict[int, str] = {3: "🙁😐🙂", 5: "😢🙁😐🙂😄", 7: "😭😢🙁😐🙂😊😄"}


class Faces(Item):
    """One row of faces, with words for the two ends: they are read out by a screen reader, and label the export."""

    type: Literal["faces"]
    points: Literal[3, 5, 7] = 5
    low: Localised
    high: Localised

    def ask(self) -> Ask:
        faces = enumerate(FACES[self.points], 1)
        row = tuple(Option(str(point), Localised({ANY: face})) for point, face in faces)
        return Ask(text=self.text, rows=(row,), low=self.low, high=self.high)

    def parse(self, raw: str) -> Value:
        """A tap, or a face sent as a message."""
        written = raw[:20].strip()
        if len(written) == 1 and written in FACES[self.points]:
            return FACES[self.points].index(written) + 1
        if len(raw) < 20 and written.isascii() and written.isdecimal() and 1 <= int(written) <= self.points:
            return int(written)
        raise refusal("buttons")

    def read_cell(self, cell: str) -> Value:
        return self.parse(cell.strip().removesuffix(".0"))

    def number(self, value: Value) -> float | None:
        return float(value) if isinstance(value, int) and 1 <= value <= self.points else None

    def bounds(self) -> tuple[int, int]:
        return 1, self.points

    def column(self, language: str) -> Column:
        labels: dict[int | str, str] = {1: self.low.say(language), self.points: self.high.say(language)}
        return Column(self.id, self.text.say(language), "integer", labels)
