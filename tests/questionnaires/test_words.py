"""What participants read is short, plain, and there in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from ema.domain.localised import Localised
from ema.domain.studyfile import load_study
from questionnaires import ROOT
from tests.texts.reading import grade

STUDY = load_study(ROOT / "studies" / "twice_daily.yaml")
PUBLISHED = {"rses_a", "ons4"}
"""Standard instruments: their words are not ours to make plainer."""


def words_of(part: object) -> Iterator[Localised]:
    if isinstance(part, Localised):
        yield part
    elif isinstance(part, BaseModel):
        yield from (words for name in type(part).model_fields for words in words_of(getattr(part, name)))
    elif isinstance(part, dict):
        yield from (words for key, value in part.items() if key not in PUBLISHED for words in words_of(value))
    elif isinstance(part, tuple):
        yield from (words for value in part for words in words_of(value))


TEXTS = list(words_of(STUDY))
SCREENS = [screen.text.say("en") for screen in STUDY.consent.screens]


def test_all_of_it_together_is_for_nine_year_olds():
    assert grade(" ".join(text.say("en").rstrip(".?") + "." for text in TEXTS)) <= 4


@pytest.mark.parametrize("screen", SCREENS, ids=lambda text: text[:30])
def test_a_consent_screen_is_short_and_plain(screen):
    assert grade(screen) <= 5
    assert len(screen) <= 200
    assert "!" not in screen


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.say("en")[:30])
def test_it_is_said_in_english_and_in_other_words_in_spanish(text):
    assert text.lacks(STUDY.languages) == ()
    names = re.findall(r"\{\w+\}", text.say("en"))
    assert re.findall(r"\{\w+\}", text.say("es")) == names


def test_the_file_says_that_the_spanish_is_unreviewed():
    assert "The Spanish words are unreviewed" in (ROOT / "studies" / "twice_daily.yaml").read_text()
