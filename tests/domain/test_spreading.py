"""Invitations over several bots: always to the one that has the fewest."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ema.domain.spreading import spread

BOTS = st.dictionaries(st.integers(1, 10**12), st.integers(0, 50), min_size=1, max_size=6)


def test_the_bot_with_the_fewest_is_filled_up_first():
    assert spread(5, {43: 0, 42: 3}) == [43, 43, 43, 42, 43]


@given(st.integers(0, 100), BOTS)
def test_what_is_uneven_only_becomes_more_even(number, taken):
    chosen = Counter(spread(number, taken))
    assert chosen.total() == number
    after = {bot: taken[bot] + chosen[bot] for bot in taken}
    assert max(after.values()) <= max(*taken.values(), min(after.values()) + 1)


@given(st.integers(0, 60), st.integers(0, 60), BOTS)
def test_two_times_some_go_where_all_at_once_would_go(first, second, taken):
    earlier = spread(first, taken)
    then = {bot: number + earlier.count(bot) for bot, number in taken.items()}
    assert earlier + spread(second, then) == spread(first + second, taken)
