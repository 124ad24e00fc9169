"""A participant's whole plan: the same in every process, complete, and without doubles."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ema.domain.chance import seeded
from ema.domain.localtime import local, study_day_at
from ema.domain.planning import plan
from ema.domain.studyfile import load_study
from questionnaires import ROOT
from tests.domain.zones import preferences, zone_and_date

STUDY = load_study(ROOT / "studies" / "twice_daily.yaml")
LONDON = STUDY.preferences("late", "Europe/London")
WHOLE = range(1, 36)


def test_28_days_give_56_prompts_and_four_sets_that_come_once():
    joined_at = datetime(2026, 3, 26, 18, tzinfo=UTC)
    slots = plan(STUDY, "seed", date(2026, 3, 27), LONDON, WHOLE, joined_at=joined_at)
    assert Counter(slot.schedule for slot in slots) == {
        "checkin": 56,
        "baseline": 1,
        "consent_again": 1,
        "still_ok": 1,
        "exit": 1,
    }
    assert slots[0].schedule == "baseline"
    assert [slot.due_at for slot in slots] == sorted(slot.due_at for slot in slots)


@settings(max_examples=40)
@given(zone_and_date(), st.text(max_size=8), st.data())
def test_any_hours_in_any_zone_give_every_slot_once(place, seed, data):
    zone, first_date = place
    slots = plan(STUDY, seed, first_date, data.draw(preferences(zone)), WHOLE)
    keys = [slot.slot_key for slot in slots if slot.schedule == "checkin"]
    assert sorted(keys) == sorted(f"{day}.{index}" for day in range(1, 29) for index in (1, 2))
    assert len({(slot.schedule, slot.slot_key) for slot in slots}) == len(slots) == 59


@given(st.integers(1, 35), st.integers(0, 35))
def test_planning_in_pieces_gives_the_same_plan(start, length):
    whole = plan(STUDY, "seed", date(2026, 3, 27), LONDON, WHOLE)
    piece = range(start, min(start + length, 36))
    assert plan(STUDY, "seed", date(2026, 3, 27), LONDON, piece) == [s for s in whole if s.study_day in piece]


@pytest.mark.parametrize("preset", ["late", "early", "nights"])
def test_prompts_are_apart_by_the_time_that_one_stays_open(preset):
    hers = STUDY.preferences(preset, "Europe/London")
    due = [s for s in plan(STUDY, "x", date(2026, 3, 20), hers, WHOLE) if s.schedule == "checkin"]
    assert all(before.expires_at <= after.opens_at for before, after in pairwise(due))


def test_a_night_worker_gets_both_prompts_of_a_study_day_in_one_night():
    hers = STUDY.preferences("nights", "Europe/London")
    first, second = plan(STUDY, "x", date(2026, 5, 1), hers, range(1, 2))
    assert local(first.due_at, hers.timezone).date() == date(2026, 5, 1)
    assert local(second.due_at, hers.timezone).date() == date(2026, 5, 2)
    assert first.local_date == second.local_date == date(2026, 5, 1)
    assert study_day_at(second.due_at, date(2026, 5, 1), hers) == 1


def test_moving_from_london_to_bangkok_keeps_the_keys_and_the_study_days():
    there = STUDY.preferences("late", "Asia/Bangkok")
    home = plan(STUDY, "x", date(2026, 5, 1), LONDON, WHOLE)
    away = plan(STUDY, "x", date(2026, 5, 1), there, WHOLE)
    assert {(s.slot_key, s.local_date) for s in home} == {(s.slot_key, s.local_date) for s in away}
    by_key = {s.slot_key: s for s in away}
    assert all(s.due_at - by_key[s.slot_key].due_at == timedelta(hours=6) for s in home)


def test_another_process_plans_the_same():
    code = (
        "from datetime import date; from pathlib import Path; import questionnaires\n"
        "from ema.domain.studyfile import load_study; from ema.domain.planning import plan\n"
        "study = load_study(questionnaires.ROOT / 'studies' / 'twice_daily.yaml')\n"
        "hers = study.preferences('late', 'Europe/London')\n"
        "print(*[s.due_at.isoformat() for s in plan(study, 'seed', date(2026, 3, 27), hers, range(1, 29))])"
    )
    there = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT.parent)
    here = plan(STUDY, "seed", date(2026, 3, 27), LONDON, range(1, 29))
    assert there.stdout.split() == [slot.due_at.isoformat() for slot in here]


def test_the_seed_of_a_day_never_changes():
    """Stored plans depend on it: a change here moves the prompts of running studies."""
    assert seeded("seed", "checkin", 1).getrandbits(32) == SEEDED
    assert seeded("seed", "checkin", 2).getrandbits(32) != SEEDED
    assert seeded("seed", "exit", 1).getrandbits(32) != SEEDED
    assert seeded("other", "checkin", 1).getrandbits(32) != SEEDED


SEEDED = 2575610409
