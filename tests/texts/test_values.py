"""Numbers and dates in hints and refusals: as her language writes them, and so that she can type what she reads."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ema.domain.conversation import State
from ema.domain.errors import InvalidAnswer
from ema.domain.items import Date, Duration, Number, Time
from ema.domain.screen import Words
from ema.texts import languages, say

TODAY = date(2026, 5, 1)
HOURS = Number(type="number", id="slept", text="How long?", min=0.5, max=24, decimals=1)
YEAR = Number(type="number", id="born", text="Which year?", min=1900, max=2026)
DAY = Date(type="date", id="day", text="When?", earliest=date(2026, 3, 29), latest=date(2026, 9, 12))
CLOCK = Time(type="time", id="up", text="When?")
LENGTH = Duration(type="duration", id="walked", text="How long?")


def refused(item, typed: str) -> Words:
    with pytest.raises(InvalidAnswer) as error:
        item.parse_on(typed, TODAY)
    return Words(error.value.key, error.value.values)


@pytest.mark.parametrize(
    ("language", "hint"),
    [
        ("en", "Type a number from 0.5 to 24."),
        ("es", "Escribe un número de 0,5 a 24."),
        ("ro", "Scrie un număr de la 0,5 la 24."),
        ("pt", "Escreva um número de 0,5 a 24."),
        ("pl", "Wpisz liczbę od 0,5 do 24."),
    ],
)
def test_a_number_has_the_comma_of_its_language(language, hint):
    assert say(HOURS.ask().hint, language) == hint


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Please type a date from 29 March 2026 to 12 September 2026."),
        ("es", "Escribe una fecha del 29 de marzo de 2026 al 12 de septiembre de 2026, por favor."),
        ("ro", "Scrie o dată de la 29 martie 2026 până la 12 septembrie 2026, te rog."),
        ("pt", "Escreva uma data de 29 de março de 2026 a 12 de setembro de 2026, por favor."),
        ("pl", "Proszę, wpisz datę od 29 marca 2026 do 12 września 2026."),
    ],
)
def test_a_date_has_the_month_in_its_language(language, words):
    assert say(refused(DAY, "12/5/2025"), language) == words


@pytest.mark.parametrize("language", languages())
def test_a_year_has_no_sign_between_its_thousands(language):
    assert {"1900", "2026"} <= set(say(refused(YEAR, "3000"), language).strip(".").replace(",", "").split())


@pytest.mark.parametrize("language", languages())
@given(number=st.integers(-(10**9), 10**9) | st.integers(-(10**9), 10**9).map(lambda n: n / 1000))
def test_a_number_that_she_reads_can_be_typed_as_it_stands(language, number):
    asks = Number(type="number", id="n", text="?", min=0, max=10**9, decimals=6)
    said = say(Words("refused.number", {"example": abs(number)}), language).rsplit(" ", 1)[1].removesuffix(".")
    assert asks.parse(said) == abs(number)


@pytest.mark.parametrize("language", languages())
def test_a_date_that_she_reads_can_be_typed_as_it_stands(language):
    for month in range(1, 13):
        day = date(2026, month, 12)
        said = say(Words("privacy.erase_until", {"date": day}), language).removesuffix(".")
        start = said.index("12")
        assert Date(type="date", id="d", text="?").parse(said[start:]) == day.isoformat()


@pytest.mark.parametrize(
    ("language", "day", "times", "lengths"),
    [
        ("en", "12 May", ("21:30", "9.30 pm"), ("1 h 30", "45 min")),
        ("es", "12 de mayo", ("21:30", "9.30 pm"), ("1 h 30", "45 min")),
        ("ro", "12 mai", ("21:30", "21.30"), ("1 h 30", "45 min")),
        ("pt", "12 de maio", ("21:30", "21h30"), ("1 h 30", "45 min")),
        ("pl", "12 maja", ("21:30", "21.30"), ("1 h 30", "45 min")),
    ],
)
def test_the_examples_in_the_words_are_answers(language, day, times, lengths):
    for key in ("hint.date", "refused.date"):
        assert day in say(Words(key), language)
    assert "12/5 " in say(Words("refused.date"), language)
    assert {DAY.parse_on(typed, TODAY) for typed in (day, "12/5")} == {"2026-05-12"}
    assert times[0] in say(Words("hint.time"), language)
    for typed in times:
        assert typed in say(Words("refused.time"), language)
        assert CLOCK.parse(typed) == "21:30"
    for typed, minutes in zip(lengths, (90, 45), strict=True):
        assert typed in say(Words("hint.duration"), language)
        assert typed in say(Words("refused.duration"), language)
        assert LENGTH.parse(typed) == minutes


@pytest.mark.parametrize("language", languages())
def test_a_hint_names_the_button_as_it_is_labelled(language):
    assert say(Words("button.done"), language) in say(Words("hint.several"), language)


@pytest.mark.parametrize("item", [HOURS, YEAR, DAY, LENGTH], ids=lambda item: item.id)
def test_a_refusal_says_the_same_after_it_was_stored(item):
    words = refused(item, {"day": "1/1/2020", "walked": "99 h"}.get(item.id, "5000"))
    stored = State(notice=words.key, notice_values=words.values).model_dump_json()
    state = State.model_validate_json(stored)
    for language in languages():
        assert say(Words(state.notice, state.notice_values), language) == say(words, language)


@pytest.mark.parametrize(("language", "said"), [("pt-BR", "7,5"), ("xx", "7.5"), ("es-419", "7.5"), ("fr-CA", "7,5")])
def test_a_language_with_a_region_and_one_that_is_not_known_have_numbers_and_times(language, said):
    assert f" {said} " in say(Words("hint.number", {"low": 7.5, "high": 9}), language)
    until = datetime(2026, 5, 12, 21, 30, tzinfo=UTC)
    assert "21:30" in say(Words("home.paused", {"until": until}), language)
