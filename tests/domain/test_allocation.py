"""Arms by chance: balanced as the file says, the same wherever it is worked out, and foretold by nobody."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ema.domain.allocation import Allocation, allocate, stratum


def allocation(method: str = "block", **fields: object) -> Allocation:
    if method != "simple":
        fields.setdefault("block_sizes", (4, 8))
    return Allocation.model_validate({"method": method, "arms": {"a": 1, "b": 1}, **fields})


def arms(rule: Allocation, seed: str, people: int, where: str = "") -> list[str]:
    return [allocate(rule, seed, where, number) for number in range(1, people + 1)]


@given(st.text(max_size=8), st.integers(1, 300))
def test_blocks_keep_the_arms_in_balance_all_the_way(seed, people):
    counts = Counter(arms(allocation(), seed, people))
    assert abs(counts["a"] - counts["b"]) <= 4, "half of the largest block"


@settings(max_examples=30)
@given(st.text(max_size=8))
def test_weights_are_kept_in_every_block(seed):
    rule = allocation(arms={"control": 1, "messages": 2}, block_sizes=(3,))
    given_ = arms(rule, seed, 60)
    assert all(Counter(given_[at : at + 3]) == {"control": 1, "messages": 2} for at in range(0, 60, 3))


def test_simple_allocation_follows_the_weights_in_the_long_run():
    counts = Counter(arms(allocation("simple", arms={"a": 1, "b": 3}), "seed", 20_000))
    assert 4_800 < counts["a"] < 5_200  # five standard deviations are 306


def test_every_order_of_a_block_is_as_likely():
    rule = allocation(block_sizes=(4,))
    orders = Counter("".join(arms(rule, f"study {n}", 4)) for n in range(6_000))
    assert len(orders) == 6
    assert sum((seen - 1000) ** 2 / 1000 for seen in orders.values()) < 20.5  # 5 degrees of freedom, p = 0.001


def test_the_sizes_of_blocks_can_not_be_told_by_counting():
    """After four people with both arms twice, the fifth is foretold only by who knows that a block ended."""
    rule = allocation(block_sizes=(4, 6, 8))
    after = [arms(rule, f"study {n}", 4) for n in range(4_000)]
    full = sum(Counter(four) == {"a": 2, "b": 2} for four in after)
    assert 0.33 * 4_000 < full < 0.95 * 4_000, "balanced by the end of a block and by chance alike"


def test_each_stratum_has_blocks_of_its_own():
    rule = allocation("stratified", stratify_by=("language", "hours"))
    assert stratum(rule, {"language": "es", "hours": "nights", "timezone": "UTC"}) == "language=es|hours=nights"
    assert stratum(allocation(), {"language": "es"}) == ""
    here, there = (arms(rule, "seed", 40, where) for where in ("language=es|hours=late", "language=en|hours=late"))
    assert here != there
    assert all(abs(Counter(each)["a"] - Counter(each)["b"]) <= 4 for each in (here, there))


def test_the_same_seed_gives_the_same_arm_and_another_seed_says_nothing_of_it():
    rule = allocation()
    assert arms(rule, "seed", 100) == arms(rule, "seed", 100) == EARLIER
    same = sum(x == y for x, y in zip(arms(rule, "seed", 1000), arms(rule, "seeds", 1000), strict=True))
    assert 420 < same < 580


def test_who_comes_first_is_not_told_by_the_file():
    assert {allocate(allocation(), f"study {n}", "", 1) for n in range(20)} == {"a", "b"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"block_sizes": (4, 5)}, "a block of 5 doesn't divide by the arms' weights; 2, 4 or 6 do"),
        ({"arms": {"a": 1, "b": 2}, "block_sizes": (4,)}, "3, 6 or 9 do"),
        ({"block_sizes": (0,)}, "a block of 0"),
        ({"block_sizes": ()}, "method: block needs block_sizes, such as \\[2, 4\\]"),
        ({"method": "simple", "block_sizes": (4,)}, "simple has no blocks"),
        ({"method": "stratified"}, "stratify_by belong together"),
        ({"stratify_by": ("language",)}, "stratify_by belong together"),
        ({"method": "stratified", "stratify_by": ("language", "language")}, "name each once"),
        ({"method": "stratified", "stratify_by": ("mood",)}, "'language', 'timezone' or 'hours'"),
        ({"arms": {"a": 1}}, "at least 2"),
        ({"arms": {"a": 1, "b": 0}}, "greater than or equal to 1"),
    ],
)
def test_what_can_not_be_is_refused(fields, words):
    with pytest.raises(ValidationError, match=words):
        allocation(**fields)


EARLIER = list("bbaabaababbaababababaabbaaabbbabbabaaabbabababbaaabbbabaabaababbbababbaabababababaababbababbaaabaaba")
"""Enrolled people depend on it: a change here would give the next ones arms out of their block."""
