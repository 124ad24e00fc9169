"""A page for a service, as the dialogue makes it: nothing goes out before she has seen it and said so."""

from datetime import timedelta

import pytest

from ema.domain.conversation.effects import LetGo, TakeBack
from ema.domain.screen import Action
from ema.domain.sharing import DAYS
from tests.domain.conversation.talk import Talk


def let_go(talk):
    return [effect for effect in talk.done if isinstance(effect, LetGo | TakeBack)]


def chosen(whom="Lantern clinic"):
    """She has made all choices, and looks at what comes of them."""
    talk = Talk.active()
    talk.command("share")
    for label in ("Make a page", "How to reach me", "How many check-ins, by week", "Next"):
        talk.press(label)
        assert let_go(talk) == []
    talk.type(whom)
    talk.press("For one week")
    assert let_go(talk) == []
    return talk


def test_it_goes_out_with_the_last_tap_and_only_once():
    talk = chosen()
    make = talk.buttons["Make this page"]
    talk.tap(make)
    assert let_go(talk) == [LetGo(("reach", "weeks"), "Lantern clinic", timedelta(days=7))]
    talk.tap(make)
    assert let_go(talk) == []
    assert talk.state.place == "share"


def test_what_is_ticked_can_be_taken_off_and_with_nothing_there_is_no_way_on():
    talk = Talk.active()
    talk.command("share")
    talk.press("Make a page")
    assert "Next" not in talk.buttons
    tick = talk.buttons["How to reach me"]
    for _ in range(2):  # a second tap on an old keyboard
        talk.tap(tick)
        assert "✓ How to reach me" in talk.buttons
    talk.press("✓ How to reach me")
    assert "Next" not in talk.buttons
    talk.tap(Action("set", "share.what=next"))
    assert talk.state.place == "share.what"


@pytest.mark.parametrize("typed", ["x" * 31, "\u202eclinic"])
def test_words_that_do_not_fit_are_asked_for_again(typed):
    talk = Talk.active()
    talk.command("share")
    for label in ("Make a page", "How to reach me", "Next"):
        talk.press(label)
    talk.type(typed)
    assert talk.state.place == "share.whom"
    talk.type("stop")  # here it is a name as good as any other
    assert talk.state.place == "share.until"


def test_a_page_is_begun_anew_each_time():
    talk = chosen()
    talk.command("share")
    talk.press("Make a page")
    assert not [label for label in talk.buttons if "✓" in label]
    talk.tap(Action("set", "share.look=make"))
    assert let_go(talk) == []


def test_an_end_is_for_one_or_for_all():
    talk = Talk.active()
    talk.tap(Action("set", "share=end.3"))
    assert let_go(talk) == [TakeBack(3)]
    talk.tap(Action("set", "share=end"))
    assert let_go(talk) == [TakeBack(None)]
    talk.tap(Action("set", "share=end.x"))
    assert let_go(talk) == []


def test_four_weeks_at_the_most():
    assert sorted(DAYS.values()) == [1, 7, 28]


def test_a_study_without_a_picture_offers_none():
    talk = Talk.active(Talk.active().protocol.model_copy(update={"chart": {}}))
    talk.command("share")
    talk.press("Make a page")
    assert "My answers as a picture" not in talk.buttons
    talk.tap(Action("set", "share.what=+chart"))
    assert "Next" not in talk.buttons


def test_before_joining_there_is_nothing_to_let_go():
    talk = Talk.joining()
    talk.command("share")
    assert talk.state.place == "language"
