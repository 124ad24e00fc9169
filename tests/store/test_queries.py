"""Studies, invitations, participants, the inbox, messages, heartbeats, peer work, the audit chain. On both databases."""

from datetime import timedelta

import pytest

from ema.domain.studyfile import load_study
from ema.store import audit, contacts, inbox, messages, participants, settings, studies, ticks
from ema.store.migrate import ROOT
from ema.store.rows import table_of
from ema.store.tables import Audit
from tests.store.people import BOT, NOW, participant, study

HOUR = timedelta(hours=1)
AUDIT = table_of(Audit)


@pytest.fixture(scope="module")
def twice_daily():
    return load_study(ROOT / "questionnaires" / "studies" / "twice_daily.yaml")


# --- studies


def test_a_protocol_comes_back_as_it_was_stored(database, twice_daily):
    with database.transaction() as session:
        assert studies.store(session, twice_daily, seed="seed", now=NOW)
        assert not studies.store(session, twice_daily, seed="other", now=NOW)
        again = studies.protocol(session, twice_daily.id)
        assert again == twice_daily
        assert studies.protocol(session, twice_daily.id, twice_daily.version) is again
        found = studies.get(session, twice_daily.id)
    assert (found.seed, found.state, found.current_version) == ("seed", "piloting", twice_daily.version)


def test_a_version_never_changes_and_the_newest_is_current(database, twice_daily):
    changed = twice_daily.model_copy(update={"title": "Another title"})
    newer = changed.model_copy(update={"version": twice_daily.version + 1})
    with database.transaction() as session:
        studies.store(session, twice_daily, seed="seed", now=NOW)
        with pytest.raises(studies.VersionTaken, match="raise `version`"):
            studies.store(session, changed, seed="seed", now=NOW)
        assert studies.store(session, newer, seed="seed", now=NOW)
        assert not studies.store(session, twice_daily, seed="seed", now=NOW)
        assert studies.protocol(session, twice_daily.id).title == "Another title"
        assert studies.protocol(session, twice_daily.id, twice_daily.version).title == twice_daily.title
        assert studies.get(session, twice_daily.id).title == "Another title"
        assert studies.versions(session, twice_daily.id) == [twice_daily.version, newer.version]


def test_a_study_that_is_not_there(database):
    with database.reading() as session:
        with pytest.raises(studies.NoSuchStudy):
            studies.protocol(session, "nothing")
        with pytest.raises(studies.NoSuchStudy):
            studies.get(session, "nothing")


def test_opening_is_noted_once(database):
    with database.transaction() as session:
        study(session)
        studies.set_state(session, "twice", "open", NOW)
        studies.set_state(session, "twice", "closed", NOW + HOUR)
        studies.set_state(session, "twice", "open", NOW + HOUR)
        found = studies.get(session, "twice")
    assert (found.state, found.opened_at) == ("open", NOW)


# --- invitations


def test_an_invitation_is_held_by_one_and_used_once(database):
    with database.transaction() as session:
        study(session)
        studies.invite(session, "twice", {"hash": None}, test=True, now=NOW)
        assert studies.claim_invitation(session, "wrong", "anna") is None
        assert studies.claim_invitation(session, "hash", "anna").test
        assert studies.claim_invitation(session, "hash", "anna") is not None
        assert studies.claim_invitation(session, "hash", "berta") is None
        assert studies.joining_study(session, "anna") == "twice"
        studies.free_invitation(session, "anna")  # she declined
        assert studies.joining_study(session, "anna") is None
        assert studies.claim_invitation(session, "hash", "berta") is not None
        assert studies.use_invitation(session, "berta", NOW) == (1, True)
        studies.free_invitation(session, "berta")  # she was erased
        assert studies.claim_invitation(session, "hash", "anna") is None
        with pytest.raises(studies.NoInvitation):
            studies.use_invitation(session, "anna", NOW)


def test_a_burnt_invitation_is_nobodys(database):
    with database.transaction() as session:
        study(session)
        studies.invite(session, "twice", {"hash": None}, test=False, now=NOW)
        studies.claim_invitation(session, "hash", "anna")
        studies.free_invitation(session, "anna", burn=True)
        assert studies.claim_invitation(session, "hash", "anna") is None


# --- participants


def test_adding_again_changes_nothing(database):
    with database.transaction() as session:
        first = participant(session, "anna")
        participants.change(session, "anna", language="de")
        assert participant(session, "anna").id == first.id
        anna = participants.get(session, "anna", lock=True)
    assert (anna.language, anna.standing, anna.hellos) == ("de", "joining", True)


def test_hearing_never_goes_back(database):
    with database.transaction() as session:
        participant(session, "anna")
        participants.heard(session, "anna", NOW)
        participants.heard(session, "anna", NOW - HOUR)
        assert participants.get(session, "anna").last_heard_at == NOW


def enrol(session, name):
    participant(session, name, standing="active", created_at=NOW - 48 * HOUR)
    about = {"study_id": "twice", "protocol_version": 1, "test": False, "first_date": NOW.date()}
    participants.add_enrolment(session, participant_id=name, joined_at=NOW - 48 * HOUR, **about)


def test_who_is_to_be_watched_for_silence_the_longest_overdue_first(database):
    with database.transaction() as session:
        study(session)
        for name, at in (("anna", NOW - HOUR), ("berta", NOW + HOUR), ("clara", NOW - 2 * HOUR), ("dora", NOW)):
            enrol(session, name)
            participants.watch_next(session, name, at)
        participants.end_enrolment(session, "dora", "completed", NOW)
        assert participants.to_watch(session, NOW, 9) == ["clara", "anna"]
        assert participants.to_watch(session, NOW, 1) == ["clara"]


def test_who_is_heard_in_the_moment_in_which_she_would_fall_quiet_does_not(database):
    with database.transaction() as session:
        for name in ("anna", "berta"):
            participant(session, name, standing="active", created_at=NOW - 48 * HOUR, last_heard_at=NOW - 48 * HOUR)
        participants.heard(session, "anna", NOW)
        assert not participants.fall_quiet(session, "anna", NOW, silent_since=NOW - 48 * HOUR)
        assert participants.fall_quiet(session, "berta", NOW, silent_since=NOW - 48 * HOUR)
        assert not participants.fall_quiet(session, "berta", NOW, silent_since=NOW - 48 * HOUR), "she is already"
        standings = [participants.get(session, name).standing for name in ("anna", "berta")]
    assert standings == ["active", "quiet"]


def test_who_never_decided_and_who_is_missing(database):
    with database.transaction() as session:
        participant(session, "anna", created_at=NOW - 48 * HOUR)
        participant(session, "berta", created_at=NOW)
        assert participants.undecided(session, NOW - HOUR) == ["anna"]
        assert participants.missing(session, {"berta", "zora", "yara"}) == ["yara", "zora"]
        assert participants.missing(session, set()) == []


def test_an_enrolment_ends_once_and_can_run_on(database):
    with database.transaction() as session:
        enrolment = participant(session, "anna")
        participants.planned(session, [(enrolment.id, 2, NOW)])
        assert [each.id for each in participants.enrolments_to_plan(session, NOW, 10)] == [enrolment.id]
        assert participants.enrolments_to_plan(session, NOW - HOUR, 10) == []
        participants.end_enrolment(session, "anna", "stopped", NOW)
        participants.end_enrolment(session, "anna", "finished", NOW + HOUR)
        assert participants.enrolments_to_plan(session, NOW, 10) == []
        found = participants.enrolment_of(session, "anna")
        assert (found.ended_at, found.end_reason, found.planned_through) == (NOW, "stopped", 2)
        participants.resume_enrolment(session, "anna")
        assert participants.enrolment_of(session, "anna").ended_at is None


def test_consents_are_only_added(database):
    with database.transaction() as session:
        participant(session, "anna")
        for given in (True, False):
            participants.record_consent(
                session, "anna", purpose="participation", given=given, version="1", sha256="x", language="en", now=NOW
            )
        assert [consent.given for consent in participants.consents_of(session, "anna")] == [True, False]


# --- updates


def test_an_update_is_taken_once(database):
    with database.transaction() as session:
        assert inbox.take(session, BOT, 1, NOW)
        assert not inbox.take(session, BOT, 1, NOW)
        assert inbox.take(session, BOT + 1, 1, NOW)


def test_an_update_that_failed_is_tried_again_and_counted(database):
    with database.transaction() as session:
        assert [inbox.failing(session, BOT, 1, "ValueError", NOW) for _ in range(3)] == [1, 2, 3]
        assert inbox.take(session, BOT, 1, NOW)
        assert not inbox.take(session, BOT, 1, NOW)
        assert inbox.failing(session, BOT, 1, "ValueError", NOW) == 0  # it is done
        assert inbox.counts(session) == {"done": 1}


def test_updates_are_forgotten_after_48_hours(database):
    with database.transaction() as session:
        inbox.take(session, BOT, 1, NOW)
        inbox.take(session, BOT, 2, NOW + HOUR)
        assert inbox.purge(session, NOW + 48 * HOUR) == 0
        assert inbox.purge(session, NOW + 48.5 * HOUR) == 1
        assert inbox.take(session, BOT, 1, NOW + 49 * HOUR)


# --- messages


def test_messages_are_known_until_they_are_gone(database):
    with database.transaction() as session:
        participant(session, "anna")
        values = {"at": NOW, "erase_by": NOW + 46 * HOUR}
        messages.record(session, "anna", 10, direction="out", purpose="note", **values)
        messages.record(session, "anna", 11, direction="in", purpose="typed", at=NOW, erase_by=NOW)
        messages.record(session, "anna", 10, direction="out", purpose="seen", at=NOW + HOUR, erase_by=NOW + 99 * HOUR)
        messages.record(session, "anna", 10, direction="out", purpose="screen", at=NOW + HOUR, erase_by=NOW + 99 * HOUR)
        first, _ = messages.known(session, "anna")
        assert (first.purpose, first.at, first.erase_by) == ("screen", NOW, NOW + 46 * HOUR)
        assert [message.message_id for message in messages.known(session, "anna")] == [10, 11]
        assert [each.message_id for each in messages.to_erase(session, NOW)] == [11]
        messages.mark_gone(session, "anna", [11], NOW)
        assert messages.to_erase(session, NOW) == []
        assert [message.message_id for message in messages.known(session, "anna")] == [10]


# --- heartbeats, alerts, settings


def test_a_tick_is_late_after_three_intervals(database):
    with database.transaction() as session:
        ticks.ran(session, "plan", timedelta(minutes=5), NOW)
        ticks.failed(session, "plan", timedelta(minutes=5), NOW + HOUR, "ValueError")
        ticks.ran(session, "expire", timedelta(seconds=1), NOW)
        assert ticks.late(session, NOW + timedelta(seconds=60)) == []
        assert [each.name for each in ticks.late(session, NOW + timedelta(seconds=61))] == ["expire"]
        assert [each.name for each in ticks.late(session, NOW + timedelta(minutes=16))] == ["expire", "plan"]


def test_the_same_alert_is_told_once_until_it_is_seen(database):
    with database.transaction() as session:
        session.connection().exec_driver_sql(
            "INSERT INTO staff (id, name, role, created_at) VALUES (1, 'Ada', 'admin', '2026-01-01 00:00:00')"
        )
        assert ticks.alert(session, "sending", "Telegram refuses the token", NOW)
        assert not ticks.alert(session, "sending", "Telegram refuses the token", NOW)
        (told,) = ticks.open_alerts(session)
        ticks.acknowledge(session, told.id, 1, NOW)
        assert ticks.alert(session, "sending", "Telegram refuses the token", NOW)


def test_settings_are_kept(database):
    with database.transaction() as session:
        assert settings.get(session, "demo") is None
        settings.put(session, "demo", "1")
        settings.put(session, "demo", "2")
    with database.reading() as session:
        assert settings.get(session, "demo") == "2"


# --- peer work


def test_one_request_is_open_at_a_time(database):
    with database.transaction() as session:
        participant(session, "anna")
        assert contacts.ask(session, "anna", origin="asked", now=NOW)
        assert not contacts.ask(session, "anna", origin="offered", now=NOW)


# --- audit


def test_the_audit_chain_holds(database):
    with database.transaction() as session:
        assert audit.verify(session) is None
        for number in range(5):
            audit.append(session, NOW, "staff:1", "saw", f"study:{number}")
        assert audit.verify(session) is None


@pytest.mark.parametrize(
    ("statement", "first_broken"),
    [
        (AUDIT.update().where(AUDIT.c.id == 3).values(subject="study:9"), 3),
        (AUDIT.update().where(AUDIT.c.id == 3).values(at=NOW + HOUR), 3),
        (AUDIT.delete().where(AUDIT.c.id == 3), 4),
        (AUDIT.delete().where(AUDIT.c.id == 1), 2),
        (AUDIT.update().where(AUDIT.c.id == 3).values(hash="0" * 64), 3),
    ],
    ids=["changed", "moved in time", "removed", "beginning removed", "hash changed"],
)
def test_what_is_changed_breaks_the_chain(database, statement, first_broken):
    with database.transaction() as session:
        for number in range(5):
            audit.append(session, NOW, "staff:1", "saw", f"study:{number}")
        session.execute(statement)
        assert audit.verify(session) == first_broken
