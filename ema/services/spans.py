"""How long something took or is ago, in words."""

from __future__ import annotations

from datetime import timedelta


def span(length: timedelta) -> str:
    """The largest fitting unit, whole: `40 seconds`, `1 minute`, `3 hours`, `2 days`."""
    seconds = max(int(length.total_seconds()), 0)
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * size or (unit == "minute" and seconds >= size):
            number = seconds // size
            return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
    return "1 second" if seconds == 1 else f"{seconds} seconds"
