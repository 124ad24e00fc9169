"""What a study's schedules can ask for, through the real bot: arms, events, follow-ups, putting off, overlaps, hours."""

from collections import Counter
from datetime import timedelta

import pytest

from ema.domain.allocation import Allocation
from ema.domain.localised import Localised
from ema.domain.phases import Calendar, Phase
from ema.domain.schedules.event import Event
from ema.domain.schedules.fixed import Fixed
from ema.domain.schedules.follow_up import FollowUp
from ema.services import engagement, staff, study
from ema.services.signin import Signed
from ema.store import participants
from tests.domain.conversation.sets import with_checkin
from tests.services.world import SMALL, utc

WB = '[{id: wb, type: rating, text: "How are you?", low: bad, high: good}]'
BASE = with_checkin(SMALL, WB)


def changed(schedule="checkin", **fields):
    """The study with its check-in schedule changed."""
    old = BASE.schedule(schedule)
    return BASE.model_copy(update={"schedules": (type(old).model_validate({**old.model_dump(), **fields}),)})


def due(prompts):
    return [(one.study_day, one.state, one.reason) for one in prompts]


# --- arms


def test_people_come_into_arms_by_chance_and_each_arm_has_its_own_schedule(make_world):
    often = BASE.schedule("checkin").model_copy(update={"id": "often", "arms": ("often",)})
    seldom = often.model_copy(update={"id": "seldom", "arms": ("seldom",), "windows": ("evening",)})
    arms = Allocation(method="block", arms={"often": 1, "seldom": 1}, block_sizes=(2, 4))
    world = make_world(BASE.model_copy(update={"schedules": (often, seldom), "allocation": arms}))
    people = [world.joined(name) for name in ("Anna", "Bea", "Cora", "Dora")]
    put = [row.arm for row in world.rows("enrolment")]
    assert Counter(put).keys() == {"often", "seldom"}
    for someone, arm in zip(people, put, strict=True):
        assert {prompt.schedule for prompt in someone.prompts()} == {arm}


def test_an_arm_is_not_given_out_again_when_somebody_is_erased(make_world):
    arms = Allocation(method="block", arms={"a": 1, "b": 1}, block_sizes=(2,))
    world = make_world(BASE.model_copy(update={"allocation": arms}))
    anna = world.joined("Anna")
    first = world.rows("enrolment")[0].arm
    anna.write("/stop")
    anna.tap("Stop, and erase everything", "Yes, erase everything")
    world.joined("Bea")
    assert {first, world.rows("enrolment")[0].arm} == {"a", "b"}


# --- phases and calendars


def test_a_burst_is_followed_by_rest_and_conditions_know_the_phase(make_world):
    items = """
- {id: wb, type: rating, text: "How are you?", low: bad, high: good}
- {id: burst_only, type: yes_no, text: "In a burst?"}
"""
    pages = """[{id: all, items: [wb, {item: burst_only, show_if: "phase == 'burst'"}]}]"""
    checkin = BASE.schedule("checkin").model_copy(update={"phases": ("burst",), "last_day": None})
    phases = (Phase(id="burst", days=2), Phase(id="rest", days=5))
    protocol = with_checkin(BASE, items, pages=pages).model_copy(
        update={"schedules": (checkin,), "phases": phases, "repeat_phases": 2, "days": 14}
    )
    world = make_world(protocol)
    anna = world.joined()
    world.until(anna.checkins()[0].due_at)
    anna.tap("Start", "5")
    assert "In a burst?" in anna.last.text
    world.wait(days=12)
    assert sorted({prompt.study_day for prompt in anna.checkins()}) == [1, 2, 8, 9]


def test_in_a_calendar_study_who_joins_late_begins_in_the_middle(make_world, clock):
    began = clock.now().date() - timedelta(days=9)
    world = make_world(BASE.model_copy(update={"calendar": Calendar(starts_on=began)}))
    anna = world.joined()
    assert [one.study_day for one in anna.checkins()[:3]] == [10, 10, 11]


def test_a_rest_between_bursts_is_no_silence(make_world):
    checkin = BASE.schedules[0].model_copy(update={"last_day": None, "phases": ("burst",)})
    phases = (Phase(id="burst", days=3), Phase(id="rest", days=25))
    fields = {"schedules": (checkin,), "phases": phases, "repeat_phases": 2, "days": 56}
    world = make_world(BASE.model_copy(update=fields))
    anna = world.joined()
    world.wait(days=29)
    assert anna.words("other_times") == []
    assert anna.row.standing == "active"
    assert {one.state for one in anna.checkins() if one.study_day == 29} <= {"missed", "open", "planned"}
    world.wait(days=3)
    assert anna.words("other_times") == [], "three days of each burst are less than seven"


def test_days_before_a_study_of_given_dates_are_no_silence(make_world, clock):
    begins = clock.now().date() + timedelta(days=20)
    world = make_world(BASE.model_copy(update={"calendar": Calendar(starts_on=begins)}))
    anna = world.joined()
    world.wait(days=19)
    assert anna.words("other_times") == []
    assert anna.row.standing == "active"


# --- events


class TestEvents:
    @pytest.fixture
    def world(self, make_world):
        urge = Event(
            kind="event", id="urge", questionnaires=("checkin",), daily_cap=2, open_for_minutes=30, last_day=28
        )
        return make_world(BASE.model_copy(update={"schedules": (*BASE.schedules, urge)}))

    def test_she_starts_one_herself_up_to_the_cap_and_tomorrow_there_is_room_again(self, world):
        anna = world.joined()
        world.until(utc(*world.now.timetuple()[:3], 13))
        for _ in range(2):
            anna.write("/checkin")
            anna.tap("5")
        anna.write("/checkin")
        assert "room for more tomorrow" in anna.last.text
        events = anna.prompts(schedule="urge")
        assert [(one.kind, one.state, one.counts) for one in events] == [("unscheduled", "completed", False)] * 2
        world.wait(days=1)
        anna.write("/checkin")
        anna.tap("5")
        assert len(anna.prompts(schedule="urge")) == 3

    def test_several_kinds_are_chosen_by_their_labels(self, make_world):
        both = [
            Event(
                kind="event",
                id=name,
                label=Localised({"*": label}),
                questionnaires=("checkin",),
                daily_cap=1,
                open_for_minutes=30,
                last_day=28,
            )
            for name, label in (("one", "A short one"), ("two", "Another one"))
        ]
        world = make_world(BASE.model_copy(update={"schedules": (*BASE.schedules, *both)}))
        anna = world.joined()
        world.until(utc(*world.now.timetuple()[:3], 13))
        anna.write("/checkin")
        anna.tap("Another one", "5")
        assert [one.schedule for one in anna.prompts(kind="unscheduled")] == ["two"]


# --- follow-ups


class TestFollowUps:
    @pytest.fixture
    def world(self, make_world):
        after = FollowUp(
            kind="follow_up",
            id="after_low",
            questionnaires=("checkin",),
            after="checkin",
            when="wb <= 2",
            minutes=120,
            open_for_minutes=60,
            last_day=28,
        )
        return make_world(BASE.model_copy(update={"schedules": (*BASE.schedules, after)}))

    def test_an_answer_that_meets_the_condition_brings_one_more_later(self, world):
        anna = world.joined()
        world.until(anna.checkins()[0].due_at)
        finished = world.now
        anna.tap("Start", "2")
        (follow,) = anna.prompts(schedule="after_low")
        assert (follow.due_at, follow.state, follow.position) == (finished + timedelta(hours=2), "planned", None)
        world.until(follow.due_at)
        assert len(anna.notes()) == 2
        anna.tap("Start", "1")
        assert anna.prompts(schedule="after_low")[0].state == "completed"

    def test_another_answer_brings_none(self, world):
        anna = world.joined()
        world.until(anna.checkins()[0].due_at)
        anna.tap("Start", "3")
        assert anna.prompts(schedule="after_low") == []


# --- putting off


def test_she_chooses_how_long_to_put_it_off(make_world):
    world = make_world(changed(snooze=(15, 60, "tonight"), reminders=()))
    anna = world.joined()
    world.until(anna.checkins()[0].due_at)
    anna.tap("Later")
    assert anna.last.labels[:3] == ["In 15 minutes", "In 1 hour", "Start"]  # tonight's window opens after it has closed
    at = world.now + timedelta(minutes=15)
    anna.tap("In 15 minutes")
    assert "A note comes at" in anna.last.text
    world.until(at)
    assert anna.notes()[-1] == at
    anna.tap("Start", "5")
    assert anna.checkins()[0].state == "completed"


def test_a_late_grace_lets_what_she_put_off_begin_after_the_window(make_world):
    world = make_world(changed(open_for_minutes=60, snooze=(45, 90), late_grace_minutes=60, reminders=()))
    anna = world.joined()
    first = anna.checkins()[0]
    world.until(first.due_at)
    anna.tap("Later", "In 90 minutes")
    world.until(first.due_at + timedelta(minutes=90))
    anna.tap("Start", "5")
    assert anna.checkins()[0].state == "completed"


def test_without_grace_it_never_goes_past_the_window(make_world):
    world = make_world(changed(open_for_minutes=60, snooze=(45, 90), reminders=()))
    anna = world.joined()
    first = anna.checkins()[0]
    world.until(first.due_at)
    anna.tap("Later")
    assert "In 90 minutes" not in anna.last.labels
    anna.tap("In 45 minutes")
    world.until(first.expires_at)
    assert anna.checkins()[0].state == "missed"


# --- reminders


def test_a_reminder_can_have_words_of_its_own(make_world):
    world = make_world(changed(reminders=({"after_minutes": 30, "text": "Still there."}, {"after_minutes": 60})))
    anna = world.joined()
    first = anna.checkins()[0]
    world.until(first.due_at + timedelta(hours=1))
    texts = [call.params["text"] for call in world.sent(chat_id=anna.phone.id)][-3:]
    assert texts == ["You have a note.", "Still there.", "You have a note."]


# --- overlaps


def overlapping(rule):
    fixed = Fixed.model_validate(
        {
            "kind": "fixed",
            "id": "checkin",
            "questionnaires": ("checkin",),
            "times": ("15:00", "16:00"),
            "open_for_minutes": 180,
            "when_unfinished": rule,
            "last_day": 28,
        }
    )
    return BASE.model_copy(update={"schedules": (fixed,)})


@pytest.mark.parametrize(
    ("rule", "states"),
    [
        ("replace", [("missed", "replaced"), ("open", None)]),
        ("skip", [("open", None), ("cancelled", "the one before was open")]),
        ("wait", [("open", None), ("planned", "the one before was open")]),
    ],
)
def test_what_happens_when_one_comes_while_another_is_open(make_world, rule, states):
    world = make_world(overlapping(rule))
    anna = world.joined()
    second = anna.checkins()[1]
    world.until(second.due_at + timedelta(minutes=1))
    assert [(one.state, one.reason) for one in anna.checkins()[:2]] == states


def test_one_that_waits_comes_when_the_one_before_is_done(make_world):
    world = make_world(overlapping("wait"))
    anna = world.joined()
    second = anna.checkins()[1]
    world.until(second.due_at + timedelta(minutes=1))
    anna.tap("Start", "5")
    world.wait(minutes=6)
    assert anna.checkins()[1].state == "open"


# --- her hours


def test_what_falls_into_her_quiet_hours_is_a_row_that_says_so_and_is_never_sent(world_with_quiet):
    world, anna = world_with_quiet
    world.wait(days=2)
    evenings = [one for one in anna.checkins() if one.slot == "evening"]
    assert {(one.state, one.reason) for one in evenings} == {("paused", "quiet hours")}
    assert all(note.hour < 20 for note in anna.notes())


@pytest.fixture
def world_with_quiet(make_world):
    world = make_world(BASE)
    anna = world.joined()
    with world.database.transaction() as session:
        participants.change(session, anna.id, hour_rules={"quiet": [["21:00", "23:00"]]})
    study.load(world.here, BASE.model_copy(update={"version": BASE.version + 1}))
    study.move_on(world.here, world.study)
    return world, anna


def test_a_note_that_is_late_does_not_come_in_her_quiet_hours(world_with_quiet):
    world, anna = world_with_quiet
    with world.database.transaction() as session:
        participants.change(session, anna.id, hour_rules={"quiet": [["16:00", "20:00"]]})
    afternoon = anna.checkins()[0]
    world.down(hours=(afternoon.due_at - world.now) / timedelta(hours=1) + 1)
    assert (anna.checkins()[0].state, anna.checkins()[0].reason) == ("paused", "quiet hours")
    assert anna.notes() == []


def test_a_peer_worker_is_not_sent_after_somebody_who_rests_between_bursts(make_world):
    checkin = BASE.schedule("checkin").model_copy(update={"phases": ("burst",), "last_day": None})
    phases = (Phase(id="burst", days=2), Phase(id="rest", days=5))
    world = make_world(
        BASE.model_copy(update={"schedules": (checkin,), "phases": phases, "repeat_phases": 2, "days": 14})
    )
    anna = world.joined()
    world.until(anna.checkins()[3].due_at + timedelta(minutes=1))
    anna.tap("Start", "5")
    sam = Signed(staff.add(world.here, "Sam", "peer"), "Sam", "peer")
    world.wait(days=4)
    (resting,) = engagement.everybody(world.here, sam)
    assert (resting.state, resting.check_on) == ("active", False)
