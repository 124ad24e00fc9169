"""A check-in: one tap a question, every way through it, and taps that come late, twice or out of order."""

from dataclasses import replace
from datetime import time, timedelta

from ema.domain import conversation
from ema.domain.conversation import effects as fx
from ema.domain.schedules.base import Window
from ema.domain.screen import Action
from tests.domain.conversation.talk import Talk

ITEMS = ["wb_mood", "wb_calm", "se_satisfied", "se_worth", "se_positive", "wb_connected", "wb_energy"]


def started() -> tuple[Talk, int]:
    talk = Talk.active()
    prompt = talk.note()
    talk.tap(Action("start", prompt=prompt.id))
    return talk, prompt.id


def records(effects: list[fx.Effect]) -> list[fx.Record]:
    return [effect for effect in effects if isinstance(effect, fx.Record)]


def finished(effects: list[fx.Effect]) -> list[int]:
    return [effect.prompt for effect in effects if isinstance(effect, fx.Finish)]


def test_seven_questions_take_eight_taps():
    talk, prompt = started()
    assert talk.done[0] == fx.Begin(prompt)
    assert "7 short questions" in talk.text
    given = [records(talk.press("5"))[0] for _ in ITEMS]
    assert [(record.item, record.place, record.value) for record in given] == [
        (item, place, 5) for place, item in enumerate(ITEMS, 1)
    ]
    assert finished(talk.done) == [prompt]
    assert talk.text.startswith("Thank you.")


def test_skip_and_prefer_not_to_say_are_different_and_both_fine():
    talk, _ = started()
    assert records(talk.press("Skip this one"))[0].status == "skipped"
    assert records(talk.press("Prefer not to say"))[0].status == "prefer_not"


def test_the_same_tap_twice_does_nothing():
    talk, _ = started()
    tap = talk.buttons["3"]
    talk.tap(tap)
    talk.tap(tap)
    assert not records(talk.done)
    assert talk.state.run is not None
    assert talk.state.run.at == 1


def test_another_value_on_an_old_keyboard_changes_that_item_never_the_next():
    talk, _ = started()
    old = talk.buttons["4"]
    talk.press("3")
    (record,) = records(talk.tap(old))
    assert (record.item, record.revision, record.value) == ("wb_mood", 2, 4)
    assert talk.state.run is not None
    assert talk.state.run.at == 1


def test_back_changes_an_answer_and_goes_on():
    talk, _ = started()
    talk.press("3")
    talk.press("Back")
    (record,) = records(talk.press("6"))
    assert (record.item, record.revision, record.value) == ("wb_mood", 2, 6)
    assert "2 of 7" in talk.text


def test_a_question_not_yet_reached_cannot_be_answered():
    talk, prompt = started()
    talk.tap(Action("answer", "5", prompt=prompt, item="wb_energy", revision=1))
    assert not records(talk.done)


def test_leaving_in_the_middle_and_coming_back_goes_on_where_she_was():
    talk, prompt = started()
    talk.press("3")
    talk.press("Stop here")
    assert "What you gave is kept" in talk.text
    talk.tap(Action("start", prompt=prompt))
    assert "2 of 7" in talk.text


def test_a_newer_check_in_parks_the_older_one():
    talk, first = started()
    talk.press("3")
    second = talk.note()
    talk.tap(Action("start", prompt=second.id))
    assert "7 short questions" in talk.text
    talk.tap(Action("start", prompt=first))
    assert "2 of 7" in talk.text


def test_start_closes_with_the_window_and_a_started_one_has_half_an_hour_more():
    talk, prompt = started()
    talk.press("3")
    talk.wait(hours=4, minutes=29)
    assert records(talk.press("4"))
    talk.wait(minutes=1)
    talk.tap(Action("answer", "4", prompt=prompt, item="se_satisfied", revision=1))
    assert not records(talk.done)
    assert "Check in now?" in talk.text


def test_starting_a_closed_one_offers_a_check_in():
    talk = Talk.active()
    prompt = talk.note()
    talk.wait(hours=4)
    talk.tap(Action("start", prompt=prompt.id))
    assert not any(isinstance(effect, fx.Begin) for effect in talk.done)
    talk.press("Check in now")
    assert "7 short questions" in talk.text


def test_later_brings_one_note_in_an_hour():
    talk = Talk.active()
    prompt = talk.note()
    talk.tap(Action("later", prompt=prompt.id))
    assert fx.Snooze(prompt.id, talk.situation.now + timedelta(hours=1), prompt.expires_at) in talk.done
    assert "until 17:00" in talk.text  # London, summer time
    talk.press("Start")
    assert "7 short questions" in talk.text


def test_later_promises_no_note_in_her_quiet_hours():
    talk = Talk.active()
    quiet = (Window(start=time(13, 30), end=time(16)),)  # an hour from now lies in them
    talk.situation = replace(talk.situation, preferences=replace(talk.situation.preferences, quiet=quiet))
    talk.tap(Action("later", prompt=talk.note().id))
    assert talk.text == "Fine. You can start any time until 17:00."


def test_skip_on_the_note_is_thanked():
    talk = Talk.active()
    prompt = talk.note()
    talk.tap(Action("decline", prompt=prompt.id))
    assert fx.Decline(prompt.id) in talk.done
    assert "Thank you" in talk.text


def test_the_last_question_tapped_twice_stays_with_the_thanks():
    talk, _ = started()
    for _ in ITEMS[:-1]:
        talk.press("5")
    last = talk.buttons["5"]
    talk.tap(last)
    talk.tap(last)
    assert talk.text.startswith("Thank you.")


def test_an_answer_can_lead_somewhere():
    talk = Talk.active()
    prompt = talk.note("still_ok")
    talk.tap(Action("start", prompt=prompt.id))
    label = next(label for label in talk.buttons if "time" in label.lower())
    talk.press(label)
    assert finished(talk.done) == [prompt.id]
    assert talk.state.place == "times"


def test_a_screen_is_the_same_however_often_it_is_shown():
    talk, _ = started()
    assert conversation.view(talk.state, talk.situation) == conversation.view(talk.state, talk.situation)
