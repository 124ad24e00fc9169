"""The words of a note that she chose: what she may type, and what a glance then reads."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ema.domain.discretion import GOES_AFTER, MOST_LETTERS, Discretion, read_code
from ema.domain.errors import InvalidAnswer
from ema.domain.localised import Localised
from ema.texts import say
from tests.domain.conversation.talk import PROTOCOL


def note(own=None, language="en", **hers):
    return say(Discretion(**hers).words(PROTOCOL, own), language)


def test_before_the_words_instead_of_them_or_not_at_all():
    assert note() == "You have a note."
    assert note(code="Maple") == "Maple: You have a note."
    assert note(code="Maple", alone=True) == "Maple"
    assert note(note="hello", code="Maple", language="es") == "Maple: Hola."


def test_a_reminder_s_own_words_stay_unless_she_chose_others():
    own = Localised({"en": "Still here."})
    assert note(own) == "Still here."
    assert note(own, code="Maple") == "Maple: Still here."
    assert note(own, note="hello") == "Hello."
    assert note(own, code="Maple", alone=True) == "Maple"


@pytest.mark.parametrize(
    ("typed", "kept"), [(" Maple ", "Maple"), ("Ana  María", "Ana María"), ("O’Neil-7", "O’Neil-7"), ("ليلى", "ليلى")]
)
def test_names_of_many_kinds_are_taken(typed, kept):
    assert read_code(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "   ", "1234", "-", "a.b", "a/b", "a@b", "#a", "a:b", "a\u200bb", "a\x00", "12345a"]
)
def test_what_could_be_more_than_a_word_is_refused(typed):
    with pytest.raises(InvalidAnswer):
        read_code(typed)


@given(st.text(max_size=60))
def test_whatever_is_taken_is_short_and_can_t_link(typed):
    try:
        word = read_code(typed)
    except InvalidAnswer:
        return
    assert 0 < len(word) <= MOST_LETTERS
    assert not re.search(r"[./:@#_\\<>{}+\n]|\d{5}", word)
    assert read_code(word) == word
    assert say(Discretion(code=word).words(PROTOCOL), "en") == f"{word}: You have a note."


def test_all_times_of_going_lie_well_before_48_hours():
    assert max(GOES_AFTER) < 46 * 60
