"""The page of the lead of those who are on call: who, since when, and why only on record."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from ema.services import staff, workers
from ema.services.signin import Signed
from ema.store import audit, seal_check
from ema.store.sealed import care
from tests.web.pages import post


@pytest.fixture
def called(crowded):
    """P-anise's answer has called."""
    now = crowded.clock.now()
    with crowded.database.transaction() as session:
        find = text("SELECT id FROM prompt WHERE participant_id = 'P-anise' ORDER BY id LIMIT 1")
        prompt = session.connection().execute(find).scalar_one()
        half_an_hour = timedelta(minutes=30)
        care.add(
            session,
            crowded.vault.person("P-anise"),
            prompt,
            "risk_items.phq9_9",
            now,
            within=half_an_hour,
            due=now + half_an_hour,
        )
    return crowded


def actions(here):
    with here.database.reading() as session:
        return [(row.action, row.subject) for row in audit.newest(session)]


def test_the_lead_sees_who_and_not_why(called, visit):
    page = visit(called, "lead").get("/calls").text
    assert "P-anise" in page
    assert "Please get in touch today" in page
    assert "phq9" not in page


def test_why_is_shown_once_and_noted_before(called, visit):
    client = visit(called, "lead")
    shown = post(client, "/calls/1/open", "/calls")
    assert "risk_items.phq9_9" in shown.text
    assert ("broke the glass: opened what called", "participant:P-anise") in actions(called)
    assert "phq9" not in client.get("/calls").text


def test_seen_is_said_by_whom_and_leaves_the_peer_workers_list(called, visit):
    assert "Please get in touch today" in visit(called, "peer").get("/peers").text
    shown = post(visit(called, "lead"), "/calls/1/seen", "/calls")
    assert "Seen by lead" in shown.text
    assert "Please get in touch today" not in visit(called, "peer").get("/peers").text


def test_a_call_stands_before_every_peer_worker_also_when_she_has_one_of_her_own(called, visit):
    other = Signed(staff.add(called, "Bo", "peer"), "Bo", "peer")
    workers.give(called, "P-anise", other.id, None, other)
    shown = visit(called, "peer").get("/peers").text
    assert "P-anise" in shown
    assert "Please get in touch today" in shown


def test_peer_workers_never_read_why(called, visit):
    client = visit(called, "peer")
    pages = [client.get(path).text for path in ("/peers", "/status", "/api/v1/engagement")]
    assert "phq9" not in "".join(pages)
    assert post(client, "/calls/1/open", "/peers").status_code == 403


def test_what_is_no_call_is_not_found(called, visit):
    assert post(visit(called, "lead"), "/calls/99/open", "/calls").status_code == 404


def test_monitoring_can_ring_a_phone_and_reads_no_pseudonym(called, visit):
    said = visit(called).get("/metrics").text
    assert "ema_calls_waiting 1.0" in said
    assert "ema_calls_raised_again 0.0" in said
    assert "P-anise" not in said


def test_what_does_not_open_is_found(called):
    with called.database.transaction() as session:
        assert list(seal_check.unreadable(session, called.vault)) == []
        session.connection().execute(text("UPDATE care SET rule_sealed = :other"), {"other": b"another"})
    with called.database.reading() as session:
        assert len(list(seal_check.unreadable(session, called.vault))) == 1
