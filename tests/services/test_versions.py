"""A new version of a running study: what was sent stays under the old one, and only what is still to come moves."""

from datetime import timedelta

import pytest

from ema.domain.localised import Localised
from ema.services import study
from ema.services.study import CannotMove
from tests.domain.conversation.sets import with_checkin
from tests.services.world import SMALL

OLD = with_checkin(SMALL, '[{id: wb, type: rating, text: "How are you?", low: bad, high: good}]')
NEW = with_checkin(SMALL, '[{id: busy, type: yes_no, text: "Busy?"}]').model_copy(update={"version": OLD.version + 1})


@pytest.fixture
def world(make_world):
    return make_world(OLD)


def load_and_move(world, protocol=NEW):
    study.load(world.here, protocol)
    moved = study.move_on(world.here, world.study)
    world.rest()
    return moved


def test_prompts_to_come_are_asked_the_new_way(world):
    anna = world.joined()
    assert load_and_move(world) == 1
    world.until(anna.checkins()[0].due_at)
    anna.tap("Start")
    assert "Busy?" in anna.last.text
    assert anna.checkins()[0].protocol_version == NEW.version


def test_what_was_sent_is_asked_and_stored_as_it_was_planned(world):
    anna = world.joined()
    world.until(anna.checkins()[0].due_at)
    load_and_move(world)
    anna.tap("Start")
    assert "How are you?" in anna.last.text
    anna.tap("5")
    first, second = anna.checkins()[:2]
    assert (first.state, first.protocol_version, second.protocol_version) == ("completed", OLD.version, NEW.version)


def test_a_check_in_that_is_under_way_goes_on_and_expires_as_it_was(world):
    anna = world.joined()
    world.until(anna.checkins()[0].due_at)
    anna.tap("Start")
    load_and_move(world)
    assert "How are you?" in anna.last.text
    world.until(anna.checkins()[1].due_at)
    assert anna.checkins()[0].state == "partial"


def test_nothing_doubles_and_nothing_is_lost(world):
    anna = world.joined()
    world.until(anna.checkins()[0].due_at)
    before = [(one.slot_key, one.due_at) for one in anna.checkins()]
    load_and_move(world)
    assert [(one.slot_key, one.due_at) for one in anna.checkins()] == before
    assert study.move_on(world.here, world.study) == 0


def test_a_schedule_that_ends_earlier_cancels_what_it_no_longer_has(world):
    anna = world.joined()
    checkin = OLD.schedule("checkin").model_copy(update={"last_day": 1})
    load_and_move(world, NEW.model_copy(update={"schedules": (checkin,)}))
    world.wait(days=3)
    states = [(one.study_day, one.state, one.reason) for one in anna.checkins()]
    assert {(state, reason) for day, state, reason in states if day > 1} == {("cancelled", "replanned")}
    assert len(anna.notes()) == 2 + 2  # two notes of day 1, each with its reminder


def test_new_words_of_consent_need_her_yes_first(world):
    world.joined()
    consent = OLD.consent.model_copy(update={"version": "2", "health_data": Localised("Something else?")})
    with pytest.raises(CannotMove, match="words of consent have changed"):
        load_and_move(world, NEW.model_copy(update={"consent": consent}))


def test_who_joins_later_joins_the_newest(world):
    study.load(world.here, NEW)
    anna = world.joined()
    assert anna.checkins()[0].due_at > world.now - timedelta(days=1)
    assert {one.protocol_version for one in anna.checkins()} == {NEW.version}
