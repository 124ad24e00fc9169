"""How she would like to be met by a person: hers to say or not, at any time, with no reason asked."""

from __future__ import annotations

import unicodedata
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from ema.domain.items.words import refusal

Way = Literal["bot", "call", "place", "never"]
Worker = Literal["", "woman", "man", "trans", "nonbinary"]
WAYS: Final[tuple[Way, ...]] = ("bot", "call", "place", "never")
WORKERS: Final[tuple[Worker, ...]] = ("", "woman", "man", "trans", "nonbinary")
"""Who should get in touch; the first: it does not matter."""
PRONOUNS: Final = ("she", "he", "they")
"""Those on buttons; anything else she types."""
LONGEST_PRONOUNS: Final = 30
LONGEST_PLACE: Final = 60


class Wishes(BaseModel):
    """What her worker sees and nobody else. How she is reached stands apart, as `Way`."""

    model_config = ConfigDict(frozen=True)

    pronouns: str = ""
    """One of `PRONOUNS`, or what she typed; empty: not said."""
    worker: Worker = ""
    place: str = ""
    """Through which place, in her words or by a service's name."""


NO_WISH: Final = Wishes()


def read_words(text: str, most: int) -> str:
    """A few words of hers, on one line. Raises InvalidAnswer."""
    words = unicodedata.normalize("NFC", " ".join(text.split()))
    if len(words) > most:
        raise refusal("too_long", most=most)
    if not words:
        raise refusal("empty")
    if any(unicodedata.category(sign)[0] == "C" for sign in words):
        raise refusal("signs")
    return words
