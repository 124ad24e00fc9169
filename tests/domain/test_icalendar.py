"""A plan as an iCalendar file, read back by a reader that knows RFC 5545 and not our writer."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from ema.domain.icalendar import icalendar
from ema.domain.planning import plan
from tests.domain.designs import BUNDLED

HERS = BUNDLED.preferences("late", "Europe/London")
SLOTS = plan(BUNDLED, "7", date(2026, 3, 27), HERS, range(1, 6))
ESCAPED = {"\\\\": "\\", "\\;": ";", "\\,": ",", "\\n": "\n", "\\N": "\n"}


def read(text):
    """The entries, as name → value. Refuses what section 3.1 does not allow."""
    raw = text.encode()
    assert raw.endswith(b"\r\n")
    lines = raw.removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in lines)
    assert all(line.decode() for line in lines), "no letter is cut in two, no line is empty"
    content = raw.removesuffix(b"\r\n").replace(b"\r\n ", b"").decode().split("\r\n")
    assert (content[0], content[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert "VERSION:2.0" in content
    assert any(line.startswith("PRODID:") for line in content)
    entries, entry = [], None
    for line in content:
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            entry = {}
        elif line == "END:VEVENT":
            entries.append(entry)
            entry = None
        elif entry is not None:
            assert name not in entry, "each of these comes once"
            entry[name] = unescaped(value)
    return entries


def unescaped(value):
    parts, at = [], 0
    while at < len(value):
        pair = value[at : at + 2]
        if value[at] == "\\":
            assert pair in ESCAPED
            parts.append(ESCAPED[pair])
            at += 2
        else:
            assert value[at] not in ",;"
            parts.append(value[at])
            at += 1
    return "".join(parts)


def instant(value):
    return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def test_every_prompt_is_an_entry_from_due_until_it_closes_in_utc():
    entries = read(icalendar(SLOTS, "You have a note.", "twice_daily|7"))
    assert [(instant(one["DTSTART"]), instant(one["DTEND"])) for one in entries] == [
        (slot.due_at, slot.expires_at) for slot in SLOTS
    ]
    assert all(instant(one["DTSTAMP"]) for one in entries)


def test_nothing_but_the_note_tells_what_it_is():
    text = icalendar(SLOTS, "You have a note.", "twice_daily|7")
    assert {one["SUMMARY"] for one in read(text)} == {"You have a note."}
    assert not [word for word in ("checkin", "consent", "twice", "daily", "window", "DESCRIPTION") if word in text]


def test_a_prompt_keeps_its_name_and_no_two_share_one():
    entries = read(icalendar(SLOTS, "A note", "twice_daily|7"))
    again = read(icalendar(SLOTS, "A note", "twice_daily|7"))
    other = read(icalendar(SLOTS, "A note", "twice_daily|8"))
    assert entries == again
    names = [one["UID"] for one in entries]
    assert len(set(names)) == len(names)
    assert not set(names) & {one["UID"] for one in other}


def test_what_cant_be_sent_is_not_in_the_calendar():
    barred = [slot._replace(barred="quiet hours") for slot in SLOTS[:2]]
    assert len(read(icalendar([*barred, *SLOTS[2:]], "A note", "s"))) == len(SLOTS) - 2


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), min_size=1, max_size=300))
def test_any_words_come_back_as_they_were(words):
    (entry,) = read(icalendar(SLOTS[:1], words, "s"))
    assert entry["SUMMARY"] == words
