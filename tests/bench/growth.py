"""What grows with a study: the ticks, the claim, a tap, the pages, on a small and a large database side by side.

`EMA_BENCH_PEOPLE` is how many people the large one has, 100,000 without it; each has a hundred prompts. Both databases
are open at once and measured in turn, so that whatever else the machine does meets both.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter

from sqlalchemy import func, select, update

from ema import bootstrap
from ema.channels import Incoming, Sent
from ema.domain.conversation.events import Tap
from ema.domain.screen import Action
from ema.services import deliver, doctor, engagement, expire, health, plan, reap, silence, status, withdraw
from ema.services.complete import complete
from ema.services.installation import Installation
from ema.services.receive import receive
from ema.services.signin import Signed
from ema.store.rows import table_of
from ema.store.tables import Enrolment, Outbox, Participant, Prompt
from tests.bench import crowd, measures, planning

SMALL = 1_000
PEOPLE = int(os.environ.get("EMA_BENCH_PEOPLE", "100000"))
PACE = deliver.Pace(crowd.BOT, 1e9)
AT_ONCE = 24
TAPPING = 40
WORK = 200
"""Prompts that run out, and people to be planned, in the ticks that have work: the same number in both databases."""
NOTES = 240

_prompt, _outbox, _enrolment, _participant = (table_of(model) for model in (Prompt, Outbox, Enrolment, Participant))


@dataclass
class Side:
    """One of the two databases, and how long everything took on it, in seconds."""

    here: Installation
    taken: dict[str, list[float]] = field(default_factory=dict)

    def time(self, what: str, work: Callable[[Installation], object]) -> None:
        start = perf_counter()
        work(self.here)
        self.taken.setdefault(what, []).append(perf_counter() - start)


def growth() -> Iterator[measures.Figure]:
    """Both kinds of database, one after the other. Files are gone at the end."""
    bootstrap.collect_seldom()
    for name, new_url in (("SQLite", planning.sqlite_urls), ("PostgreSQL", planning.postgres_urls)):
        with new_url() as url_of, tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            sides = []
            for people in (SMALL, PEOPLE):
                keys = Path(folder) / str(people)
                keys.mkdir()
                url = url_of(people)
                crowd.fill(url, people, keys)
                sides.append(Side(stack.enter_context(crowd.opened(url, keys))))
            measure(*sides)
            measure_all(*sides)
            yield from figures(name, *sides)


def measure(few: Side, many: Side) -> None:
    for side in (few, many):
        for warm in (plan.plan_ahead, expire.expire, silence.watch_silence, _claim_nothing):
            warm(side.here)
    for what, times, work in (
        ("tick: plan, nothing to do", 20, plan.plan_ahead),
        ("tick: expire, nothing to do", 20, expire.expire),
        ("tick: reap", 20, reap.reap),
        ("tick: silence, nothing to do", 20, silence.watch_silence),
        ("tick: complete", 10, complete),
        ("claim, nothing to do", 20, _claim_nothing),
        ("/metrics", 5, health.collect),
        ("/readyz", 5, health.checks),
        ("page Status", 5, status.status),
    ):
        for _ in range(times):
            for side in (few, many):
                side.time(what, work)
    for side in (few, many):
        _make_work(side.here)
    for side in (few, many):
        side.time(f"tick: plan {WORK} people", plan.plan_ahead)
        side.time(f"tick: expire {WORK} prompts", expire.expire)
        side.time(f"tick: silence, {WORK} people to look at", silence.watch_silence)
    _taps(few, many)
    while all(_claim(side) for side in (few, many)):
        pass
    for number in range(900, 910):
        gone = partial(withdraw.erase, participant_id=crowd.pseudonym(number), why="erased")
        for side in (few, many):
            side.time("erase one person", gone)


def measure_all(few: Side, many: Side) -> None:
    """What looks at everybody by its nature, once each: its ratio is that of the people, and no promise is made."""
    for what, work in (
        ("page of peer workers", lambda here: engagement.everybody(here, PEER)),
        ("doctor", lambda here: doctor.examine(here.database, here.vault, crowd.NOW)),
    ):
        for side in (few, many):
            side.time(what, work)


PEER = Signed(0, "Bo", "peer")


def _claim_nothing(here: Installation) -> None:
    if deliver.claim(here, 0, PACE):
        raise AssertionError("there was something to send")


def _make_work(here: Installation) -> None:
    """As many due as in the other: prompts that have run out, people to plan, notes to send."""
    with here.database.transaction() as session:
        past = select(_prompt.c.id).where(_prompt.c.state == "open").order_by(_prompt.c.expires_at).limit(WORK)
        values = {"opens_at": crowd.NOW - timedelta(hours=5), "expires_at": crowd.NOW - timedelta(minutes=5)}
        session.execute(update(_prompt).where(_prompt.c.id.in_(session.execute(past).scalars().all())).values(**values))
        people = select(_enrolment.c.id).order_by(_enrolment.c.id.desc()).limit(WORK)
        session.execute(
            update(_enrolment)
            .where(_enrolment.c.id.in_(session.execute(people).scalars().all()))
            .values(plan_next_at=crowd.NOW, silence_next_at=crowd.NOW)
        )
        notes = select(_outbox.c.prompt_id).where(_outbox.c.state == "pending").order_by(_outbox.c.id).limit(NOTES)
        chosen = session.execute(notes).scalars().all()
        due = {"opens_at": crowd.NOW, "due_at": crowd.NOW}
        session.execute(update(_prompt).where(_prompt.c.id.in_(chosen)).values(**due))
        ready = (_outbox.c.prompt_id.in_(chosen), _outbox.c.state == "pending")
        session.execute(update(_outbox).where(*ready).values(not_before=crowd.NOW))


def _taps(few: Side, many: Side) -> None:
    """People chosen by chance start what is open to them and answer all of it."""
    items = [item.id for item in crowd.protocol().questionnaires["checkin"].items]
    runs = [list(zip(_tapping(side.here), [side] * TAPPING, strict=False)) for side in (few, many)]
    number = 0
    for pair in zip(*runs, strict=True):
        for step in range(len(items) + 1):
            for (prompt, address), side in pair:
                number += 1
                action = Action("answer", "5", prompt, items[step - 1], 1) if step else Action("start", "", prompt)
                incoming = Incoming(crowd.BOT, 2_000_000_000 + number, address, "en", Tap(action, 9_000, "tap"))
                side.time("tap", lambda here, one=incoming: receive(here, one))


def _tapping(here: Installation) -> list[tuple[int, str]]:
    with here.database.reading() as session:
        wanted = select(_prompt.c.id, _prompt.c.participant_id).where(_prompt.c.state == "open")
        found = {name: prompt for prompt, name in session.execute(wanted)}
    people = Random(1).sample(range(PEOPLE), PEOPLE)
    known = ((found.get(crowd.pseudonym(number)), crowd.address(number)) for number in people)
    return [(prompt, address) for prompt, address in known if prompt is not None][:TAPPING]


def _claim(side: Side) -> bool:
    """Claim and record what is due, timed; screens of the taps come first."""
    work: list[deliver.Work] = []
    side.time(f"claim up to {AT_ONCE}", lambda here: work.extend(deliver.claim(here, AT_ONCE, PACE)))
    sent = [(one, Sent(one.message_id or 20_000 + place)) for place, one in enumerate(work)]
    side.time(f"record up to {AT_ONCE}", lambda here: deliver.record(here, sent, Random(1)))
    return bool(work)


def figures(name: str, few: Side, many: Side) -> Iterator[measures.Figure]:
    with many.here.database.reading() as session:
        prompts = session.execute(select(func.count()).select_from(_prompt)).scalar_one()
    for what, small in few.taken.items():
        large = many.taken[what]
        yield measures.Figure(
            f"{name}: {what}",
            median(large) / median(small),
            "ratio",
            f"{_ms(large)} with {PEOPLE:,} people and {prompts:,} prompts; {_ms(small)} with {SMALL:,}",
        )


def _ms(seconds: list[float]) -> str:
    worst = f", p99 {quantiles(seconds, n=100)[98] * 1000:,.1f}" if len(seconds) >= 100 else ""
    return f"{median(seconds) * 1000:,.2f} ms{worst}"
