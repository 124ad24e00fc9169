"""Changing today's answers of a check-in that is over: both are kept, and what she said at the time is what counts."""

import csv
from datetime import timedelta

import pytest

from ema.channels import Incoming
from ema.domain.conversation.events import Handed, Reply, Tap
from ema.domain.screen import Action
from ema.services import whole
from ema.services.app import Saved
from ema.services.doctor import examine
from ema.services.export import export
from ema.services.receive import receive
from ema.store import sealed
from tests.domain.conversation.sets import with_checkin
from tests.services.sliding import SLIDING, give, shown
from tests.services.world import BOT_ID, SMALL


@pytest.fixture
def done(world, anna):
    """She has completed her first check-in of the day, with a 5 everywhere."""
    (first, *_) = anna.checkins()
    world.until(first.due_at)
    anna.answer()
    world.wait(minutes=20)
    return anna.checkins()[0]


def stored(world, anna, prompt):
    """Each revision of her answers as (item, revision, value, after the end), and her scores."""
    with world.database.reading() as session:
        key = world.vault.person(anna.id)
        answers = sealed.all_revisions(session, key, [prompt.id])
        scores = sealed.scores_of(session, key, [prompt.id])
    said = [(one.item, one.revision, one.value, one.after_end) for one in answers]
    return said, {one.name: (one.value, one.n_items, one.computed_at) for one in scores}


def text_of(someone, message_id):
    return next(message.text for message in someone.phone.messages() if message.id == message_id)


def exported(world, folder, table):
    export(world.here, world.study, "csv", folder)
    with (folder / f"{world.study}_{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_what_she_changes_is_kept_beside_and_no_score_moves(world, anna, done, tmp_path):
    before, scores = stored(world, anna, done)
    anna.write("/edit")
    assert "Both are kept" in anna.last.text
    assert "Sums and charts go by what you said at the time." in anna.last.text
    (at, back) = anna.last.labels
    assert (at, back) == (f"{done.first_action_at:%H:%M}", "Carry on")
    anna.tap(at)
    assert "1 of 7" in anna.last.text
    assert "Before, you said: 5" in anna.last.text
    anna.tap("2", "Leave it as it is", "6", "That is all")
    assert anna.last.text == "Thank you. What you said at the time is kept as well."
    after, still = stored(world, anna, done)
    assert sorted(set(after) - set(before)) == [("se_satisfied", 2, 6, True), ("wb_mood", 2, 2, True)]
    assert set(before) <= set(after)
    assert still == scores
    assert anna.checkins()[0] == done, "its row stays as it was, counts and all"
    assert examine(world.database, world.vault, world.now) == []
    found = {row["item"]: row for row in exported(world, tmp_path / "a", "answers")}
    assert (found["wb_mood"]["value"], found["wb_mood"]["revision"], found["wb_mood"]["changed_at"]) == ("5", "1", "")
    every = [row for row in exported(world, tmp_path / "b", "answers_all") if row["item"] == "wb_mood"]
    assert [(row["value"], row["revision"], row["after_end"]) for row in every] == [("5", "1", "0"), ("2", "2", "1")]
    (wide,) = exported(world, tmp_path / "c", "checkins")
    assert (wide["wb_mood"], wide["se_satisfied"]) == ("5", "5")


def test_changed_once_more_it_starts_from_what_she_said_last(world, anna, done):
    for value in ("2", "7"):
        anna.write("/edit")
        anna.tap(anna.last.labels[0], value, "That is all")
    anna.write("/edit")
    anna.tap(anna.last.labels[0])
    assert "Before, you said: 7" in anna.last.text
    said, _ = stored(world, anna, done)
    assert [one for one in said if one[0] == "wb_mood"] == [
        ("wb_mood", 1, 5, False),
        ("wb_mood", 2, 2, True),
        ("wb_mood", 3, 7, True),
    ]


def test_what_she_leaves_as_it_is_is_stored_no_second_time(world, anna, done):
    before = stored(world, anna, done)
    anna.write("/edit")
    anna.tap(anna.last.labels[0], "5", *["Leave it as it is"] * 6)
    assert anna.last.text.startswith("Thank you.")
    assert stored(world, anna, done) == before


def test_a_skip_is_a_change_too_and_back_goes_back(world, anna, done):
    anna.write("/edit")
    anna.tap(anna.last.labels[0], "Skip this one", "Prefer not to say", "Back", "3", "That is all")
    said, _ = stored(world, anna, done)
    assert [one for one in said if one[3]] == [
        ("wb_calm", 2, None, True),
        ("wb_calm", 3, 3, True),
        ("wb_mood", 2, None, True),
    ]


def test_one_that_was_left_in_the_middle_can_be_added_to(world, anna, tmp_path):
    (first, *_) = anna.checkins()
    world.until(first.due_at)
    anna.tap("Start", "5")
    world.until(first.expires_at + timedelta(minutes=31))
    assert anna.checkins()[0].state == "partial"
    _, scores = stored(world, anna, first)
    anna.write("/edit")
    anna.tap(anna.last.labels[0], "Leave it as it is", "4", "That is all")
    said, still = stored(world, anna, first)
    assert ("wb_calm", 1, 4, True) in said
    assert still == scores
    found = {row["item"]: row for row in exported(world, tmp_path, "answers")}
    assert (found["wb_calm"]["status"], found["wb_calm"]["value"]) == ("not_reached", "")


def test_yesterday_s_can_not_be_changed(world, anna, done):
    anna.write("/edit")
    message, label = anna.last.id, anna.last.labels[0]
    world.until(done.due_at + timedelta(hours=16))  # after six in the morning, when her day begins
    anna.tap(label)
    assert "There is nothing from today that could be changed." in text_of(anna, message)
    anna.write("/edit")
    assert anna.last.labels == ["Carry on"]


def test_when_her_day_ends_in_the_middle_that_is_the_end_of_it(world, anna, done):
    anna.write("/edit")
    anna.tap(anna.last.labels[0])
    before, message = stored(world, anna, done), anna.last.id
    world.until(done.due_at + timedelta(hours=16))
    anna.tap("2")
    assert "That one has closed." in text_of(anna, message)
    assert stored(world, anna, done) == before
    anna.write("/start")
    assert "2 of 7" not in anna.last.text


def test_with_nothing_done_today_it_says_so(anna):
    anna.write("/edit")
    assert "There is nothing from today that could be changed." in anna.last.text
    anna.tap("Carry on")
    assert "Check in now" in anna.last.labels


def test_one_that_is_still_open_is_not_among_them(world, anna):
    (first, *_) = anna.checkins()
    world.until(first.due_at)
    anna.tap("Start", "5")
    anna.write("/edit")
    assert anna.last.labels == ["Carry on"]
    anna.tap("Carry on")
    assert "2 of 7" in anna.last.text


def test_a_detour_comes_back_to_the_question_she_was_changing(world, anna, done):
    anna.write("/edit")
    anna.tap(anna.last.labels[0], "2")
    anna.write("what?")
    assert "2 of 7" in anna.last.text
    anna.write("/help")
    anna.tap("Carry on")
    assert "2 of 7" in anna.last.text
    assert "Before, you said: 5" in anna.last.text


def test_nobody_else_s_check_in_can_be_opened(world, anna, done):
    berta = world.joined("Berta")
    berta.write("/edit")
    forged = Tap(Action("set", f"edit={done.id}"), berta.last.id, "tap")
    receive(world.here, Incoming(BOT_ID, 9000, berta.address, "en", forged))
    world.rest()
    assert "There is nothing from today that could be changed." in berta.last.text


def test_where_what_is_done_goes_at_once_so_does_the_change(world, anna, done):
    anna.write("/notes")
    anna.tap("When it leaves this chat", "At once")
    anna.write("/edit")
    anna.tap(anna.last.labels[0], "2", "That is all")
    assert [message.text for message in anna.phone.messages()] == []
    assert world.sent("answerCallbackQuery")[-1].params["text"].startswith("Thank you. What you said at the time")


# --- every kind of question

SLEEP = """
- {id: slept, type: yes_no, text: "Did you sleep?"}
- {id: hours, type: number, min: 0, max: 24, text: "How many hours?"}
- {id: with_whom, type: multiple, text: "Who?", options: [{value: friend, label: Friend}, {value: family, label: Family}]}
- {id: short, type: computed, expression: "hours < 5", text: Slept less than five hours}
"""
PAGES = """[{id: all, items: [slept, {item: hours, show_if: "slept == 'yes'"}, with_whom, short]}]"""


def test_a_change_can_bring_up_a_question_and_what_is_typed_or_ticked_can_be_changed(make_world, tmp_path):
    world = make_world(with_checkin(SMALL, SLEEP, pages=PAGES))
    anna = world.joined("Anna")
    (first, *_) = anna.checkins()
    world.until(first.due_at)
    anna.tap("Start", "No", "Friend", "Done")
    anna.write("/edit")
    anna.tap(anna.last.labels[0], "Yes")
    assert "How many hours?" in anna.last.text
    message = anna.last.id
    anna.write("3")
    assert anna.last.id == message
    assert "Before, you said: Friend" in anna.last.text
    anna.tap("Family", "Done")
    assert anna.last.text.startswith("Thank you.")
    said, _ = stored(world, anna, first)
    assert [one for one in said if one[3]] == [
        ("hours", 1, 3, True),
        ("slept", 2, "yes", True),
        ("with_whom", 2, ("friend", "family"), True),
    ]
    found = {row["item"]: row for row in exported(world, tmp_path, "answers")}
    assert {name: row["status"] for name, row in found.items()} == {
        "slept": "answered",
        "hours": "not_shown",
        "with_whom": "answered",
        "short": "not_reached",
    }
    assert (found["slept"]["value"], found["with_whom"]["value"]) == ("no", "friend")


def test_on_the_slider_too(make_world):
    world = make_world(SLIDING)
    anna = world.joined("Anna")
    world.wait(hours=4)
    anna.tap("Start")
    give(anna, shown(anna), place=73)
    anna.tap("Skip this one", "Skip this one")
    (first, *_) = anna.checkins()
    assert first.state == "completed"
    anna.write("/edit")
    anna.tap(anna.last.labels[0])
    assert give(anna, shown(anna), place=20) == Saved("en")
    said, _ = stored(world, anna, first)
    assert [one for one in said if one[0] == "ease"] == [("ease", 1, "73/100", False), ("ease", 2, "20/100", True)]


def test_a_page_handed_in_once_more_changes_nothing(world, anna, done):
    anna.write("/edit")
    anna.tap(anna.last.labels[0])
    before = stored(world, anna, done)
    assert not isinstance(whole.page(world.here, BOT_ID, anna.address), whole.Page)
    whole.hand_in(
        world.here, whole.Paper(BOT_ID, anna.address, Handed(done.id, {"wb_mood": Reply("answer", "1")}, None))
    )
    world.rest()
    assert stored(world, anna, done) == before
    assert "1 of 7" in anna.last.text
