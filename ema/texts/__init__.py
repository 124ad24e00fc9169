"""All words that participants read, by language: turns a `Screen` into what a channel can send."""

from __future__ import annotations

import gettext
import io
import re
from datetime import date, datetime
from functools import cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from ema.domain.localised import Localised
from ema.domain.screen import Day, Filled, Say, Screen, Shown, Words
from ema.texts.catalogue import ENGLISH, MENU

LOCALE = Path(__file__).parent / "locale"


def languages() -> tuple[str, ...]:
    """The languages that the bot's own words exist in."""
    return ("en", *sorted(path.stem for path in LOCALE.glob("*.po")))


@cache
def _translations(language: str) -> gettext.NullTranslations:
    """Of the language; of `pt` for `pt-BR`, where that has none of its own."""
    path = LOCALE / f"{language}.po"
    if not path.is_file():
        path = LOCALE / f"{language.partition('-')[0]}.po"
    if not path.is_file():
        return gettext.NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@cache
def _locale(language: str) -> Locale:
    """How the language writes numbers and dates. English, and one that Babel does not know, as in Britain."""
    try:
        return Locale.parse("en-GB" if language == "en" else language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en", "GB")


def right_to_left(language: str) -> bool:
    """Whether the language is written from right to left. One that Babel does not know counts as left to right."""
    return bool(_locale(language).text_direction == "rtl")


ISOLATE, END_ISOLATE = "\u2068", "\u2069"
"""Unicode's first strong isolate and its end."""
RIGHT_TO_LEFT = "\u200f"
"""Unicode's right-to-left mark."""


def _inserted(value: str, language: str) -> str:
    """A value as it stands inside a sentence.

    In a sentence from right to left a name, a number or a time of day would pull its neighbours out of order, so it is
    isolated there (Unicode Standard Annex 9, 2.7). Elsewhere nothing is added: the text stays what a person typed.
    """
    return f"{ISOLATE}{value}{END_ISOLATE}" if right_to_left(language) else value


def say(words: Say, language: str) -> str:
    """One text in her language; where a translation is missing, in English."""
    if isinstance(words, Localised):
        return words.say(language)
    if isinstance(words, Filled):
        return _filled(words, language)
    text = _own(words, language)
    values = {name: _value(value, language) for name, value in words.values.items()}
    said = text.format(**values) if values else text
    return RIGHT_TO_LEFT + said if right_to_left(language) and not _letters(text) else said


def _filled(words: Filled, language: str) -> str:
    """In one pass, so that braces in what she typed stay what they are."""
    values = {"{" + name + "}": value for name, value in words.values.items()}
    names = "|".join(re.escape(name) for name in sorted(values, key=len, reverse=True))

    def value_of(found: re.Match[str]) -> str:
        value = values[found[0]]
        return _inserted(say(value, language), language) if isinstance(value, Words) else _value(value, language)

    return re.sub(names, value_of, words.text.say(language)) if names else words.text.say(language)


def _letters(text: str) -> bool:
    """Whether a text has letters of its own. One without, such as `{first} = {low}`, does not say its direction."""
    return any(sign.isalpha() for sign in re.sub(r"{.*?}", "", text))


def _own(words: Words, language: str) -> str:
    """The catalogue's text, in the plural form that `n` asks for where the text counts."""
    english = ENGLISH[words.key]
    if isinstance(english, str):
        return _translations(language).gettext(english)
    n = words.values["n"]
    assert isinstance(n, int), f"{words.key} counts with n"
    return _translations(language).ngettext(*english, n)


def _value(value: str | float | date | datetime | Day | Say, language: str) -> str:
    locale, said = _locale(language), value
    if isinstance(value, Localised | Words | Filled):
        said = say(value, language)
    elif isinstance(value, datetime):
        said = format_datetime(value, "EEEE d MMM HH:mm", tzinfo=value.tzinfo, locale=locale)
    elif isinstance(value, date):
        said = format_date(value, "long", locale=locale)
    elif isinstance(value, Day):
        said = format_date(value.date, "EEEE d MMM", locale=locale)
    elif isinstance(value, int | float):  # all its digits, and no sign between the thousands: so it can be typed
        said = format_decimal(value, locale=locale, decimal_quantization=False, group_separator=False)
    return _inserted(str(said), language)


def day_and_month(day: date, language: str) -> str:
    """A day at the foot of a picture: short, and without its year."""
    return str(format_skeleton("MMMd", day, locale=_locale(language)))


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
