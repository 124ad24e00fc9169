"""In a database as a study of months leaves it, with the server's own statistics, nothing hot reads a whole table."""

import re
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import event

from ema.channels import Incoming, Sent
from ema.domain.conversation.events import Tap
from ema.domain.screen import Action
from ema.services import deliver, expire, health, plan, reap, silence, status, withdraw
from ema.services.complete import complete
from ema.services.receive import receive
from ema.store.engine import open_database
from ema.store.tables import Answer, Message, Outbox, Prompt
from tests.bench import crowd

PEOPLE = 100
PACE = deliver.Pace(crowd.BOT, 1e9)
GROWS = "answer|conversation|enrolment|inbox|invitation|media|message|outbox|participant|prompt|score"
BIG = "answer|message|outbox|prompt|score"
"""PostgreSQL rightly reads what has few rows from end to end: only these have enough of them here to tell."""

NEWEST = "ORDER BY answer.id DESC"
"""Ends after a page."""
FEW = "uq_outbox_one_in_flight"
"""An index of what is in flight just now."""


@pytest.fixture
def lived(empty_url, tmp_path):
    """A hundred prompts of each, with all that belongs to them; and every statement that is run from now on."""
    crowd.fill(empty_url, PEOPLE, tmp_path)
    with crowd.opened(empty_url, tmp_path) as here:
        ran = {}
        for engine in {here.database._writer, here.database._readers}:
            event.listen(engine, "before_cursor_execute", lambda *given: ran.setdefault(given[2], given[3]))
        beside = open_database(empty_url)  # by which the test looks, unheard
        yield here, beside, ran
        beside.close()


def whole_tables(here, ran):
    """Statement → the lines of its plan that read a whole table."""
    sqlite = here.database.dialect == "sqlite"
    explain, scan = (
        ("EXPLAIN QUERY PLAN", rf"^SCAN ({GROWS})\b(?! USING INDEX {FEW})")
        if sqlite
        else ("EXPLAIN", rf"Seq Scan on ({BIG})\b")
    )
    found = {}
    for text, values in list(ran.items()):
        if not text.startswith(("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")) or NEWEST in text:
            continue
        one = values[0] if isinstance(values, list) else values
        with here.database.transaction() as session:
            plan = [str(row[-1]) for row in session.connection().exec_driver_sql(f"{explain} {text}", one)]
        if bad := [line for line in plan if re.search(scan, line)]:
            found[re.sub(r"\s+", " ", text)] = bad
    return found


def tap_through(here, beside):
    """Somebody who was sent a note starts, and answers everything."""
    numbers = {crowd.pseudonym(number): number for number in range(PEOPLE)}
    with beside.reading() as session:
        wanted = Prompt.__table__.select().where(Prompt.state == "open")
        prompt = session.execute(wanted.order_by(Prompt.expires_at.desc())).first()
    address = crowd.address(numbers[prompt.participant_id])
    items = [item.id for item in crowd.protocol().questionnaires["checkin"].items]
    actions = [Action("start", "", prompt.id), *(Action("answer", "5", prompt.id, item, 1) for item in items)]
    for number, action in enumerate(actions):
        receive(here, Incoming(crowd.BOT, 100 * prompt.id + 10**9 + number, address, "en", Tap(action, 9_000, "tap")))
    with beside.reading() as session:
        given = session.execute(Answer.__table__.select().where(Answer.prompt_id == prompt.id)).all()
    assert {row.item for row in given} == set(items)


def send_all(here, _):
    sent = 0
    while work := deliver.claim(here, 24, PACE):
        deliver.record(here, [(one, Sent(one.message_id or 20_000 + one.row.id)) for one in work], Random(1))
        sent += len(work)
    assert sent


def leave(here, beside):
    withdraw.erase(here, crowd.pseudonym(7), "erased")
    with beside.reading() as session:
        gone = (Prompt, Outbox, Message, Answer)
        for table in (each.__table__ for each in gone):
            assert not session.execute(table.select().where(table.c.participant_id == crowd.pseudonym(7))).all()


HOT = {
    "a tap": tap_through,
    "sending": send_all,
    "planning": lambda here, _: plan.plan_ahead(here),
    "expiring": lambda here, _: expire.expire(here),
    "clearing up": lambda here, _: reap.reap(here),
    "watching for silence": lambda here, _: silence.watch_silence(here),
    "completing": lambda here, _: complete(here),
    "figures": lambda here, _: health.collect(here),
    "readiness": lambda here, _: health.checks(here),
    "status": lambda here, _: status.status(here),
    "erasing": leave,
}


def test_after_months_nothing_hot_reads_a_whole_table(lived):
    here, beside, ran = lived
    here.clock.move_to(crowd.NOW + timedelta(minutes=40))  # some notes are due by then, and some prompts have run out
    for name, work in HOT.items():
        ran.clear()
        work(here, beside)
        assert whole_tables(here, ran) == {}, name
