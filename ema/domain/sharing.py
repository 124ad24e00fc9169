"""A page that she makes for a service: what may be on it, for how long, and what is out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ema.domain.screen import Say

PARTS: Final = ("reach", "weeks", "chart")
"""How she would like to be reached; how many check-ins she did, by week; her own chart with its words."""
DAYS: Final = {"day": 1, "week": 7, "month": 28}
"""How long it can be read, as she chooses."""
MOST_OUT: Final = 5
"""Pages of hers at a time: more than that nobody keeps in view."""
LONGEST_WHOM: Final = 30


@dataclass(frozen=True)
class Out:
    """One page that can be opened now."""

    number: int
    whom: str
    """In her own words, for her list only."""
    until: datetime
    opened: int
    """How often."""
    last: datetime | None
    """When it was opened last."""


@dataclass(frozen=True)
class Sharing:
    """What the screens about such pages show. Looked up when one is rendered, and kept nowhere."""

    out: tuple[Out, ...] = ()
    page: tuple[Say, ...] = ()
    """Word for word what the page would show that she is about to make."""


NOT_LOOKED_UP: Final = Sharing()


def parts_in(text: str) -> tuple[str, ...]:
    """From how it is stored, in the order of the page."""
    return tuple(part for part in PARTS if part in text.split(","))
