from datetime import timedelta

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from ema.clock import SystemClock
from ema.store import ticks
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
    assert answer.json()["checks"]["tick plan"] is True


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


def test_metrics_count_what_is_stored(both, visit):
    factories.crowd(both, 2)
    found = {}
    for family in text_string_to_metric_families(visit(both).get("/metrics").text):
        for sample in family.samples:
            found[sample.name, tuple(sorted(sample.labels.items()))] = sample.value
    with both.database.reading() as session:
        completed = (
            session.connection()
            .execute(text("SELECT count(*) FROM prompt WHERE kind = 'scheduled' AND state = 'completed'"))
            .scalar_one()
        )
        answers = (
            session.connection().execute(text("SELECT count(*) FROM answer WHERE status = 'answered'")).scalar_one()
        )
    assert found["ema_prompts", (("kind", "scheduled"), ("state", "completed"))] == completed
    assert found["ema_answers", (("status", "answered"),)] == answers
    assert ("ema_send_lateness_seconds_bucket", (("le", "+Inf"),)) in found


def test_the_admins_pages(here, visit):
    factories.crowd(here, 2)
    with here.database.transaction() as session:
        ticks.alert(session, "outbox", "3 messages could not be sent", here.clock.now())
    client = visit(here, "admin")
    page = client.get("/health").text
    assert "3 messages could not be sent" in page
    assert "P-anise" not in page
    assert "admin 1" in client.get("/staff").text
