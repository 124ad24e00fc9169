"""Plain words: a word means one thing, a slip of spelling nothing else, and what may be an answer is no command."""

from datetime import date
from itertools import combinations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ema.domain.conversation import COMMANDS
from ema.domain.errors import InvalidAnswer
from ema.domain.items.calendar import Date
from ema.domain.items.clock import read_clock
from ema.domain.items.duration import Duration
from ema.domain.items.number import Number
from ema.domain.localised import Localised
from ema.domain.localtime import zone_names
from ema.domain.plain_words import LONGEST, bare, near
from ema.domain.screen import Words
from ema.texts import _translations, languages, menu, say
from ema.texts.catalogue import MENU
from ema.texts.plain_words import PLAIN, plain_words, words_of

EVERY = [(language, word, command) for language in languages() for word, command in words_of(language).items()]
TEXT = Localised({"*": "?"})


@pytest.mark.parametrize("language", languages())
def test_no_word_means_two_things_nor_does_a_slip_of_one(language):
    translate = _translations(language).gettext
    listed = [(bare(word), name) for name, words in PLAIN.items() for word in translate(words).split(",")]
    listed += [(bare(what), command) for command, what in menu(language)]
    assert all(word and len(word) <= LONGEST for word, _ in listed)
    for (one, command), (other, another) in combinations(listed, 2):
        assert command == another or not (one == other or near(one, other) or near(other, one)), (one, other)


@pytest.mark.parametrize("language", languages())
def test_every_command_has_words_and_there_are_words_for_nothing_else(language):
    assert set(words_of(language).values()) == {*MENU, "start"} == {*COMMANDS, "me", "hide", "paid", "start"}


def readers():
    """What reads a typed answer where it is not in her own words."""
    ages = {"earliest": date(1900, 1, 1), "latest": date(2100, 1, 1)}
    day = Date(type="date", id="d", text=TEXT, **ages)
    return (
        read_clock,
        Duration(type="duration", id="l", text=TEXT).parse,
        Number(type="number", id="n", text=TEXT, min=0, max=1000).parse,
        lambda text: day.parse_on(text, date(2026, 5, 12)),
    )


@pytest.mark.parametrize("language", languages())
def test_no_word_is_a_number_a_time_a_date_or_a_length(language):
    """But for the numbers of emergency calls, which answer a question that takes a number."""
    for word in words_of(language).keys() - {"999", "112"}:
        for read in readers():
            with pytest.raises(InvalidAnswer):
                read(word)


@pytest.mark.parametrize("language", languages())
def test_no_city_is_taken_for_a_word(language):
    cities = {zone.rsplit("/", 1)[-1].replace("_", " ") for zone in zone_names()}
    taken = {city: plain_words(language).meant(city) for city in cities if plain_words(language).meant(city)}
    assert taken == {}


@pytest.mark.parametrize("language", languages())
def test_what_she_is_told_that_she_can_type_is_understood(language):
    _, _, offered = say(Words("unread.hint"), language).rstrip(".").partition(": ")
    meant = [plain_words(language).meant(word) for word in offered.split(", ")]
    assert meant == ["start", "help", "later", "pause", "stop"]


@pytest.mark.parametrize(
    ("language", "typed", "command"),
    [
        ("en", "STOP!!!", "stop"),
        ("en", "  Help me...", "help"),
        ("en", "I’m scared", "help"),
        ("en", "hlep", "help"),
        ("en", "helpp", "help"),
        ("en", "emergancy", "help"),
        ("en", "pasue", "pause"),
        ("en", "Not now.", "later"),
        ("en", "my data?", "mydata"),
        ("en", "check-in", "checkin"),
        ("en", "Hide 🙈", "hide"),
        ("es", "AYUDAME", "help"),
        ("es", "¡Ayúdame!", "help"),
        ("es", "mas tarde", "later"),
        ("es", "stop", "stop"),
        ("es", "ajutor", "help"),
        ("pt", "nao agora", "later"),
        ("pt-BR", "não agora", "later"),
        ("ro", "mai tarziu", "later"),
        ("ro", "ajutati-ma", "help"),
        ("pl", "pozniej", "later"),
        ("pl", "Wyloguj", None),
        ("pl", "przestan", "stop"),
        ("xx", "pause", "pause"),
        ("en", "shop", None),
        ("en", "held", None),
        ("en", "water", None),
        ("en", "I can't stop thinking about it", None),
        ("en", "help help help help help help help help help", None),
        ("en", "yes", None),
        ("en", "no", None),
        ("en", "5", None),
        ("en", "...", None),
        ("en", "", None),
    ],
)
def test_case_accents_signs_and_small_slips_do_not_matter_and_a_sentence_is_no_command(language, typed, command):
    assert plain_words(language).meant(typed) == command


@given(st.sampled_from(EVERY), st.data())
def test_a_slip_of_a_word_means_the_same_or_nothing(known, data):
    """Unless it is another language's word as it stands, or another of hers."""
    language, word, command = known
    at = data.draw(st.integers(0, len(word) - 1))
    sign = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    slips = (word[:at] + word[at + 1 :], word[:at] + sign + word[at:], word[:at] + sign + word[at + 1 :])
    typed = data.draw(st.sampled_from(slips))
    words = plain_words(language)
    if bare(typed) not in {**words.hers, **words.others}:
        assert words.meant(typed) in {command, None}


@given(st.text())
@example("𝓐 Łódź ﬁ İ ẞ")
def test_bare_words_stay_as_they_are(text):
    assert bare(bare(text)) == bare(text)
