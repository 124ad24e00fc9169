"""Scores go by item id, say how many items they stand on, and are exact."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ema.domain.questionnaire import Questionnaire
from ema.domain.scoring import Score, Scored, compute
from ema.domain.studyfile import load_questionnaire
from questionnaires import ROOT

RSES = load_questionnaire(ROOT / "rses_a.yaml")
CHECKIN = load_questionnaire(ROOT / "checkin.yaml")
CODES = {"sa": 3, "a": 2, "d": 1, "sd": 0}
REVERSED = {2, 5, 6, 8, 9}


def rses(answers: dict[str, str]) -> Scored:
    (score,) = compute(RSES, answers)
    return score


@given(st.lists(st.sampled_from(sorted(CODES)), min_size=10, max_size=10))
def test_rosenberg_is_the_sum_with_five_items_turned_round(letters):
    by_hand = sum(3 - CODES[x] if n in REVERSED else CODES[x] for n, x in enumerate(letters, start=1))
    answers = {f"rses_{n}": x for n, x in enumerate(letters, start=1)}
    assert rses(answers) == Scored("rses", float(by_hand), 10, 10, imputed=False)


@given(st.permutations(range(1, 11)))
def test_the_order_of_the_answers_changes_nothing(order):
    answers = {f"rses_{n}": "sa" for n in order}
    assert rses(answers).value == 15


@pytest.mark.parametrize(("missing", "value"), [(0, 15.0), (1, 150 / 9), (2, 15.0), (3, None), (10, None)])
def test_up_to_two_missing_items_take_the_mean_of_the_rest_and_it_is_flagged(missing, value):
    left_out = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10][:missing]
    if missing == 1:
        left_out = [2]  # a reversed one: 15 of nine items
    score = rses({f"rses_{n}": "sa" for n in range(1, 11) if n not in left_out})
    assert score == Scored("rses", value, 10 - missing, 10, imputed=missing in (1, 2))


@given(st.dictionaries(st.sampled_from([item.id for item in CHECKIN.items]), st.integers(1, 7)))
def test_momentary_scores_are_the_mean_of_the_answered_items_exactly(answers):
    for score, prefix, minimum in zip(compute(CHECKIN, answers), ("wb_", "se_"), (3, 2), strict=True):
        given_ = [number for item, number in answers.items() if item.startswith(prefix)]
        assert score.n_items == len(given_)
        if len(given_) < minimum:
            assert score.value is None
        else:
            assert score.value == float(Fraction(sum(given_), len(given_)))
        assert not score.imputed


def test_an_answer_from_another_version_of_the_item_counts_as_missing():
    wb_state, _ = compute(CHECKIN, {"wb_mood": 5, "wb_calm": 3, "wb_connected": 4, "wb_energy": 9})
    assert (wb_state.value, wb_state.n_items) == (4.0, 3)


def test_a_questionnaire_without_scores_has_none():
    assert compute(CHECKIN.model_copy(update={"scores": ()}), {"wb_mood": 5}) == []


def score(**fields: object) -> Score:
    return Score.model_validate(
        {
            "name": "total",
            "label": "Total",
            "method": "sum",
            "items": ("a", "b", "c"),
            "direction": "higher is more",
            "range": (0, 9),
            **fields,
        }
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"items": ("a", "a")}, "listed twice"),
        ({"reverse": ("z",)}, "reverse names z"),
        ({"minimum_answered": 4, "method": "mean"}, "there are only 3 items"),
        ({"minimum_answered": 2}, "a sum of fewer items is another scale"),
        ({"missing": {"rule": "mean_of_answered"}}, "needs up_to of 1 or more"),
        ({"missing": {"up_to": 1}}, "rule none needs no up_to"),
        ({"missing": {"rule": "mean_of_answered", "up_to": 3}}, "must leave an answered item of 3"),
        ({"method": "mean", "missing": {"rule": "mean_of_answered", "up_to": 1}}, "use minimum_answered"),
    ],
)
def test_a_rule_that_contradicts_itself_is_refused(fields, words):
    with pytest.raises(ValidationError, match=words):
        score(**fields)


def test_without_a_minimum_every_item_is_needed():
    assert score().needed == 3
    assert score(missing={"rule": "mean_of_answered", "up_to": 1}).needed == 2
    assert score(method="mean", minimum_answered=1).needed == 1


def test_a_score_survives_being_stored():
    assert Questionnaire.model_validate_json(RSES.model_dump_json()) == RSES
