"""One named worker: she is told who it is, may have somebody else, and a request never waits for who is off."""

import json
import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from ema.domain.days_off import WEEKDAYS
from ema.services import engagement, staff, withdraw, workers
from ema.services.signin import Signed
from ema.store import audit, participants
from ema.store.participants import NoSuchParticipant
from ema.store.rows import table_of
from ema.store.tables import Enrolment
from tests.services.hers import copies
from tests.services.world import leads_to


def works(world, name, role="peer"):
    return Signed(staff.add(world.here, name, role), name, role)


@pytest.fixture
def ana(world):
    return works(world, "Ana")


@pytest.fixture
def bo(world):
    return works(world, "Bo")


def take(world, someone, worker):
    workers.give(world.here, someone.id, worker.id, None, worker)


def seen(world, someone, by):
    """As this worker sees her."""
    return next(one for one in engagement.everybody(world.here, by) if one.participant == someone.id)


def told(world, someone):
    """When she was sent a note that leads to who is there for her."""
    return [call for call in world.sent(chat_id=someone.phone.id) if leads_to(call, "go|yours")]


def row(world, someone):
    with world.database.reading() as session:
        return participants.get(session, someone.id)


def test_she_is_told_who_it_is_by_a_note_that_names_nobody(world, anna, ana):
    take(world, anna, ana)
    world.rest()
    assert told(world, anna) == [], "not at once, but when her next hours begin"
    world.wait(hours=4)
    (note,) = told(world, anna)
    assert note.params["text"] == "You have a note."
    assert note.params["disable_notification"]
    anna.tap("Have a look")
    assert "Your worker is Ana from now on." in "\n".join(anna.texts)
    assert "No reason is needed." in "\n".join(anna.texts)


def test_a_handover_is_told_and_what_she_reads_is_who_it_is_by_then(world, anna, ana, bo):
    take(world, anna, ana)
    workers.give(world.here, anna.id, bo.id, ana.id, ana)
    world.wait(hours=4)
    assert len(told(world, anna)) == 1, "one note, however often it changed before"
    anna.tap("Have a look")
    assert "Your worker is Bo from now on." in "\n".join(anna.texts)
    workers.give(world.here, anna.id, ana.id, bo.id, bo)
    world.wait(hours=24)
    assert len(told(world, anna)) == 2


def test_it_is_told_although_she_wrote_meanwhile_and_after_a_pause(world, anna, ana):
    take(world, anna, ana)
    anna.write("/pause")
    anna.tap("3 days")
    world.wait(days=2)
    assert told(world, anna) == []
    world.wait(days=3)
    assert len(told(world, anna)) == 1


def test_one_tap_and_she_has_nobody_with_no_reason_asked(world, anna, ana, bo):
    take(world, anna, ana)
    world.wait(hours=4)
    anna.tap("Have a look", "Someone else, please")
    assert "All right." in "\n".join(anna.texts)
    hers = seen(world, anna, bo)
    assert (hers.whose, hers.has, hers.other, hers.at_hand) == ("nobody", "", True, True)
    with pytest.raises(workers.NotNow, match="somebody else than Ana"):
        take(world, anna, ana)
    take(world, anna, bo)
    assert (seen(world, anna, bo).whose, seen(world, anna, bo).other) == ("yours", False)
    with pytest.raises(workers.NotNow, match="somebody else than Ana"):
        workers.give(world.here, anna.id, ana.id, bo.id, bo)


def test_an_old_button_refuses_nobody_else(world, anna, ana, bo):
    take(world, anna, ana)
    world.wait(hours=4)
    anna.tap("Have a look")
    workers.give(world.here, anna.id, bo.id, ana.id, ana)
    anna.tap("Someone else, please")
    assert row(world, anna).worker_id == bo.id
    assert "Your worker is Bo from now on." in "\n".join(anna.texts)


def test_where_she_asks_she_reads_her_workers_name(world, anna, ana):
    anna.write("/contact")
    assert "Ana" not in anna.last.text
    assert "Someone else, please" not in anna.last.labels
    take(world, anna, ana)
    anna.write("/contact")
    assert "Your worker is Ana." in anna.last.text
    anna.tap("Someone else, please", "Someone else, please")
    assert row(world, anna).worker_id is None
    anna.write("/contact")
    assert "Ana" not in anna.last.text


def test_who_is_off_is_said_and_her_peoples_requests_are_everybodys(world, anna, ana, bo):
    take(world, anna, ana)
    anna.write("/contact")
    anna.tap("Yes, please")
    assert not seen(world, anna, bo).at_hand
    today = world.now.date()
    for day in (WEEKDAYS[today.weekday()], today.isoformat()):
        workers.set_days_off(world.here, [day], ana)
        assert (seen(world, anna, bo).off, seen(world, anna, bo).at_hand) == (True, True)
        anna.write("/contact")
        assert "Ana is off today. Someone else may answer." in anna.last.text
    world.wait(days=1)
    assert (seen(world, anna, bo).off, seen(world, anna, bo).at_hand) == (False, False)


def test_it_is_the_date_where_she_is(world, ana, bo):
    """Monday noon in London is Monday evening in Kathmandu; seven hours later it is Tuesday there alone."""
    here, there = world.joined("Anna"), world.joined("Bea", place="Kathmandu")
    for someone in (here, there):
        take(world, someone, ana)
    tomorrow = world.now.date() + timedelta(days=1)
    workers.set_days_off(world.here, [tomorrow.isoformat()], ana)
    world.clock.move_to(world.now + timedelta(hours=7))
    assert [seen(world, someone, bo).off for someone in (here, there)] == [False, True]


def test_two_who_take_her_at_once_and_one_has_her(world, anna, ana, bo):
    said = []

    def grab(worker):
        try:
            take(world, anna, worker)
        except workers.NotNow as refused:
            said.append(str(refused))

    both = [threading.Thread(target=grab, args=[worker]) for worker in (ana, bo)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    has = row(world, anna).worker_id
    assert has in {ana.id, bo.id}
    name = {ana.id: "Ana", bo.id: "Bo"}[has]
    assert said == [f"Meanwhile {anna.id} has {name}. Nothing was changed. Please look again."]
    with world.database.reading() as session:
        assert [one.action for one in audit.newest(session)].count("took on") == 1


def test_two_taken_at_once_are_not_one_too_many(world, ana):
    full(world, most=1)
    people, said = [world.joined("Anna"), world.joined("Bea")], []

    def grab(someone):
        try:
            take(world, someone, ana)
        except workers.NotNow as refused:
            said.append(str(refused))

    both = [threading.Thread(target=grab, args=[someone]) for someone in people]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert said == ["Ana has as many people as one worker may have (1). Please choose somebody else."]
    assert sum(row(world, someone).worker_id == ana.id for someone in people) == 1


def full(world, most):
    object.__setattr__(world.here, "settings", world.here.settings.model_copy(update={"caseload": most}))


def test_a_cap_counts_only_those_whose_part_is_not_over(world, ana, bo):
    full(world, most=1)
    anna, bea = world.joined("Anna"), world.joined("Bea")
    take(world, anna, ana)
    with pytest.raises(workers.NotNow, match="as many people as one worker may have"):
        workers.give(world.here, bea.id, ana.id, None, bo)
    anna.write("/stop")
    anna.tap("Stop, and keep what I gave")
    take(world, bea, ana)
    cleo = world.joined("Cleo")
    full(world, most=0)
    take(world, cleo, ana)
    assert {one.name: one.people for one in workers.everybody(world.here)} == {"Ana": 2, "Bo": 0}
    with world.database.transaction() as session:
        hers = table_of(Enrolment).c.participant_id == cleo.id
        session.execute(update(table_of(Enrolment)).where(hers).values(ended_at=world.now, end_reason="completed"))
    assert {one.name: one.people for one in workers.everybody(world.here)} == {"Ana": 1, "Bo": 0}


def test_whoever_leaves_the_work_leaves_nobody_waiting(world, anna, ana, bo):
    take(world, anna, ana)
    staff.disable(world.here, ana.id, "staff:9")
    assert (seen(world, anna, bo).whose, seen(world, anna, bo).has) == ("nobody", "")
    anna.write("/contact")
    assert "Ana" not in anna.last.text
    take(world, anna, bo)
    assert seen(world, anna, bo).whose == "yours"


def test_only_peer_workers_are_there_for_anybody(world, anna, ana):
    researcher = works(world, "Robin", "researcher")
    for nobody in (researcher.id, 999):
        with pytest.raises(workers.NotAWorker):
            workers.give(world.here, anna.id, nobody, None, ana)
    with pytest.raises(NoSuchParticipant):
        workers.give(world.here, "P-nobody", ana.id, None, ana)


def test_who_asks_while_joining_can_have_somebody_and_reads_it_where_she_asks(world, ana):
    bea = world.phone("Bea")
    bea.start(world.invite()[0])
    bea.write("/contact")
    bea.tap("Yes, please")
    take(world, bea, ana)
    world.wait(days=1)
    assert told(world, bea) == []
    bea.write("/contact")
    assert "Your worker is Ana." in bea.last.text


def test_it_is_in_her_copy_in_the_audit_and_gone_with_her(world, anna, ana):
    take(world, anna, ana)
    files = copies(world, anna)
    assert json.loads(files["copy.json"])["held"]["participant"][0]["worker_id"] == ana.id
    assert "Your worker is Ana." in files["copy.html"]
    anna.write("/contact")
    anna.tap("Someone else, please", "Someone else, please")
    assert "You asked for someone else as your worker." in copies(world, anna)["copy.html"]
    workers.set_days_off(world.here, ["Sunday"], ana)
    with world.database.reading() as session:
        said = {(one.actor, one.action) for one in audit.newest(session)}
        assert audit.verify(session) is None
    assert {
        (ana.actor, "took on"),
        ("participant", "would like somebody else"),
        (ana.actor, "set days off"),
    } <= said
    withdraw.erase(world.here, anna.id, why="erased")
    assert world.rows("participant") == []
