"""The bot's own English can be read with ease by somebody nine or ten years old."""

import re
from pathlib import Path

import pytest

from ema.texts.catalogue import ENGLISH, MENU
from tests.texts.reading import grade, syllables, words_in

AGE_TEN = 5
"""The grade of a single text, at most."""
AGE_NINE = 4
"""The grade of the texts of one screen or part together, at most."""
FEW = 5
"""With fewer words the grade means little; then only the length of the words is judged."""
LONG = {"invitation": "what she was given; every shorter word is vaguer"}
"""Words of four syllables or more, each with the reason why it stays."""

TEXTS = {
    key: text
    for key, one_or_two in {**ENGLISH, **{f"menu.{name}": words for name, words in MENU.items()}}.items()
    for key, text in (
        [(key, one_or_two)]
        if isinstance(one_or_two, str)
        else [(f"{key}.one", one_or_two[0]), (f"{key}.more", one_or_two[1])]
    )
}
SENTENCES = {key: text for key, text in TEXTS.items() if len(words_in(text)) >= FEW}
PARTS = sorted({key.partition(".")[0] for key in SENTENCES})
PAGES = Path(__file__).parents[2] / "docs" / "participants"


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("cat", 1),
        ("phone", 1),
        ("asked", 1),
        ("while", 1),
        ("answer", 2),
        ("minute", 2),
        ("erase", 2),
        ("people", 2),
        ("needed", 2),
        ("telegram", 3),
        ("everything", 3),
        ("somebody", 3),
        ("invitation", 4),
        ("authorities", 4),
    ],
)
def test_the_measure_counts_syllables(word, count):
    assert syllables(word) == count


def test_the_measure_knows_plain_from_hard_words():
    assert grade("The cat sat on the mat. It was warm.") < 1
    assert grade("Participation necessitates authorisation of institutional confidentiality procedures.") > 20


def test_the_formula_is_the_published_one():
    text = "You can stop at any time you like, and no one asks you why. That is fine too."
    assert (len(words_in(text)), sum(map(syllables, words_in(text)))) == (18, 19)
    assert grade(text) == pytest.approx(0.39 * 18 / 2 + 11.8 * 19 / 18 - 15.59)


@pytest.mark.parametrize("key", SENTENCES)
def test_a_text_is_for_ten_year_olds(key):
    assert grade(TEXTS[key]) <= AGE_TEN, TEXTS[key]


@pytest.mark.parametrize("part", PARTS)
def test_what_stands_together_is_for_nine_year_olds(part):
    together = " ".join(text.rstrip(".?…") + "." for key, text in SENTENCES.items() if key.partition(".")[0] == part)
    assert grade(together) <= AGE_NINE, together


def test_long_words_are_few_and_each_has_its_reason():
    long = {word.lower() for text in TEXTS.values() for word in words_in(text) if syllables(word) >= 4}
    assert long == set(LONG)


def test_no_sentence_is_long():
    for key, text in TEXTS.items():
        for sentence in re.split(r"(?<=[.?:])\s", text):
            assert len(words_in(sentence)) <= 20, key


def paragraphs(page):
    """What participants read of it: no headings, no tables, a gap as one short word."""
    filled = re.sub(r"⟦[^⟧]*⟧", "it", page)
    parts = re.split(r"\n\s*\n|\n- ", re.sub(r"\]\([^)]*\)", "", filled))
    return [part for part in parts if not part.startswith(("#", "|")) and len(words_in(part)) > FEW]


def test_the_page_for_participants_is_for_ten_year_olds():
    for paragraph in paragraphs((PAGES / "README.md").read_text(encoding="utf-8")):
        assert grade(paragraph) <= AGE_TEN, paragraph


def test_the_information_sheet_is_for_ten_year_olds_before_its_gaps_are_filled():
    _for_the_team, sheet, consent = (PAGES / "information-sheet.md").read_text(encoding="utf-8").split("\n---\n")
    for paragraph in paragraphs(sheet) + paragraphs(consent):
        assert grade(paragraph) <= AGE_TEN, paragraph


def test_the_information_sheet_leaves_a_gap_for_what_only_the_study_team_knows():
    sheet = (PAGES / "information-sheet.md").read_text(encoding="utf-8")
    gaps = re.findall(r"⟦[^⟦⟧]*⟧", sheet)
    assert len(gaps) > 20
    assert sheet.count("⟦") == sheet.count("⟧") == len(gaps)
    for wanted in ("ethics reference", "when you must tell somebody", "What is paid", "legal basis", "To complain"):
        assert wanted in sheet
    assert "does not keep you safe" in sheet
    assert "!" not in sheet
