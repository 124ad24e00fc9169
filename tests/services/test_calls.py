"""An answer that discloses a risk: help at once for her, and a call to whoever is on call, which nobody overlooks."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from ema.domain.care import Care
from ema.services import calls, contact_log, engagement, staff, status
from ema.services.signin import Signed
from ema.store.rows import table_of
from ema.store.tables import Alert, Audit, Contact
from ema.store.tables import Care as Row
from ema.worker import TICKS
from tests.services.hers import reached
from tests.services.test_whole import hand_in, page, with_items
from tests.services.world import BUNDLED

HELP = "Thank you for telling us. You are not on your own."
TOLD = "Someone is on call now. We have asked them to get in touch with you today."
MARKED = [item.model_copy(update={"risk": True}) for item in BUNDLED.questionnaires["checkin"].items[:2]]
ALWAYS = {"days": [1, 2, 3, 4, 5, 6, 7], "start": "09:00", "end": "23:00"}


def study(*on_call, items=MARKED[:1]):
    rules = {"risk_items": [{"item": one.id, "at_least": 6} for one in items], "on_call": on_call or [ALWAYS]}
    return with_items(*items).model_copy(update={"on_call_rota": True, "care": Care.model_validate(rules)})


@pytest.fixture
def world(make_world):
    return make_world(study())


@pytest.fixture
def lead(world):
    return Signed(staff.add(world.here, "Lea", "lead"), "Lea", "lead")


def rows(world, model, **conditions):
    table = table_of(model)
    with world.database.reading() as session:
        return session.execute(select(table).filter_by(**conditions).order_by(table.c.id)).all()


def begun(someone):
    reached(someone)
    someone.tap("Start")


def test_help_stands_before_her_at_once(world, anna):
    begun(anna)
    anna.tap("6")
    assert anna.last.text.startswith(HELP)
    assert "999" in anna.last.text
    assert "Nobody watches" not in anna.last.text
    assert all(line.contact in anna.last.text for line in world.protocol.help_lines)
    assert TOLD in anna.last.text
    assert anna.last.text.endswith("Shall someone call you?")


def test_a_lower_answer_brings_thanks_as_ever(world, anna):
    begun(anna)
    anna.tap("5")
    assert anna.last.text.startswith("Thank you. That’s all for now.")
    assert rows(world, Row) == []


def test_in_the_middle_she_goes_on_from_there_or_not(make_world):
    world = make_world(study(items=MARKED))
    anna = world.joined("Anna")
    begun(anna)
    anna.tap("6")
    assert anna.last.text.startswith(HELP)
    anna.tap("Carry on")
    assert "2 of 2" in anna.last.text
    anna.tap("1")
    assert anna.last.text.startswith("Thank you.")
    assert len(rows(world, Row)) == 1


def test_yes_asks_for_a_person(world, anna):
    begun(anna)
    anna.tap("6", "Yes, please")
    (asked,) = rows(world, Contact)
    assert (asked.participant_id, asked.state) == (anna.id, "open")


def test_a_page_shows_the_same_help(world, anna):
    begun(anna)
    saved = hand_in(anna, page(anna).prompt, {MARKED[0].id: 7})
    assert saved.then == "care.at_once"
    assert anna.last.text.startswith(HELP)
    assert len(rows(world, Row)) == 1


def test_one_that_she_changes_today_counts_too(world, anna):
    begun(anna)
    anna.tap("1")
    anna.write("/edit")
    anna.tap(anna.last.labels[0])
    anna.tap("7")
    assert anna.last.text.startswith(HELP)
    assert len(rows(world, Row, state="open")) == 1


def test_answering_again_in_the_same_check_in_calls_nobody_twice(make_world):
    world = make_world(study(items=MARKED))
    anna = world.joined("Anna")
    begun(anna)
    anna.tap("6", "Carry on", "Back", "7")
    assert anna.last.text.startswith(HELP)
    assert len(rows(world, Row)) == 1


def test_out_of_hours_she_is_told_plainly_and_the_call_waits_for_them(make_world):
    world = make_world(study({"days": [1, 2, 3, 4, 5], "start": "09:00", "end": "10:00"}))
    anna = world.joined("Anna")
    begun(anna)
    anna.tap("6")
    assert "Nobody is on call now. Someone will be there from" in anna.last.text
    assert TOLD not in anna.last.text
    (call,) = rows(world, Row)
    assert (call.state, call.due_at.hour, call.due_at.minute) == ("open", 9, 30)
    assert call.due_at > world.now


def test_the_row_says_neither_what_she_said_nor_to_what(world, anna):
    begun(anna)
    anna.tap("6")
    (call,) = rows(world, Row)
    assert MARKED[0].id.encode() not in call.rule_sealed
    assert call.minutes == 30
    assert call.due_at == call.at + timedelta(minutes=30)


def test_a_peer_worker_reads_to_get_in_touch_today_and_no_more(world, anna, lead):
    begun(anna)
    anna.tap("6")
    (one,) = engagement.everybody(world.here, lead)
    assert (one.participant, one.why, one.check_on) == (anna.id, "Please get in touch today", True)
    contact_log.record(world.here, anna.id, "reached", lead)
    (one,) = engagement.everybody(world.here, lead)
    assert one.why == ""
    assert [call.state for call in rows(world, Row)] == ["seen"]


def test_what_nobody_has_seen_is_raised_again_twice_and_stands_on_the_status_page(world, anna, lead):
    begun(anna)
    anna.tap("6")
    assert on_call(world) == "1 call waits to be seen."
    for times in (1, 2, 2):
        world.clock.move_to(world.now + timedelta(minutes=29))
        before = rows(world, Row)[0].raised
        world.tick()
        assert rows(world, Row)[0].raised == before
        world.clock.move_to(world.now + timedelta(minutes=1))
        world.tick()
        assert rows(world, Row)[0].raised == times
    assert on_call(world) == "1 call waits to be seen. 1 was not seen in time and raised again."
    assert len(rows(world, Alert, kind="call")) == 2
    assert anna.id not in "".join(alert.summary for alert in rows(world, Alert))


def on_call(world):
    return next((line.words for line in status.status(world.here).lines if line.about == "On call"), None)


def test_what_was_seen_is_not_raised_again(world, anna, lead):
    begun(anna)
    anna.tap("6")
    (call,) = calls.listed(world.here, lead)
    assert (call.participant, call.waits, call.raised) == (anna.id, True, 0)
    calls.acknowledge(world.here, call.id, lead)
    world.wait(hours=1)
    (call,) = calls.listed(world.here, lead)
    assert (call.waits, call.raised, call.seen_by) == (False, 0, "Lea")
    assert on_call(world) is None


def test_what_called_is_opened_on_record_only(world, anna, lead):
    begun(anna)
    anna.tap("6")
    (call,) = calls.listed(world.here, lead)
    assert MARKED[0].id not in repr(call)
    assert calls.opened(world.here, call.id, lead) == f"risk_items.{MARKED[0].id}"
    noted = rows(world, Audit)[-1]
    assert noted.action.startswith("broke the glass")
    assert noted.subject == f"participant:{anna.id}"


def test_who_is_erased_leaves_no_call(world, anna, lead):
    begun(anna)
    anna.tap("6")
    (call,) = calls.listed(world.here, lead)
    anna.write("/stop")
    anna.tap(next(label for label in anna.last.labels if "rase" in label))
    anna.tap(next(label for label in anna.last.labels if "rase" in label))
    assert rows(world, Row) == []
    with pytest.raises(calls.NoSuchCall):
        calls.opened(world.here, call.id, lead)


def test_the_clockwork_looks_every_minute():
    (tick,) = [tick for tick in TICKS if tick.name == "calls"]
    assert tick.every == timedelta(minutes=1)
