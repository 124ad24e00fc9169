"""The slider in the Mini App: the same question, the same record, and the chat goes on."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from ema.services import app
from ema.services.app import Nothing, Question, Saved
from ema.store import participants
from tests.services.sliding import EASE, SLIDING, give, kept, shown, slide
from tests.services.world import BOT_ID


@pytest.fixture
def world(make_world):
    return make_world(SLIDING)


@pytest.fixture
def asked(world, anna):
    """Her first check-in is open, and its first question is on the screen."""
    world.wait(hours=4)
    anna.tap("Start")
    return shown(anna)


def test_it_shows_the_question_of_the_chat_and_the_words_at_both_ends(anna, asked):
    assert isinstance(asked, Question)
    assert (asked.text, asked.low, asked.high) == (EASE.text.say("en"), "Not at all", "Completely")
    assert asked.before == ("3 short questions, about 1 min. Skip any.",)
    assert (asked.item, asked.revision) == ("ease", 1)
    assert asked.text in anna.last.text


def test_it_speaks_her_language(world, anna, asked):
    with world.database.transaction() as session:
        participants.change(session, anna.id, language="es")
    in_spanish = shown(anna)
    assert (in_spanish.language, in_spanish.text, in_spanish.low) == ("es", EASE.text.say("es"), "Nada")


def test_a_place_on_the_slider_is_stored_as_one_and_the_chat_goes_on_in_its_message(anna, asked):
    message = anna.last
    assert give(anna, asked, place=73) == Saved("en")
    assert kept(anna) == [("ease", 1, "answered", "73/100")]
    assert EASE.mode("73/100") == "slider"
    assert anna.last.id == message.id
    assert anna.last.text.startswith("2 of 3")


def test_a_place_in_the_chats_row_is_another_measure(anna, asked):
    anna.tap("7")
    assert kept(anna) == [("ease", 1, "answered", "7/10")]
    assert EASE.mode("7/10") == "row"


@pytest.mark.parametrize(("verb", "status"), [("skip", "skipped"), ("prefer", "prefer_not")])
def test_it_can_be_left_out_as_in_the_chat(anna, asked, verb, status):
    assert give(anna, asked, verb) == Saved("en")
    assert kept(anna) == [("ease", 1, status, None)]
    assert anna.last.text.startswith("2 of 3")


def test_given_twice_it_is_one_answer(world, anna, asked):
    give(anna, asked, place=0)
    before = anna.last.text
    assert give(anna, asked, place=0) == Saved("en")
    assert kept(anna) == [("ease", 1, "answered", "0/100")]
    assert anna.last.text == before


def test_given_twice_at_the_same_moment_it_is_one_answer(anna, asked):
    given = app.Given("answer", 100, asked.prompt, asked.item, asked.revision)
    said = []
    both = [
        threading.Thread(target=lambda: said.append(app.answer(anna.world.here, BOT_ID, anna.address, given)))
        for _ in range(2)
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert said == [Saved("en"), Saved("en")]
    assert kept(anna) == [("ease", 1, "answered", "100/100")]


def test_going_back_and_sliding_elsewhere_is_a_new_revision(anna, asked):
    give(anna, asked, place=73)
    anna.tap("Back")
    assert shown(anna).revision == 2
    slide(anna, 20)
    assert kept(anna) == [("ease", 1, "answered", "73/100"), ("ease", 2, "answered", "20/100")]


def test_the_last_question_ends_the_check_in(anna, asked):
    give(anna, asked, place=73)
    anna.tap("5")
    assert slide(anna, 9) == Saved("en")
    assert anna.checkins()[0].state == "completed"
    assert "Thank you" in anna.last.text
    assert shown(anna) == Nothing("en")
    assert give(anna, replace(asked, item="rest"), place=9) == Saved("en")  # the page was still open: it is there


def test_a_question_of_another_kind_has_no_slider(anna, asked):
    anna.tap("7")
    assert shown(anna) == Nothing("en")
    assert give(anna, replace(asked, item="wb_mood"), place=3) == Nothing("en")
    assert len(kept(anna)) == 1
    assert anna.last.text.startswith("2 of 3")


def test_before_and_between_there_is_nothing_to_do(world, anna):
    assert shown(anna) == Nothing("en")
    assert app.question(world.here, BOT_ID, "12345") == Nothing(None)


def test_a_closed_one_gets_kind_words_and_stores_nothing(world, anna, asked):
    world.clock.move_to(anna.checkins()[0].expires_at + timedelta(hours=12))
    assert shown(anna) == Nothing("en", "closed.note")
    assert give(anna, asked, place=73) == Nothing("en", "closed.note")
    assert kept(anna) == []
    assert "That one has closed" in anna.last.text


def test_after_she_stopped_there_is_nothing_to_do(anna, asked):
    anna.write("/stop")
    anna.tap("Stop, and keep what I gave")
    assert shown(anna) == Nothing("en")
    assert give(anna, asked, place=73) == Nothing("en")
    assert kept(anna) == []


def test_after_she_erased_everything_nobody_is_known(anna, asked):
    anna.write("/stop")
    anna.tap("Stop, and erase everything", "Yes, erase everything")
    assert shown(anna) == Nothing(None)
    assert give(anna, asked, place=73) == Nothing(None)


def test_nobody_answers_for_another(world, anna, asked):
    bea = world.joined("Bea")
    assert isinstance(give(bea, asked, place=73), Nothing)
    assert kept(anna) == kept(bea) == []


def test_after_the_chat_was_cleared_the_next_question_comes_in_a_new_message(world, anna, asked):
    anna.write("/hide")
    assert anna.last is None
    assert give(anna, asked, place=73) == Saved("en")
    assert kept(anna) == [("ease", 1, "answered", "73/100")]
    assert anna.last.text.startswith("2 of 3")
    assert not world.rows("message", message_id=0)
