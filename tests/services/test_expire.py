"""Every prompt ends in one final state with a reason. Non-delivery is told from non-response."""

from datetime import timedelta

import pytest

from ema.services.deliver import AMBIGUOUS
from ema.services.expire import expire, final_state
from ema.store.tables import FINAL_STATES, Participant, Prompt
from tests.services.world import utc

pytestmark = pytest.mark.every_database

DUE = utc(2026, 3, 2, 15)
HOUR = timedelta(hours=1)


def prompt(state="planned", **about):
    return Prompt(
        state=state,
        due_at=DUE,
        expires_at=DUE + 4 * HOUR,
        **{"delivery": "note", "n_items": 0, "n_answered": 0} | about,
    )


def person(**about):
    return Participant(**{"standing": "active"} | about)


def paused(start, end):
    return {"paused_from": DUE + start * HOUR, "paused_until": DUE + end * HOUR}


@pytest.mark.parametrize(
    ("closed", "whose", "expected"),
    [
        # started
        (prompt("open", n_items=7, n_answered=3), person(), ("partial", "left")),
        (prompt("open", n_items=7), person(), ("partial", "started")),
        (prompt("open", n_items=7, n_answered=1), person(standing="quiet"), ("partial", "left")),
        (prompt("open", n_items=7, n_answered=1), person(**paused(1, 9)), ("partial", "left")),
        # sent, not started
        (prompt("open"), person(), ("missed", "no response")),
        (prompt("open", first_action_at=DUE), person(), ("missed", "later")),
        (prompt("open"), person(**paused(1, 9)), ("paused", "paused while it was open")),
        (prompt("open"), person(**paused(-9, -1)), ("missed", "no response")),
        (prompt("open"), person(**paused(5, 9)), ("missed", "no response")),
        (prompt("open"), person(blocked_at=DUE), ("missed", "no response")),
        (prompt("open"), person(standing="quiet"), ("missed", "no response")),
        # not sent
        (prompt(), person(), ("undelivered", "outage")),
        (prompt(), person(**paused(-1, 3)), ("paused", "paused")),
        (prompt(), person(**paused(-9, -1)), ("undelivered", "outage")),
        (prompt(), person(**paused(5, 9)), ("undelivered", "outage")),
        (prompt(), person(standing="quiet"), ("quiet", "quiet")),
        (prompt(), person(blocked_at=DUE), ("undelivered", "blocked")),
        (prompt(reason=AMBIGUOUS), person(), ("unknown", "ambiguous send")),
        (prompt(reason=AMBIGUOUS), person(blocked_at=DUE), ("undelivered", "blocked")),
        # offered, never notified
        (prompt(delivery="offer"), person(), ("missed", "offered")),
        (prompt(delivery="offer", n_items=14, n_answered=9), person(), ("partial", "left")),
    ],
)
def test_what_a_prompt_ends_as(closed, whose, expected):
    assert final_state(closed, whose) == expected
    assert expected[0] in FINAL_STATES


def test_a_window_is_half_open(world, anna):
    first = anna.checkins()[0]
    world.until(first.due_at)
    world.clock.move_to(first.expires_at - timedelta(microseconds=1))
    assert expire(world.here) == 0
    world.clock.move_to(first.expires_at)
    assert expire(world.here) == 1
    (closed,) = anna.prompts(id=first.id)
    assert (closed.state, closed.closed_at) == ("missed", first.expires_at)
    assert expire(world.here) == 0


def test_a_started_one_may_be_finished_half_an_hour_after(world, anna):
    first = anna.checkins()[0]
    world.until(first.expires_at - timedelta(minutes=1))
    anna.tap("Start", "5")
    world.wait(minutes=25)
    anna.tap("5", "5")
    world.wait(minutes=10)
    (closed,) = anna.prompts(id=first.id)
    assert (closed.state, closed.reason, closed.n_answered) == ("partial", "left", 3)
    assert {(score.name, score.n_items) for score in world.rows("score")} == {("wb_state", 2), ("se_state", 1)}
    anna.tap("Check in now")
    assert world.count("answer") == 3


def test_a_partial_answer_is_scored_by_the_rule_and_says_how_many(world, anna):
    world.wait(hours=4)
    anna.tap("Start", *["6"] * 4, "Skip this one", "Prefer not to say", "2")
    by_name = {score.name: score for score in world.rows("score")}
    assert (by_name["wb_state"].n_items, by_name["wb_state"].n_of) == (3, 4)
    assert (by_name["se_state"].n_items, by_name["se_state"].n_of) == (2, 3)
    assert all(score.value_sealed is not None for score in by_name.values())
    assert anna.checkins()[0].state == "completed"


def test_a_closed_message_is_blanked_and_offers_a_checkin(world, anna):
    world.until(anna.checkins()[0].expires_at)
    assert anna.last.text == "This one has closed. That’s fine."
    assert anna.last.labels == ["Check in now"]


def test_the_last_prompts_of_all_end_too(make_world):
    """When the study is over nothing is left open, and nothing more comes."""
    world = make_world()
    days = world.protocol.schedules[0].model_copy(update={"last_day": 2})
    world = make_world(world.protocol.model_copy(update={"schedules": (days,), "id": "short"}))
    anna = world.joined()
    world.wait(days=40)
    assert [prompt.state for prompt in anna.checkins()] == ["missed"] * 4
    assert len(world.sent(chat_id=anna.phone.id)) < 25
    after = [call.at for call in world.sent(chat_id=anna.phone.id) if call.at > anna.checkins()[-1].expires_at]
    assert len(after) <= 1, "at most the kind note of the last silence; no offers, no hellos"
