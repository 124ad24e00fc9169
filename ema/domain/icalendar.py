"""A participant's prompts as an iCalendar file (RFC 5545), to lay over a calendar of one's own.

Every entry bears the study's note as its name: a calendar is looked at over shoulders, and shared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256

from ema.domain.schedules.base import Slot

OCTETS = 75
"""The longest line, without its end."""


def icalendar(slots: Iterable[Slot], note: str, whose: str) -> str:
    """An entry for each prompt that can be sent, from when it is due until it closes.

    `whose` is what sets this participant's prompts apart from others', such as her study and seed: the same prompt
    keeps its UID. Stamped with when it is due, so that the same plan gives the same bytes.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//ema//schedule preview//EN", "CALSCALE:GREGORIAN"]
    for slot in slots:
        if not slot.barred:
            lines += _entry(slot, note, whose)
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _entry(slot: Slot, note: str, whose: str) -> list[str]:
    identity = sha256(f"{whose}|{slot.schedule}|{slot.slot_key}".encode()).hexdigest()[:32]
    return [
        "BEGIN:VEVENT",
        f"UID:{identity}",
        f"DTSTAMP:{_utc(slot.due_at)}",
        f"DTSTART:{_utc(slot.due_at)}",
        f"DTEND:{_utc(slot.expires_at)}",
        f"SUMMARY:{_escaped(note)}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(words: str) -> str:
    for plain, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n"), ("\r", "\\n")):
        words = words.replace(plain, written)
    return words


def _folded(line: str) -> Iterator[str]:
    """At most 75 octets a line; what follows begins with a space. A letter is never cut in two."""
    piece, size = "", 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > OCTETS:
            yield piece
            piece, size = " ", 1
        piece, size = piece + letter, size + octets
    yield piece
