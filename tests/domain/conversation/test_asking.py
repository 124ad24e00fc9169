"""Every kind of question, in the dialogue: several choices, typed and sent answers, conditions, facts."""

from datetime import timedelta

import pytest

from ema.domain.conversation import effects as fx
from ema.domain.screen import Action
from tests.domain.conversation.sets import with_checkin
from tests.domain.conversation.talk import PROTOCOL, Talk


def started(items: str, known=None, **parts: str) -> tuple[Talk, int]:
    talk = Talk.active(with_checkin(PROTOCOL, items, **parts))
    talk.known = known or {}
    prompt = talk.note()
    talk.tap(Action("start", prompt=prompt.id))
    return talk, prompt.id


def records(effects) -> list[tuple]:
    return [(one.item, one.revision, one.status, one.value) for one in effects if isinstance(one, fx.Record)]


def finished(effects) -> bool:
    return any(isinstance(one, fx.Finish) for one in effects)


WHO = """
- {id: with_whom, type: multiple, text: "Who is with you?", options: [{value: friend, label: Friend}, {value: family, label: Family}, {value: alone, label: Nobody, exclusive: true}]}
- {id: ok, type: yes_no, text: "All right?"}
"""


def test_several_are_ticked_one_by_one_and_each_tick_is_stored():
    talk, _ = started(WHO)
    assert records(talk.press("Friend")) == [("with_whom", 1, "answered", ("friend",))]
    assert "✓ Friend" in talk.buttons
    assert records(talk.press("Family")) == [("with_whom", 2, "answered", ("friend", "family"))]
    assert records(talk.press("✓ Friend")) == [("with_whom", 3, "answered", ("family",))]
    assert records(talk.press("Done")) == []
    assert "All right?" in talk.text


def test_an_exclusive_one_takes_the_others_out():
    talk, _ = started(WHO)
    talk.press("Friend")
    assert records(talk.press("Nobody")) == [("with_whom", 2, "answered", ("alone",))]


def test_a_second_tap_on_an_old_keyboard_takes_nothing_back():
    talk, _ = started(WHO)
    tap = talk.buttons["Friend"]
    talk.tap(tap)
    assert records(talk.tap(tap)) == []
    assert "✓ Friend" in talk.buttons


def test_done_without_any_asks_for_one_and_stays():
    talk, _ = started(WHO)
    done = talk.press("Done")
    assert [one.words.key for one in done if isinstance(one, fx.Toast)] == ["refused.several"]
    assert "Who is with you?" in talk.text


def test_fewer_than_asked_for_are_put_off_until_they_are_enough():
    talk, _ = started(WHO.replace("type: multiple,", "type: multiple, minimum: 2,"))
    assert records(talk.press("Friend")) == [("with_whom", 1, "not_now", None)]
    assert records(talk.press("Family")) == [("with_whom", 2, "answered", ("friend", "family"))]


TYPED = """
- {id: hours, type: number, min: 0, max: 24, decimals: 1, text: "How many hours did you sleep?"}
- {id: up_at, type: time, text: "When did you get up?"}
"""


def test_a_typed_number_is_taken_and_her_message_goes():
    talk, _ = started(TYPED)
    assert "Type a number from 0 to 24." in talk.text
    done = talk.type("7,5")
    assert records(done) == [("hours", 1, "answered", 7.5)]
    assert fx.Forget(2) in done
    assert fx.Show(in_place=True) in done
    assert "When did you get up?" in talk.text


def test_what_can_not_be_read_never_loses_the_question():
    talk, _ = started(TYPED)
    assert records(talk.type("a lot")) == []
    assert "I could not read that as a number" in talk.text
    assert "How many hours did you sleep?" in talk.text
    talk.type("8")
    assert "could not read" not in talk.text


def test_words_while_a_question_has_buttons_leave_it_where_it_is():
    talk, _ = started(WHO)
    talk.type("hello")
    assert "No person reads this chat." in talk.text
    assert "Who is with you?" in talk.text


SENT = """
- {id: say, type: voice, text: "How was it?"}
- {id: where, type: location, decimals: 1, text: "Roughly where are you?"}
- {id: ok, type: yes_no, text: "All right?"}
"""


def test_a_voice_message_is_kept_and_goes_only_when_it_is_fetched():
    talk, prompt = started(SENT)
    done = talk.send("voice", "the-channel's-handle", size=4000)
    media = f"{prompt}-say-1"
    assert done[0] == fx.Keep(media, prompt, "say", "voice", "the-channel's-handle", 2)
    assert records(done) == [("say", 1, "answered", f"media:{media}")]
    assert not [one for one in done if isinstance(one, fx.Forget)]


def test_a_place_is_rounded_before_it_is_anywhere():
    talk, _ = started(SENT)
    talk.press("Skip this one")
    done = talk.send("location", "51.50341,-0.12762")
    assert records(done) == [("where", 1, "answered", "51.5,-0.1")]
    assert fx.Forget(2) in done


def test_the_wrong_thing_and_too_big_a_thing_are_told_kindly():
    talk, _ = started(SENT)
    talk.send("photo", "handle")
    assert "Please send a voice message here" in talk.text
    talk.send("voice", "handle", size=21_000_000)
    assert "too big" in talk.text
    assert "How was it?" in talk.text


def test_a_photo_that_nobody_asked_for_goes_and_is_kept_nowhere():
    talk, _ = started(WHO)
    done = talk.send("photo", "handle")
    assert fx.Forget(2) in done
    assert not [one for one in done if isinstance(one, fx.Keep)]
    assert "No person reads this chat." in talk.text


BRANCHED = """
- {id: slept, type: yes_no, text: "Did you sleep?"}
- {id: hours, type: number, min: 0, max: 24, text: "How many hours?"}
- {id: well, type: rating, max: 7, text: "How are you?", low: bad, high: good}
- {id: short, type: computed, expression: "hours < 5", text: Slept less than five hours}
"""
PAGES = """
- {id: sleep, title: About last night, items: [slept, {item: hours, show_if: "slept == 'yes'"}]}
- {id: now, title: "You slept {answer.hours|no} hours", items: [well, short]}
"""


def test_a_condition_leaves_a_question_out_and_progress_counts_what_may_come():
    talk, _ = started(BRANCHED, pages=PAGES)
    assert "3 short questions" in talk.text
    assert "About last night" in talk.text
    talk.press("No")
    assert "How are you?" in talk.text
    assert "2 of 2" in talk.text
    assert "You slept no hours" in talk.text


def test_a_changed_answer_brings_up_the_question_that_it_makes_necessary():
    talk, _ = started(BRANCHED, pages=PAGES)
    yes = talk.buttons["Yes"]
    talk.press("No")
    talk.tap(yes)
    assert "How many hours?" in talk.text
    talk.type("4")
    assert "You slept 4 hours" in talk.text
    done = talk.press("5")
    (finish,) = [one for one in done if isinstance(one, fx.Finish)]
    assert finish.run.given["hours"].value == 4
    assert finished(done)


def test_back_passes_over_what_is_not_shown():
    talk, _ = started(BRANCHED, pages=PAGES)
    talk.press("No")
    talk.press("Back")
    assert "Did you sleep?" in talk.text
    assert "Back" not in talk.buttons


ONCE = """
- {id: home, type: choice, text: "Where do you live?", options: [{value: hostel, label: {en: A hostel, es: Un hostal}}, {value: flat, label: {en: A flat, es: Un piso}}]}
- {id: well, type: rating, max: 7, text: "How are you?", low: bad, high: good}
"""
ONCE_PAGES = "[{id: all, items: [{item: home, once: true}, well]}]"


def test_a_fact_is_asked_once_and_then_only_confirmed():
    talk, _ = started(ONCE, known={"fact.home": "hostel"}, pages=ONCE_PAGES)
    assert "Before, you said: A hostel" in talk.text
    assert records(talk.press("Still right")) == [("home", 1, "answered", "hostel")]
    assert "How are you?" in talk.text


def test_a_fact_can_be_changed():
    talk, _ = started(ONCE, known={"fact.home": "hostel"}, pages=ONCE_PAGES)
    talk.press("Change it")
    assert records(talk.press("A flat")) == [("home", 1, "answered", "flat")]


def test_a_fact_not_known_is_asked_in_full():
    talk, _ = started(ONCE, pages=ONCE_PAGES)
    assert "A flat" in talk.buttons


def test_stopping_stores_the_question_on_the_screen_as_put_off_and_going_on_answers_it():
    talk, _ = started(WHO)
    assert records(talk.press("Stop here")) == [("with_whom", 1, "not_now", None)]
    talk.press("Go on")
    assert "Who is with you?" in talk.text
    assert records(talk.press("Nobody")) == [("with_whom", 2, "answered", ("alone",))]


def test_stopping_at_a_question_that_has_an_answer_keeps_it():
    talk, _ = started(WHO)
    talk.press("Friend")
    assert records(talk.press("Stop here")) == []


@pytest.mark.parametrize("verb", ["pick", "done", "confirm", "answer", "back", "next", "leave"])
def test_a_tap_on_a_closed_one_is_no_answer(verb):
    talk, prompt = started(WHO)
    talk.wait(hours=5)
    assert records(talk.tap(Action(verb, "+friend", prompt=prompt, item="with_whom", revision=1))) == []
    assert "Check in now?" in talk.text or "What you gave is kept" in talk.text


def test_what_is_typed_after_the_window_is_no_answer():
    talk, _ = started(TYPED)
    talk.wait(hours=5)
    assert records(talk.type("7")) == []
    assert "Check in now?" in talk.text


SLIDER = "[{id: calm, type: vas, text: 'How calm?', low: not at all, high: very}]"


def test_a_visual_scale_says_how_it_was_answered():
    talk, prompt = started(SLIDER)
    assert records(talk.press("7")) == [("calm", 1, "answered", "7/10")]
    talk, prompt = started(SLIDER)
    slide = talk.buttons["Use a slider"]
    assert slide == Action("slide", prompt=prompt, item="calm", revision=1)
    done = talk.tap(Action("answer", "73/100", prompt=prompt, item="calm", revision=1))
    assert records(done) == [("calm", 1, "answered", "73/100")]


def test_each_question_remembers_when_it_was_first_put_up():
    talk, _ = started(WHO)
    start = talk.situation.now
    talk.wait(minutes=1)
    talk.press("Friend")
    talk.press("Done")
    run = talk.state.run
    assert run is not None
    assert run.shown == {"with_whom": start, "ok": start + timedelta(minutes=1)}
