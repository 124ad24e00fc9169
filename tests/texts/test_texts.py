"""The bot's words: every language says everything, with the same placeholders, kindly and without the topic."""

import re
from string import Formatter

import pytest
from babel.messages.pofile import read_po

from ema.domain.localised import Localised
from ema.domain.screen import Filled, Words
from ema.texts import LOCALE, _translations, languages, menu, right_to_left, say
from ema.texts.catalogue import ENGLISH, MENU
from ema.texts.plain_words import PLAIN

TRANSLATED = [language for language in languages() if language != "en"]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def forms(language: str, english: str | tuple[str, str]) -> list[str]:
    """Everything that the language says for an English text: one text, or one for each of its plural forms."""
    if isinstance(english, str):
        return [_translations(language).gettext(english)]
    return list({_translations(language).ngettext(*english, n) for n in range(1, 200)})


def test_the_languages_of_the_bot():
    assert languages() == ("en", "es", "pl", "pt", "ro")


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_language_says_everything_with_the_same_placeholders(language):
    for english in [*ENGLISH.values(), *MENU.values(), *PLAIN.values()]:
        first = english if isinstance(english, str) else english[0]
        for translated in forms(language, english):
            assert placeholders(translated) == placeholders(first), english
            worded = re.search(r"[a-z]{4}", re.sub(r"{.*?}", "", first))
            assert not worded or translated != first or first in SAME, english


SAME = {"Menu"}
"""Words that are the same in another language."""


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_has_nothing_that_is_said_no_more(language):
    with (LOCALE / f"{language}.po").open("rb") as file:
        known = {message.id for message in read_po(file) if message.id}
    assert known == {*ENGLISH.values(), *MENU.values(), *PLAIN.values()}


@pytest.mark.parametrize("language", TRANSLATED)
def test_unreviewed_words_are_marked(language):
    head = (LOCALE / f"{language}.po").read_text().split("msgid", 1)[0]
    assert "UNREVIEWED" in head or "Reviewed by" in head


@pytest.mark.parametrize("language", languages())
def test_kind_and_neutral(language):
    """No alarm, no guilt, no streaks, nothing that names the topic."""
    forbidden = (
        r"!|¡|incomplete|failed|streak|missed|must\b|sex(?!ta-feira)|study|research|mood|esteem|well-?being|estudio|ánimo|"
        r"studiu|cercet|dispoziți|estudo|pesquisa|humor\b|autoestima|bem-estar|badani|badawcz|nastr[oó]j|samoocen|\bseks"
    )
    allowed = {"privacy.who"}  # who sees what can't be said without saying who
    for key, english in ENGLISH.items():
        if key not in allowed:
            for said in forms(language, english):
                assert not re.search(forbidden, said.casefold()), key


@pytest.mark.parametrize("language", languages())
def test_a_button_fits_on_a_phone(language):
    for key, english in ENGLISH.items():
        if key.startswith("button."):
            assert all(len(said) <= 40 for said in forms(language, english)), key


def test_a_command_menu_holds_nothing_that_a_glance_could_read():
    for language in languages():
        assert [command for command, _ in menu(language)] == list(MENU)


@pytest.mark.parametrize(
    ("language", "n", "said"),
    [
        ("en", 1, "1 short question,"),
        ("en", 7, "7 short questions,"),
        ("es", 1, "1 pregunta corta,"),
        ("es", 7, "7 preguntas cortas,"),
        ("pt", 1, "1 pergunta curta,"),
        ("pt", 7, "7 perguntas curtas,"),
        ("ro", 1, "1 întrebare scurtă,"),
        ("ro", 7, "7 întrebări scurte,"),
        ("ro", 20, "20 de întrebări scurte,"),
        ("ro", 101, "101 întrebări scurte,"),
        ("pl", 1, "1 krótkie pytanie,"),
        ("pl", 3, "3 krótkie pytania,"),
        ("pl", 7, "7 krótkich pytań,"),
        ("pl", 12, "12 krótkich pytań,"),
        ("pl", 22, "22 krótkie pytania,"),
    ],
)
def test_a_number_has_the_words_that_its_language_wants(language, n, said):
    assert say(Words("question.how_many", {"n": n, "minutes": 2}), language).startswith(said)


def test_words_of_the_study_and_of_the_bot_are_put_together():
    limit = Localised({"en": "one limit: {what}", "es": "un límite: {what}"})
    assert say(Filled(limit, {"what": Words("button.help")}), "es") == "un límite: Ayuda"
    assert say(Words("question.progress", {"i": 2, "n": 7}), "en") == "2 of 7"


def test_a_language_without_words_falls_back_to_english():
    assert say(Words("button.help"), "xx") == "Help"


def test_a_variety_of_a_language_has_the_words_of_the_language():
    assert say(Words("button.help"), "pt-BR") == say(Words("button.help"), "pt") != "Help"


def test_directions_of_writing():
    assert [right_to_left(tag) for tag in ("ar", "he", "fa", "ur", "ar-EG")] == [True] * 5
    assert [right_to_left(tag) for tag in ("en", "ro", "pt-BR", "xx", "not a language", "")] == [False] * 6
