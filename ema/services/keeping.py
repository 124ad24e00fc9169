"""Data that are kept for longer than a study's file says: staff are told until they are gone. Nothing is deleted by it.

Somebody has to look first: what a law or a sponsor asks to be kept for longer, no program can know.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlmodel import Session

from ema.domain.localtime import DAY
from ema.store import studies


@dataclass(frozen=True)
class Overdue:
    """What should be gone by now, in words that name nobody."""

    words: str
    at: datetime
    """Since when it is so."""


def past_keeping(session: Session, now: datetime) -> list[Overdue]:
    """By study and date. What counts is the version that each takes part under; tests don't."""
    found: list[Overdue] = []
    for study in studies.everything(session):
        if study.state == "piloting":  # whoever is in it is a test
            continue
        until: dict[date, int] = {}
        for version, people in studies.held(session, study.id).items():
            last = studies.protocol(session, study.id, version).opening.keep_data_until
            if last is not None and now.date() > last:
                until[last] = until.get(last, 0) + people
        for last, people in sorted(until.items()):
            whose = "1 person" if people == 1 else f"{people} people"
            says = f"{study.id} says that data are kept until {last.day} {last:%B %Y}"
            words = f"{says}, and those of {whose} are still here."
            found.append(
                Overdue(f"{words} See to it that they are deleted.", datetime.combine(last, time(), UTC) + DAY)
            )
    return found
