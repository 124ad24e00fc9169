"""Care rules by themselves: when gentle words follow, what an answer discloses, and who is on call."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from ema.domain.care import Care
from tests.services.world import utc

NOON = utc(2026, 3, 2, 12)
"""A Monday."""
LOW = Care.model_validate({"low_scores": [{"score": "wb", "at_most": 2}]})
WEEKDAYS = {"days": [1, 2, 3, 4, 5], "start": "09:00", "end": "17:00"}
RISK = Care.model_validate({"risk_items": [{"item": "harm", "at_least": 1}], "on_call": [WEEKDAYS]})
VALUES = st.lists(st.integers(0, 6), max_size=6)


def test_gentle_words_follow_the_second_low_score_in_a_row():
    assert LOW.gentle({"wb": [2, 1]}, None, NOON) == ("low_scores.wb",)
    assert LOW.gentle({"wb": [2]}, None, NOON) == ()
    assert LOW.gentle({"wb": [2, 3, 1]}, None, NOON) == ()
    assert LOW.gentle({}, None, NOON) == ()


def test_they_come_once_in_seven_days():
    assert LOW.gentle({"wb": [0, 0]}, NOON - timedelta(days=7, seconds=-1), NOON) == ()
    assert LOW.gentle({"wb": [0, 0]}, NOON - timedelta(days=7), NOON) != ()


@given(VALUES, st.integers(1, 4))
def test_older_values_than_it_looks_at_change_nothing(values, check_ins):
    care = Care.model_validate({"low_scores": [{"score": "wb", "at_most": 2, "check_ins": check_ins}]})
    follows = bool(care.gentle({"wb": values}, None, NOON))
    assert follows == bool(care.gentle({"wb": values[:check_ins]}, None, NOON))
    assert follows == (len(values) >= check_ins and max(values[:check_ins]) <= 2)


def test_an_answer_discloses_from_its_value_on():
    assert RISK.disclosed({"harm": 1}) == RISK.disclosed({"harm": 3}) == ("risk_items.harm",)
    assert RISK.disclosed({"harm": 0, "other": 3}) == ()


def test_a_call_is_due_in_half_an_hour_or_counted_from_when_somebody_is_on_call():
    assert RISK.call(NOON, "Europe/London").due == NOON + timedelta(minutes=30)
    assert RISK.call(NOON, "Europe/London").begins is None
    at_night = RISK.call(utc(2026, 3, 6, 23), "Europe/London")
    assert at_night.begins == utc(2026, 3, 9, 9)
    assert at_night.due == utc(2026, 3, 9, 9, 30)


def test_the_rota_goes_by_the_clock_of_the_study():
    assert RISK.call(utc(2026, 7, 1, 8, 30), "Europe/London").begins is None
    assert RISK.call(utc(2026, 3, 4, 8, 30), "Europe/London").begins == utc(2026, 3, 4, 9)
