"""Many notes due at one moment, through the sending loop as it runs in production: punctual, once, and none forgotten."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

import pytest
from sqlalchemy import func, select, update

from ema.channels import Sent
from ema.clock import SystemClock
from ema.config import Settings
from ema.domain.studyfile import load_study
from ema.sender import Sender, seconds_to_send
from ema.services import deliver, study
from ema.services.installation import Installation
from ema.store.rows import table_of
from ema.store.tables import Message, Outbox, Prompt
from tests.bench import sender as filled

pytestmark = pytest.mark.every_database

NOTES = 150
PER_SECOND = 60.0
OUTBOX, PROMPT, MESSAGE = table_of(Outbox), table_of(Prompt), table_of(Message)


class Taking:
    """A channel that takes every message, and notes when and to whom."""

    name, bot_id = "telegram", filled.BOT_ID

    def __init__(self):
        self.taken, self.under_way, self.ids = [], set(), count(1)

    async def send(self, address, shown, *, silent):
        assert address not in self.under_way, "two messages on their way to one chat"
        self.under_way.add(address)
        await asyncio.sleep(0.02)
        self.under_way.remove(address)
        self.taken.append((time.time(), address))
        return Sent(next(self.ids))


@pytest.fixture
def here(database, vault, tmp_path):
    made = Installation(database, vault, SystemClock(), Settings(data_dir=tmp_path))
    protocol = load_study(filled.STUDY)
    study.load(made, protocol, seed="wave")
    filled.people(made, protocol, 0, NOTES)
    return made


def due_at(here, instant):
    with here.database.transaction() as session:
        session.execute(update(OUTBOX).values(not_before=datetime.fromtimestamp(instant, UTC)))


async def sent_by(here, channels, wanted):
    """Sending loops, until so many messages were taken and all of them are recorded."""
    stop = asyncio.Event()
    senders = [Sender(here, channel, Random(1), per_second=PER_SECOND) for channel in channels]
    running = [asyncio.create_task(each.run(stop)) for each in senders]
    async with asyncio.timeout(30):
        while sum(len(channel.taken) for channel in channels) < wanted:  # noqa: ASYNC110 - senders know no such event
            await asyncio.sleep(0.02)
    stop.set()
    await asyncio.gather(*running)
    return sorted(moment for channel in channels for moment in channel.taken)


def counted(here, table, *conditions):
    with here.database.reading() as session:
        return session.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()


def test_a_wave_goes_out_once_and_as_soon_as_the_limit_allows(here):
    due = time.time() + 0.5
    due_at(here, due)
    taken = asyncio.run(sent_by(here, [Taking()], NOTES))
    allowed = [due + max(0.0, (place + 1 - PER_SECOND / 4) / PER_SECOND) for place in range(NOTES)]
    late = [moment - may for may, (moment, _) in zip(allowed, taken, strict=True)]
    assert min(late) > -0.1, "never before its time, never faster than allowed"
    assert max(late) < 5, "on a machine that has other things to do; `make bench` measures it on one that has not"
    assert len({address for _, address in taken}) == NOTES
    assert counted(here, PROMPT, PROMPT.c.state == "open", PROMPT.c.sent_at.is_not(None)) == NOTES
    assert counted(here, MESSAGE, MESSAGE.c.purpose == "note") == NOTES
    assert counted(here, OUTBOX, OUTBOX.c.kind == "note", OUTBOX.c.state == "sent") == NOTES
    assert counted(here, OUTBOX, OUTBOX.c.kind == "reminder", OUTBOX.c.state == "pending") == NOTES


def test_what_could_not_be_recorded_at_first_is_recorded_and_not_sent_again(here, monkeypatch):
    """The database was away for a moment, after the messages had gone out."""
    record, fails = deliver.record, [True, True]

    def once_away(*args):
        if fails:
            fails.pop()
            raise ConnectionError
        record(*args)

    monkeypatch.setattr("ema.sender.RECORD_AGAIN", (0.01, 0.01, 0.01))
    monkeypatch.setattr(deliver, "record", once_away)
    taken = asyncio.run(sent_by(here, [Taking()], NOTES))
    assert len(taken) == NOTES
    assert counted(here, OUTBOX, OUTBOX.c.kind == "note", OUTBOX.c.state == "sent") == NOTES


@pytest.mark.parametrize("asleep", [59, 61])
def test_a_sender_that_stood_still_past_its_lease_sends_nothing_when_it_wakes(here, monkeypatch, asleep):
    due_at(here, time.time() - 1)
    channel = Taking()
    claim, woke = deliver.claim, [0.0]

    def stands_still(*args):
        work = claim(*args)
        woke[0] = float(asleep)
        return work

    monkeypatch.setattr(deliver, "claim", stands_still)
    monkeypatch.setattr("ema.sender.monotonic", lambda: time.monotonic() + woke[0])
    tried = asyncio.run(Sender(here, channel, Random(1)).step())
    assert tried > 0
    assert len(channel.taken) == (tried if asleep < deliver.LEASE.total_seconds() else 0)


def test_a_window_that_ends_before_the_lease_ends_the_sending(here):
    due_at(here, time.time() - 1)
    (work, *_) = deliver.claim(here, 1, deliver.Pace(filled.BOT_ID, PER_SECOND))
    lease = work.row.lease_until
    assert seconds_to_send(work.row) == 60
    for left, allowed in ((timedelta(seconds=5), 5), (timedelta(0), 0)):
        ends = lease - deliver.LEASE + left
        assert seconds_to_send(work.row._replace(expires_at=ends)) == allowed
