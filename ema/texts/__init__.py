"""All words that participants read, by language: turns a `Screen` into what a channel can send."""

from __future__ import annotations

import gettext
import io
from datetime import datetime
from functools import cache
from pathlib import Path

from babel.dates import format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from ema.domain.localised import Localised
from ema.domain.screen import Filled, Say, Screen, Shown
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


def say(words: Say, language: str) -> str:
    """One text in her language; where a translation is missing, in English."""
    if isinstance(words, Localised):
        return words.say(language)
    if isinstance(words, Filled):
        text = words.text.say(language)
        for name, value in words.values.items():
            text = text.replace("{" + name + "}", value if isinstance(value, str) else say(value, language))
        return text
    text = _translations(language).gettext(ENGLISH[words.key])
    values = {name: _value(value, language) for name, value in words.values.items()}
    return text.format(**values) if values else text


def _value(value: str | int | datetime | Localised, language: str) -> str | int:
    if isinstance(value, Localised):
        return value.say(language)
    if isinstance(value, datetime):
        return format_datetime(value, "EEE d MMM HH:mm", tzinfo=value.tzinfo, locale=language)
    return value


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
