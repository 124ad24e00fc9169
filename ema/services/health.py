"""Is everything in order? What must hold, in words, and figures for monitoring. Counts only, nobody by name."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlmodel import Session

from ema.services import keeping, old_lines, reach
from ema.services.installation import Installation
from ema.services.spans import span
from ema.store import bots, calls, figures, limits, ticks
from ema.store.migrate import behind

LATE_FACTOR: Final = 3
LATE_AT_LEAST: Final = timedelta(seconds=60)
FINAL_WITHIN: Final = timedelta(hours=1)
"""After a prompt closes: 30 minutes to finish it, and up to 10 for a backlog to drain after a break."""
LEASE_OVER_BY: Final = timedelta(minutes=5)
UNSENT_BY: Final = timedelta(minutes=15)
WAITS_AT_MOST: Final = timedelta(minutes=15)
"""So long a message may wait that could go: a wave at the bot's own limit, or a rest that Telegram asked for."""
LATELY: Final = timedelta(hours=1)
NEXT_TRY: Final = timedelta(minutes=10)
"""Whatever failed is tried again within this."""
BACKUP: Final = "backup"
"""The tick of which a single failure counts: the next success may be a day away."""
FREE_SHARE: Final = 0.05
FREE_BYTES: Final = 2 * 1024**3
FREE_AT_LEAST: Final = 256 * 1024**2
"""A disk is too full below this, or below the share and the bytes above, both."""


@dataclass(frozen=True)
class Check:
    """One thing that must hold, and whether it does, in words."""

    name: str
    holds: bool
    words: str
    grave: bool = True
    """Whether this process is not ready where it does not hold. One bot's trouble must not stop the others."""


@dataclass(frozen=True)
class Heartbeat:
    """One interval job: when it last succeeded, in real time, and why its newest try failed, if it did."""

    name: str
    every: timedelta
    since: timedelta
    error: str | None
    calm: timedelta | None = None
    """Since it last failed; None where it never did."""

    @property
    def bot(self) -> int | None:
        """The bot that Telegram answered; None for one of the clockwork's."""
        return reach.bot_of(self.name)

    @property
    def late(self) -> bool:
        return self.since > max(self.every * LATE_FACTOR, LATE_AT_LEAST)

    @property
    def words(self) -> str:
        failed = f"; its newest try failed ({self.error})" if self.error else ""
        return f"{self.name} last ran {span(self.since)} ago{failed}"


@dataclass(frozen=True)
class Notice:
    """Something for staff to see to: an alert that nobody has acknowledged, a help line that has grown old, or data
    that are kept for too long.
    """

    kind: str
    summary: str
    at: datetime


class Failure(NamedTuple):
    """Why messages could not be sent: of which kind, whether they are tried again, and how many."""

    why: str
    waits: bool
    number: int


@dataclass(frozen=True)
class Bot:
    """One bot of this installation: set here, or with participants."""

    id: int
    waiting: int
    age: timedelta
    """Since the oldest waiting message could have been sent."""
    rest: float
    """Seconds for which Telegram has it rest."""
    missing: int
    """People who take part by it although its token is not set here: nothing can be sent to them."""

    @property
    def behind(self) -> bool:
        """It is here, and what waits for it has waited too long."""
        return not self.missing and self.age > WAITS_AT_MOST


@dataclass(frozen=True)
class Figures:
    """What monitoring collects. What flows is that of the last hour."""

    planned: int
    due: int
    """Of the planned: those whose time has come."""
    lateness: tuple[float, ...]
    """Seconds from due to accepted, of each prompt that was sent."""
    ended: dict[tuple[str, str], int]
    """(final state, reason) → prompts."""
    answers: dict[str, int]
    """Status → revisions of answers."""
    messages: dict[str, int]
    """How messages ended → how many."""
    failures: tuple[Failure, ...]
    bots: tuple[Bot, ...]
    heartbeats: tuple[Heartbeat, ...]
    calls: tuple[int, ...]
    """To whoever is on call, and not seen yet: how often each was raised again."""

    @property
    def waiting(self) -> int:
        return sum(bot.waiting for bot in self.bots)

    @property
    def queue_age(self) -> float:
        """Seconds since the oldest waiting message could have been sent."""
        return max((bot.age.total_seconds() for bot in self.bots), default=0.0)


def heartbeats(here: Installation) -> tuple[Heartbeat, ...]:
    """Those of the clockwork, and of the bots that are set."""
    now, mine = here.database.clock.now(), {None, *here.settings.bots}
    with here.database.reading() as session:
        rows = ticks.everything(session)
    return tuple(
        Heartbeat(
            row.name,
            timedelta(seconds=row.every_seconds),
            max(now - row.ok_at, timedelta()),
            row.error,
            max(now - row.failed_at, timedelta()) if row.failed_at is not None else None,
        )
        for row in rows
        if not here.settings.bots or reach.bot_of(row.name) in mine
    )


def checks(here: Installation) -> list[Check]:
    """Every invariant that can be looked up quickly. `ema doctor` looks deeper."""
    now = here.clock.now()
    with here.database.reading() as session:
        old = behind(session)
        writable, size = figures.writable(session), figures.size(session)
        stuck = figures.stuck_prompts(session, now - FINAL_WITHIN)
        leases = figures.stuck_leases(session, now - LEASE_OVER_BY)
        unsent = figures.overdue_messages(session, now - UNSENT_BY)
        found = _bots(session, here.settings.bots, now)
    takes = f"the database takes writes; it has {megabytes(size)}"
    return [
        Check(
            "migrations",
            not old,
            "the database is not that of this release: run `ema migrate`" if old else "the database is up to date",
        ),
        Check("writes", writable, takes if writable else "the database takes no writes: a standby, or locked"),
        disk(_folder(here)),
        Check("prompts", not stuck, f"{stuck} prompts are past and have no final state"),
        Check("leases", not leases, f"{leases} messages are held by a sender that is gone"),
        Check("outbox", not unsent, f"{unsent} messages wait although their window is over"),
        queue(found),
        none_missing(found),
        # a process is no less ready because Telegram is away
        *(
            Check(f"tick {beat.name}", not (beat.late or (beat.name == BACKUP and beat.error)), beat.words)
            for beat in heartbeats(here)
            if beat.bot is None
        ),
    ]


def queue(found: Sequence[Bot]) -> Check:
    """Whether messages go out in time. It is grave when they do for no bot."""
    here = [bot for bot in found if not bot.missing]
    behind = [bot for bot in here if bot.behind]
    words = "; ".join(waits_of(bot, alone=len(here) == 1) for bot in behind or here if bot.waiting)
    return Check("queue", not behind, words or "no message waits", grave=len(behind) == len(here))


def waits_of(bot: Bot, *, alone: bool) -> str:
    whose = "" if alone else f"bot {bot.id}: "
    return f"{whose}the oldest of {bot.waiting} messages has waited {span(bot.age)}"


def none_missing(found: Sequence[Bot]) -> Check:
    """Whether every participant's bot is here. Without it the others go on."""
    words = "; ".join(missed(bot) for bot in found if bot.missing)
    return Check("bots", not words, words or f"no participant's bot is missing; {len(found)} in all", grave=False)


def missed(bot: Bot) -> str:
    """In words; how its token begins is the bot's public number."""
    people = "1 person who takes" if bot.missing == 1 else f"{bot.missing} people who take"
    return (
        f"bot {bot.id} is missing: EMA_TELEGRAM_TOKEN holds no token that begins with {bot.id}:, "
        f"so nothing is sent to {people} part by it"
    )


def _bots(session: Session, served: Sequence[int], now: datetime) -> tuple[Bot, ...]:
    """Each bot that is set, or has participants. Where none is set, as on pages alone, none can be missing."""
    known = bots.sending(session)
    waiting, rests = figures.queues(session, now), limits.rests(session)
    missing: Mapping[int, int] = bots.taking_part(session, set(known) - set(served)) if served else {}
    found = []
    for bot in sorted({*known, *served}):
        queue = waiting.get(bot)
        age = max(now - queue.oldest, timedelta()) if queue else timedelta()
        found.append(Bot(bot, queue.waiting if queue else 0, age, rests.get(bot, 0.0), missing.get(bot, 0)))
    return tuple(found)


def disk(folder: Path) -> Check:
    """Whether there is room where this process writes. A database server's own disk is for its host to watch."""
    total, _, free = shutil.disk_usage(folder)
    share = free / total if total else 0.0
    full = free < FREE_AT_LEAST or (share < FREE_SHARE and free < FREE_BYTES)
    return Check("disk", not full, f"{megabytes(free)} are free in the data folder, {share:.0%} of its disk")


def megabytes(number: int) -> str:
    return f"{number / 1024**2:,.0f} MB".replace(",", " ")


def _folder(here: Installation) -> Path:
    """The database's own folder on SQLite, otherwise the data folder; the nearest that is there."""
    url = here.database.url
    wanted = Path(url.database or "").parent if here.database.dialect == "sqlite" else here.settings.data_dir
    return next(folder for folder in (wanted.absolute(), *wanted.absolute().parents) if folder.exists())


def notices(here: Installation) -> list[Notice]:
    with here.database.reading() as session:
        alerts = [Notice(row.kind, row.summary, row.created_at) for row in ticks.open_alerts(session)]
        old = [Notice("old_line", one.words, one.at) for one in old_lines.grown_old(session, here.clock.now())]
        kept = [Notice("kept", one.words, one.at) for one in keeping.past_keeping(session, here.clock.now())]
    return sorted([*alerts, *old, *kept], key=lambda one: one.at, reverse=True)


def collect(here: Installation) -> Figures:
    now = here.clock.now()
    with here.database.reading() as session:
        prompts = figures.planned(session, now)
        sent = figures.sent_since(session, now - LATELY)
        ended = figures.ended_since(session, now - LATELY)
        answers = figures.answers_since(session, now - LATELY)
        messages = figures.done_since(session, now - LATELY)
        found = _bots(session, here.settings.bots, now)
        tried = figures.tried_in_vain(session, now + NEXT_TRY)
        given_up = figures.given_up_since(session, now - LATELY)
        called = tuple(one.raised for one in calls.waiting(session))
    return Figures(
        planned=prompts.planned,
        due=prompts.due,
        lateness=tuple((row.sent_at - row.due_at).total_seconds() for row in sent),
        ended={(row.state, row.reason or ""): row.n for row in ended},
        answers=answers,
        messages=messages,
        failures=_failures(tried, waits=True) + _failures(given_up, waits=False),
        bots=found,
        heartbeats=heartbeats(here),
        calls=called,
    )


_KINDS: Final = (
    ("limit", r"^limit$|too many|can't be (edited|deleted)"),
    ("time-out", r"^time-out$|timed out"),
    ("blocked", r"blocked|forbidden|deactivated|chat not found|kicked"),
    ("token", r"unauthorized|token"),
    ("gone", r"not found|not modified"),
    ("sender died", r"lease ended"),
    ("network", r"^\w*(error|timeout|protocol)$"),
)


def kind_of_error(error: str | None) -> str:
    """One of a few kinds: what the channel said may be long, and is nobody's label."""
    said = (error or "").lower()
    return next((kind for kind, pattern in _KINDS if re.search(pattern, said)), "refused")


def _failures(rows: Sequence[Any], *, waits: bool) -> tuple[Failure, ...]:
    found: dict[str, int] = {}
    for row in rows:
        why = kind_of_error(row.error)
        found[why] = found.get(why, 0) + row.n
    return tuple(Failure(why, waits, number) for why, number in sorted(found.items()))
