"""Help lines and places of open studies that nobody has checked for six months: staff are told until they are rung.

It is read from the studies each time, so that it ends by itself when a version with a newer day is loaded, and people
have moved on to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlmodel import Session

from ema.domain.directory import VERIFIED_FOR, fresh
from ema.domain.localtime import DAY
from ema.domain.protocol import Protocol
from ema.store import studies


@dataclass(frozen=True)
class OldLine:
    """One that is shown to participants as unverified, or not any more."""

    words: str
    at: datetime
    """Since when it is so."""


def grown_old(session: Session, now: datetime) -> list[OldLine]:
    """Of every version that new people join under or somebody takes part in. What several versions share comes once."""
    found: dict[str, OldLine] = {}
    for study in studies.everything(session):
        if study.state != "open":
            continue
        since = study.opened_at or study.created_at
        for version in studies.in_use(session, study.id):
            protocol = studies.protocol(session, study.id, version)
            for words, old_from in _old(protocol, now.date()):
                at = since if old_from is None else datetime.combine(old_from, time(), UTC)
                found.setdefault(words, OldLine(words, at))
    return list(found.values())


def _old(protocol: Protocol, today: date) -> Iterator[tuple[str, date | None]]:
    named = [("The help line", line.name, line.last_verified) for line in protocol.help_lines]
    named += [("The place", service.name, service.last_verified) for service in protocol.directory]
    for what, name, last in named:
        if fresh(last, today):
            continue
        when = "was never checked" if last is None else f"was last checked on {_day(last)}"
        words = f"{what} {name} of {protocol.id} {when}, and is shown as not checked lately."
        old_from = None if last is None else last + VERIFIED_FOR + DAY
        yield f"{words} Check it, and load a version with the new day.", old_from
    for service in protocol.directory:
        track = service.fast_track
        if track is not None and track.until is not None and not track.good(today):
            words = f"The fast track of {service.name} in {protocol.id} was good until {_day(track.until)}"
            yield f"{words}, and is not shown any more. Ask for a new one, or take it out.", track.until + DAY


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
