"""Notes keep their distance: in real elapsed time, across windows, schedules and days, whatever the clocks do.

A few hundred examples in every run; twenty thousand of each law with `pytest -m slow tests/domain/test_gaps.py`.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, product
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ema.domain.localtime import local, to_utc, window_span
from ema.domain.planning import plan
from ema.domain.protocol import Protocol
from ema.domain.schedules.base import Preferences, Slot
from ema.domain.schedules.spacing import fit, spread
from tests.domain.designs import blocks, design, spaced_designs, too_many_or_too_near
from tests.domain.zones import slots_on, zone_and_date

MINUTE = timedelta(minutes=1)
DAYS = range(1, 6)
FEBRUARY = date(2026, 2, 2)


def hers_in(study: Protocol, zone: str) -> Preferences:
    return study.preferences("hours", zone)


def leaps_oddly(zone: str, around: date) -> bool:
    """Whether the clocks go forward by more than an hour in these days, as in Antarctica/Troll, or at noon."""
    if zone in ("Africa/Juba", "Africa/Khartoum") and around.year == 2000:
        return True
    begin = datetime.combine(around, time(0), UTC) - timedelta(days=2)
    offsets = [local(begin + timedelta(hours=n), zone).utcoffset() or timedelta(0) for n in range(24 * 9)]
    return any(after - before > timedelta(hours=1) for before, after in pairwise(offsets))


def inside(slot: Slot, hers: Preferences) -> bool:
    """Whether her clock shows a time inside the slot's window, or the clocks leapt over all of it."""
    window = hers.windows[slot.slot.rpartition("_")[0] or slot.slot] if slot.schedule == "beep" else None
    if window is None:
        return True
    starts_on = slot.local_date if window.start >= hers.day_starts else slot.local_date + timedelta(days=1)
    ends_on = starts_on if window.end > window.start else starts_on + timedelta(days=1)
    leapt_over = to_utc(starts_on, window.start, hers.timezone) == to_utc(ends_on, window.end, hers.timezone)
    shown = local(slot.due_at, hers.timezone).replace(tzinfo=None)
    return leapt_over or datetime.combine(starts_on, window.start) <= shown < datetime.combine(ends_on, window.end)


def every_design_that_is_accepted_keeps_its_word(study: Protocol, place: tuple[str, date], seed: str) -> None:
    assume(not too_many_or_too_near(study))
    zone, day = place
    hers = hers_in(study, zone)
    first_date = day - timedelta(days=2)
    slots = plan(study, seed, first_date, hers, DAYS)
    names = [(schedule.id, index) for schedule in study.schedules for index in range(1, len(schedule.slot_names()) + 1)]
    assert sorted((slot.schedule, slot.slot_key) for slot in slots) == sorted(
        (schedule, f"{number}.{index}") for number in DAYS for schedule, index in names
    ), "the count of every study day is what the protocol says"
    notes = [slot for slot in slots if not slot.barred]
    assert all(after.due_at - before.due_at >= study.minimum_gap_minutes * MINUTE for before, after in pairwise(notes))
    assert all(inside(slot, hers) for slot in notes)
    assert len(notes) == len(slots) or leaps_oddly(zone, day)


def planning_in_pieces_gives_the_same(study: Protocol, place: tuple[str, date], seed: str) -> None:
    hers = hers_in(study, place[0])
    whole = plan(study, seed, place[1], hers, DAYS)
    pieces: list[Slot] = []
    for number in DAYS:
        sent = [slot.due_at for slot in pieces if not slot.barred]
        pieces += plan(study, seed, place[1], hers, range(number, number + 1), previous=max(sent, default=None))
    assert sorted(pieces, key=lambda slot: (slot.due_at, slot.schedule, slot.slot_key)) == whole


def planning_anew_moves_nothing_when_nothing_changed(study: Protocol, place: tuple[str, date], seed: str) -> None:
    hers = hers_in(study, place[0])
    whole = plan(study, seed, place[1], hers, DAYS)
    now = whole[len(whole) // 2].due_at + timedelta(seconds=1)
    today = whole[len(whole) // 2].study_day
    before = [slot.due_at for slot in whole if slot.study_day < today and not slot.barred]
    kept = {(s.schedule, s.slot_key): s.due_at for s in whole if s.study_day >= today and s.due_at < now}
    kept = {
        key: due for key, due in kept.items() if not next(s for s in whole if (s.schedule, s.slot_key) == key).barred
    }
    again = plan(
        study, seed, place[1], hers, range(today, 6), previous=max(before, default=None), kept=kept, not_before=now
    )
    assert again == [s for s in whole if s.study_day >= today and (s.schedule, s.slot_key) not in kept]


LAWS = [
    every_design_that_is_accepted_keeps_its_word,
    planning_in_pieces_gives_the_same,
    planning_anew_moves_nothing_when_nothing_changed,
]
law = pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)


def run(law, number: int) -> None:
    @settings(max_examples=number, suppress_health_check=list(HealthCheck))
    @given(spaced_designs(), zone_and_date(), st.text("abc", max_size=4))
    def holds(study, place, seed):
        law(study, place, seed)

    holds()


@law
def test_for_any_design_in_any_zone(law):
    run(law, 150)


@pytest.mark.slow
@law
def test_for_very_many(law, request):
    if "slow" not in request.config.option.markexpr:
        pytest.skip("takes minutes; run it with -m slow")
    run(law, 20_000)


# --- chance


def test_random_times_in_equal_blocks_are_uniform():
    """100,000 draws over the 30 half hours of a day with four blocks; one prompt in each block."""
    study = blocks(4, "07:00-22:00", 0)
    hers = hers_in(study, "Europe/London")
    counts: Counter[int] = Counter()
    for seed in range(25_000):
        slots = slots_on(study.schedules[0], 1, FEBRUARY, hers, seed)
        assert [(slot.due_at - slots[0].opens_at) // (225 * MINUTE) for slot in slots] == [0, 1, 2, 3]
        counts.update((slot.due_at - slots[0].opens_at) // (30 * MINUTE) for slot in slots)
    assert sum(counts.values()) == 100_000
    expected = 100_000 / 30
    assert sum((counts[n] - expected) ** 2 / expected for n in range(30)) < 58.3  # 29 degrees of freedom, p = 0.001


@pytest.mark.parametrize(
    ("places", "apart"),
    [
        pytest.param([((0, 10),), ((10, 20),)], 8, id="seldom too near"),
        pytest.param(
            [((0, 6),), ((6, 12),), ((12, 18),), ((18, 24),)], 6, id="mostly too near, so that ways are counted"
        ),
        pytest.param([((0, 12),), ((0, 12),)], 4, id="either may come first"),
        pytest.param([((0, 3), (5, 7)), ((7, 9), (11, 13))], 5, id="with hours taken out"),
    ],
)
def test_every_way_to_keep_apart_is_as_likely(places, apart):
    minutes = [[minute for begin, end in runs for minute in range(begin, end)] for runs in places]
    ways = [way for way in product(*minutes) if all(b - a >= apart for a, b in pairwise(sorted(way)))]
    rng = Random(1)
    drawn = Counter(tuple(spread(places, apart, rng)) for _ in range(100 * len(ways)))
    assert set(drawn) <= set(ways)
    chi_squared = sum((drawn[way] - 100) ** 2 / 100 for way in ways)
    freedom = len(ways) - 1
    assert chi_squared < freedom + 3.5 * (2 * freedom) ** 0.5 + 4


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 60)), min_size=1, max_size=5),
    st.integers(0, 60),
    st.integers(0, 99),
)
def test_where_there_is_room_nobody_goes_without(places, apart, seed):
    runs = [((begin, begin + length),) for begin, length in places]
    drawn = spread(runs, apart, Random(seed))
    given_ = sorted(minute for minute in drawn if minute is not None)
    assert all(b - a >= apart for a, b in pairwise(given_))
    assert all(minute is None or a <= minute < b for minute, ((a, b),) in zip(drawn, runs, strict=True))
    assert None not in drawn or not fit(runs, apart)


# --- by hand


def test_a_gap_of_four_hours_holds_over_the_night_the_clocks_go_forward():
    study = blocks(2, "10:00-22:00", 240)
    for seed in range(200):
        slots = plan(study, str(seed), date(2026, 3, 28), hers_in(study, "Europe/London"), range(1, 3))
        assert all(after.due_at - before.due_at >= timedelta(hours=4) for before, after in pairwise(slots))


def test_two_schedules_keep_apart_from_each_other():
    beep = {"id": "beep", "kind": "random_window", "windows": ["day"], "prompts": 3}
    diary = {"id": "diary", "kind": "fixed", "times": ["20:00"]}
    study = design(beep, diary, windows={"day": "09:00-21:00"}, minimum_gap_minutes=90)
    assert too_many_or_too_near(study) == []
    for seed in range(100):
        slots = plan(study, str(seed), FEBRUARY, hers_in(study, "Europe/London"), range(1, 2))
        assert len(slots) == 4
        assert all(after.due_at - before.due_at >= 90 * MINUTE for before, after in pairwise(slots))
        assert not any(slot.barred for slot in slots)


def test_an_offer_or_what_does_not_count_keeps_nothing_away():
    beep = {"id": "beep", "kind": "random_window", "windows": ["day"]}
    exit_ = {"id": "exit", "kind": "fixed", "times": ["09:10"], "counts": False}
    study = design(beep, exit_, windows={"day": "09:00-09:30"}, minimum_gap_minutes=60)
    assert too_many_or_too_near(study) == []
    assert not any(slot.barred for slot in plan(study, "x", FEBRUARY, hers_in(study, "Europe/London"), DAYS))


def test_without_room_a_prompt_stays_in_the_count_and_says_so():
    study = blocks(3, "09:00-10:00", 45)
    slots = plan(study, "x", FEBRUARY, hers_in(study, "Europe/London"), range(1, 2))
    assert [slot.slot_key for slot in slots if slot.barred == "no room"]
    assert {slot.slot_key for slot in slots} == {"1.1", "1.2", "1.3"}


def test_a_day_planned_anew_keeps_apart_from_what_was_sent_before_the_change():
    study = blocks(2, "09:00-21:00", 180)
    hers = hers_in(study, "Europe/London")
    for seed in range(60):
        first, _ = plan(study, str(seed), FEBRUARY, hers, range(1, 2))
        now = first.due_at + MINUTE
        there = hers_in(study, "Europe/Athens")  # two hours on
        (second,) = plan(
            study,
            str(seed),
            FEBRUARY,
            there,
            range(1, 2),
            kept={("beep", "1.1"): first.due_at},
            not_before=now,
        )
        assert second.slot_key == "1.2"
        assert second.due_at - first.due_at >= timedelta(hours=3)
        start, end = window_span(there.windows["day"], FEBRUARY, there)
        assert start + (end - start) / 2 <= second.due_at < end
