"""Words in several languages as XLSForm writes them: a column `label`, or `label::Español (es)` for each language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ema.domain.localised import ANY
from ema.forms.losses import Loss
from ema.forms.workbook import Row

_HEADER = re.compile(r"(?P<what>[^:]+?)\s*::?\s*(?P<language>[^:]+)")
_CODED = re.compile(r".*\((?P<code>[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*)\)\s*")
_CODE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")

Words = dict[str, str]
"""Text by language code, as a questionnaire file has it; `*` for text that is for every language."""


def code(language: str) -> str | None:
    """The language's code: `Español (es)` and `es` are es. None when only a name is there."""
    coded = _CODED.fullmatch(language)
    if coded:
        return coded["code"]
    return language if _CODE.fullmatch(language) else None


@dataclass
class Cells:
    """A row that remembers which of its cells were used, so that the others can be reported."""

    sheet: str
    row: Row
    default_language: str | None = None
    losses: list[Loss] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    @property
    def where(self) -> str:
        return f"{self.sheet} row {self.row.number}"

    def take(self, header: str) -> str:
        """The cell under `header`, or nothing."""
        self.used.add(header)
        return self.row.cells.get(header, "")

    def words(self, what: str) -> Words:
        """All translations of `what`. A language without a code is reported and left out."""
        said: Words = {}
        if plain := self.take(what):
            said[self.default_language or ANY] = plain
        for header, cell in self.row.cells.items():
            found = _HEADER.fullmatch(header)
            if found is None or found["what"] != what:
                continue
            self.used.add(header)
            language = code(found["language"])
            if language is None:
                self.lose(f"the words under “{header}” are left out", f"write the language's code: “{header} (xx)”")
            elif said.setdefault(language, cell) != cell:
                self.lose(f"“{header}” says something else than another column for {language}", "keep one of the two")
        if ANY in said and len(said) > 1:
            # Beside translations, a column without a language is one more language, but nobody says which.
            text = said.pop(ANY)
            if text not in said.values():
                self.lose(f"the words under “{what}” have no language and are left out", "give default_language a code")
        return said

    def lose(self, what: str, remedy: str) -> None:
        self.losses.append(Loss(self.where, what, remedy))

    def rest(self) -> Iterator[tuple[str, str]]:
        """The filled cells that nothing asked for."""
        return ((header, cell) for header, cell in self.row.cells.items() if header not in self.used)
