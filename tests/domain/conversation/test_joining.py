"""Joining: short screens, consent for each purpose, and a no that costs nothing."""

from datetime import time

from ema.domain.conversation import effects as fx
from tests.domain.conversation.talk import PROTOCOL, Talk


def read_to_the_age_question(talk: Talk) -> None:
    talk.press("English")
    for _ in PROTOCOL.consent.screens:
        talk.press("Next")


def agree(talk: Talk) -> None:
    read_to_the_age_question(talk)
    for yes in ("Yes", "Yes", "Yes, I want to take part", "Yes"):
        talk.press(yes)


def test_she_reads_agrees_picks_hours_and_a_place_and_is_in():
    talk = Talk.joining()
    agree(talk)
    assert fx.Consented("health_data", given=True) in talk.done
    label = PROTOCOL.hours.presets["nights"].label.say("en")
    talk.press(label)
    assert talk.situation.preset == "nights"
    talk.press("London")
    assert fx.Join() in talk.done
    assert talk.situation.standing == "active"
    talk.press("Try one now")
    assert talk.text.startswith("7 short questions")


def test_consent_is_asked_for_each_purpose_and_no_keeps_nothing():
    for answers in (["Yes", "Yes", "No"], ["Yes", "Yes", "Yes, I want to take part", "No"]):
        talk = Talk.joining()
        read_to_the_age_question(talk)
        for answer in answers:
            talk.press(answer)
        talk.press("No, thank you")
        assert talk.left == "declined"


def test_under_18_sees_help_and_nothing_is_kept():
    talk = Talk.joining()
    read_to_the_age_question(talk)
    talk.press("No")
    assert talk.left == "declined"
    assert "999" in talk.text


def test_not_alone_now_waits_without_a_word_more():
    talk = Talk.joining()
    read_to_the_age_question(talk)
    talk.press("Yes")
    talk.press("Later")
    assert "until you are ready" in talk.text
    talk.press("Go on")
    assert talk.state.place == "join.alone"


def test_a_detour_to_help_comes_back_to_where_she_was():
    talk = Talk.joining()
    talk.press("English")
    talk.press("Next")
    before = talk.text
    talk.command("help")
    assert "999" in talk.text
    talk.press("Carry on")
    assert talk.text == before


def test_nobody_joins_by_a_forged_button_without_consent():
    talk = Talk.joining()
    agreed = Talk.joining()
    agree(agreed)
    for forged in agreed.buttons.values():
        talk.tap(forged)
    talk.command("times")
    talk.command("timezone")
    talk.type("London")
    assert fx.Join() not in talk.done
    assert talk.situation.standing == "joining"


def test_own_hours_keep_five_hours_apart_and_one_study_day():
    talk = Talk.joining()
    agree(talk)
    talk.press("My own hours")
    talk.press("22:00")
    assert "00:00" not in talk.buttons
    assert "19:00" not in talk.buttons
    talk.press("04:00")
    windows = talk.situation.preferences.windows
    assert [window.start for window in windows.values()] == [time(22), time(4)]
    talk.type("lisbon")
    assert talk.situation.preferences.timezone == "Europe/Lisbon"
    assert talk.situation.standing == "active"


def test_a_place_that_does_not_exist_is_asked_again_kindly():
    talk = Talk.joining()
    agree(talk)
    talk.press(PROTOCOL.hours.presets["nights"].label.say("en"))
    talk.type("Atlantis")
    assert "No place of that name" in talk.text
    assert talk.situation.standing == "joining"
