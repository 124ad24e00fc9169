"""Her times, in a few taps or typed: other hours on some days, quiet hours, getting up, her day, a pause until a day."""

from dataclasses import replace
from datetime import date, time

import pytest

from ema.domain.conversation import effects as fx
from ema.domain.schedules import Waking
from ema.domain.schedules.base import Window
from ema.domain.screen import Action
from ema.texts import render
from tests.domain.conversation.talk import PROTOCOL, Talk

WAKING = Waking(
    id="rise", kind="waking", questionnaires=("checkin",), minutes_after=(30,), jitter_minutes=20, open_for_minutes=120
)
MIND = PROTOCOL.model_copy(update={"schedules": (*PROTOCOL.schedules, WAKING)})


@pytest.fixture
def talk():
    talk = Talk.active()
    talk.command("times")
    return talk


def hers(talk):
    return talk.situation.preferences


def clocks(windows):
    return [f"{window.start:%H:%M}" for window in windows.values()]


def button(value):
    return Action("set", value)


def test_typed_times_are_her_own_hours_too(talk):
    talk.press("My own hours")
    talk.type("5.30 pm")
    effects = talk.type("01:15")
    assert clocks(hers(talk).windows) == ["17:30", "01:15"]
    assert hers(talk).windows["afternoon"] == Window(start=time(17, 30), end=time(18))
    assert fx.Forget(2) in effects
    assert fx.Show(in_place=True) in effects


def test_a_time_that_is_too_near_is_answered_with_what_would_fit(talk):
    talk.press("My own hours")
    talk.press("22:00")
    talk.type("18:00")
    assert "This would fit: 03:00–17:00." in talk.text
    talk.type("half past nothing")
    assert "Sorry, I could not read that as a time." in talk.text
    talk.type("9")
    assert "in the morning or in the evening" in talk.text
    talk.press("From the start")
    talk.press("18:00")
    talk.press("23:00")
    assert clocks(hers(talk).windows) == ["18:00", "23:00"]


def test_a_window_that_would_reach_into_the_next_day_moves_the_days_beginning(talk):
    talk.press("My own hours")
    talk.press("20:00")
    talk.type("05:45")
    assert hers(talk).day_starts == time(19)


def test_saturday_has_hours_of_its_own_and_can_lose_them_again(talk):
    talk.press("Other hours on some days")
    talk.press("Saturday")
    assert "Saturday" in talk.text
    talk.press("12:00")
    assert "11:00" not in talk.buttons
    talk.press("22:00")
    assert clocks(hers(talk).windows_on(date(2026, 5, 16))) == ["12:00", "22:00"]
    assert clocks(hers(talk).windows_on(date(2026, 5, 17))) == ["15:00", "21:30"]
    assert "About 3 pm and 9.30 pm · Saturday: 12:00, 22:00" in talk.text
    talk.press("Other hours on some days")
    talk.press("Saturday")
    talk.press("As on other days")
    assert hers(talk).weekday_windows == {}


def test_weekends_are_one_choice_and_come_in_their_order_however_they_are_picked(talk):
    talk.press("Other hours on some days")
    talk.press("Weekends")
    talk.type("23:00")
    talk.type("13:00")
    assert {day: clocks(windows) for day, windows in hers(talk).weekday_windows.items()} == {
        6: ["13:00", "23:00"],
        7: ["13:00", "23:00"],
    }


def test_hours_too_near_to_those_of_the_next_day_are_not_offered(talk):
    talk.press("Other hours on some days")
    talk.press("Sunday")
    talk.press("02:00")  # on Sunday's study day that is Monday's morning, five hours after nothing else
    talk.type("22:00")
    assert "too near" in talk.text
    assert "06:00" in talk.buttons
    assert "22:00" not in talk.buttons


def test_nights_drop_what_does_not_fit_to_them_and_say_so(talk):
    talk.press("Other hours on some days")
    talk.press("Saturday")
    talk.press("12:00")
    talk.press("22:00")
    talk.press("Nights: about 5 pm and 3 am")
    assert "did not fit any more and are gone" in talk.text
    assert hers(talk).weekday_windows == {}


def test_quiet_hours_by_taps_and_typed_several_and_each_taken_away(talk):
    talk.press("Quiet hours")
    talk.press("Add quiet hours")
    talk.press("01:00")
    talk.press("09:00")
    talk.press("Add quiet hours")
    talk.type("4 pm – 17:30")
    assert [f"{w.start:%H:%M}-{w.end:%H:%M}" for w in hers(talk).quiet] == ["01:00-09:00", "16:00-17:30"]
    assert "quiet 01:00–09:00, 16:00–17:30" in talk.text
    talk.press("Remove 01:00–09:00")
    assert len(hers(talk).quiet) == 1
    talk.press("Back")
    assert "quiet 16:00–17:30" in talk.text


def test_quiet_hours_need_two_different_ends(talk):
    talk.press("Quiet hours")
    talk.press("Add quiet hours")
    talk.type("01:00-01:00")
    assert "Both are the same time." in talk.text
    talk.type("13:00")
    talk.type("1 pm")
    assert "Both are the same time." in talk.text
    assert hers(talk).quiet == ()


def test_at_most_six_spans_are_quiet(talk):
    talk.press("Quiet hours")
    for hour in range(6):
        talk.press("Add quiet hours")
        talk.type(f"{hour:02}:00-{hour:02}:30")
    assert len(hers(talk).quiet) == 6
    assert "Add quiet hours" not in talk.buttons


def test_quiet_hours_over_a_note_say_what_follows_and_offer_other_times(talk):
    talk.press("Quiet hours")
    talk.press("Add quiet hours")
    talk.type("21:00-23:00")
    assert "With this no note can come at 21:30. It stays away and counts as paused, not against you." in talk.text
    assert hers(talk).quiet  # it is her choice
    talk.press("Other times")
    talk.press("About 10 am and 8 pm")
    assert "no note can come" not in talk.text
    talk.command("times")
    assert "no note can come" not in talk.text
    assert "quiet 21:00–23:00" in talk.text


def test_nothing_before_and_nothing_after(talk):
    talk.press("Not before, not after")
    talk.press("Nothing before …")
    talk.press("10:00")
    talk.press("Nothing after …")
    talk.type("22h30")
    assert (hers(talk).never_before, hers(talk).never_after) == (time(10), time(22, 30))
    assert "nothing before 10:00 · nothing after 22:30" in talk.text
    talk.press("Nothing after …")
    talk.type("10:00")
    assert "Both are the same time." in talk.text
    talk.press("No limit")
    assert (hers(talk).never_before, hers(talk).never_after) == (time(10), None)


def test_getting_up_is_asked_only_where_notes_follow_from_it(talk):
    assert "When I get up" not in talk.buttons
    talk = Talk.active(MIND)
    talk.command("times")
    talk.press("When I get up")
    talk.type("7.15 am")
    talk.press("When I get up")
    talk.press("Another time at weekends")
    talk.press("10:00")
    assert [hers(talk).wakes_on(date(2026, 5, day)) for day in (15, 16, 17)] == [time(7, 15), time(10), time(10)]
    assert "up at 07:15 · at weekends up at 10:00" in talk.text
    talk.press("When I get up")
    talk.press("Another time at weekends")
    talk.press("As on other days")
    assert hers(talk).weekday_wakes == {}


def test_her_day_begins_when_she_says_and_as_her_times_allow(talk):
    talk.press("When my day begins")
    assert "What comes after midnight then still belongs to the day before." in talk.text
    talk.press("Afternoon, 14:00")
    assert hers(talk).day_starts == time(14)
    assert "day begins at 14:00" in talk.text
    talk.press("When my day begins")
    talk.type("18:00")
    assert "With your times your day can begin here: 22:00–15:00." in talk.text
    talk.type("05:30")
    assert hers(talk).day_starts == time(5, 30)


def test_a_later_beginning_leaves_the_day_that_has_begun_alone(talk):
    """It is 13:00 in London, in the day that began at 06:00."""
    talk.press("When my day begins")
    talk.press("Afternoon, 14:00")
    assert hers(talk).day_starts_before == (date(2026, 5, 13), time(6))


@pytest.mark.parametrize(
    "way",
    [
        ["My own hours"],
        ["My own hours", "12:00"],
        ["Other hours on some days"],
        ["Other hours on some days", "Friday", "12:00"],
        ["Quiet hours", "Add quiet hours"],
        ["Quiet hours", "Add quiet hours", "01:00"],
        ["Not before, not after", "Nothing before …"],
        ["When I get up", "Another time at weekends"],
        ["When my day begins"],
    ],
)
def test_every_screen_has_a_way_back_and_changes_nothing_on_the_way(way):
    talk = Talk.active(MIND)
    before = hers(talk)
    talk.command("times")
    for label in way:
        talk.press(label)
    while "Back" in talk.buttons:
        talk.press("Back")
    assert "Your times now" in talk.text
    talk.press("Carry on")
    assert hers(talk) == before


@pytest.mark.parametrize("way", ["My own hours", "When my day begins", "Quiet hours"])
def test_typing_something_else_loses_nothing(talk, way):
    before = hers(talk)
    prompt = talk.note()
    talk.press(way)
    talk.type("is anybody there?")
    talk.command("help")
    talk.press("Carry on")
    assert hers(talk) == before
    assert "Something is waiting" in talk.text
    assert prompt.startable(talk.situation.now)


def test_a_forged_or_old_button_changes_nothing(talk):
    before = hers(talk)
    for value in (
        "own=", "own=89 12:00", "own=1 12:00 12:30", "own=6 x", "days=", "days=x", "quiet=", "quiet=01:00-", "day=99",
        "quiet.to=01:00-01:00", "quiet.from=z", "limits.before=", "wakes=25:00", "wakes.weekend=?", "pause.until=soon",
        "pause.until=1999-01-01", "day=18:00",
    ):  # fmt: skip
        talk.tap(button(value))
        assert talk.buttons, value
    assert hers(talk) == before
    assert talk.situation.paused_until is None


def test_while_joining_only_the_usual_hours_and_her_own_are_asked():
    talk = Talk.joining()
    for step in ("adult", "agreed", "health"):
        talk.state = talk.state.noting(**{step: "yes"})
    talk.command("times")
    assert list(talk.buttons)[-1] == "My own hours"
    talk.tap(button("own=6 12:00 22:00"))
    assert hers(talk).weekday_windows == {}


# --- a pause until a day


@pytest.fixture
def pausing():
    talk = Talk.active()
    talk.command("pause")
    talk.press("Until a day")
    return talk


def until(talk):
    return talk.situation.paused_until and f"{talk.situation.paused_until:%Y-%m-%d %H:%M}"


def test_the_next_seven_days_are_buttons(pausing):
    days = [label for label in pausing.buttons if label not in {"Back", "Carry on"}]
    assert days == [
        "Wednesday 13 May", "Thursday 14 May", "Friday 15 May", "Saturday 16 May", "Sunday 17 May", "Monday 18 May",
        "Tuesday 19 May",
    ]  # fmt: skip
    pausing.press("Friday 15 May")
    assert until(pausing) == "2026-05-15 05:00"  # when her day begins: 06:00 in London
    assert "Paused until Friday 15 May 06:00." in pausing.text


@pytest.mark.parametrize(
    ("typed", "ends"),
    [
        ("20 May", "2026-05-20 05:00"),
        ("20/5 18:00", "2026-05-20 17:00"),
        ("20 May 6 pm", "2026-05-20 17:00"),
        ("20 de mayo 18h", "2026-05-20 17:00"),
        ("today 15:00", "2026-05-12 14:00"),
        ("2026-06-09", "2026-06-09 05:00"),  # the last day on which anything can come
    ],
)
def test_a_date_is_typed_with_or_without_a_time(pausing, typed, ends):
    pausing.type(typed)
    assert until(pausing) == ends


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("whenever", "could not read that as a date"),
        ("20 May 2027", "a date from 12 May 2026 to 9 June 2026"),
        ("11 May 2026", "a date from 12 May 2026 to 9 June 2026"),
        ("today", "That is over already."),
        ("today 9 am", "That is over already."),
    ],
)
def test_what_can_not_be_is_said_kindly(pausing, typed, answer):
    pausing.type(typed)
    assert answer in pausing.text
    assert "Until which day?" in pausing.text
    assert until(pausing) is None


def test_a_pause_is_at_most_the_rest_of_the_study():
    talk = Talk.active()
    talk.situation = replace(talk.situation, first_date=date(2026, 4, 16))  # its last day is 14 May
    talk.command("pause")
    talk.press("A week")
    assert until(talk) == "2026-05-15 05:00"


def test_until_when_is_said_in_her_language(pausing):
    pausing.press("Friday 15 May")
    assert "viernes 15 may" in render(pausing.screen, "es").text
