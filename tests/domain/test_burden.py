"""What a study asks: counted by hand for the bundled study and for what can't be planned."""

from __future__ import annotations

from datetime import date

import pytest

from ema.domain.burden import Asked, burden, one_prompt
from ema.domain.studyfile import load_study
from questionnaires import ROOT
from tests.domain.designs import BUNDLED, design

MONDAY = date(2026, 3, 2)
DAY = {"day": "09:00-21:00", "evening": "21:30-22:00"}
BEEP = {"id": "beep", "kind": "random_window", "windows": ["day"], "prompts": 2}
URGE = {"id": "urge", "kind": "event", "daily_cap": 3, "counts": False}


def of(protocol, arm=None, first=MONDAY):
    hers = protocol.preferences(protocol.hours.default, "Europe/London")
    return burden(protocol, hers, first, "7", arm)


def loads(found):
    return {load.schedule: (load.up_to, load.days, load.total.prompts) for load in found.loads}


def test_a_prompt_asks_what_its_questionnaires_have_and_takes_the_time_that_they_state():
    assert one_prompt(BUNDLED, ("checkin",)) == Asked(1, questions=7, seconds=60)
    assert one_prompt(BUNDLED, ("rses_a", "ons4")) == Asked(1, questions=14, seconds=160)


def test_the_bundled_study_is_added_up_with_what_joining_opens_and_what_comes_after():
    found = of(BUNDLED)
    assert loads(found) == {
        "checkin": (False, 28, 56),
        "baseline": (False, 1, 1),
        "consent_again": (False, 1, 1),
        "still_ok": (False, 1, 1),
        "exit": (False, 1, 1),
    }
    assert found.days == 29
    assert found.total == Asked(60, 56 * 7 + 14 + 1 + 1 + 16, 56 * 60 + 160 + 10 + 10 + 180)
    assert found.busiest == Asked(3, 2 * 7 + 14, 2 * 60 + 160), "the first day, with the baseline"
    assert found.a_day("prompts") == pytest.approx(60 / 29)
    assert found.more == Asked()


def test_what_she_starts_herself_is_the_most_that_it_can_be_and_stands_apart():
    found = of(design(BEEP, URGE, windows=DAY, days=10))
    assert loads(found) == {"beep": (False, 10, 20), "urge": (True, 10, 30)}
    assert (found.total.prompts, found.more.prompts) == (20, 30)


@pytest.mark.parametrize(("after", "cap", "most"), [("beep", 5, 2), ("beep", 1, 1), ("urge", 2, 2), ("urge", 9, 3)])
def test_a_follow_up_comes_at_most_once_for_each_prompt_that_it_follows(after, cap, most):
    follow = {
        "id": "later",
        "kind": "follow_up",
        "after": after,
        "when": "score.wb_state < 4",
        "minutes": 60,
        "daily_cap": cap,
    }
    found = of(design(BEEP, URGE, follow, windows=DAY, days=10))
    assert loads(found)["later"] == (True, 10, most * 10)


def test_days_without_prompts_are_no_days_of_the_average():
    found = of(design({**BEEP, "weekdays": [6, 7]}, windows=DAY, days=14))
    assert (found.days, found.total.prompts, found.a_day("prompts")) == (4, 8, 2.0)


def test_each_arm_has_its_own():
    two_arms = load_study(ROOT / "designs" / "two_arms.yaml")
    assert loads(of(two_arms, "seldom")) == {"three": (False, 14, 42)}
    assert loads(of(two_arms, "often")) == {"six": (False, 14, 84)}
