"""What several tables share: their columns, value labels, and how rows become blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from ema.exports.base import Block, Column, Row, Table
from ema.exports.records import Person

BLOCK_ROWS: Final = 2000
YES_NO: Final[dict[int | str, str]] = {0: "no", 1: "yes"}
STATES: Final[dict[int | str, str]] = {
    "planned": "not due yet",
    "open": "waiting for her",
    "completed": "every item that was asked was answered or knowingly skipped",
    "partial": "started, some answered, then left or closed",
    "declined": "she chose Skip on the note",
    "missed": "delivered, no response",
    "undelivered": "not sent, or refused; the reason says why",
    "unknown": "it is not known whether it arrived; nothing was tapped",
    "paused": "fell into a pause that she declared",
    "quiet": "not sent because of long silence",
    "cancelled": "withdrawn, replanned or superseded",
}
KINDS: Final[dict[int | str, str]] = {
    "scheduled": "planned by the study",
    "once": "a set that comes once (baseline, exit and the like)",
    "practice": "the check-in offered at joining",
    "unscheduled": "a check-in that she started herself",
}
STATUSES: Final[dict[int | str, str]] = {
    "answered": "an answer was given",
    "skipped": "she tapped Skip",
    "prefer_not": "she tapped Prefer not to say",
    "not_now": "she stopped at it and did not come back",
    "not_reached": "she left before answering it; shown_at tells whether it was on her screen",
    "not_shown": "left out: a condition did not hold, or it was not drawn",
}

MEDIA: Final[dict[int | str, str]] = {
    "kept": "the file lies in the folder media",
    "expected": "sent, and not fetched from Telegram yet",
    "lost": "sent, but Telegram had it no longer",
}

PARTICIPANT = Column("participant", "Pseudonym", "string")
PROMPT = Column("prompt", "Number of the prompt; joins the tables", "integer")
PLACE = (
    Column("study_day", "Study day, 1 is the first whole one", "integer", units="days"),
    Column("slot", "Slot in the study day", "string"),
    Column("kind", "What sort of prompt", "string", labels=KINDS),
)
FLAGS = (
    Column("test", "Joined while the study was piloting: count nowhere", "integer", labels=YES_NO),
    Column("simulated", "A virtual participant of a simulation", "integer", labels=YES_NO),
)
LOCAL = "Local time of the participant, with its offset from UTC"


def table_of(
    name: str,
    title: str,
    columns: tuple[Column, ...],
    people: Callable[[], Iterator[Person]],
    rows: Callable[[Person], Iterator[Row]],
) -> Table:
    def blocks() -> Iterator[Block]:
        block: Block = []
        for person in people():
            block.extend(rows(person))
            if len(block) >= BLOCK_ROWS:
                yield block
                block = []
        if block:
            yield block

    return Table(name, title, columns, blocks)


def local(instant: datetime | None, zone: ZoneInfo) -> str | None:
    return None if instant is None else instant.astimezone(zone).isoformat(timespec="seconds")


def seconds(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else round((end - start).total_seconds(), 3)
