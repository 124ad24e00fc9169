"""Her choices through the real bot: each plans anew, what was sent stays, nothing comes twice, nothing is lost."""

from datetime import datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from ema.domain.localtime import study_day_at
from ema.domain.schedules import Waking
from ema.services.engagement import ANSWERED, NOT_ASKED
from ema.services.hours import preferences
from tests.services.world import SMALL

LONDON = ZoneInfo("Europe/London")
WAKING = Waking(
    id="rise", kind="waking", questionnaires=("checkin",), minutes_after=(30,), jitter_minutes=20, open_for_minutes=120
)


def planned(someone):
    """Local date and time of what is still to come."""
    return [prompt.due_at.astimezone(LONDON) for prompt in someone.checkins() if prompt.state == "planned"]


def states(someone):
    return [(prompt.slot_key, prompt.state, prompt.reason) for prompt in someone.checkins()]


def no_slot_doubles(world, someone):
    keys = [(prompt.schedule, prompt.slot_key) for prompt in someone.prompts()]
    waiting = [row.prompt_id for row in world.rows("outbox", kind="note", state="pending")]
    return len(keys) == len(set(keys)) and len(waiting) == len(set(waiting))


def choose(someone, *labels, command="/times"):
    someone.write(command)
    someone.tap(*labels)


# --- hours


def test_she_types_her_own_hours_in_the_message_that_asks(world, anna):
    choose(anna, "My own hours")
    shown = anna.last.id
    anna.write("5.30 pm")
    anna.write("23:00")
    assert anna.last.id == shown
    assert "Your times are saved." in anna.last.text
    assert not [message for message in anna.phone.messages() if not message.from_bot]
    assert {(at.hour, at.minute // 30) for at in planned(anna)} == {(17, 1), (23, 0)}
    assert no_slot_doubles(world, anna)


def test_saturday_has_other_hours_than_the_days_around(world, anna):
    """She joined on a Monday."""
    choose(anna, "Other hours on some days", "Saturday", "12:00", "22:00")
    assert "About 3 pm and 9.30 pm · Saturday: 12:00, 22:00" in anna.last.text
    world.wait(days=5)
    days = {}
    for prompt in anna.checkins():
        days.setdefault(prompt.local_date.isoweekday(), []).append(prompt.due_at.astimezone(LONDON).hour)
    assert days[6] == [12, 22]
    assert days[5] == [15, 21]
    assert no_slot_doubles(world, anna)


def test_all_that_she_chose_is_there_again_in_another_process(world, anna, elsewhere):
    choose(anna, "Other hours on some days", "Saturday", "12:00", "22:00")
    anna.tap("Quiet hours", "Add quiet hours", "01:00", "09:00", "Back")
    anna.tap("Not before, not after", "Nothing before …", "10:00", "Back")
    anna.tap("When my day begins", "Noon, 12:00")
    hers = preferences(anna.row)
    assert hers.weekday_windows[6]["evening"].start == time(22)
    assert [(window.start, window.end) for window in hers.quiet] == [(time(1), time(9))]
    assert (hers.never_before, hers.day_starts) == (time(10), time(12))
    before = [(prompt.slot_key, prompt.due_at) for prompt in anna.checkins()]
    assert elsewhere(world, "plan") == [0]
    assert [(prompt.slot_key, prompt.due_at) for prompt in anna.checkins()] == before


def test_quiet_hours_keep_a_note_away_which_counts_as_paused_and_come_back_when_they_go(world, anna):
    choose(anna, "Quiet hours", "Add quiet hours")
    anna.write("21:00-23:00")
    assert "With this no note can come at 21:30." in anna.last.text
    assert {state for key, state, _ in states(anna) if key.endswith(".2")} == {"paused"}
    assert {state for key, state, _ in states(anna) if key.endswith(".1")} == {"planned"}
    world.wait(days=1)
    assert states(anna)[:2] == [("1.1", "missed", "no response"), ("1.2", "paused", "quiet hours")]
    assert all(not 21 <= at.astimezone(LONDON).hour < 23 for at in anna.notes())
    choose(anna, "Quiet hours", "Remove 21:00–23:00")
    assert states(anna)[1] == ("1.2", "paused", "quiet hours")  # what is over stays as it was
    assert {state for key, state, _ in states(anna)[2:] if key.endswith(".2")} == {"planned"}
    world.wait(days=1)
    assert states(anna)[3] == ("2.2", "missed", "no response")
    assert no_slot_doubles(world, anna)


def test_no_reminder_reaches_her_in_quiet_hours(world, anna):
    first = anna.checkins()[0]
    choose(anna, "Quiet hours", "Add quiet hours")
    anna.write("15:45-20:00")
    world.until(first.expires_at)
    assert [at.astimezone(LONDON).hour for at in anna.notes()] == [15]


def test_a_note_that_an_outage_held_up_does_not_come_in_quiet_hours(world, anna):
    choose(anna, "Quiet hours", "Add quiet hours")
    anna.write("15:45-20:00")
    first = anna.checkins()[0]
    world.clock.move_to(first.due_at - timedelta(minutes=1))
    world.down(hours=1, minutes=30)
    assert anna.notes() == []
    assert states(anna)[0] == ("1.1", "paused", "quiet hours")


def test_nothing_before_ten_takes_the_early_note_away_in_plain_words(world, anna):
    choose(anna, "About 10 am and 8 pm")
    choose(anna, "Not before, not after", "Nothing before …")
    anna.write("10:30")
    assert "With this no note can come at 10:00. It stays away and counts as paused" in anna.last.text
    anna.tap("Other times", "About 3 pm and 9.30 pm")
    assert {state for _, state, _ in states(anna)} == {"planned"}


def test_getting_up_later_at_weekends_moves_the_note_that_follows_from_it(make_world):
    world = make_world(SMALL.model_copy(update={"schedules": (WAKING,)}))
    anna = world.joined()
    choose(anna, "When I get up", "09:00")
    anna.tap("When I get up", "Another time at weekends", "11:00")
    world.wait(days=6)
    hours = {p.local_date.isoweekday(): p.due_at.astimezone(LONDON).hour for p in anna.prompts(schedule="rise")}
    assert {day: hours[day] for day in (4, 5, 6, 7)} == {4: 9, 5: 9, 6: 11, 7: 11}


# --- in the middle of things


def test_a_change_while_a_note_is_open_does_not_double_it(world, anna):
    first = anna.checkins()[0]
    world.until(first.due_at)
    world.rest()
    for label in ("About 10 am and 8 pm", "Nights: about 5 pm and 3 am", "About 3 pm and 9.30 pm"):
        choose(anna, label)
    choose(anna, "My own hours")
    anna.write("16:00")
    anna.write("22:00")
    assert states(anna)[0] == ("1.1", "open", None)
    world.wait(hours=8)
    assert [prompt.slot_key for prompt in anna.checkins() if prompt.sent_at] == ["1.1", "1.2"]
    assert no_slot_doubles(world, anna)


def test_a_change_within_a_window_that_has_opened_brings_its_note_once(world, anna):
    first = anna.checkins()[0]
    world.until(first.due_at - timedelta(minutes=1))
    choose(anna, "When my day begins", "Afternoon, 14:00")
    choose(anna, "When my day begins", "Early morning, 06:00")
    world.wait(hours=6)
    assert [prompt.slot_key for prompt in anna.checkins() if prompt.sent_at] == ["1.1"]
    assert len([at for at in anna.notes() if at < first.due_at + timedelta(minutes=45)]) == 1
    assert no_slot_doubles(world, anna)


def test_a_window_that_now_belongs_to_the_next_study_day_brings_one_note_not_two(world, anna):
    """Her day began at 17:00, so that 12:30 was its second note; from now on it is the first of a day from 06:00."""
    choose(anna, "My own hours")
    anna.write("18:00")
    anna.write("12:30")
    assert anna.row.day_starts == "17:00"
    (second,) = anna.prompts(schedule="checkin", slot_key="2.2")
    world.until(second.due_at - timedelta(minutes=1))
    choose(anna, "My own hours")
    anna.write("12:30")
    anna.write("22:00")
    assert anna.row.day_starts == "06:00"
    since = world.now
    world.wait(minutes=40)
    assert len([at for at in anna.notes() if at >= since]) == 1
    assert ("2.2", "cancelled", "passed") in states(anna)
    assert no_slot_doubles(world, anna)


@pytest.mark.parametrize(
    ("database_url", "hour"),
    [("sqlite", 5), ("sqlite", 9), ("sqlite", 15), ("sqlite", 23), ("postgres", 15)],  # the rest is arithmetic
    indirect=["database_url"],
)
@pytest.mark.parametrize(
    ("was", "becomes"), [("06:00", "14:00"), ("14:00", "06:00"), ("06:00", "23:00"), ("14:00", "00:30")]
)
def test_another_beginning_of_the_day_at_any_hour_repeats_and_skips_nothing(world, anna, was, becomes, hour):
    choose(anna, "When my day begins")
    anna.write(was)
    world.until(datetime(2026, 3, 5, hour, tzinfo=LONDON))
    days = [anna_day(world, anna)]
    choose(anna, "When my day begins")
    anna.write(becomes)
    days.append(anna_day(world, anna))
    for _ in range(12):
        world.wait(hours=6)
        days.append(anna_day(world, anna))
    assert all(after - before in {0, 1} for before, after in pairwise(days))
    assert days[-1] - days[0] in {2, 3, 4}
    keys = [prompt.slot_key for prompt in anna.checkins()]
    assert sorted(keys) == sorted(f"{day}.{n}" for day in range(1, len(keys) // 2 + 1) for n in (1, 2))
    sent = sorted(prompt.sent_at for prompt in anna.checkins() if prompt.sent_at)
    assert all(after - before > timedelta(hours=4) for before, after in pairwise(sent))
    assert no_slot_doubles(world, anna)


def anna_day(world, anna):
    """Her study day, as a check-in of her own would be stored now."""
    (enrolment,) = world.rows("enrolment", participant_id=anna.id)
    return study_day_at(world.now, enrolment.first_date, preferences(anna.row))


# --- away until


def counted(someone, until):
    """Answered and asked, as the counts have it."""
    over = [prompt for prompt in someone.checkins() if prompt.due_at < until]
    asked = [prompt for prompt in over if prompt.state not in NOT_ASKED]
    return sum(prompt.state in ANSWERED for prompt in asked), len(asked)


def test_a_long_pause_sends_nothing_and_leaves_the_counts(world, anna):
    choose(anna, "Until a day", command="/pause")
    ends = world.now + timedelta(days=10)
    anna.write(f"{ends:%d/%m} 12:00")
    assert "Paused until Thursday 12 Mar 12:00." in anna.last.text
    world.until(ends + timedelta(days=1, hours=12))
    inside = [prompt for prompt in anna.checkins() if prompt.due_at < anna.row.paused_until]
    assert len(inside) == 20
    assert {(prompt.state, prompt.reason) for prompt in inside} == {("paused", "paused")}
    assert all(at >= anna.row.paused_until for at in anna.notes())
    assert counted(anna, world.now - timedelta(hours=8)) == (0, 3)
    assert anna.row.standing == "active"  # away is not silent


def test_a_pause_set_while_a_note_is_open_takes_that_note_out_too(world, anna):
    first = anna.checkins()[0]
    world.until(first.due_at)
    choose(anna, "A week", command="/pause")
    world.wait(days=2)
    assert [state for _, state, _ in states(anna)[:3]] == ["paused", "paused", "paused"]
    assert states(anna)[0][2] == "paused while it was open"
    assert len(anna.notes()) == 1  # the first one; no reminder after it
    assert counted(anna, world.now) == (0, 0)


def test_she_may_still_answer_what_was_open_when_she_paused(world, anna):
    world.until(anna.checkins()[0].due_at)
    choose(anna, "A week", command="/pause")
    anna.write("/checkin")
    anna.tap(*["5"] * 7)
    assert states(anna)[0][1] == "completed"


def test_a_pause_ended_early_brings_back_what_is_not_over(world, anna):
    choose(anna, "A week", command="/pause")
    world.wait(days=2)
    assert len([1 for _, state, _ in states(anna) if state == "paused"]) == 4
    choose(anna, "End the pause", command="/pause")
    world.wait(days=1)
    assert [state for _, state, _ in states(anna)[:4]] == ["paused"] * 4
    assert [state for _, state, _ in states(anna)[4:5]] == ["missed"]
    assert no_slot_doubles(world, anna)


def test_other_hours_chosen_in_a_pause_hold_when_it_ends(world, anna):
    choose(anna, "3 days", command="/pause")
    choose(anna, "About 10 am and 8 pm")
    world.wait(days=4)
    assert {at.astimezone(LONDON).hour for at in anna.notes()} <= {10, 11, 20, 21}
    assert no_slot_doubles(world, anna)
