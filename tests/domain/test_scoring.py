"""Scores go by item id, say how many items they stand on, and are exact."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ema.domain.questionnaire import Questionnaire
from ema.domain.scoring import Change, Score, Scored, change, compute
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
        ({"method": "weighted"}, "needs weights, one for each of its items"),
        ({"method": "weighted", "weights": {"a": 1, "b": 2}}, "needs weights, one for each of its items"),
        ({"weights": {"a": 1, "b": 2, "c": 3}}, "no other method has them"),
        ({"lookup": {0: 0}, "missing": {"rule": "mean_of_answered", "up_to": 1}}, "knows whole sums"),
        ({"lookup": {0: 0}, "method": "mean"}, "knows whole sums"),
        ({"cutoffs": ({"at": 1, "label": "low"},)}, "from 0, the lowest value"),
        ({"cutoffs": ({"at": 0, "label": "low"}, {"at": 10, "label": "high"})}, "to 9 at most"),
        ({"cutoffs": ({"at": 0, "label": "a"}, {"at": 5, "label": "b"}, {"at": 4, "label": "c"})}, "must rise"),
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


# --- the ways of making one


def form(*scores: dict[str, object], item: dict[str, object] | None = None) -> Questionnaire:
    """Items a, b and c from 0 to 3 (or as `item` says), and these scores of them."""
    rated = item or {"type": "rating", "min": 0, "max": 3}
    return Questionnaire.model_validate(
        {
            "id": "made",
            "title": "Made",
            "provenance": dict.fromkeys(("source", "citation", "licence", "validation", "recall"), "-")
            | {"measures": "state"},
            "seconds": 1,
            "items": tuple({"id": name, "text": name, "low": "no", "high": "yes", **rated} for name in "abc"),
            "scores": tuple(score(**fields) for fields in scores),
        }
    )


def test_a_weighted_sum_and_a_factor_are_exact():
    made = form({"method": "weighted", "weights": {"a": 0.1, "b": 0.2, "c": -1}, "range": (-3, 0.9), "multiply_by": 1})
    (one,) = compute(made, {"a": 1, "b": 1, "c": 0})
    assert one.value == 0.3  # 0.1 + 0.2 in floats is more
    (one,) = compute(form({"multiply_by": 4, "range": (0, 36)}), {"a": 1, "b": 2, "c": 3})
    assert one.value == 24


def test_a_table_gives_the_published_value_of_the_whole_sum_only():
    made = form({"lookup": {raw: 10 - raw / 4 for raw in range(10)}, "range": (7.75, 10)})
    assert compute(made, {"a": 1, "b": 0, "c": 0})[0].value == 9.75
    assert compute(made, {"a": 1, "b": 0})[0].value is None


def test_a_cut_off_names_values_from_it_on():
    made = form({"cutoffs": ({"at": 0, "label": "low"}, {"at": 4, "label": "middle"}, {"at": 9, "label": "high"})})
    bands = [
        compute(made, dict(zip("abc", answers, strict=True)))[0].band for answers in ((0, 0, 3), (1, 0, 3), (3, 3, 3))
    ]
    assert bands == ["low", "middle", "high"]
    assert compute(made, {"a": 3})[0].band is None


def test_a_score_of_scores_stands_on_the_items_behind_them():
    made = form(
        {"name": "ab", "items": ("a", "b"), "range": (0, 6), "missing": {"rule": "mean_of_answered", "up_to": 1}},
        {"name": "all", "items": ("ab", "c"), "reverse": ("ab",)},
    )
    assert compute(made, {"a": 1, "b": 2, "c": 3})[1] == Scored("all", 6, 3, 3)  # (6 - 3) + 3
    assert compute(made, {"a": 1, "c": 3})[1] == Scored("all", 7, 2, 3, imputed=True)  # (6 - 2) + 3
    assert compute(made, {"b": 1, "c": 3})[1].n_items == 2
    assert compute(made, {"c": 3})[1] == Scored("all", None, 1, 3)


def test_answers_from_the_row_and_from_the_slider_make_no_score_together():
    vas = form({"method": "mean", "minimum_answered": 2, "range": (0, 100)}, item={"type": "vas"})
    assert compute(vas, {"a": "7/10", "b": "8/10"})[0] == Scored("total", 75, 2, 3, modes=("row",))
    assert compute(vas, {"a": "71/100", "b": "80/100"})[0] == Scored("total", 75.5, 2, 3, modes=("slider",))
    assert compute(vas, {"a": "7/10", "b": "80/100"})[0] == Scored("total", None, 2, 3, modes=("row", "slider"))


# --- change against her own baseline


WHO = score(meaningful_change=10, range=(0, 100))


def at(value: float | None, *modes: str) -> Scored:
    return Scored("total", value, 3, 3, modes=modes)


@pytest.mark.parametrize(
    ("now", "baseline", "expected"),
    [
        (at(60), [at(50)], Change(10, 50, 1, meaningful=True)),
        (at(40), [at(50), at(48)], Change(-9, 49, 2, meaningful=False)),
        (at(0.3), [at(0.1), at(None)], Change(0.2, 0.1, 1, meaningful=False)),
        (at(None), [at(50)], Change(None, 50, 1, None)),
        (at(60), [], Change(None, None, 0, None)),
        (at(60, "row"), [at(50, "slider"), at(55, "row")], Change(5, 55, 1, meaningful=False)),
    ],
)
def test_a_change_is_counted_from_the_mean_of_her_own_baseline(now, baseline, expected):
    assert change(WHO, now, baseline) == expected


def test_without_a_published_size_nobody_says_whether_a_change_matters():
    assert change(score(), at(9), [at(1)]) == Change(8, 1, 1, None)


def test_what_a_score_does_not_use_is_not_stored_so_that_old_documents_keep_their_hash():
    stored = RSES.scores[0].model_dump()
    assert list(stored) == [
        "name",
        "label",
        "method",
        "items",
        "reverse",
        "minimum_answered",
        "missing",
        "direction",
        "range",
    ]
