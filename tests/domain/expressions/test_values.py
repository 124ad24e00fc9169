"""What expressions come to: missing answers, functions, and that a checked one always comes to something."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ema.domain.expressions import Given, Known, check, evaluate, holds, never_true, parse

HERS = Given(
    values={
        "mood": 2,
        "calm": 6,
        "where": "home",
        "meals": ("lunch", "tea"),
        "slot": "evening",
        "today": "2026-03-30",
        "last.slept": "2026-03-28",
        "score.wb": 4.5,
        "done": True,
    },
    numbers={"where": 3.0},
    passed=frozenset({"worth"}),
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("mood <= 2 and slot == 'evening'", True),
        ("mood + calm * 2 - 4 / 2", 12.0),
        ("-mood < 0", True),
        ("0.1 + 0.2 == 0.3", True),
        ("0.1 + 0.2 > 0.3", False),
        ("where in ['home', 'street']", True),
        ("mood not in [1, 2]", False),
        ("'tea' in meals", True),
        ("'tea' not in meals", False),
        ("min(mood, calm)", 2.0),
        ("max(mood, calm, worth)", 6.0),
        ("mean(mood, calm, worth)", 4.0),
        ("mean(worth)", None),
        ("count(mood, worth, calm)", 2),
        ("any(mood > 5, calm > 5)", True),
        ("all(mood > 5, calm > 5)", False),
        ("if(mood < 3, 'low', 'high')", "low"),
        ("if(worth < 3, 1, 2)", None),
        ("answered(mood)", True),
        ("answered(worth)", False),
        ("skipped(worth)", True),
        ("skipped(mood)", False),
        ("number(where) == 3", True),
        ("days_since(last.slept)", 2),
        ("today > '2026-03-01'", True),
        ("mood / 0", None),
        ("999999999999999 * 999999999999999 > 1", True),
        ("done and score.wb >= 4.5", True),
    ],
)
def test_values(text, value):
    assert evaluate(parse(text), HERS) == value


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("worth > 3", None),
        ("not worth > 3", None),
        ("worth > 3 or mood == 2", True),
        ("worth > 3 or mood == 3", None),
        ("worth > 3 and mood == 3", False),
        ("worth > 3 and mood == 2", None),
        ("worth in [1, 2]", None),
        ("mood in [worth, 2]", True),
        ("mood in [worth, 3]", None),
        ("any(worth > 3, mood == 2)", True),
        ("all(worth > 3, mood == 2)", None),
        ("not answered(worth)", True),
    ],
)
def test_what_has_no_answer_is_neither_true_nor_false(text, truth):
    assert holds(parse(text), HERS) is truth


def test_the_longest_chain_that_can_be_read_can_be_evaluated():
    assert evaluate(parse("1" + "+1" * 124), HERS) == 125


SEVEN = Known("number", 1, 7, whole=True)
NAMES = {
    "mood": SEVEN,
    "calm": SEVEN,
    "where": Known("text", choices=("home", "street"), codes=(1, 0)),
    "plain": Known("text", choices=("a", "b")),
    "note": Known("text"),
    "meals": Known("options", choices=("lunch", "tea")),
    "slept": Known("date"),
    "today": Known("date"),
    "slot": Known("text", choices=("morning", "evening")),
    "study_day": Known("number", 1, 28, whole=True),
    "score.wb": Known("number", 1, 7),
    "last.mood": SEVEN,
    "late": Known("number", 1, 7, whole=True, not_here="late is asked only after this"),
}


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("moood > 2", 0, "did you mean “mood”?"),
        ("1 < wb", 4, "did you mean “score.wb”?"),
        ("zzz > 2", 0, "there are mood, calm, where"),
        ("mood", 0, "this is a number, and true or false is needed; compare it"),
        ("mood and calm > 2", 0, "compare it, or ask answered(mood)"),
        ("where > 2", 8, "2 is a number, and where is text; number(where) gives its code"),
        ("where > 'home'", 6, "use == or in"),
        ("where == 'stret'", 9, "where is never “stret”; did you mean “street”?"),
        ("where in ['home', 'sofa']", 18, "it can be home, street"),
        ("'soup' in meals", 0, "meals is never “soup”"),
        ("meals == 'tea'", 6, 'write for example "a" in meals'),
        ("mood == 'good'", 8, "“good” is text, and mood is a number"),
        ("slept > 'monday'", 8, "write it as 2026-03-29"),
        ("days_since(mood) > 2", 11, "a date is needed here"),
        ("mood + where > 2", 7, "number(where) gives its code"),
        ("number(plain) > 2", 7, "give each of its options a code"),
        ("answered(mood > 2)", 14, "takes the name of an item"),
        ("avg(mood) > 2", 0, "“avg” is no function that is known"),
        ("men(mood) > 2", 0, "did you mean “mean”?"),
        ("if(mood > 2, 1) == 1", 0, "write if(condition, then, otherwise)"),
        ("if(mood > 2, 1, 'a') == 1", 16, "make them alike"),
        ("mood in calm", 8, "after in stands a list"),
        ("mood in []", 8, "the list is empty"),
        ("[1, 2] == mood", 0, "a list stands only after in"),
        ("late > 2", 0, "late is asked only after this"),
        ("(mood > 2) > (calm > 2)", 11, "not true or false"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(text, at, words):
    problems = check(parse(text), NAMES)
    assert [problem.at for problem in problems if words in problem.message] == [at], problems


def test_all_problems_come_at_once():
    assert len(check(parse("moood > 2 and where == 'stret' or avg(1)"), NAMES)) == 3


@pytest.mark.parametrize(
    ("conditions", "never"),
    [
        (["mood > 7"], True),
        (["mood > 6"], False),
        (["mood > 3 and mood < 2"], True),
        (["mood > 3", "mood < 4"], True),
        (["mood + calm > 14"], True),
        (["mood + calm == 14"], False),
        (["study_day > 28"], True),
        (["slot == 'morning'", "slot == 'evening'"], True),
        (["score.wb > 7"], True),
        (["score.wb > 6.9 and score.wb < 6.95"], False),
        (["mean(score.wb) > 8"], False),  # not decided
        (["note == 'x'", "mood > 7"], True),
        (["not answered(mood) and mood > 1"], True),
        (["skipped(mood) and not answered(mood)"], False),
        (["number(where) > 1"], True),
        (["false"], True),
        (["days_since(slept) > 3"], False),
    ],
)
def test_conditions_that_can_never_be_true_are_found_where_that_can_be_decided(conditions, never):
    assert never_true([parse(text) for text in conditions], NAMES) is never


number_parts = st.sampled_from(
    ["mood", "calm", "last.mood", "study_day", "score.wb", "number(where)", "0", "3", "999999999999999", "0.5"]
)
truths = st.sampled_from(
    ["answered(mood)", "skipped(calm)", "slot == 'evening'", "where in ['home']", "'tea' in meals", "today > slept"]
)


def numeric(inner):
    return st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        inner.map(lambda part: f"-{part}"),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"mean({', '.join(parts)})"),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"max({', '.join(parts)})"),
    )


numbers = st.recursive(number_parts, numeric, max_leaves=5)
compared = st.tuples(numbers, st.sampled_from(["<", "<=", "==", "!=", ">", ">="]), numbers).map(" ".join)
conditions = st.recursive(
    truths | compared,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map(lambda p: f"({''.join(p)})"),
        inner.map(lambda part: f"(not ({part}))"),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"any({', '.join(parts)})"),
        st.tuples(inner, inner, inner).map(lambda p: f"if({', '.join(p)})"),
    ),
    max_leaves=5,
)
worlds = st.fixed_dictionaries(
    {},
    optional={
        "mood": st.integers(1, 7),
        "calm": st.integers(1, 7),
        "last.mood": st.integers(1, 7),
        "study_day": st.integers(1, 28),
        "score.wb": st.floats(1, 7),
        "where": st.sampled_from(["home", "street"]),
        "slot": st.sampled_from(["morning", "evening"]),
        "meals": st.sampled_from([("lunch",), ("lunch", "tea")]),
        "slept": st.just("2026-03-28"),
        "today": st.just("2026-03-30"),
    },
)


@settings(max_examples=400)
@given(conditions, worlds)
def test_a_checked_condition_is_true_false_or_missing_and_nothing_else(text, world):
    expression = parse(text)
    assert check(expression, NAMES) == []
    truth = evaluate(expression, Given(world, {"where": 1.0} if "where" in world else {}))
    assert truth is None or isinstance(truth, bool)


@settings(max_examples=60)
@given(conditions, worlds)
def test_what_holds_somewhere_is_never_called_impossible(text, world):
    expression = parse(text)
    codes = {"where": {"home": 1.0, "street": 0.0}[world["where"]]} if "where" in world else {}
    if holds(expression, Given(world, codes)):
        assert not never_true([expression], NAMES)
