"""Fields at rest are not written out, so that documents from before the fields existed keep their hash."""

from __future__ import annotations


def empty(value: object) -> bool:
    """For `exclude_if`: nothing was said."""
    return value in (None, (), {}, "")


def zero(value: object) -> bool:
    """For `exclude_if`: the number that says nothing is wanted."""
    return value == 0


def one(value: object) -> bool:
    """For `exclude_if`: once, as without the field."""
    return value == 1
