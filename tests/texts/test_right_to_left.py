"""Studies in Arabic or Hebrew: their words pass unchanged, and what is put into a sentence keeps its place."""

from ema.domain.localised import Localised
from ema.domain.screen import Action, Button, Filled, Screen, Words
from ema.texts import render, say

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
    assert say(ends, "ar") == "\u20681\u2069 = \u2068لا\u2069 · \u20687\u2069 = \u2068جدا\u2069"


def test_the_bots_own_english_words_around_a_hebrew_name():
    who = Words("contact.who", {"person": "דנה", "hours": Localised({"he": "9–17"})})
    assert say(who, "he") == "\u2068דנה\u2069 answers. \u20689–17\u2069"
