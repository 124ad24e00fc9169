"""What is said to monitoring and to the admins: what must hold, figures, and nobody by name."""

from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select, text

from ema.clock import SystemClock
from ema.services import health
from ema.store import figures, outbox, participants, prompts, ticks
from ema.store.engine import open_database
from ema.store.rows import table_of
from ema.store.tables import Answer
from tests.store.people import BOT, message, participant, planned, slot
from tests.web import factories


def test_alive_without_a_database(here, visit):
    client = visit(here)
    here.database.close()
    assert client.get("/healthz").text == "alive\n"


def test_ready_while_all_holds(both, visit):
    factories.crowd(both, 2)
    with both.database.transaction() as session:
        ticks.ran(session, "plan", timedelta(seconds=30), SystemClock().now())
    answer = visit(both).get("/readyz")
    assert answer.status_code == 200, answer.text
    said = answer.json()["checks"]
    assert {check["status"] for check in said.values()} == {"ok"}
    assert said["tick plan"]["words"].startswith("plan last ran")
    assert said["migrations"]["words"] == "the database is up to date"
    assert "are free in the data folder" in said["disk"]["words"]
    assert "takes writes" in said["writes"]["words"]


def test_not_ready_when_a_tick_stopped(here, visit):
    with here.database.transaction() as session:
        ticks.ran(session, "expire", timedelta(seconds=30), SystemClock().now() - timedelta(minutes=5))
    answer = visit(here).get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["broken"][0].startswith("expire last ran")


def test_not_ready_when_a_prompt_hangs(both, visit):
    factories.crowd(both, 1, asked=False)
    with both.database.transaction() as session:
        session.connection().execute(
            text("UPDATE prompt SET state = 'open' WHERE kind = 'scheduled' AND study_day = 1")
        )
    answer = visit(both).get("/readyz")
    assert answer.status_code == 503
    assert "have no final state" in answer.json()["broken"][0]


def waits(here, key, **values):
    """A message of somebody's in the outbox."""
    with here.database.transaction() as session:
        return message(session, "anna", key, now=here.clock.now(), not_before=here.clock.now(), **values)


def broken(here, visit):
    return visit(here).get("/readyz").json()["broken"]


def test_not_ready_when_a_message_waits_too_long(both, visit):
    with both.database.transaction() as session:
        participant(session)
    waits(both, "a")
    both.clock.move_to(both.clock.now() + health.WAITS_AT_MOST)
    assert broken(both, visit) == []
    both.clock.move_to(both.clock.now() + timedelta(seconds=1))
    assert broken(both, visit) == ["the oldest of 1 messages has waited 15 minutes"]


def test_not_ready_when_a_sender_died_and_nobody_took_over(both, visit):
    with both.database.transaction() as session:
        participant(session)
    waits(both, "a")
    with both.database.transaction() as session:
        outbox.claim(session, BOT, both.clock.now(), 1, timedelta(seconds=60))
    both.clock.move_to(both.clock.now() + timedelta(minutes=7))
    assert broken(both, visit) == ["1 messages are held by a sender that is gone"]


def test_not_ready_on_the_database_of_an_older_release_but_on_that_of_a_newer(both, visit):
    """Old code goes on beside new code until the database refuses it."""
    try:
        with both.database.transaction() as session:
            session.connection().execute(text("UPDATE alembic_version SET version_num = '9999'"))
        assert broken(both, visit) == []
        with both.database.transaction() as session:
            session.connection().execute(text("DELETE FROM alembic_version"))
        assert broken(both, visit) == ["the database is not that of this release: run `ema migrate`"]
    finally:
        with both.database.transaction() as session:
            session.connection().execute(text("DELETE FROM alembic_version"))
            session.connection().execute(text("INSERT INTO alembic_version VALUES ('0001')"))


def test_not_ready_on_a_full_disk(here, visit, monkeypatch):
    sizes = {"now": (100 * 1024**3, 0, 4 * 1024**3)}
    monkeypatch.setattr(health.shutil, "disk_usage", lambda _: sizes["now"])
    assert broken(here, visit) == [], "a small share of a large disk is room enough"
    sizes["now"] = (100 * 1024**3, 0, 1024**3)
    assert broken(here, visit) == ["1 024 MB are free in the data folder, 1% of its disk"]
    sizes["now"] = (400 * 1024**2, 0, 200 * 1024**2)
    assert broken(here, visit) == ["200 MB are free in the data folder, 50% of its disk"]


def test_not_ready_on_a_database_that_takes_no_writes(postgres_url, vault, visit):
    database = open_database(postgres_url)
    name = database.url.database
    here = factories.installation(database, vault)
    try:
        with database.transaction() as session:
            session.connection().execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
        again = open_database(postgres_url)
        try:
            assert broken(replace(here, database=again), visit) == [
                "the database takes no writes: a standby, or locked"
            ]
        finally:
            again.close()
    finally:
        with database.transaction() as session:
            session.connection().execute(text(f'ALTER DATABASE "{name}" RESET default_transaction_read_only'))
        database.close()


def test_a_tick_that_fails_says_so(here, visit):
    now = SystemClock().now()
    with here.database.transaction() as session:
        ticks.ran(session, "plan", timedelta(seconds=15), now - timedelta(seconds=40))
        ticks.failed(session, "plan", timedelta(seconds=15), now, "OperationalError")
    words = visit(here).get("/readyz").json()["checks"]["tick plan"]["words"]
    assert words.startswith("plan last ran 4")
    assert words.endswith("its newest try failed (OperationalError)")


def metrics(here, visit):
    found = {}
    for family in text_string_to_metric_families(visit(here).get("/metrics").text):
        for sample in family.samples:
            found[sample.name, *sorted(sample.labels.items())] = sample.value
    return found


def test_metrics_of_the_last_hour(both, visit):
    """Anna's note went out 40 s late, Berta's was refused, Carla's waits for another try, Dora's lies ahead."""
    now = both.clock.now()
    with both.database.transaction() as session:
        rows = {}
        for name in ("anna", "berta", "carla", "dora"):
            due = now + timedelta(hours=1) if name == "dora" else now - timedelta(minutes=5)
            (rows[name],) = planned(session, participant(session, name), slot(due=due))
        prompts.change(
            session, rows["anna"].id, state="open", sent_at=rows["anna"].due_at + timedelta(seconds=40), reason=None
        )
        prompts.close(session, rows["berta"].id, "undelivered", "blocked", now)
        by_person = {row.participant_id: row for row in outbox.claim(session, BOT, now, 10, timedelta(seconds=60))}
        for name, state, error in (
            ("anna", "sent", None),
            ("berta", "dead", "Forbidden: bot was blocked by the user"),
            ("carla", "pending", "ConnectError"),
        ):
            row = by_person[name]
            outbox.finish(session, row.id, row.claim_token, state, now=now, error=error)
    found = metrics(both, visit)
    assert found["ema_prompts_planned",] == 2
    assert found["ema_prompts_due",] == 1
    assert found["ema_prompts_sent",] == 1
    assert found["ema_send_lateness_seconds_bucket", ("le", "15.0")] == 0
    assert found["ema_send_lateness_seconds_bucket", ("le", "60.0")] == 1
    assert found["ema_send_lateness_seconds_sum",] == 40
    assert found["ema_prompts_ended", ("reason", "blocked"), ("state", "undelivered")] == 1
    assert found["ema_messages", ("state", "sent")] == 1
    assert found["ema_send_errors", ("then", "given up"), ("why", "blocked")] == 1
    assert found["ema_send_errors", ("then", "again"), ("why", "network")] == 1
    assert found["ema_queue_messages",] == 1
    assert found["ema_queue_oldest_seconds",] == 300
    both.clock.move_to(now + timedelta(hours=2))
    later = metrics(both, visit)
    assert later["ema_prompts_sent",] == 0
    assert later["ema_prompts_due",] == 2
    assert ("ema_messages", ("state", "sent")) not in later


def test_metrics_count_the_answers_of_the_last_hour(both, monkeypatch):
    """However many pages of them there are; what is older is not read further than a page."""
    monkeypatch.setattr(figures, "_PAGE", 7)
    factories.crowd(both, 1, asked=False)
    with both.database.reading() as session:
        table = table_of(Answer)
        times = session.execute(select(table.c.answered_at).order_by(table.c.id)).scalars().all()
        since = times[-40]
        assert since > times[0]
        found = figures.answers_since(session, since)
    assert sum(found.values()) == sum(at >= since for at in times) >= 40


def test_no_metric_and_no_check_names_anybody(both, visit):
    factories.crowd(both, 3)
    client = visit(both)
    shown = client.get("/metrics").text + client.get("/readyz").text
    with both.database.reading() as session:
        people = [each.id for each in participants.everyone(session)]
    assert people
    assert not [name for name in people if name in shown]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Forbidden: bot was blocked by the user", "blocked"),
        ("Chat not found", "blocked"),
        ("limit", "limit"),
        ("Message can't be deleted for everyone", "limit"),
        ("time-out", "time-out"),
        ("ConnectError", "network"),
        ("the lease ended", "sender died"),
        ("Message to edit not found", "gone"),
        ("Button_data_invalid", "refused"),
        (None, "refused"),
    ],
)
def test_what_the_channel_says_becomes_one_of_a_few_kinds(said, kind):
    assert health.kind_of_error(said) == kind


def test_the_admins_pages(here, visit):
    factories.crowd(here, 2)
    with here.database.transaction() as session:
        ticks.alert(session, "outbox", "3 messages could not be sent", here.clock.now())
    client = visit(here, "admin")
    page = client.get("/health").text
    assert "3 messages could not be sent" in page
    assert "P-anise" not in page
    assert "admin 1" in client.get("/staff").text
