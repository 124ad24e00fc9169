"""/me: her own answers as a picture, from the command to what stands on her phone."""

import logging
import re

import pytest
import structlog

from bot.sandbox import Fault
from ema.services import study
from tests.services.hers import answered, charts, files, reached
from tests.services.world import only, variant

MOST_WORDS = 1024
"""Telegram's limit for what stands under a picture."""


@pytest.fixture
def world(make_world):
    return make_world(charts("se_state"))


def test_her_picture_comes_covered_silent_and_with_the_words_of_any_note(world, anna):
    answered(anna, "2", "3", "4", "4", "5", "6")
    anna.phone.send("/me")
    world.rest()
    (call,) = world.sent("sendPhoto")
    assert call.params["caption"] == "You have a note."
    assert (call.params["has_spoiler"], call.params["disable_notification"], call.params["protect_content"]) == (
        True,
        True,
        True,
    )
    assert call.params["photo"].name == "picture.png"
    (message,) = files(anna)
    assert message.text == (
        "From 6 sets so far. Lowest 2, highest 6. At least half are from 3 to 5. They can go from 1 to 7."
    )
    body = call.params["photo"].content
    assert body.startswith(b"\x89PNG")
    assert "The picture comes now. It goes from this chat after 10 minutes." in anna.last.text
    assert "/me" not in [one.text for one in anna.phone.messages()]


def test_it_goes_after_ten_minutes(world, anna):
    answered(anna, *"34454")
    anna.write("/me")
    world.wait(minutes=9)
    assert len(files(anna)) == 1
    world.wait(minutes=2)
    assert files(anna) == []


def test_it_goes_at_once_when_she_hides_the_chat(world, anna):
    answered(anna, *"34454")
    anna.write("/me")
    anna.tap("Hide this chat")
    assert anna.phone.messages() == []


def test_too_few_answers_are_said_and_nothing_is_drawn(world, anna):
    answered(anna, *"3445")
    anna.write("/me")
    assert "A picture takes 5 sets with answers. So far there are: 4." in anna.last.text
    assert world.sent("sendPhoto") == []


def test_a_practice_set_does_not_count(make_world):
    world = make_world(charts("se_state"))
    anna = world.phone("Anna")
    anna.join(world.invite()[0], practice="Try one now")
    anna.tap(*["7"] * 7)
    anna.write("/me")
    assert "So far there are: 0." in anna.last.text


def test_a_study_that_shows_her_none_says_so(make_world):
    world = make_world(only(variant(chart={}), "checkin"))
    anna = world.joined("Anna")
    answered(anna, *"34454")
    anna.write("/me")
    assert "There is no picture to show here." in anna.last.text
    assert world.sent("sendPhoto") == []


def test_in_the_middle_of_a_question_the_question_stays(world, anna):
    answered(anna, *"34454")
    reached(anna)
    anna.tap("Start", "3", "4")
    anna.write("/me")
    assert "3 of 7" in anna.last.text
    assert len(files(anna)) == 1
    anna.tap("5")
    assert "4 of 7" in anna.last.text


def test_two_scores_have_numbers_and_the_words_no_names(make_world):
    world = make_world(charts("wb_state", "se_state"))
    anna = world.joined("Anna")
    answered(anna, *"112267")
    anna.tap("Menu", "My answers as a picture")
    (message,) = files(anna)
    assert re.fullmatch(r"Number 1: From 6 sets so far\. .+\n\nNumber 2: From 6 sets so far\. .+", message.text)
    assert len(message.text) < MOST_WORDS
    assert not re.search(r"feel|yourself|esteem|mood|being", message.text)


def test_a_picture_that_could_not_be_sent_comes_with_the_next_try(world, anna):
    answered(anna, *"34454")
    world.sandbox.faults.add(Fault(method="sendPhoto", code=502))
    anna.write("/me")
    assert files(anna) == []
    world.wait(minutes=1)
    assert len(files(anna)) == 1


def test_an_order_that_could_not_be_done_in_time_is_dropped(world, anna):
    """By then somebody else may hold the phone."""
    answered(anna, *"34454")
    world.sandbox.faults.add(Fault(method="sendPhoto", code=502, times=None))
    anna.write("/me")
    world.wait(minutes=11)
    world.sandbox.faults.clear()
    world.wait(hours=1)
    assert files(anna) == []


def test_who_has_stopped_may_still_see_and_take_what_is_hers(world, anna):
    answered(anna, *"34454")
    anna.write("/stop")
    anna.tap("Stop, and keep what I gave")
    anna.write("/me")
    anna.write("/mydata")
    anna.tap("Yes, send it")
    assert len(files(anna)) == 3


@pytest.mark.parametrize("sent", [False, True], ids=["before it is sent", "before its words are"])
def test_a_study_that_stops_showing_it_meanwhile_stops_it_and_nothing_else(world, anna, sent):
    answered(anna, *"34454")
    fault = {"method": "editMessageCaption"} if sent else {"method": "sendPhoto"}
    world.sandbox.faults.add(Fault(code=502, **fault))
    anna.write("/me")
    newer = charts().model_copy(update={"version": world.protocol.version + 1})
    study.load(world.here, newer)
    study.move_on(world.here, world.study)
    world.wait(minutes=5)
    assert len(files(anna)) == sent
    anna.write("/help")
    assert "999" in anna.last.text
    world.wait(minutes=6)
    assert files(anna) == []
    assert world.rows("alert") == []


def test_one_that_was_made_too_slowly_is_not_sent_while_its_lease_could_end(world, anna, monkeypatch):
    answered(anna, *"34454")
    with monkeypatch.context() as patch:
        patch.setattr("ema.sender.FILE_SECONDS", 61)
        anna.write("/me")
        assert files(anna) == []
    world.wait(minutes=1)
    assert len(files(anna)) == 1


@pytest.fixture
def logged(caplog, capfd):
    caplog.set_level(logging.INFO)
    with structlog.testing.capture_logs() as lines:
        yield lambda: "\n".join([*map(repr, lines), caplog.text, *capfd.readouterr()])


def test_what_can_not_be_made_is_told_to_staff_without_a_word_of_hers(world, anna, logged, monkeypatch):
    answered(anna, *"34454")

    def broken(*_):
        raise ValueError(f"{anna.address} 3 4 4 5 4")

    monkeypatch.setattr("ema.services.own_course.drawn", broken)
    anna.write("/me")
    (alert,) = world.rows("alert")
    assert (alert.kind, alert.summary) == ("message_refused", "A picture was refused: ValueError")
    assert anna.address not in logged()
    anna.tap("Check in now")
    assert "1" in anna.last.labels, "and everything else goes on"


def test_what_can_not_be_sent_holds_up_nothing_else(world, anna):
    """A retry holds its chat back; but help does not wait for a picture."""
    answered(anna, *"34454")
    world.sandbox.faults.add(Fault(method="sendPhoto", code=502, times=None))
    anna.write("/me")
    anna.write("/help")
    assert "999" in anna.last.text


@pytest.mark.parametrize("order", ["/me", "/mydata"])
def test_what_may_have_arrived_is_not_sent_again(world, anna, order):
    """Nobody knows the number of that message, so it could not be removed."""
    answered(anna, *"34454")
    world.sandbox.faults.add(Fault(method="sendPhoto", kind="reset", when="after", times=None))
    world.sandbox.faults.add(Fault(method="sendDocument", kind="reset", when="after", times=None))
    anna.write(order)
    if order == "/mydata":
        anna.tap("Yes, send it")
    world.wait(minutes=5)
    assert len(files(anna)) == {"/me": 1, "/mydata": 2}[order]


def test_a_stranger_is_told_how_to_get_in_and_nothing_of_her_is_stored(world):
    stranger = world.phone("Somebody")
    stranger.start()
    for command in ("/me", "/mydata"):
        stranger.write(command)
    assert files(stranger) == []
    assert world.vault.keystore.participant_ids() == set()
