"""What people type into a chat, made plain enough to be read: spaces, small letters, digits of any script."""

from __future__ import annotations

import unicodedata

from ema.domain.items.words import refusal

LONGEST = 60
"""Characters of a typed number, time, date or length. More is refused before anything else looks at it."""


def plain(raw: str) -> str:
    """Small letters without accents, single spaces, digits 0 to 9 whatever the script. Raises InvalidAnswer."""
    if len(raw) > LONGEST:
        raise refusal("too_long", most=LONGEST)
    letters = (str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in raw.casefold())
    apart = unicodedata.normalize("NFD", "".join(letters))
    return " ".join("".join(sign for sign in apart if not unicodedata.combining(sign)).split())
