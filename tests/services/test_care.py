"""Care rules carried out: gentle words after low scores, in the chat and on a page, and nothing that says why."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from ema.domain.care import Care
from ema.store.rows import table_of
from ema.store.sealed import care
from ema.store.tables import Care as Row
from ema.store.tables import Contact
from tests.services.hers import answered, copies, reached
from tests.services.test_whole import hand_in, page
from tests.services.world import SMALL

GENTLE = "Some days are hard. You do not have to be on your own with that."
LOW = Care.model_validate({"low_scores": [{"score": "wb_state", "at_most": 2}]})


@pytest.fixture
def world(make_world):
    return make_world(SMALL.model_copy(update={"care": LOW}))


def rows(world, model):
    with world.database.reading() as session:
        return session.execute(select(table_of(model))).all()


def names(someone):
    with someone.world.database.reading() as session:
        return [one.rule for one in care.of_participant(session, someone.world.vault.person(someone.id))]


def test_after_two_low_check_ins_gentle_words_follow_the_thanks(world, anna):
    answered(anna, "1")
    assert GENTLE not in anna.last.text
    answered(anna, "1")
    assert anna.last.text.startswith("Thank you. That’s all for now.")
    assert GENTLE in anna.last.text
    assert {"Yes, please", "Not now", "Help"} <= set(anna.last.labels)
    assert names(anna) == ["low_scores.wb_state"]


def test_they_ask_for_a_person_as_any_request_does(world, anna):
    answered(anna, "1", "1")
    anna.tap("Yes, please")
    assert "It is noted." in anna.last.text
    (asked,) = rows(world, Contact)
    assert (asked.participant_id, asked.state, asked.origin) == (anna.id, "open", "offered")


def test_not_now_is_as_easy_and_asks_for_nobody(world, anna):
    answered(anna, "1", "1")
    anna.tap("Not now")
    assert rows(world, Contact) == []
    assert "Help" in anna.last.labels


def test_they_come_once_a_week_at_most(world, anna):
    answered(anna, "1", "1")
    first = world.now
    while names(anna) == ["low_scores.wb_state"]:
        answered(anna, "1")
    assert world.now - first >= timedelta(days=7)
    assert world.now - first < timedelta(days=8)


def test_a_better_one_between_begins_anew(world, anna):
    answered(anna, "1", "5", "1")
    assert names(anna) == []
    assert GENTLE not in "".join(anna.texts)


def test_what_was_left_out_says_nothing_either_way(world, anna):
    answered(anna, "1")
    reached(anna)
    anna.answer("Skip this one")
    assert names(anna) == []
    answered(anna, "1")
    assert names(anna) == ["low_scores.wb_state"]


def test_a_page_ends_with_the_same_words(world, anna):
    answered(anna, "1")
    reached(anna)
    anna.tap("Start")
    asked = page(anna)
    saved = hand_in(anna, asked.prompt, {one.item: 1 for one in asked.questions})
    assert saved.then == "care.words"
    assert GENTLE in anna.last.text
    assert names(anna) == ["low_scores.wb_state"]


def test_the_row_names_no_rule_and_her_copy_does(world, anna):
    answered(anna, "1", "1")
    (row,) = rows(world, Row)
    assert b"wb_state" not in row.rule_sealed
    assert (row.state, row.due_at, row.staff_id) == ("said", None, None)
    assert "low_scores.wb_state" in copies(world, anna)["copy.json"]


def test_without_rules_nothing_is_looked_at(make_world):
    world = make_world()
    anna = world.joined("Anna")
    answered(anna, "1", "1")
    assert rows(world, Row) == []
    assert anna.last.text.startswith("Thank you. That’s all for now.")


def test_who_wants_an_empty_chat_at_once_still_reads_them_and_then_they_go(world, anna):
    answered(anna, "1")
    anna.write("/notes")
    anna.tap("When it leaves this chat", "At once")
    answered(anna, "1")
    assert GENTLE in anna.last.text
    world.wait(hours=1)
    assert GENTLE not in "".join(anna.texts)
