"""`ema doctor`: a sound installation has no problem; each broken promise is found and said in words. On both databases."""

from datetime import UTC, datetime, timedelta

import pytest

from ema.services.doctor import examine
from ema.store import audit, outbox, participants, prompts, sealed, ticks
from ema.store.rows import table_of
from ema.store.tables import Answer, Audit
from tests.store.people import BOT, NOW, message, participant, planned, slot

pytestmark = pytest.mark.every_database

HOURS = timedelta(hours=1)
LATER = NOW + 2 * HOURS


@pytest.fixture
def anna(database, vault):
    """A participant as she should be, in the middle of a study. Returns her prompt's id."""
    key = vault.enrol("anna", "telegram", BOT, "100", NOW)
    with database.transaction() as session:
        enrolment = participant(session, standing="active")
        sealed.set_address(session, key, "100")
        sealed.save_state(session, key, "{}", format=1, revision=1, anchor=None, now=NOW)
        done, _ = planned(session, enrolment, slot(), slot(2, due=NOW + 24 * HOURS))
        sealed.put_score(
            session, key, prompt_id=done.id, name="wb", value=3.5, n_items=1, n_of=1, imputed=False, now=NOW
        )
        sealed.add_answer(
            session,
            key,
            prompt_id=done.id,
            questionnaire="q",
            item="mood",
            revision=1,
            status="answered",
            value=7,
            language="en",
            place=1,
            shown_at=NOW,
            answered_at=NOW,
        )
        prompts.close(session, done.id, "completed", None, NOW)
        outbox.supersede(session, "anna", ["note"], now=NOW, prompt_id=done.id)
        ticks.ran(session, "plan", timedelta(seconds=30), datetime.now(UTC))
        for number in range(3):
            audit.append(session, NOW, "staff:1", "saw", f"thing {number}")
        return done.id


def kinds(database, vault, now=LATER):
    return [problem.kind for problem in examine(database, vault, now)]


def words(database, vault, now=LATER):
    return "\n".join(str(problem) for problem in examine(database, vault, now))


def test_a_sound_installation(database, vault, anna):
    assert examine(database, vault, LATER) == []


def test_rows_that_hang(database, vault, anna):
    with database.transaction() as session:
        message(session, key="lost", not_before=NOW)
        outbox.claim(session, BOT, NOW, 1, timedelta(seconds=60))
    found = words(database, vault, NOW + 40 * HOURS)
    assert "prompts: 1 are past and have no final state" in found
    assert "leases: 1 messages are held by a sender that is gone" in found
    assert "outbox: 1 messages wait although their window is over" in found


def test_a_prompt_that_may_still_be_finished_is_no_problem(database, vault, anna):
    with database.reading() as session:
        end = prompts.unfinished(session, "anna")[0].expires_at
    assert "prompts" not in kinds(database, vault, end + timedelta(minutes=40))
    assert "prompts" in kinds(database, vault, end + timedelta(minutes=61))


def test_keys_and_people_that_do_not_match(database, vault, anna):
    vault.enrol("orphan", "telegram", BOT, "1", NOW)
    vault.enrol("just enrolling", "telegram", BOT, "2", LATER - timedelta(minutes=1))
    with database.transaction() as session:
        participant(session, "keyless", standing="active")
    found = words(database, vault)
    assert "there is a key for orphan, who does not exist" in found
    assert "keyless has no key" in found
    assert "enrolling" not in found
    assert "anna" not in found


def test_an_interrupted_erasure(database, vault, anna):
    with database.transaction() as session:
        participants.change(session, "anna", standing="erasing")
    assert kinds(database, vault) == ["erasure"]
    vault.destroy("anna")
    assert kinds(database, vault) == ["erasure"]


def test_a_sealed_value_that_was_changed(database, vault, anna):
    with database.transaction() as session:
        session.execute(table_of(Answer).update().values(revision=2))
    assert (
        words(database, vault)
        == f"sealed: answer.value of row {anna}/mood/2 was changed, or moved from another place: it can't be read"
    )


def test_an_audit_row_that_was_changed(database, vault, anna):
    with database.transaction() as session:
        session.execute(table_of(Audit).update().where(table_of(Audit).c.id == 2).values(actor="nobody"))
    assert words(database, vault).startswith("audit: the chain breaks at row 2")


def test_a_tick_that_stopped(database, vault, anna):
    with database.transaction() as session:
        ticks.ran(session, "expire", timedelta(seconds=30), datetime.now(UTC) - HOURS)
    assert words(database, vault).startswith("tick: expire last ran at")
