"""Studies in Arabic or Hebrew: their words pass unchanged, and what is put into a sentence keeps its place."""

import re
import unicodedata
from dataclasses import replace
from datetime import date

import pytest
import yaml

from ema.domain.conversation import Situation
from ema.domain.conversation.question import question
from ema.domain.conversation.state import Run
from ema.domain.localised import Localised
from ema.domain.questionnaire import Questionnaire
from ema.domain.screen import Action, Button, Filled, Screen, Shown, Words
from ema.texts import RIGHT_TO_LEFT, render, right_to_left, say
from tests.domain.conversation.talk import NOON, PROTOCOL, Talk

QUESTION = Localised({"ar": "كيف حالك الآن؟", "he": "איך את מרגישה עכשיו?", "en": "How are you now?"})
YES = Localised({"ar": "نعم", "he": "כן", "en": "Yes"})
UNTIL = Localised({"ar": "حتى {freeze_date} فقط", "en": "until {freeze_date} only"})


def test_a_text_of_the_study_is_shown_as_it_was_written():
    screen = Screen((QUESTION,), ((Button(YES, Action("answer", "yes")),),))
    for language in ("ar", "he", "en"):
        shown = render(screen, language)
        assert shown.text == QUESTION.root[language]
        assert shown.rows[0][0][0] == YES.root[language]


def test_a_value_inside_a_sentence_from_right_to_left_is_isolated():
    """Without the isolates a phone would show the date 2026-03-29 and what stands beside it in another order."""
    assert say(Filled(UNTIL, {"freeze_date": "2026-03-29"}), "ar") == "حتى \u20682026-03-29\u2069 فقط"


def test_from_left_to_right_nothing_is_added():
    assert say(Filled(UNTIL, {"freeze_date": "2026-03-29"}), "en") == "until 2026-03-29 only"
    assert (
        say(Words("home.paused", {"until": "29/03 21:30"}), "ro")
        == "Pauză până la 29/03 21:30. Nu se trimite nimic înainte."
    )


def test_the_two_ends_of_a_scale_stay_at_their_numbers():
    ends = Words(
        "question.ends", {"first": 1, "low": Localised({"ar": "لا"}), "last": 7, "high": Localised({"ar": "جدا"})}
    )
    assert say(ends, "ar") == "\u200f\u20681\u2069 = \u2068لا\u2069 · \u20687\u2069 = \u2068جدا\u2069"


def test_the_bots_own_english_words_around_a_hebrew_name():
    who = Words("contact.who", {"person": "דנה", "hours": Localised({"he": "9–17"})})
    assert say(who, "he") == "\u2068דנה\u2069 answers. \u20689–17\u2069"


def test_a_line_of_values_only_says_its_direction():
    """Isolates hide the letters in them, so without the mark such a line would run from left to right."""
    line = Words("help.line", {"name": "عون", "contact": "111", "hours": "24/7", "cost": "0", "nation": "UK"})
    assert say(line, "ar").startswith(RIGHT_TO_LEFT)
    assert runs_from_right_to_left(say(line, "he"))
    assert RIGHT_TO_LEFT not in say(Words("question.progress", {"i": 2, "n": 7}), "ar")  # English words, from the left


# --- whole questions

ITEMS = """
- {id: where, type: multiple, text: {ar: "أين كنت اليوم؟"}, options: [{value: home, label: {ar: "في البيت"}}, {value: app, label: {ar: "WhatsApp"}}]}
- {id: slept, type: number, min: 0.5, max: 24, decimals: 1, unit: {ar: "ساعة"}, text: {ar: "كم ساعة نمت؟"}}
- {id: alone, type: yes_no, "yes": {ar: "نعم"}, "no": {ar: "لا"}, text: {ar: "هل تسكن وحدك؟"}}
- {id: calm, type: rating, low: {ar: "لا"}, high: {ar: "جدا"}, text: {ar: "هل أنت هادئ؟"}}
"""


def asked(name: str, **run: object) -> Shown:
    """The screen of one question of an Arabic check-in."""
    about = dict.fromkeys(("source", "citation", "validation"), "tests")
    about |= {"licence": "CC0-1.0", "recall": "now", "measures": "state"}
    fields = {"id": "checkin", "title": "A set", "provenance": about, "seconds": 60, "items": yaml.safe_load(ITEMS)}
    placed = ["where", "slept", {"item": "alone", "once": True}, "calm"]
    fields["pages"] = [{"id": "all", "items": placed}]
    forms = {**PROTOCOL.questionnaires, "checkin": Questionnaire.model_validate(fields)}
    situation: Situation = replace(
        Talk.joining().situation, language="ar", protocol=PROTOCOL.model_copy(update={"questionnaires": forms})
    )
    here = Run.model_validate(
        {"prompt": 1, "version": 1, "forms": ("checkin",), "items": (name,), "shown_at": NOON, **run}
    )
    return render(question(here, situation), "ar")


def runs_from_right_to_left(line: str) -> bool:
    """The direction of a line as a phone finds it (Unicode Standard Annex 9, rules P2 and P3)."""
    outside = re.sub("\u2068.*?\u2069", "", line)
    return next((unicodedata.bidirectional(s) in ["R", "AL"] for s in outside if s.isalpha() or s == "\u200f"), False)


def test_the_tick_comes_first_and_leaves_the_direction_to_the_label():
    labels = [row[0][0] for row in asked("where", picked={"where": ("home", "app")}).rows[:2]]
    assert labels == ["✓ في البيت", "✓ WhatsApp"]
    assert [runs_from_right_to_left(label) for label in labels] == [True, False]
    assert unicodedata.bidirectional(labels[0][0]) == "ON"  # no direction of its own


def test_the_ends_and_the_unit_of_a_typed_number_are_isolated():
    hint = asked("slept").text.split("\n\n")[-1]
    assert hint == "Type a number from \u20680.5\u2069 to \u206824\u2069 (\u2068ساعة\u2069)."


def test_what_she_said_before_keeps_its_place_in_the_sentence():
    shown = asked("alone", background={"fact.alone": "yes"})
    assert shown.text.split("\n\n")[-2:] == ["هل تسكن وحدك؟", "Before, you said: \u2068نعم\u2069"]


def test_a_scale_runs_as_its_question_does():
    asks, ends = asked("calm").text.split("\n\n")[-2:]
    assert runs_from_right_to_left(asks)
    assert runs_from_right_to_left(ends)


@pytest.mark.parametrize("language", ["ar", "he", "fa"])
def test_a_date_in_a_refusal_is_isolated_as_a_whole(language):
    said = say(Words("refused.date_range", {"low": date(2026, 3, 29), "high": date(2026, 11, 22)}), language)
    assert right_to_left(language)
    assert len(re.findall("\u2068[^\u2068\u2069]*(2026|۲۰۲۶)[^\u2068\u2069]*\u2069", said)) == 2
