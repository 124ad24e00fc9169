"""The bot's words: every language says everything, with the same placeholders, kindly and without the topic."""

import re
from string import Formatter

import pytest

from ema.domain.localised import Localised
from ema.domain.screen import Filled, Words
from ema.texts import LOCALE, _translations, languages, menu, say
from ema.texts.catalogue import ENGLISH, MENU


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", [language for language in languages() if language != "en"])
def test_every_language_says_everything_with_the_same_placeholders(language):
    translate = _translations(language).gettext
    for english in [*ENGLISH.values(), *MENU.values()]:
        translated = translate(english)
        assert placeholders(translated) == placeholders(english), english
    words = [text for text in ENGLISH.values() if re.search(r"[a-z]{4}", re.sub(r"{.*?}", "", text))]
    untranslated = [text for text in words if translate(text) == text]
    assert not untranslated


@pytest.mark.parametrize("language", [language for language in languages() if language != "en"])
def test_unreviewed_words_are_marked(language):
    head = (LOCALE / f"{language}.po").read_text().split("msgid", 1)[0]
    assert "UNREVIEWED" in head or "Reviewed by" in head


@pytest.mark.parametrize("language", languages())
def test_kind_and_neutral(language):
    """No alarm, no guilt, no streaks, nothing that names the topic."""
    forbidden = r"!|¡|incomplete|failed|streak|missed|must\b|sex|study|research|mood|esteem|well-?being|estudio|ánimo"
    allowed = {"privacy.who"}  # who sees what can't be said without saying who
    for key, english in ENGLISH.items():
        if key not in allowed:
            assert not re.search(forbidden, _translations(language).gettext(english).casefold()), key


def test_a_command_menu_holds_nothing_that_a_glance_could_read():
    for language in languages():
        assert [command for command, _ in menu(language)] == list(MENU)


def test_words_of_the_study_and_of_the_bot_are_put_together():
    limit = Localised({"en": "one limit: {what}", "es": "un límite: {what}"})
    assert say(Filled(limit, {"what": Words("button.help")}), "es") == "un límite: Ayuda"
    assert say(Words("question.progress", {"i": 2, "n": 7}), "en") == "2 of 7"


def test_a_language_without_words_falls_back_to_english():
    assert say(Words("button.help"), "xx") == "Help"
