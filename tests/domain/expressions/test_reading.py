"""Text to expression and back: what binds tighter, what is refused and where, and that nothing breaks the reader."""

from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ema.domain.expressions import BadExpression, parse, write
from ema.domain.expressions.tree import (
    COMPARISONS,
    Both,
    Call,
    Compared,
    Expression,
    Literally,
    Name,
    Negative,
    Not,
    OneOf,
    Reckoned,
)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a or b and not c", "a or (b and (not c))"),
        ("not a == b", "not (a == b)"),
        ("a + b * c < d", "(a + (b * c)) < d"),
        ("a - b - c", "(a - b) - c"),
        ("-a * b", "(-a) * b"),
        ("a == -1", "a == (-1)"),
        ("slot not in ['x', \"y\"]", 'slot not in (["x", "y"])'),
        ("if(a<1,min(b),last.c)", "if((a < 1), min(b), last.c)"),
        ("a <\n 3\tand b", "(a < 3) and b"),
        ('"it\\"s \\\\ here"', "'it\\\"s \\\\ here'"),
    ],
)
def test_what_belongs_together(text, meant):
    assert parse(text) == parse(meant)


def test_it_is_written_with_brackets_only_where_they_are_needed():
    assert write(parse("((a) or ((b) and (c)))")) == "a or b and c"
    assert write(parse("(a or b) and not (c == 1.50)")) == "(a or b) and not c == 1.5"
    assert write(parse("a - (b - c)")) == "a - (b - c)"


REFUSED = [
    ("", 0, "is empty"),
    ("   ", 0, "is empty"),
    ("wb_mood = 2", 8, "write == to compare"),
    ("a && b", 2, "write and"),
    ("a ≤ 2", 2, "write <="),
    ("slot == “evening”", 8, "straight quotes"),
    ("a AND b", 2, "“AND”: write and in small letters"),
    ("Mood > 1", 0, "“Mood” is no name"),
    ("a.b.c", 0, "more than one dot"),
    ("a.__class__", 0, "is no name"),
    ("a == 'x", 5, "no closing quote"),
    ("a == 'x\ny'", 7, "line break"),
    ("a == 'x\\n'", 7, "after a backslash"),
    ("1 < a < 3", 6, "two comparisons in a row"),
    ("(a or b", 0, "this “(” is never closed"),
    ("min(a, b", 3, "this “(” is never closed"),
    ("a or", 4, "ends too early"),
    ("a b", 2, "“b” can't stand here"),
    ("a not b", 2, "“not” can't stand here"),
    ("min(a b)", 6, "“b” can't stand here; “)” can"),
    ("min(,a)", 4, "“,” can't stand here"),
    ("1234567890123456", 0, "at most 15 digits"),
    ("0.1234567890", 0, "at most 9 decimals"),
    ("(" * 30 + "a" + ")" * 30, 25, "nested more than 25 deep"),
    ("a" + "+a" * 130, 251, "more than 250 words"),
    ("a" * 1001, 1000, "has 1001 characters"),
    ("a\x00", 1, "“U+0000” means nothing here"),
]


@pytest.mark.parametrize(("text", "at", "words"), REFUSED, ids=[row[0][:20].encode() for row in REFUSED])
def test_it_is_refused_with_the_place_and_a_remedy(text, at, words):
    with pytest.raises(BadExpression) as refused:
        parse(text)
    assert words in str(refused.value)
    assert refused.value.at == at


WORDS = {"and", "or", "not", "in", "true", "false"}
plain_names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name not in WORDS)
names = plain_names | st.builds(lambda space, name: f"{space}.{name}", plain_names, plain_names)
printable = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), max_size=8)
literals = st.builds(
    Literally,
    st.booleans()
    | st.integers(0, 10**15 - 1)
    | st.decimals(0, 999_999, places=9).map(float)
    | printable.filter(str.isprintable),
)


def wider(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    several = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Not, inner),
        st.builds(Negative, inner),
        st.builds(Both, st.sampled_from(["and", "or"]), inner, inner),
        st.builds(Compared, st.sampled_from(COMPARISONS), inner, inner),
        st.builds(Reckoned, st.sampled_from(["+", "-", "*", "/"]), inner, inner),
        st.builds(OneOf, several),
        st.builds(Call, plain_names, several),
    )


expressions = st.recursive(literals | st.builds(Name, names), wider, max_leaves=12)


@settings(max_examples=400)
@given(expressions)
def test_what_is_written_reads_back_as_the_same(expression):
    text = write(expression)
    try:
        read = parse(text)
    except BadExpression as refused:  # too deep or too long to be read, never misunderstood
        read, words = None, str(refused)
    else:
        words = ""
    if read is None:
        assert any(limit in words for limit in ("nested more", "more than 250", "characters"))
    else:
        assert read == expression
        assert write(read) == text


pieces = st.sampled_from(
    [*"()[],'\"\\.+-*/<>=!", "and ", "or ", "not ", "in ", "if(", "a", "last.", "1", "9.5", " ", "é", "\0"]
)


@settings(max_examples=300)
@given(st.text(max_size=300) | st.lists(pieces, max_size=60).map("".join))
@example("(" * 10_000)
@example("not " * 2_500)
@example("-" * 10_000)
@example("'" * 10_000)
@example("1" * 10_000)
@example("a.b" * 3_333)
@example("[" * 990 + "\\" * 10)
@example("\\" * 10_000)
@example("((((((((((a" * 90)
def test_any_text_is_an_expression_or_one_clear_refusal_at_once(text):
    start = perf_counter()
    words, at = "an expression", 0
    try:
        parse(text)
    except BadExpression as refused:
        words, at = str(refused), refused.at
    assert perf_counter() - start < 0.05
    assert words
    assert 0 <= at <= len(text)
