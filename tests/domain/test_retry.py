"""When to try again, and whose limit it is: laws that hold for every kind of trouble."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from ema.domain.refusals import SEVERAL, WITHIN_SECONDS, Refusals
from ema.domain.retry import FIRST, JITTER, LONGEST, Trouble, next_attempt

NOW = datetime(2026, 5, 12, 12, tzinfo=UTC)
TROUBLES = st.sampled_from(get_args(Trouble))
SEEDS = st.integers()


def pause(attempts, trouble, seed, after=None):
    return next_attempt(NOW, attempts, trouble, after, Random(seed)) - NOW


@given(TROUBLES, st.integers(1, 10_000), SEEDS)
def test_a_pause_is_never_shorter_than_the_first_nor_longer_than_the_cap(trouble, attempts, seed):
    assert FIRST[trouble] <= pause(attempts, trouble, seed) <= LONGEST * (1 + JITTER)


@given(TROUBLES, st.integers(1, 30), SEEDS, SEEDS)
def test_pauses_double_until_the_cap_whatever_the_chance(trouble, attempts, seed, other):
    shorter, longer = pause(attempts, trouble, seed), pause(attempts + 1, trouble, other)
    assert longer > shorter or longer >= LONGEST


@given(TROUBLES, st.integers(1, 30), SEEDS, st.integers(0, 86_400))
def test_what_the_other_side_asks_for_is_kept(trouble, attempts, seed, asked):
    after = timedelta(seconds=asked)
    assert after <= pause(attempts, trouble, seed, after) < after + timedelta(seconds=1)


def test_chance_spreads_those_who_failed_together():
    assert len({pause(3, "network", seed) for seed in range(50)}) == 50


def test_what_may_have_arrived_waits_longer_than_what_did_not():
    assert pause(1, "lost", 1) > pause(1, "network", 1) * 4


@given(st.lists(st.integers(1, SEVERAL - 1), max_size=40))
def test_a_chat_or_two_are_their_own_trouble_however_often_they_are_refused(chats):
    refusals = Refusals()
    assert not any(refusals.whole_bot(f"p{chat}", at / 10) for at, chat in enumerate(chats))


@given(st.floats(0, 1e6), st.lists(st.floats(0, WITHIN_SECONDS / SEVERAL * 0.9), min_size=SEVERAL, max_size=SEVERAL))
def test_several_chats_within_a_second_are_the_whole_bots(start, gaps):
    refusals, at, said = Refusals(), start, []
    for chat, gap in enumerate(gaps):
        at += gap
        said.append(refusals.whole_bot(f"p{chat}", at))
    assert said == [False] * (SEVERAL - 1) + [True]


def test_chats_refused_one_after_the_other_are_not():
    refusals = Refusals()
    assert not any(refusals.whole_bot(f"p{chat}", chat * WITHIN_SECONDS) for chat in range(20))
