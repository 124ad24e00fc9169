"""Yes or no, side by side."""

from __future__ import annotations

from typing import Literal

from ema.domain.items.base import Ask, Column, Item, Option, Value
from ema.domain.items.typed import LONGEST, plain
from ema.domain.items.words import refusal
from ema.domain.localised import Localised

_YES = {"en": "Yes", "es": "Sí", "ro": "Da", "pt": "Sim", "pl": "Tak"}
_NO = {"en": "No", "es": "No", "ro": "Nu", "pt": "Não", "pl": "Nie"}


class YesNo(Item):
    """Stored as `yes` or `no`, with the numbers 1 and 0. The words can be other ones: `yes: I did`."""

    type: Literal["yes_no"]
    yes: Localised = Localised(_YES)
    no: Localised = Localised(_NO)

    def ask(self) -> Ask:
        return Ask(text=self.text, rows=((Option("yes", self.yes), Option("no", self.no)),), typed=True)

    def parse(self, raw: str) -> Value:
        """A tap, or the words of a button in any of its languages, or their first letter where only one has it."""
        written = plain(raw).rstrip(".!")
        yes, no = {"yes", *_said(self.yes)}, {"no", *_said(self.no)}
        if written in yes - no or written in _letters(yes) - _letters(no):
            return "yes"
        if written in no - yes or written in _letters(no) - _letters(yes):
            return "no"
        raise refusal("buttons")

    def read_cell(self, cell: str) -> Value:
        code = {"1": "yes", "0": "no"}.get(cell.strip().removesuffix(".0"))
        return code or self.parse(cell)

    def number(self, value: Value) -> float | None:
        return {"yes": 1.0, "no": 0.0}.get(value) if isinstance(value, str) else None

    def bounds(self) -> tuple[int, int]:
        return 0, 1

    def column(self, language: str) -> Column:
        labels: dict[int | str, str] = {0: self.no.say(language), 1: self.yes.say(language)}
        return Column(self.id, self.text.say(language), "integer", labels)


def _said(label: Localised) -> set[str]:
    """The label in all its languages, as `plain` would read it."""
    return {plain(words) for words in label.root.values() if len(words) <= LONGEST}


def _letters(words: set[str]) -> set[str]:
    return {word[:1] for word in words}
