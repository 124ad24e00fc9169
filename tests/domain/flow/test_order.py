"""Which items are asked and in which order: permutations, anchors that stay, pools that come out even."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from ema.domain.flow import Seed, drawn, order
from ema.domain.studyfile import load_study
from questionnaires import ROOT
from tests.domain.flow.forms import form, rating

NAMES = [f"i{number}" for number in range(6)]
seeds = st.builds(Seed, st.text(max_size=5), st.text(max_size=5), st.integers(0, 500))


def shuffled(fixed: set[str], draw: int | None = None):
    entries = [{"item": name, "fixed": name in fixed} for name in NAMES]
    return form(*map(rating, NAMES), pages=[{"id": "page", "order": "random", "draw": draw, "items": entries}])


def test_plain_items_stay_as_they_are_written():
    one, other = form(*map(rating, NAMES)), form(rating("z"), name="other")
    assert order([one, other], Seed("a", "b", 0)) == (*NAMES, "z")


@given(seeds, st.sets(st.sampled_from(NAMES)))
def test_a_random_order_is_a_permutation_and_anchors_keep_their_place(seed, fixed):
    one = shuffled(fixed)
    result = order([one], seed)
    assert sorted(result) == NAMES
    assert all(result[NAMES.index(name)] == name for name in fixed)
    assert order([one], seed) == result


def test_orders_differ_between_prompts_and_each_item_comes_first_about_equally_often():
    first = Counter(order([shuffled(set())], Seed("a", str(prompt), 0))[0] for prompt in range(1200))
    assert set(first) == set(NAMES)
    assert all(140 < times < 260 for times in first.values())


@settings(max_examples=200)
@given(st.integers(2, 12), st.data(), st.text(max_size=5), st.integers(0, 40))
def test_over_n_prompts_every_item_of_a_pool_of_n_is_asked_exactly_k_times(n, data, enrolment, deal):
    k = data.draw(st.integers(1, n))
    pool = [f"p{number}" for number in range(n)]
    hands = [drawn(pool, k, enrolment, "page", position) for position in range(deal * n, (deal + 1) * n)]
    assert all(len(hand) == k for hand in hands)
    assert Counter(name for hand in hands for name in hand) == dict.fromkeys(pool, k)


def test_every_pair_of_a_pool_is_asked_together_in_the_long_run():
    pairs = Counter(
        (a, b)
        for position in range(600)
        for hand in [drawn(NAMES, 3, "a", "page", position)]
        for a in hand
        for b in hand
        if a < b
    )
    assert len(pairs) == 15
    assert min(pairs.values()) > 60


def test_fixed_items_are_always_asked_and_stay_first_and_last():
    one = shuffled({"i0", "i5"}, draw=2)
    for position in range(20):
        result = order([one], Seed("a", str(position), position))
        assert (len(result), result[0], result[-1]) == (4, "i0", "i5")


@given(seeds)
def test_pages_of_a_section_are_shuffled_whole(seed):
    pages = [{"id": f"p{at}", "fixed": at == 0, "items": NAMES[2 * at : 2 * at + 2]} for at in range(3)]
    one = form(*map(rating, NAMES), sections=[{"id": "s", "order": "random", "pages": pages}])
    assert order([one], seed) in {tuple(NAMES), ("i0", "i1", "i4", "i5", "i2", "i3")}


def test_the_position_of_a_prompt_counts_the_slots_of_its_schedule():
    protocol = load_study(ROOT / "studies" / "twice_daily.yaml")
    positions = [Seed.of(protocol, "a", "checkin", key).position for key in ("1.1", "1.2", "2.1", "28.2")]
    assert positions == [0, 1, 2, 55]
    assert Seed.of(protocol, "a", "exit", "once:exit") == Seed.of(protocol, "a", "exit", "once:exit")
    assert Seed.of(protocol, "a", "unscheduled", "event:12") != Seed.of(protocol, "a", "unscheduled", "event:13")
