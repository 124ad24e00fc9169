"""All words that participants read, by language: turns a `Screen` into what a channel can send."""

from __future__ import annotations

import gettext
import io
from datetime import date, datetime
from functools import cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from ema.domain.localised import Localised
from ema.domain.screen import Filled, Say, Screen, Shown, Words
from ema.texts.catalogue import ENGLISH, MENU

LOCALE = Path(__file__).parent / "locale"


def languages() -> tuple[str, ...]:
    """The languages that the bot's own words exist in."""
    return ("en", *sorted(path.stem for path in LOCALE.glob("*.po")))


@cache
def _translations(language: str) -> gettext.NullTranslations:
    path = LOCALE / f"{language}.po"
    if not path.is_file():
        return gettext.NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@cache
def right_to_left(language: str) -> bool:
    """Whether the language is written from right to left. One that Babel does not know counts as left to right."""
    try:
        return bool(Locale.parse(language, sep="-").text_direction == "rtl")
    except (UnknownLocaleError, ValueError):
        return False


ISOLATE, END_ISOLATE = "\u2068", "\u2069"
"""Unicode's first strong isolate and its end."""


def _inserted(value: str | float, language: str) -> str:
    """A value as it stands inside a sentence.

    In a sentence from right to left a name, a number or a time of day would pull its neighbours out of order, so it is
    isolated there (Unicode Standard Annex 9, 2.7). Elsewhere nothing is added: the text stays what a person typed.
    """
    return f"{ISOLATE}{value}{END_ISOLATE}" if right_to_left(language) else str(value)


def say(words: Say, language: str) -> str:
    """One text in her language; where a translation is missing, in English."""
    if isinstance(words, Localised):
        return words.say(language)
    if isinstance(words, Filled):
        text = words.text.say(language)
        for name, value in words.values.items():
            said = value if isinstance(value, str) else say(value, language)
            text = text.replace("{" + name + "}", _inserted(said, language))
        return text
    text = _own(words, language)
    values = {name: _value(value, language) for name, value in words.values.items()}
    return text.format(**values) if values else text


def _own(words: Words, language: str) -> str:
    """The catalogue's text, in the plural form that `n` asks for where the text counts."""
    english = ENGLISH[words.key]
    if isinstance(english, str):
        return _translations(language).gettext(english)
    n = words.values["n"]
    assert isinstance(n, int), f"{words.key} counts with n"
    return _translations(language).ngettext(*english, n)


def _value(value: str | float | date | datetime | Say, language: str) -> str:
    if isinstance(value, Localised | Words | Filled):
        return _inserted(say(value, language), language)
    if isinstance(value, datetime):
        return _inserted(format_datetime(value, "EEEE d MMM HH:mm", tzinfo=value.tzinfo, locale=language), language)
    if isinstance(value, date):
        return _inserted(format_date(value, "EEEE d MMM", locale=language), language)
    return _inserted(value, language)


def render(screen: Screen, language: str) -> Shown:
    """The whole screen: paragraphs apart by an empty line, buttons with their labels."""
    return Shown(
        "\n\n".join(say(paragraph, language) for paragraph in screen.paragraphs),
        tuple(tuple((say(button.label, language), button.action) for button in row) for row in screen.rows),
    )


def menu(language: str) -> list[tuple[str, str]]:
    """The command menu: (command, what it does)."""
    translate = _translations(language).gettext
    return [(command, translate(what)) for command, what in MENU.items()]
