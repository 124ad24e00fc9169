"""One of the processes that `planning` starts. `python -m tests.bench.planner fill|plan URL PEOPLE FOLDER`."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import psutil
from sqlalchemy import func, insert, select, text

import questionnaires
from ema import bootstrap
from ema.clock import VirtualClock
from ema.config import Settings
from ema.domain.localtime import day_start
from ema.domain.studyfile import load_study
from ema.services import plan, study
from ema.services.hours import stored_hours
from ema.services.installation import Installation
from ema.store.engine import Database, open_database
from ema.store.migrate import migrate
from ema.store.rows import row_of, table_of
from ema.store.tables import Enrolment, Outbox, Participant, Prompt
from ema.store.vault import open_vault

START = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
PORTION = 5_000
ZONES = ("Europe/London", "Europe/Bucharest", "America/New_York", "Asia/Kathmandu")


def fill(url: str, people: int, folder: Path) -> None:
    """People who joined this morning in four zones and all hours that the study offers; nothing is planned yet."""
    bundled = load_study(questionnaires.ROOT / "studies" / "twice_daily.yaml")
    protocol = bundled.model_copy(update={"schedules": tuple(one for one in bundled.schedules if one.id == "checkin")})
    migrate(url)
    with opened(url, folder) as here:
        study.load(here, protocol, seed="bench")
        hours = [protocol.preferences(preset, zone) for preset in protocol.hours.presets for zone in ZONES]
        for first in range(0, people, PORTION):
            hers = {
                pseudonym(number): hours[number % len(hours)] for number in range(first, min(first + PORTION, people))
            }
            person = {"standing": "active", "bot_id": 1, "language": "en", "created_at": START}
            dates = {name: protocol.first_date(START, each) for name, each in hers.items()}
            enrolment = {
                "study_id": protocol.id,
                "protocol_version": protocol.version,
                "joined_version": protocol.version,
                "test": False,
            }
            with here.database.transaction() as session:
                session.execute(
                    insert(table_of(Participant)),
                    [row_of(Participant, id=name, **person, **stored_hours(each)) for name, each in hers.items()],
                )
                session.execute(
                    insert(table_of(Enrolment)),
                    [
                        row_of(
                            Enrolment,
                            participant_id=name,
                            joined_at=START,
                            silence_next_at=START,
                            first_date=dates[name],
                            plan_next_at=day_start(dates[name], each) - plan.HORIZON,
                            **enrolment,
                        )
                        for name, each in hers.items()
                    ],
                )


def pseudonym(number: int) -> str:
    """In no order, as real ones: rows of one batch lie far apart in an index."""
    return sha256(str(number).encode()).hexdigest()[:12]


def measure(url: str, people: int, folder: Path) -> dict[str, float]:
    """The first planning of everybody, ticks with nothing to do, and the tick with which a day is added for each."""
    bootstrap.collect_seldom()  # as in every process that serves
    with opened(url, folder) as unwatched:
        database = Watched(unwatched.database)
        here = Installation(database, unwatched.vault, unwatched.clock, unwatched.settings)
        server = server_of(unwatched.database)
        plan.plan_ahead(at(here, START - timedelta(days=30)))  # nobody is due yet: whatever is loaded once is loaded
        before, database.seconds = memory(), []
        first, first_wall, own, others = timed(lambda: plan.plan_ahead(here), server)
        longest, usual = max(database.seconds), median(database.seconds)
        idle = []
        for _ in range(20):
            start = perf_counter()
            if plan.plan_ahead(here):
                raise AssertionError("there was something left to plan")
            idle.append(perf_counter() - start)
        later = at(here, START + timedelta(days=1))
        second, second_wall, second_own, second_others = timed(lambda: plan.plan_ahead(later), server)
        grown = memory() - before
        with here.database.reading() as session:
            for table in (Prompt, Outbox):
                stored = session.execute(select(func.count()).select_from(table_of(table))).scalar_one()
                if stored != first + second or first < 2 * people:
                    raise AssertionError(f"{stored} rows for {first + second} prompts")
    return {
        "prompts": first,
        "wall": first_wall,
        "own": own,
        "server": others,
        "next_prompts": second,
        "next_wall": second_wall,
        "next_cpu": second_own + second_others,
        "longest": longest,
        "usual": usual,
        "idle": median(idle),
        "idle_worst": max(idle),
        "before": before,
        "grown": grown,
    }


@contextmanager
def opened(url: str, folder: Path) -> Iterator[Installation]:
    """With durable commits."""
    database, vault = open_database(url), open_vault(f"sqlite:///{folder / 'keys.sqlite'}", folder / "secret.key")
    yield Installation(database, vault, VirtualClock(START), Settings(data_dir=folder))
    vault.close()
    database.close()


def at(here: Installation, instant: datetime) -> Installation:
    return Installation(here.database, here.vault, VirtualClock(instant), here.settings)


class Watched:
    """A database that notes how long each transaction takes, its commit included."""

    def __init__(self, database: Database) -> None:
        self._database, self.dialect, self.reading = database, database.dialect, database.reading
        self.seconds: list[float] = []

    @contextmanager
    def transaction(self) -> Iterator[object]:
        start = perf_counter()
        with self._database.transaction() as session:
            yield session
        self.seconds.append(perf_counter() - start)


def server_of(database: Database) -> psutil.Process | None:
    """PostgreSQL's first process; None on SQLite."""
    if database.dialect == "sqlite":
        return None
    with database.reading() as session:
        backend = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    return psutil.Process(backend).parent()


def timed(work: Callable[[], int], server: psutil.Process | None) -> tuple[int, float, float, float]:
    """What it returned, seconds by the wall, and seconds of processor time: ours and the server's."""
    start, (own, others) = perf_counter(), worked(server)
    done = work()
    wall, (own_now, others_now) = perf_counter() - start, worked(server)
    return done, wall, own_now - own, others_now - others


def worked(server: psutil.Process | None) -> tuple[float, float]:
    """Seconds of processor time so far: ours, and those of all of the server's processes."""
    times = [each.cpu_times() for each in server.children()] if server is not None else []
    return process_time(), sum(each.user + each.system for each in times)


def memory() -> int:
    """The most memory that this process has had so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main(what: str, url: str, people: str, folder: str) -> None:
    if what == "fill":
        fill(url, int(people), Path(folder))
    else:
        print(json.dumps(measure(url, int(people), Path(folder))))


if __name__ == "__main__":
    main(*sys.argv[1:])
