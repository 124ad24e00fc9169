"""A name that is not there: what was probably meant."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def unknown(name: str, what: str, known: Iterable[str]) -> str:
    """In words; `what` is what it should be."""
    names = list(known)
    near = get_close_matches(name, names, n=1)
    if near:
        return f"“{name}” is no {what}; did you mean “{near[0]}”?"
    return f"“{name}” is no {what}; there {'is' if len(names) == 1 else 'are'} {', '.join(names) or 'none'}"
