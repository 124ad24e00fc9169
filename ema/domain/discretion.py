"""What she chose about what her phone shows: the words of a note, whether it makes a sound, when what is over goes."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from ema.domain.items.words import refusal
from ema.domain.localised import ANY, Localised
from ema.domain.neutral import topic_in
from ema.domain.protocol import Protocol
from ema.domain.screen import Filled, Say

MOST_LETTERS: Final = 20
MOST_DIGITS: Final = 4
"""More of them a phone may take for a number to be called."""
JOINERS: Final = frozenset(" -'’")
GOES_AFTER: Final = (0, 60, 720)
"""Minutes after which a check-in that is over may leave the chat. All far below Telegram's 48 hours."""
LINGERS: Final = timedelta(minutes=10)
"""What she goes on with in the same message stays at least so long after each tap."""


class Discretion(BaseModel):
    """Hers; the study's own note, with sound, until the next one comes, as long as she chose nothing else."""

    model_config = ConfigDict(frozen=True)

    note: str = ""
    """Which of the study's other notes; empty for its usual one."""
    code: str = ""
    """A word of hers that stands before the words of a note."""
    alone: bool = False
    """It stands instead of them."""
    silent: bool = False
    goes_after: Annotated[int, Field(ge=0)] | None = None
    """Minutes after its end at which a check-in leaves the chat. None: when the next comes, or its time is over."""

    def words(self, protocol: Protocol, own: Localised | None = None) -> Say:
        """The whole text of a note. `own`: what the study has for this one, where she chose no other."""
        chosen = protocol.other_notes.get(self.note) or own or protocol.note
        if not self.code:
            return chosen
        if self.alone:
            return Localised({ANY: self.code})
        return Filled(Localised({ANY: "{code}: {note}"}), {"code": self.code, "note": chosen})


NO_CHOICE: Final = Discretion()
"""What holds for somebody who has chosen nothing."""


def read_code(text: str) -> str:
    """A code word as she typed it. Raises InvalidAnswer.

    Letters, a few digits, and single spaces, hyphens or apostrophes between them: so nothing in it can be a link, an
    address or a number to call. Nor may it name what the chat is about.
    """
    word = unicodedata.normalize("NFC", " ".join(text.split()))
    if not word:
        raise refusal("code")
    if len(word) > MOST_LETTERS:
        raise refusal("too_long", most=MOST_LETTERS)
    kinds = [unicodedata.category(sign) for sign in word]
    letters = [kind[0] in "LM" for kind in kinds]
    digits = [kind == "Nd" for kind in kinds]
    known = all(a or b or sign in JOINERS for a, b, sign in zip(letters, digits, word, strict=True))
    if not known or not any(letters) or sum(digits) > MOST_DIGITS:
        raise refusal("code")
    if topic_in(word):
        raise refusal("code_tells")
    return word
