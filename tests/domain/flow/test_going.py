"""From question to question: conditions, changes of earlier answers, computed values, facts, and what became of all."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ema.domain.flow import Course, needed, walk
from ema.domain.flow.course import Background
from ema.domain.questionnaire import Questionnaire
from tests.domain.flow.forms import Sitting, choice, computed, form, rating


def sit(*forms: Questionnaire, background: Background | None = None) -> Sitting:
    items = tuple(placed.item for one in forms for _, _, placed in one.placed())
    return Sitting(Course(forms), items, background or {})


def paged(*entries: object, **fields: object) -> list[dict[str, object]]:
    return [{"id": "page", "items": entries, **fields}]


MOOD = form(
    rating("mood"),
    choice("why", "work", "home"),
    rating("worse"),
    rating("end"),
    pages=paged(
        "mood",
        {"item": "why", "show_if": "mood <= 3"},
        {"item": "worse", "show_if": "why == 'home' or skipped(why)"},
        "end",
    ),
)


def test_without_pages_every_item_comes_in_its_order():
    sitting = sit(form(rating("a"), rating("b")))
    assert sitting.question == "a"
    assert sitting.answer(1) == "b"
    assert sitting.answer(None, "skipped") is None


def test_an_item_is_shown_only_while_its_condition_holds():
    sitting = sit(MOOD)
    assert sitting.answer(5) == "end"
    sitting = sit(MOOD)
    assert [sitting.answer(2), sitting.answer("home"), sitting.answer(7), sitting.answer(1)] == [
        "why",
        "worse",
        "end",
        None,
    ]


def test_a_skipped_answer_is_missing_and_can_be_asked_about():
    sitting = sit(MOOD)
    assert sitting.answer(None, "prefer_not") == "end"
    sitting = sit(MOOD)
    sitting.answer(2)
    assert sitting.answer(None, "not_now") == "worse"


def test_a_change_of_an_earlier_answer_recomputes_what_follows():
    sitting = sit(MOOD)
    for value in (2, "home", 7):
        sitting.answer(value)
    assert sitting.question == "end"
    sitting.change("mood", 6)
    shown = sitting.here.shown
    assert shown == {"mood": True, "why": False, "worse": None, "end": True}
    sitting.at = len(sitting.items)
    assert sitting.here.outcomes() == {
        "mood": "answered",
        "why": "not_shown",
        "worse": "not_shown",
        "end": "not_reached",
    }
    assert sitting.given["why"].value == "home"
    sitting.change("mood", 1)
    assert sitting.here.outcomes()["worse"] == "answered"


def test_a_question_that_a_change_brings_up_is_asked_next():
    sitting = sit(MOOD)
    sitting.answer(5)
    sitting.change("mood", 2)
    assert sitting.here.after_change() == sitting.items.index("why")
    sitting.change("mood", 6)
    assert sitting.here.after_change() == sitting.items.index("end")


def test_the_current_question_gives_way_when_a_change_hides_it():
    sitting = sit(MOOD)
    sitting.answer(2)
    assert sitting.question == "why"
    sitting.change("mood", 7)
    assert sitting.here.after_change() == sitting.items.index("end")


def test_back_passes_over_what_is_not_shown():
    sitting = sit(MOOD)
    sitting.answer(5)
    assert sitting.items[sitting.here.back(sitting.at)] == "mood"
    assert sitting.here.back(0) == 0


def test_progress_counts_what_may_still_come():
    sitting = sit(MOOD)
    assert sitting.here.progress() == (1, 4)
    sitting.answer(6)
    assert sitting.here.progress() == (2, 2)


def test_what_was_not_reached_is_not_called_not_shown_unless_that_is_certain():
    sitting = sit(MOOD)
    assert set(sitting.here.outcomes().values()) == {"not_reached"}
    sitting.answer(6)
    assert sitting.here.outcomes() == {
        "mood": "answered",
        "why": "not_shown",
        "worse": "not_shown",
        "end": "not_reached",
    }


def test_an_item_that_was_not_drawn_is_not_shown():
    sitting = Sitting(Course([MOOD]), ("mood", "end"))
    assert sitting.here.outcomes()["why"] == "not_shown"


def test_conditions_of_pages_and_sections_hold_for_all_that_is_in_them():
    one = form(
        *map(rating, "abcd"),
        sections=[
            {"id": "first", "pages": [{"id": "p1", "items": ["a"]}, {"id": "p2", "show_if": "a > 3", "items": ["b"]}]},
            {"id": "night", "show_if": "slot == 'evening'", "pages": [{"id": "p3", "items": ["c", "d"]}]},
        ],
    )
    assert sit(one, background={"slot": "morning"}).answer(1) is None
    sitting = sit(one, background={"slot": "evening"})
    assert [sitting.answer(4), sitting.answer(1), sitting.answer(1), sitting.answer(1)] == ["b", "c", "d", None]


def test_computed_items_are_never_shown_and_can_be_built_upon():
    one = form(
        rating("a"), rating("b"), computed("both", "a + b"), computed("low", "if(both < 5, 1, 0)"), rating("more"),
        pages=paged("a", "b", "both", "low", {"item": "more", "show_if": "low == 1"}),
    )  # fmt: skip
    sitting = sit(one)
    assert [sitting.answer(1), sitting.answer(2)] == ["b", "more"]
    assert sitting.here.computed == {"both": 3.0, "low": 1}
    assert sitting.here.outcomes()["both"] == "answered"
    assert sitting.here.progress() == (3, 3)
    sitting = sit(one)
    sitting.answer(None, "skipped")
    assert sitting.answer(2) is None
    assert sitting.here.outcomes()["both"] == "not_reached"


SCORES = [{"name": "both", "label": "Both", "method": "mean", "items": ["a", "b"], "direction": "up", "range": [1, 7]}]


def test_conditions_over_scores_earlier_prompts_facts_and_codes():
    one = form(
        rating("a"), rating("b"), choice("place", "street", "home"), *map(rating, "wxyz"),
        scores=SCORES,
        pages=paged(
            "a", "b", "place",
            {"item": "w", "show_if": "score.both >= 4"},
            {"item": "x", "show_if": "a < last.a"},
            {"item": "y", "show_if": "fact.place == 'home' and number(place) == 1"},
            {"item": "z", "show_if": "study_day > 3 and yesterday.both > 5"},
        ),
    )  # fmt: skip
    known = {"last.a": 4, "fact.place": "home", "study_day": 4, "yesterday.both": 5.5}
    sitting = sit(one, background=known)
    assert [sitting.answer(value) for value in (3, 5, "home", 1, 1, 1, 1)][2:] == ["w", "x", "y", "z", None]
    sitting = sit(one)
    assert [sitting.answer(value) for value in (3, 4, "home")] == ["b", "place", None]
    assert needed(Course([one])) == {"last.a", "fact.place", "study_day", "yesterday.both"}


def test_a_fact_is_asked_once_and_then_put_up_to_be_confirmed():
    one = form(choice("housing", "flat", "street"), pages=paged({"item": "housing", "once": True}))
    sitting = sit(one)
    assert needed(Course([one])) == {"fact.housing"}
    assert walk(sitting.course, sitting, {}).to_confirm("housing") is None
    assert walk(sitting.course, sitting, {"fact.housing": "flat"}).to_confirm("housing") == "flat"
    sitting.change("housing", "street")
    assert walk(sitting.course, sitting, {"fact.housing": "flat"}).to_confirm("housing") is None


conditions = st.sampled_from(
    ["{a} <= 3", "not answered({a})", "{a} > {b}", "skipped({a})", "{a} == 7 or {b} < 2", "score.none > 1", "true"]
)


@st.composite
def branching(draw: st.DrawFn) -> Questionnaire:
    names = [f"i{number}" for number in range(draw(st.integers(3, 8)))]
    entries: list[object] = list(names[:2])
    for at, name in enumerate(names[2:], start=2):
        before = st.sampled_from(names[:at])
        condition = draw(conditions).format(a=draw(before), b=draw(before)) if draw(st.booleans()) else None
        entries.append({"item": name, "show_if": condition} if condition else name)
    return form(*map(rating, names), pages=paged(*entries))


answers = st.tuples(st.sampled_from(["answered", "answered", "skipped", "not_now"]), st.integers(1, 7))


@settings(max_examples=150)
@given(branching(), st.lists(answers, min_size=30, max_size=30), st.data())
def test_every_check_in_ends_and_every_item_has_one_outcome(one, replies, data):
    sitting = sit(one)
    asked = []
    for status, value in replies:
        if sitting.question is None:
            break
        asked.append(sitting.question)
        sitting.answer(value if status == "answered" else None, status)
    assert sitting.question is None
    assert asked == sorted(set(asked), key=sitting.items.index)
    became = sitting.here.outcomes()
    assert became.keys() == set(sitting.items)
    assert {name for name, outcome in became.items() if outcome != "not_shown"} == set(asked)
    changed = data.draw(st.sampled_from(asked))
    sitting.change(changed, data.draw(st.integers(1, 7)))
    sitting.at = sitting.here.after_change()
    while sitting.question is not None:
        sitting.answer(4)
        sitting.at = sitting.here.after_change()
    assert "not_reached" not in sitting.here.outcomes().values()
    assert sitting.here.next() == len(sitting.items)
