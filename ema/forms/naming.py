"""Names from other formats as this platform's ids: small letters, digits, underscores, and not too long."""

from __future__ import annotations

import re
import unicodedata

ITEM_LENGTH = 24
OPTION_LENGTH = 8


def item_id(name: str, taken: set[str]) -> str:
    """An id for an item that is like `name` and not in `taken`."""
    plain = _plain(name)
    if not plain or not plain[0].isalpha():
        plain = f"q_{plain}".rstrip("_")
    return _free(plain, ITEM_LENGTH, taken)


def option_value(name: str, taken: set[str]) -> str:
    """A value for an option that is like `name` and not in `taken`. A negative number begins with m."""
    plain = _plain(re.sub(r"^-(?=\d)", "m", name)) or "o"
    return _free(plain, OPTION_LENGTH, taken)


def _plain(name: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", ascii_only).strip("_")


def _free(plain: str, length: int, taken: set[str]) -> str:
    """`plain`, shortened, and numbered where another has the name."""
    candidate = plain[:length]
    number = 2
    while candidate in taken:
        end = f"_{number}"
        candidate = plain[: length - len(end)] + end
        number += 1
    return candidate
