"""Planning: each slot exactly once, whoever plans and however often; changed hours move only what was not sent."""

import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from ema.clock import VirtualClock
from ema.domain import planning
from ema.services import plan
from ema.services.hours import preferences
from ema.services.plan import plan_ahead
from ema.services.situation import person
from ema.store import participants
from tests.services.test_receive import at_once
from tests.services.world import SMALL, variant

pytestmark = pytest.mark.every_database

LONDON = ZoneInfo("Europe/London")
PRESETS = ("About 3 pm and 9.30 pm", "About 10 am and 8 pm", "Nights: about 5 pm and 3 am")


def keys(someone):
    return [(prompt.schedule, prompt.slot_key) for prompt in someone.prompts()]


def notes_waiting(world):
    """Prompt → how many of its notes wait to be sent."""
    waiting = [row.prompt_id for row in world.rows("outbox", kind="note", state="pending")]
    return {prompt_id: waiting.count(prompt_id) for prompt_id in waiting}


def test_planning_again_plans_nothing_again(world, anna):
    before = anna.prompts()
    assert [plan_ahead(world.here) for _ in range(3)] == [0, 0, 0]
    assert anna.prompts() == before


def test_each_day_is_planned_once_as_it_comes_within_reach(world, anna):
    world.wait(days=5)
    assert [prompt.slot_key for prompt in anna.checkins()] == [
        f"{day}.{index}" for day in range(1, anna.checkins()[-1].study_day + 1) for index in (1, 2)
    ]
    assert [prompt.position for prompt in anna.checkins()] == list(range(1, len(anna.checkins()) + 1))


def test_four_threads_planning_at_once_plan_each_slot_once(world):
    people = [world.joined(name) for name in ("Anna", "Bella", "Cleo")]
    world.clock.move_to(world.now + timedelta(days=3))
    at_once(*[lambda: plan_ahead(world.here)] * 4)
    for someone in people:
        assert len(set(keys(someone))) == len(keys(someone))
        assert {prompt.study_day for prompt in someone.checkins()} == set(range(1, 7))
    assert set(notes_waiting(world).values()) == {1}


def test_workers_share_a_crowd_and_each_prompt_is_planned_by_one_of_them(world, monkeypatch):
    """In batches of one, so that on PostgreSQL they all find somebody whom no other has taken."""
    people = [world.joined(name) for name in ("Anna", "Bella", "Cleo", "Dora", "Elsa")]
    monkeypatch.setattr(plan, "BATCH", 1)
    before, counts = world.count("prompt"), []
    world.clock.move_to(world.now + timedelta(days=4))
    at_once(*[lambda: counts.append(plan_ahead(world.here))] * 3)
    assert sum(counts) == world.count("prompt") - before == 8 * len(people)
    for someone in people:
        assert len(set(keys(someone))) == len(keys(someone)) == 14
    assert set(notes_waiting(world).values()) == {1}


def test_processes_planning_at_once_plan_each_slot_once(world, anna, elsewhere):
    world.clock.move_to(world.now + timedelta(days=4))
    assert elsewhere(world, *["plan"] * 3) == [0, 0, 0]
    assert len(set(keys(anna))) == len(keys(anna)) == 14
    assert set(notes_waiting(world).values()) == {1}


def test_changed_hours_move_what_was_not_sent_and_nothing_else(world, anna):
    world.wait(hours=4)
    sent, *others = anna.checkins()
    assert sent.state == "open"
    anna.write("/times")
    anna.tap("About 10 am and 8 pm")
    after = {prompt.id: prompt for prompt in anna.checkins()}
    assert (after[sent.id].due_at, after[sent.id].state) == (sent.due_at, "open")
    assert len(after) == 1 + len(others)
    for prompt in others:
        moved = after[prompt.id]
        assert (moved.slot_key, moved.slot, moved.study_day) == (prompt.slot_key, prompt.slot, prompt.study_day)
        hour = {"afternoon": 10, "evening": 20}[moved.slot]
        assert moved.due_at.astimezone(LONDON).hour == hour
    assert set(notes_waiting(world).values()) == {1}


def test_hours_changed_twice_within_one_moment_still_bring_every_note(world, anna):
    anna.write("/times")
    anna.tap("About 10 am and 8 pm")
    anna.write("/times")
    anna.tap("About 3 pm and 9.30 pm")
    planned = {prompt.id for prompt in anna.prompts(state="planned")}
    assert notes_waiting(world) == dict.fromkeys(planned, 1)
    world.wait(days=1)
    assert [prompt.state for prompt in anna.checkins()[:2]] == ["missed", "missed"]


def test_a_move_to_another_zone_keeps_the_wall_clock(world, anna):
    world.wait(hours=20)
    anna.write("/timezone")
    anna.tap("Kathmandu")
    for prompt in anna.prompts(state="planned"):
        local = prompt.due_at.astimezone(ZoneInfo("Asia/Kathmandu"))
        if prompt.timezone == "Asia/Kathmandu":
            assert (local.hour, local.minute // 30) in {(15, 0), (21, 1)}
    assert {prompt.timezone for prompt in anna.checkins()[-2:]} == {"Asia/Kathmandu"}
    assert len(set(keys(anna))) == len(keys(anna))


@pytest.fixture
def clock():
    """Some days before the clocks go forward in London: on Sunday 29 March 2026, at 01:00 UTC."""
    return VirtualClock(datetime(2026, 3, 26, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("hours", "afternoon", "evening"),
    [("About 3 pm and 9.30 pm", (15, 0), (21, 30)), ("Nights: about 5 pm and 3 am", (17, 0), (3, 0))],
)
def test_the_wall_clock_holds_when_the_clocks_change(make_world, hours, afternoon, evening):
    world = make_world(variant())
    anna = world.joined(hours=hours)
    world.wait(days=4)
    starts = {"afternoon": afternoon, "evening": evening}
    for prompt in anna.checkins():
        local = prompt.due_at.astimezone(LONDON)
        hour, minute = starts[prompt.slot]
        assert local.hour == hour
        assert minute <= local.minute < minute + 30
    assert {prompt.due_at.astimezone(LONDON).utcoffset() for prompt in anna.checkins()} == {
        timedelta(0),
        timedelta(hours=1),
    }


def test_the_day_of_the_study_goes_with_a_night_not_with_midnight(make_world):
    world = make_world()
    anna = world.joined(hours="Nights: about 5 pm and 3 am")
    for prompt in anna.checkins():
        assert prompt.due_at.astimezone(LONDON).date() == prompt.local_date + timedelta(days=prompt.slot == "evening")


def test_the_whole_bundled_study_is_planned_to_its_end(make_world):
    """28 days of two, and what comes once: nothing more, nothing less."""
    world = make_world(variant())
    anna = world.joined()
    for _ in range(40):
        world.clock.move_to(world.now + timedelta(days=1))
        plan_ahead(world.here)
    assert len(anna.checkins()) == 56
    assert sorted(prompt.slot_key for prompt in anna.prompts(kind="once")) == [
        "once:baseline",
        "once:consent_again",
        "once:exit",
        "once:still_ok",
    ]
    (enrolment,) = world.rows("enrolment")
    assert enrolment.plan_next_at is None


def test_a_crowd_is_planned_batch_by_batch_and_as_if_each_were_alone(world, monkeypatch):
    """However the crowd is cut: the same prompts, at the same minutes."""
    people = [world.joined(name, hours=hours) for name, hours in zip("ABCD", [*PRESETS, PRESETS[0]], strict=True)]
    taken, real = [], participants.enrolments_to_plan
    monkeypatch.setattr(plan.participants, "enrolments_to_plan", lambda *given: taken.append(real(*given)) or taken[-1])
    monkeypatch.setattr(plan, "BATCH", 2)
    world.clock.move_to(world.now + timedelta(days=2))
    planned = plan_ahead(world.here)
    assert planned == 2 * 2 * len(people)
    assert all(len(batch) <= 2 for batch in taken)
    assert sum(map(len, taken)) == len(people)
    for someone in people:
        with world.database.reading() as session:
            hers = person(session, someone.id)
        days = range(1, hers.enrolment.planned_through + 1)
        hours = preferences(hers.participant)
        alone = planning.plan(hers.protocol, hers.seed, hers.enrolment.first_date, hours, days)
        assert [(slot.slot_key, slot.due_at, slot.expires_at) for slot in alone] == [
            (prompt.slot_key, prompt.due_at, prompt.expires_at) for prompt in someone.checkins()
        ]
    assert set(notes_waiting(world).values()) == {1}


def test_a_gap_to_the_notes_before_holds_for_everybody_in_a_batch(make_world):
    """One note a day in half an hour, and nearly a day between any two: where each may fall hangs on the one before."""
    (checkin,) = SMALL.schedules
    daily = checkin.model_copy(update={"windows": ("afternoon",)})
    world = make_world(SMALL.model_copy(update={"schedules": (daily,), "minimum_gap_minutes": 1435}))
    people = [world.joined(name) for name in ("Anna", "Bella", "Cleo")]
    for _ in range(10):
        world.clock.move_to(world.now + timedelta(days=1))
        plan_ahead(world.here)
    for someone in people:
        dues = [prompt.due_at for prompt in someone.checkins() if prompt.state == "planned"]
        assert len(dues) > 10
        assert min(after - before for before, after in pairwise(dues)) >= timedelta(minutes=1435)


def test_hours_that_change_while_the_next_day_is_being_planned_hold_for_that_day_too(world, monkeypatch):
    """The tick has read her old hours and not stored yet: the change waits for it, and then moves what it stored."""
    anna = world.joined()
    anna.write("/times")
    world.clock.move_to(world.rows("enrolment")[0].plan_next_at)
    read, store = threading.Event(), plan._store

    def slowly(*given):
        if not read.is_set():
            read.set()
            time.sleep(0.5)
        return store(*given)

    monkeypatch.setattr(plan, "_store", slowly)
    tick = threading.Thread(target=plan.plan_ahead, args=[world.here])
    tick.start()
    assert read.wait(10)
    anna.tap("About 10 am and 8 pm")
    tick.join()
    newest = max(one.study_day for one in anna.checkins())
    assert newest > 2
    hours = {one.due_at.hour + 1 for one in anna.checkins() if one.study_day == newest}  # British summer time
    assert hours == {10, 20}
