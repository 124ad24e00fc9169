"""What participants read is short, plain, and there in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from ema.domain.localised import Localised
from ema.domain.studyfile import load_study
from questionnaires import ROOT

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


def syllables(word: str) -> int:
    """Groups of vowels, without a silent e at the end. Good to about one in ten words."""
    word = re.sub(r"[^a-z]", "", word.lower())
    groups = re.findall(r"[aeiouy]+", re.sub(r"(?<=[^aeioul])e$|(?<=[aeiou]l)e$|(?<=[^aeioutd])ed$", "", word))
    return max(1, len(groups))


def grade(text: str) -> float:
    """Flesch–Kincaid: the American school year that reads it. Six is about eleven years old, four about nine."""
    words = re.findall(r"[A-Za-z’']+|\d+", re.sub(r"\{\w+\}", "law", text))
    sentences = max(1, len(re.findall(r"[.?!:](?:\s|$)", text)))
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("cat", 1),
        ("phone", 1),
        ("answer", 2),
        ("minute", 2),
        ("erase", 2),
        ("telegram", 3),
        ("people", 2),
        ("asked", 1),
    ],
)
def test_the_measure_counts_syllables(word, count):
    assert syllables(word) == count


def test_the_measure_knows_plain_from_hard_words():
    assert grade("The cat sat on the mat. It was warm.") < 1
    assert grade("Participation necessitates authorisation of institutional confidentiality procedures.") > 20


def test_all_of_it_together_is_for_nine_year_olds():
    assert grade(" ".join(text.say("en").rstrip(".?") + "." for text in TEXTS)) <= 4.5


@pytest.mark.parametrize("screen", SCREENS, ids=lambda text: text[:30])
def test_a_consent_screen_is_short_and_plain(screen):
    assert grade(screen) <= 6
    assert len(screen) <= 200
    assert "!" not in screen


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.say("en")[:30])
def test_it_is_said_in_english_and_in_other_words_in_spanish(text):
    assert text.lacks(STUDY.languages) == ()
    names = re.findall(r"\{\w+\}", text.say("en"))
    assert re.findall(r"\{\w+\}", text.say("es")) == names


def test_the_file_says_that_the_spanish_is_unreviewed():
    assert "The Spanish words are unreviewed" in (ROOT / "studies" / "twice_daily.yaml").read_text()
