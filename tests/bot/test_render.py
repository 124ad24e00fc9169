"""What a button means, in Telegram's 64 bytes, and back."""

import re
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.render import MOST_BYTES, PayloadTooLong, decode, encode, keyboard
from ema.domain.screen import Action, Shown
from ema.texts import languages, render
from tests.domain.conversation.talk import PROTOCOL, Talk

LARGEST = 10**17
words = st.text(st.characters(codec="utf-8", exclude_characters="|", exclude_categories=("Cs", "Cc")), max_size=12)
numbers = st.none() | st.integers(0, 10**9)


@given(st.builds(Action, words.filter(bool), words, numbers, words, numbers))
def test_what_was_encoded_is_decoded(action):
    try:
        code = encode(action)
    except PayloadTooLong:
        return
    assert len(code.encode()) <= MOST_BYTES
    assert decode(code) == action


@given(st.text())
def test_anything_can_come_back_and_nothing_breaks(code):
    action = decode(code)
    assert action is None or action.verb


@pytest.mark.parametrize(
    "code", ["", "|", "a|b|c|d|e|f", "answer|5|-1", "answer|5|x|item|1", "answer|5|٣|item", "a||1e5"]
)
def test_what_is_from_elsewhere_means_nothing(code):
    assert decode(code) is None


def test_what_does_not_fit_is_refused_before_it_is_sent():
    with pytest.raises(PayloadTooLong, match="shorten"):
        encode(Action("answer", "5", 1, "an_item_id_that_nobody_should_ever_have_to_write_down_anywhere", 1))


def test_a_message_without_buttons_has_no_keyboard():
    assert keyboard(Shown("Hello")) is None


SLIDER = Action("slide", prompt=1, item="ease", revision=1)
QUESTION = Shown("How?", ((("7", Action("answer", "7", 1, "ease", 1)),), (("Use a slider", SLIDER),)))


def test_a_personal_link_has_its_secret_where_no_server_gets_it():
    shown = Shown("Here", ((("Open", Action("link", "s3cret")),), (("Menu", Action("go", "home")),)))
    (opens,), (menu,) = keyboard(shown, "https://example.org/app").inline_keyboard
    assert opens.to_dict() == {"text": "Open", "url": "https://example.org/p#s3cret"}
    assert keyboard(shown).inline_keyboard == ((menu,),)


def test_what_slides_opens_the_mini_app_whose_address_says_nothing():
    answers, slider = keyboard(QUESTION, "https://example.org/app").inline_keyboard
    assert [button.callback_data for button in answers] == ["answer|7|1|ease|1"]
    assert slider[0].to_dict() == {"text": "Use a slider", "web_app": {"url": "https://example.org/app"}}


def test_without_a_mini_app_the_row_of_the_slider_is_left_out():
    (answers,) = keyboard(QUESTION).inline_keyboard
    assert [button.text for button in answers] == ["7"]
    assert keyboard(Shown("How?", QUESTION.rows[1:])) is None


def every_screen():
    """Walk the whole dialogue: from every screen press every button that leads to a new one, joining and later."""
    seen = {}
    for begin in (Talk.joining, with_everything_waiting, *map(waiting_for, PROTOCOL.schedules)):
        paths, known = [(begin(), None, 0)], set()
        while paths:
            before, action, depth = paths.pop()
            talk = before if action is None else before.branch()
            if action is not None:
                talk.tap(action)
            if talk.left is not None:
                continue
            key = shape(talk)
            if key in known or depth > 60:
                continue
            known.add(key)
            seen[begin, key] = talk.screen
            choices = talk.buttons.values()
            answers = [action for action in choices if action.verb == "answer"]
            others = [action for action in choices if action.verb not in {"answer", "hide"}]
            paths += [(talk, action, depth + 1) for action in [*others, *answers[:1], *answers[-1:]]]
    return list(seen.values())


def shape(talk):
    """Screens that differ only in the hours and days that were chosen on the way are one."""
    run = talk.state.run
    item = run.items[run.at] if run and talk.state.place == "question" and run.at < len(run.items) else ""
    labels = tuple(re.sub(r"\d+", "0", label) for label in talk.buttons)
    buttons = frozenset(label for label in labels if not label.endswith("day"))
    return talk.state.place, item, talk.state.draft.get("page"), buttons


def waiting_for(schedule):
    def begin():
        talk = Talk.active()
        prompt = talk.note(schedule.id, delivery=schedule.delivery)
        talk.tap(Action("start", prompt=prompt.id))
        return talk

    return begin


def with_everything_waiting():
    talk = Talk.active()
    for schedule in PROTOCOL.schedules:
        talk.note(schedule.id, delivery=schedule.delivery)
    return talk


def test_every_button_of_every_screen_fits_with_the_longest_ids():
    """With prompt numbers as large as the database can make them, in every language."""
    screens = every_screen()
    assert len(screens) > 60
    places = {button.action.item for screen in screens for row in screen.rows for button in row if button.action.item}
    assert places >= {item.id for form in PROTOCOL.questionnaires.values() for item in form.items}
    longest = 0
    for screen in screens:
        for language in languages():
            shown = render(screen, language)
            assert 0 < len(shown.text) <= 4096
            for row in shown.rows:
                assert len(row) <= 8
                for label, action in row:
                    assert label
                    large = Action(
                        action.verb,
                        action.value,
                        LARGEST if action.prompt is not None else None,
                        action.item,
                        99 if action.revision is not None else None,
                    )
                    code = encode(large)
                    longest = max(longest, len(code.encode()))
                    assert decode(code) == large
    assert longest <= MOST_BYTES


def test_hours_of_her_own_can_be_chosen_by_buttons():
    talk = with_everything_waiting()
    talk.command("times")
    for label in ("My own hours", "11:00", "23:00"):
        talk.press(label)
    assert [window.start for window in talk.situation.preferences.windows.values()] == [time(11), time(23)]
