"""Marks for texts that are to be translated."""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802  (the name that Babel's extractor looks for)
    """Mark a text for translation."""
    return text


def NN_(one: str, more: str) -> tuple[str, str]:  # noqa: N802  (Babel: `-k NN_:1,2`)
    """Mark a text that counts with `{n}`, for one and for more."""
    return one, more
