"""What a media item stores: not the recording, but the reference under which the vault keeps it."""

from __future__ import annotations

import re

from ema.domain.items.base import Value
from ema.domain.items.words import refusal

_REFERENCE = re.compile(r"media:[A-Za-z0-9_-]{1,64}")


def reference(raw: str, kind: str) -> Value:
    """`media:<id>`, made by whatever stored the recording; anything typed is refused. Raises InvalidAnswer."""
    if _REFERENCE.fullmatch(raw):
        return raw
    raise refusal(kind)
