"""Ten published designs, as files: each loads, plans what it says on every day, and is lived through to its end."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from ema.commands.simulate import lived
from ema.domain.localtime import DAY, MINUTE, day_start, local, window_span
from ema.domain.schedules.fixed import Fixed
from ema.domain.schedules.random_window import RandomWindow
from ema.domain.schedules.waking import Waking, waking
from ema.domain.studyfile import load_study, validate
from ema.services import doctor, export
from ema.services.preview import Choice, length, preview
from ema.simulation import journey
from ema.store.tables import FINAL_STATES, Enrolment, Prompt
from questionnaires import ROOT

FILES = {file.stem: file for file in sorted((ROOT / "designs").glob("*.yaml"))}
FILES["twice_daily"] = ROOT / "studies" / "twice_daily.yaml"
SPRING, AUTUMN = date(2026, 3, 9), date(2026, 10, 5)
"""Mondays before the nights on which Europe's clocks change."""


def bursts(day, _on):
    return {"beep": 4 * ((day - 1) % 28 < 7), "looking_back": day % 28 == 7}


def diary(_day, on):
    return {"diary": on.isoweekday() < 7, "sunday": on.isoweekday() == 7}


def bundled(day, _on):
    return {
        "checkin": 2 * (day <= 28),
        "consent_again": day == 2,
        "still_ok": day == 14,
        "exit": day == 29,
    }


SAYS = {
    "six_a_day": lambda *_: {"beep": 6},
    "twice_daily": bundled,
    "bursts": bursts,
    "decision_points": lambda *_: {"point": 5},
    "waking": lambda *_: {"after_waking": 3, "looking_back": 1},
    "night_worker": lambda *_: {"beep": 3},
    "diary": diary,
    "events": lambda *_: {"evening": 1},
    "two_arms": None,
    "festival": None,
}
"""Study day and its date → prompts by schedule."""
DAYS = {
    "six_a_day": 7,
    "twice_daily": 29,
    "bursts": 112,
    "decision_points": 42,
    "waking": 10,
    "night_worker": 14,
    "diary": 28,
    "events": 14,
    "two_arms": 14,
    "festival": 10,
}


def shown(name, first=SPRING, **choice):
    protocol = load_study(FILES[name])
    first = protocol.calendar.starts_on if protocol.calendar else first
    return preview(protocol, Choice(first, **choice), length(protocol))


def by_day(plan):
    counts = {day: Counter() for day in range(1, plan.days + 1)}
    for slot in plan.slots:
        counts[slot.study_day][slot.schedule] += 1
    return counts


def every_choice(name):
    """Each preset in each arm, in spring and in autumn."""
    protocol = load_study(FILES[name])
    arms = tuple(protocol.allocation.arms) if protocol.allocation else (None,)
    for preset in protocol.hours.presets:
        for arm in arms:
            for first in (SPRING, AUTUMN):
                yield shown(name, preset=preset, arm=arm, first=first)


def test_there_are_ten():
    assert FILES.keys() == SAYS.keys() == DAYS.keys()
    assert len(FILES) == 10


@pytest.mark.parametrize("name", FILES)
def test_each_is_sound_and_as_long_as_it_says(name):
    assert validate(FILES[name]) == []
    protocol = load_study(FILES[name])
    assert (protocol.id, length(protocol)) == (name, DAYS[name])
    assert protocol.missing_to_open(), "nobody can join a design by mistake"


# --- what is planned


@pytest.mark.parametrize("name", [name for name, says in SAYS.items() if says])
def test_every_day_has_the_prompts_that_the_design_says(name):
    for plan in every_choice(name):
        for day, found in by_day(plan).items():
            on = plan.choice.first + timedelta(days=day - 1)
            says = {schedule: int(number) for schedule, number in SAYS[name](day, on).items() if number}
            assert dict(found) == says, f"day {day}"


def test_the_arms_differ_in_how_often_they_are_asked():
    for arm, says in (("seldom", {"three": 3}), ("often", {"six": 6})):
        days = by_day(shown("two_arms", arm=arm))
        assert [dict(found) for found in days.values()] == [says] * 14


def test_the_weekends_of_the_festival_have_two_drawn_days_each():
    drawn = set()
    for seed in map(str, range(40)):
        days = by_day(shown("festival", seed=seed))
        assert all(found["evening"] == 1 for found in days.values())
        more = tuple(day for day, found in days.items() if found["weekend"])
        assert all(days[day]["weekend"] == 3 for day in more)
        first, second = [day for day in more if day <= 7], [day for day in more if day > 7]
        assert len(first) == len(second) == 2
        assert set(first) <= {1, 2, 3}, "Friday to Sunday"
        assert set(second) <= {8, 9, 10}
        drawn.add(more)
    assert len(drawn) > 5


@pytest.mark.parametrize("name", FILES)
def test_every_prompt_lies_in_its_window_and_the_gap_holds(name):
    for plan in every_choice(name):
        notes = []
        for slot in plan.slots:
            assert not slot.barred
            schedule = plan.protocol.schedule(slot.schedule)
            start, end = place(plan, schedule, slot)
            assert start <= slot.due_at < end
            if schedule.is_note():
                notes.append(slot.due_at)
        apart = plan.protocol.minimum_gap_minutes * MINUTE
        assert all(after - before >= apart for before, after in pairwise(sorted(notes)))


def place(plan, schedule, slot):
    """Where the design lets it fall."""
    hers = plan.hers
    if isinstance(schedule, Waking):
        after = int(slot.slot.removeprefix("waking_"))
        start = waking(slot.local_date, hers) + after * MINUTE
        return start, start + (schedule.jitter_minutes + 1) * MINUTE
    if isinstance(schedule, RandomWindow):
        name = next(name for name in schedule.windows if slot.slot in {name, f"{name}_{slot.slot[-1]}"})
        return window_span(hers.windows[name], slot.local_date, hers)
    if isinstance(schedule, Fixed) or slot.slot in hers.windows:
        start, _ = window_span(hers.windows[slot.slot], slot.local_date, hers)
        return start, start + MINUTE
    return slot.opens_at, slot.opens_at + DAY


def test_a_night_is_one_study_day():
    plan = shown("night_worker")
    for slot in plan.slots:
        assert day_start(slot.local_date, plan.hers) <= slot.due_at < day_start(slot.local_date + DAY, plan.hers)
    after = [slot for slot in plan.slots if slot.slot == "after"]
    assert all(local(slot.due_at, plan.hers.timezone).date() == slot.local_date + DAY for slot in after)
    assert [slot.study_day for slot in after] == list(range(1, 15))


# --- lived through


@pytest.mark.parametrize("name", FILES)
def test_a_design_is_lived_through_to_its_end(name, monkeypatch, tmp_path):
    monkeypatch.setattr(journey, "TICK_AT_LEAST", timedelta(hours=12))  # what is due is visited all the same
    live(name, people=2 if name in {"two_arms", "festival"} else 1, out=tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_a_design_is_lived_through_by_more_people(name, request, tmp_path):
    if "slow" not in request.config.getoption("markexpr"):
        pytest.skip("some minutes; run with -m slow")
    live(name, people=8, out=tmp_path)


def live(name, people, out):
    protocol = load_study(FILES[name])
    days = length(protocol)
    with lived(protocol, people, days + 10, seed=1) as (here, cast):
        with here.database.reading() as session:
            prompts = session.exec(select(Prompt)).scalars().all()
            enrolled = session.exec(select(Enrolment)).scalars().all()
        assert len(enrolled) == len(cast) == people
        assert {prompt.state for prompt in prompts} <= set(FINAL_STATES)
        assert not [prompt for prompt in prompts if prompt.state in {"undelivered", "unknown"}], "nothing failed"
        for enrolment in enrolled:
            hers = [prompt for prompt in prompts if prompt.enrolment_id == enrolment.id and prompt.counts]
            assert len(hers) == planned(name, protocol, enrolment)
        assert any(prompt.n_answered for prompt in prompts if prompt.counts)
        assert doctor.examine(here.database, here.vault, here.clock.now()) == []
        export.export(here, protocol.id, "csv", out)
    assert (out / f"{name}_prompts.csv").stat().st_size > 1000


def planned(name, protocol, enrolment):
    """How many counted prompts she must have, however often her hours changed."""
    plan = preview(protocol, Choice(enrolment.first_date, arm=enrolment.arm), length(protocol))
    counted = {schedule.id for schedule in protocol.schedules if schedule.counts}
    return sum(slot.schedule in counted for slot in plan.slots)
