"""What runs every few moments reads by an index, however many rows wait for another day. On both databases."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event

from ema.store import bots, figures, inbox, messages, outbox, outbox_many, participants, prompts
from tests.store.people import BOT, NOW, message, participant, planned, slot

LEASE = timedelta(seconds=60)
HOT = {
    "claim": (
        lambda session: outbox.claim(session, BOT, NOW, 10, LEASE),
        {"ix_outbox_ready", "ix_outbox_open_by_person"},
    ),
    "expire messages": (lambda session: outbox_many.expire(session, NOW), {"ix_outbox_ready"}),
    "stuck leases": (lambda session: outbox.release_stuck(session, NOW), {"uq_outbox_one_in_flight"}),
    "her messages": (lambda session: outbox.open_of(session, "p1"), {"ix_outbox_open_by_person"}),
    "past prompts": (lambda session: prompts.past(session, NOW, started_before=NOW), {"ix_prompt_expiring"}),
    "sent to her": (lambda session: messages.sent_since(session, ["p1"], NOW), {"message"}),
    "her prompts": (
        lambda session: prompts.waiting(session, ["p1"], NOW),
        {"ix_enrolment_participant_id"},
    ),
    "to plan": (lambda session: participants.enrolments_to_plan(session, NOW, 10), {"ix_enrolment_to_plan"}),
    "to erase": (lambda session: messages.to_erase(session, NOW), {"ix_message_erase"}),
    "planned figures": (lambda session: figures.planned(session, NOW), {"ix_outbox_ready"}),
    "sent lately": (lambda session: figures.sent_since(session, NOW), {"ix_prompt_sent"}),
    "last sent": (figures.last_sent, {"ix_prompt_sent"}),
    "ended lately": (lambda session: figures.ended_since(session, NOW), {"ix_prompt_closed"}),
    "next due": (lambda session: figures.next_due(session, NOW), {"ix_outbox_ready"}),
    "done lately": (lambda session: figures.done_since(session, NOW), {"ix_outbox_done"}),
    "given up lately": (lambda session: figures.given_up_since(session, NOW), {"ix_outbox_done"}),
    "queue": (lambda session: figures.queues(session, NOW), {"ix_outbox_ready"}),
    "failures": (lambda session: figures.tried_in_vain(session, NOW), {"ix_outbox_ready"}),
    "hanging prompts": (lambda session: figures.stuck_prompts(session, NOW), {"ix_prompt_expiring"}),
    "hanging leases": (lambda session: figures.stuck_leases(session, NOW), {"uq_outbox_one_in_flight"}),
    "overdue": (lambda session: figures.overdue_messages(session, NOW), {"ix_outbox_ready"}),
    "bots": (bots.known, {"ix_participant_bot_id"}),
    "old updates": (lambda session: inbox.purge(session, NOW), {"ix_inbox_received"}),
}


@pytest.fixture
def crowded(database):
    """Many rows, few of them concerned: as it is in a large study."""
    later = NOW + timedelta(days=1)
    with database.transaction() as session:
        for number in range(40):
            enrolment = participant(session, f"p{number}")
            slots = [slot(day, due=NOW + timedelta(days=day)) for day in range(1, 20)]
            for prompt in planned(session, enrolment, *slots)[:10]:
                prompts.close(session, prompt.id, "missed", "no response", NOW)
            for each in range(5):
                values = {"not_before": later, "expires_at": later + LEASE}
                message(session, f"p{number}", f"{number}.{each}", priority=each, **values)
            inbox.take(session, BOT, number, NOW)
        message(session, "p1", "now")
        session.connection().exec_driver_sql("ANALYZE")
    return database


def test_no_hot_query_reads_a_whole_table(crowded):
    ran = []
    event.listen(crowded._writer, "before_cursor_execute", lambda *given: ran.append(given[2:4]))
    explain = "EXPLAIN QUERY PLAN" if crowded.dialect == "sqlite" else "EXPLAIN"
    for name, (query, indexes) in HOT.items():
        ran.clear()
        with crowded.transaction() as session:
            query(session)
        statements = [each for each in ran if each[0].startswith(("SELECT", "UPDATE", "DELETE", "WITH"))]
        with crowded.transaction() as session:
            connection = session.connection()
            if crowded.dialect == "postgresql":
                connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # the tables are small
            lines = [
                str(row[-1])
                for text, values in statements
                for row in connection.exec_driver_sql(f"{explain} {text}", values)
            ]
        plan = "\n".join(lines)
        for index in indexes:
            assert index in plan, (name, plan)
        assert "Seq Scan" not in plan, (name, plan)
        assert not re.search(
            r"^SCAN (prompt|outbox|participant|enrolment|message|inbox|other|candidate)$", plan, re.MULTILINE
        ), (
            name,
            plan,
        )
