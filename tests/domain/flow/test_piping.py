"""Earlier answers inside words."""

from __future__ import annotations

import pytest

from ema.domain.conversation.state import Given
from ema.domain.flow import Course, fill, walk
from ema.domain.localised import Localised
from ema.texts import say
from tests.domain.flow.forms import Sitting, choice, form, rating

COURSE = Course([form(choice("place", "street", "home"), rating("mood"), rating("worth"))])
ANSWERS = {
    "place": Given(status="answered", value="home"),
    "mood": Given(status="answered", value=3),
    "worth": Given(status="skipped"),
}
WALKED = walk(
    COURSE,
    Sitting(COURSE, ("place", "mood", "worth"), given=ANSWERS),
    {"fact.place": "street", "last.wb": 4.5, "study_day": 3},
)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Nothing here.", "Nothing here."),
        ("You are at {label.place}.", "You are at Home."),
        ("Stored: {answer.place}, {answer.mood}.", "Stored: home, 3."),
        ("Before: {label.fact.place}; {answer.last.wb}; day {answer.study_day}.", "Before: Street; 4.5; day 3."),
        ("Worth: {answer.worth}.", "Worth: …."),
        ("Worth: {answer.worth|not said}.", "Worth: not said."),
        ("Worth: {answer.worth|}.", "Worth: ."),
        ("Write {{answer.mood}} for it.", "Write {answer.mood} for it."),
        ("Other {braces} and {0} and {a.b} stay.", "Other {braces} and {0} and {a.b} stay."),
    ],
)
def test_words_with_answers(words, said):
    assert say(fill(Localised(words), WALKED), "en") == said


def test_labels_come_in_the_language_of_the_words():
    filled = fill(Localised({"en": "At {label.place}.", "es": "En {label.place}."}), WALKED)
    assert (say(filled, "en"), say(filled, "es")) == ("At Home.", "En home (es).")


def test_a_number_is_said_as_the_language_writes_it_and_stands_by_itself_among_words_from_the_right():
    filled = fill(
        Localised({"en": "It was {answer.last.wb}.", "es": "Era {answer.last.wb}.", "he": "{answer.last.wb}:"}), WALKED
    )
    assert (say(filled, "en"), say(filled, "es")) == ("It was 4.5.", "Era 4,5.")
    assert say(filled, "he") == "\u20684.5\u2069:"


def test_an_answer_is_never_read_again_as_words_with_answers_in_them():
    course = Course([form(choice("place", "street", "home"), {"id": "typed", "type": "text", "text": "Say"})])
    given = {"typed": Given(status="answered", value="{answer.place} {{answer.place}}" + "x" * 300)}
    said = say(fill(Localised("{answer.typed}"), Sitting(course, ("typed",), given=given).here), "en")
    assert said.startswith("{answer.place} {{answer.place}}x")
    assert len(said) == 200
