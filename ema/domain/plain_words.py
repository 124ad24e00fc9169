"""Plain words that do what a command does: a whole short message and nothing else, read with small slips of spelling.

Which words there are, `ema.texts.plain_words` says.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ema.domain.items.base import Ask, Option

LONGEST: Final = 40
"""Characters. Whoever writes more tells something, and commands nothing."""
SLIPS: Final = 6
"""Letters from which on any one of them may be wrong."""
SWAPS: Final = 4
"""Letters from which on two neighbours may be swapped, or one typed twice."""
STROKES: Final = str.maketrans("łđøı", "ldoi")
"""Letters that Unicode does not take apart."""


@dataclass(frozen=True)
class PlainWords:
    """Words, as `bare` makes them, and the command that each stands for."""

    hers: Mapping[str, str] = field(default_factory=dict)
    """Of her language."""
    others: Mapping[str, str] = field(default_factory=dict)
    """Of all others, for whoever has just changed it. They must be spelt as they are."""

    def meant(self, text: str) -> str | None:
        """The command; None for anything else, and where it could be two."""
        if len(text) > LONGEST:
            return None
        typed = bare(text)
        exact = self.hers.get(typed) or self.others.get(typed)
        if exact is not None:
            return exact
        found = {command for word, command in self.hers.items() if near(typed, word)}
        return found.pop() if len(found) == 1 else None


NO_WORDS: Final = PlainWords()


def bare(text: str) -> str:
    """Small letters and digits without accents, one space between words, nothing else."""
    small = unicodedata.normalize("NFKD", text).casefold()
    apart = unicodedata.normalize("NFKD", small).translate(STROKES)
    kept = (sign if sign.isalnum() else " " for sign in apart if not (unicodedata.combining(sign) or sign in "'’ʼ`"))
    return " ".join("".join(kept).split())


def near(typed: str, word: str) -> bool:
    """One slip apart. Of short words many others are so, which is why there only the finger may have slipped."""
    letters = len(word.replace(" ", ""))
    if letters < SWAPS or abs(len(typed) - len(word)) > 1:
        return False
    first = _alike(typed, word)
    last = _alike(typed[first:][::-1], word[first:][::-1])
    wrong, right = typed[first : len(typed) - last], word[first : len(word) - last]
    if len(wrong) == 2 and wrong == right[::-1]:
        return True
    if letters >= SLIPS:
        return max(len(wrong), len(right)) == 1
    return len(wrong) + len(right) == 1 and first > 0 and (wrong or right) == typed[first - 1]


def _alike(one: str, other: str) -> int:
    """How many signs they have in common from the first one on."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def option_called(ask: Ask, text: str, language: str) -> Option | None:
    """The one option of a question that has these words on its button."""
    typed = bare(text)
    called = [option for row in ask.rows for option in row if bare(option.label.say(language)) == typed]
    return called[0] if typed and len(called) == 1 else None
