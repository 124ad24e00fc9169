"""Is everything in order? Heartbeats, rows that hang, and figures for monitoring. Counts only, nobody by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ema.clock import SystemClock
from ema.services.installation import Installation
from ema.store import ticks, views

LATE_FACTOR: Final = 3
LATE_AT_LEAST: Final = timedelta(seconds=60)
FINAL_WITHIN: Final = timedelta(hours=1)
"""After a prompt closes: 30 minutes to finish it, and up to 10 for a backlog to drain after a break."""
LEASE_OVER_BY: Final = timedelta(minutes=5)
UNSENT_BY: Final = timedelta(minutes=15)
LATELY: Final = timedelta(hours=24)


@dataclass(frozen=True)
class Check:
    """One thing that must hold, and whether it does, in words."""

    name: str
    holds: bool
    words: str


@dataclass(frozen=True)
class Heartbeat:
    """One interval job: when it last succeeded, by the machine's clock."""

    name: str
    every: timedelta
    since: timedelta
    error: str | None

    @property
    def late(self) -> bool:
        return self.since > max(self.every * LATE_FACTOR, LATE_AT_LEAST)


@dataclass(frozen=True)
class Notice:
    """An alert that nobody has acknowledged."""

    kind: str
    summary: str
    at: datetime


@dataclass(frozen=True)
class Figures:
    """What monitoring collects."""

    prompts: dict[tuple[str, str], int]
    """(kind, state) → rows."""
    answers: dict[str, int]
    outbox: dict[str, int]
    outbox_age: float
    """Seconds since the oldest waiting message could have been sent."""
    lateness: tuple[float, ...]
    """Seconds from due to accepted, of prompts sent in the last 24 hours."""
    heartbeats: tuple[Heartbeat, ...]


def heartbeats(here: Installation) -> tuple[Heartbeat, ...]:
    now = SystemClock().now()
    with here.database.reading() as session:
        rows = ticks.everything(session)
    return tuple(
        Heartbeat(row.name, timedelta(seconds=row.every_seconds), max(now - row.ok_at, timedelta()), row.error)
        for row in rows
    )


def checks(here: Installation) -> list[Check]:
    """Every invariant that can be looked up quickly. `ema doctor` looks deeper."""
    now = here.clock.now()
    with here.database.reading() as session:
        stuck = views.stuck_prompts(session, now - FINAL_WITHIN)
        leases = views.stuck_leases(session, now - LEASE_OVER_BY)
        unsent = views.overdue_messages(session, now - UNSENT_BY)
    found = [
        Check("prompts", not stuck, f"{stuck} prompts are past and have no final state"),
        Check("leases", not leases, f"{leases} messages are held by a sender that is gone"),
        Check("outbox", not unsent, f"{unsent} messages wait although their window is over"),
    ]
    found += [
        Check(f"tick {beat.name}", not beat.late, f"{beat.name} last ran {beat.since.total_seconds():.0f} s ago")
        for beat in heartbeats(here)
    ]
    return found


def notices(here: Installation) -> list[Notice]:
    with here.database.reading() as session:
        return [Notice(row.kind, row.summary, row.created_at) for row in ticks.open_alerts(session)]


def figures(here: Installation) -> Figures:
    now = here.clock.now()
    with here.database.reading() as session:
        prompts = {(row.kind, row.state): row.n for row in views.prompts_by_state(session)}
        answers = {row.status: row.n for row in views.answers_by_status(session)}
        outbox = views.outbox_by_state(session)
        lateness = tuple((row.sent_at - row.due_at).total_seconds() for row in views.sent_since(session, now - LATELY))
    oldest = next((row.oldest for row in outbox if row.state == "pending"), now)
    return Figures(
        prompts=prompts,
        answers=answers,
        outbox={row.state: row.n for row in outbox},
        outbox_age=max((now - oldest).total_seconds(), 0.0),
        lateness=lateness,
        heartbeats=heartbeats(here),
    )
