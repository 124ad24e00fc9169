"""Every way in which Telegram can let us down. After each: nothing sent twice beyond the one copy that a lost answer may
cost, every prompt that is over final with a reason, nothing left waiting, and every answer that was given is stored.
"""

from collections import Counter
from datetime import timedelta
from random import Random

import pytest
from starlette.applications import Starlette

from bot import webhook
from bot.poll import ALLOWED
from bot.sandbox import Fault, serve_in_thread
from bot.updates import to_incoming
from ema.channels import Sent
from ema.sender import Sender
from ema.services import deliver
from ema.services.receive import gathered, receive
from ema.store import limits, outbox
from ema.store.tables import FINAL_STATES
from tests.services.world import BOT_ID, PACE, leads_to

SENDING = ("sendMessage", "editMessageText", "editMessageReplyMarkup", "deleteMessage", "getMe")
GRACE = timedelta(minutes=31)


@pytest.fixture
def people(world, anna):
    return [anna, world.joined("Bella"), world.joined("Cleo")]


@pytest.fixture
def due(world, people):
    """Everybody's first note is due at this moment, and not sent yet."""
    return at_once(world, people)


@pytest.fixture
def asked(world, people, due):
    """Everybody sees the first question."""
    world.rest()
    for someone in people:
        someone.tap("Start")


def at_once(world, people):
    firsts = [someone.checkins()[0] for someone in people]
    world.clock.move_to(max(first.due_at for first in firsts))
    return firsts


def copies(world):
    """How often each note arrived on a phone, whether we heard of it or not."""
    arrived = [call for call in world.sandbox.journal.calls("sendMessage") if call.message_id is not None]
    return Counter(
        call.params["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        for call in arrived
        if leads_to(call, "start|") and not call.params.get("disable_notification")
    )


def check_promises(world, more_copies=0):
    """Once every window of today is over."""
    world.sandbox.faults.clear()
    world.rested()
    world.until(max(prompt.expires_at for prompt in world.rows("prompt", study_day=1)) + GRACE)
    assert sum(copies(world).values()) - len(copies(world)) <= more_copies
    for prompt in world.rows("prompt"):
        if prompt.expires_at + GRACE <= world.now:
            assert prompt.state in FINAL_STATES
            assert prompt.reason or prompt.state == "completed"
    waiting = [row for row in world.rows("outbox") if row.state in {"pending", "claimed"}]
    assert [row.kind for row in waiting if row.not_before <= world.now] == []


def resting(world):
    with world.database.transaction() as session:
        return limits.room(session, BOT_ID, 30.0).resting


def tries(world, someone):
    return len(world.sandbox.journal.calls("sendMessage", chat_id=someone.phone.id))


# --- limits


def test_a_limit_of_one_chat_holds_up_that_chat_only(world, people, due):
    anna, bella, _ = people
    world.sandbox.faults.add(Fault(method="sendMessage", chat_id=anna.phone.id, code=429, retry_after=40))
    world.rest()
    assert [len(someone.notes()) for someone in people] == [0, 1, 1]
    assert not resting(world)
    bella.tap("Start")
    world.wait(seconds=39)
    assert anna.notes() == []
    world.wait(seconds=3)
    assert len(anna.notes()) == 1
    check_promises(world)


def test_a_limit_of_the_whole_bot_rests_every_worker(world, people):
    dora = world.joined("Dora", hours="Nights: about 5 pm and 3 am")
    at_once(world, people)
    world.sandbox.faults.add(Fault(method="sendMessage", code=429, retry_after=40, times=3))
    world.run(world.sender.step())
    assert resting(world)
    dora.phone.send("/help")
    world.run(world.poller.step())
    before = len(world.sandbox.journal.calls())
    another = Sender(world.here, world.channel, Random(2), per_second=1e9)
    assert world.run(another.step()) == 0, "not even what somebody asked for"
    assert len(world.sandbox.journal.calls()) == before
    world.rested()
    assert world.run(another.step()) == 1
    world.wait(seconds=42)
    assert [len(someone.notes()) for someone in people] == [1, 1, 1]
    check_promises(world)


def test_a_limit_on_the_answer_to_a_tap_rests_the_sending_too(world, people, due):
    """It is no chat's call. The poller hears it, the senders obey."""
    people[1].press("Help")
    world.sandbox.faults.add(Fault(method="answerCallbackQuery", code=429, retry_after=40))
    world.run(world.poller.step())
    world.run(world.poller.settle())
    assert resting(world)
    assert world.run(world.sender.step()) == 0
    check_promises(world)


def test_all_workers_share_what_the_bot_may_send_and_answers_to_a_tap_pass(world, people, due):
    slow = deliver.Pace(BOT_ID, 0.001)
    (work,) = deliver.claim(world.here, 10, slow)
    assert deliver.claim(world.here, 10, slow) == [], "the second worker finds the bucket empty"
    (lucky,) = [someone for someone in people if someone.address == work.address]
    lucky.write("/help")
    deliver.record(world.here, [(work, Sent(10**6))], Random(1))
    assert {one.row.priority for one in deliver.claim(world.here, 10, slow)} == {outbox.REPLY}


def test_a_chat_gets_one_message_a_second_and_her_taps_are_answered_at_once(world, anna):
    first = anna.checkins()[0]
    world.until(first.due_at)
    with world.database.transaction() as session:
        outbox.enqueue(
            session,
            participant_id=anna.id,
            kind="words",
            words="hello",
            priority=4,
            dedupe_key="words:a",
            not_before=world.now,
            now=world.now,
        )
    world.rest()
    assert anna.words("hello") == []
    world.wait(seconds=1)
    assert anna.words("hello") == [first.due_at + timedelta(seconds=1)]
    (row,) = world.rows("outbox", dedupe_key="words:a")
    assert (row.state, row.attempts) == ("sent", 1)
    anna.tap("Start")
    assert any("How do you feel right now?" in message.text for message in anna.phone.messages())


# --- errors and lost answers


@pytest.mark.parametrize(
    ("fault", "more_copies"),
    [
        ({"code": 500, "times": 2}, 0),
        ({"code": 502, "times": 3}, 0),
        ({"kind": "reset"}, 0),
        ({"kind": "timeout"}, 0),
        ({"kind": "reset", "when": "after"}, 1),
        ({"kind": "timeout", "when": "after"}, 1),
        ({"kind": "timeout", "when": "after", "times": None}, 1),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_an_error_or_a_lost_answer_costs_one_copy_at_most(world, people, due, fault, more_copies):
    anna, *others = people
    world.sandbox.faults.add(Fault(method="sendMessage", chat_id=anna.phone.id, **fault))
    world.rest()
    world.wait(minutes=5)
    assert sum(copies(world).values()) == len(people) + more_copies
    assert [len(someone.notes()) for someone in others] == [1, 1]
    anna.answer()
    assert anna.prompts(id=due[0].id)[0].state == "completed"
    assert world.count("answer", participant_id=anna.id) == 7
    check_promises(world, more_copies)


def test_a_note_of_which_nobody_ever_knew_ends_as_unknown(world, anna):
    first = anna.checkins()[0]
    world.sandbox.faults.add(Fault(method="sendMessage", kind="timeout", when="after", times=None))
    world.until(first.expires_at + timedelta(minutes=1))
    (prompt,) = anna.prompts(id=first.id)
    assert (prompt.state, prompt.reason) == ("unknown", "ambiguous send")
    assert copies(world).total() == 2
    check_promises(world, 1)


@pytest.mark.parametrize("kind", ["error", "timeout", "reset"])
def test_after_an_hours_outage_each_note_comes_once(world, people, due, kind):
    for method in SENDING:
        world.sandbox.faults.add(Fault(method=method, kind=kind, code=502, times=None))
    world.rest()
    world.wait(hours=1)
    assert copies(world).total() == 0
    if kind != "error":
        assert [tries(world, someone) for someone in people] == [tries(world, people[0])] * 3
        calls = [call for call in world.sandbox.journal.calls("sendMessage") if leads_to(call, "start|")]
        assert len(calls) == 3, "what may have arrived is not sent again before Telegram answers"
    world.sandbox.faults.clear()
    world.wait(minutes=7)
    assert set(copies(world).values()) == {1}
    assert copies(world).total() == 3
    check_promises(world)


# --- people and chats that are gone


@pytest.mark.parametrize("how", ["block", "deactivate", "delete_chat"])
def test_a_chat_that_is_gone_holds_up_nobody(world, people, due, how):
    anna, *others = people
    getattr(anna.phone, how)()
    world.rest()
    assert [len(someone.notes()) for someone in others] == [1, 1]
    check_promises(world)


def test_who_blocked_and_came_back_gets_the_next_note(world, anna):
    first, second, *_ = anna.checkins()
    anna.phone.block()
    world.until(first.expires_at)
    anna.phone.unblock()
    world.rest()
    world.until(second.due_at)
    assert [anna.prompts(id=each.id)[0].state for each in (first, second)] == ["undelivered", "open"]
    check_promises(world)


def test_a_chat_that_moved_is_refused_clearly_and_its_new_address_is_told_to_nobody(world, people, due):
    anna = people[0]
    fault = {"code": 400, "description": "Bad Request: group chat was upgraded to a supergroup chat"}
    moved = {"migrate_to_chat_id": -1009876}
    world.sandbox.faults.add(Fault(method="sendMessage", chat_id=anna.phone.id, parameters=moved, **fault))
    world.rest()
    assert (anna.prompts(id=due[0].id)[0].state, tries(world, anna)) == ("undelivered", tries(world, anna))
    (alert,) = world.rows("alert")
    assert alert.summary == "A note was refused: the chat has moved to another address"
    check_promises(world)


def test_a_bad_request_is_never_tried_again(world, people, due):
    anna, before = people[0], tries(world, people[0])
    refused = {"code": 400, "description": "Bad Request: something new", "times": None}
    world.sandbox.faults.add(Fault(method="sendMessage", chat_id=anna.phone.id, **refused))
    world.rest()
    world.wait(hours=2)
    assert tries(world, anna) == before + 1
    check_promises(world)


def test_a_revoked_token_stops_the_sending_until_it_works_again(world, people, due):
    for method in SENDING:
        world.sandbox.faults.add(Fault(method=method, code=401, description="Unauthorized", times=None))
    world.rest()
    world.wait(minutes=30)
    tried = [call for call in world.sandbox.journal.calls("sendMessage") if leads_to(call, "start|")]
    assert len(tried) == 3, "one round, then the bot rests"
    assert [alert.kind for alert in world.rows("alert")] == ["token_refused"]
    world.sandbox.faults.clear()
    world.rested()
    world.rest()
    assert set(copies(world).values()) == {1}
    assert copies(world).total() == 3
    check_promises(world)


# --- updates


def test_updates_that_are_given_again_change_nothing(world, people, asked):
    for someone in people:
        someone.press("5")
    for _ in range(3):
        world.run(world.poller.step())
        world.start()  # nothing was confirmed: Telegram gives them all again
    world.rest()
    assert world.count("answer") == 3
    assert all(someone.last.text.startswith("2 of 7") for someone in people)
    check_promises(world)


@pytest.mark.parametrize("seed", range(3))
def test_updates_in_any_order_and_twice_leave_one_consistent_dialogue(world, people, asked, seed):
    for someone in people:
        for value in ("2", "6", "5"):
            someone.press(value)
    updates = 2 * list(world.run(world.channel.bot.get_updates(allowed_updates=ALLOWED)))
    Random(seed).shuffle(updates)
    for update in updates:
        receive(world.here, to_incoming(update, BOT_ID, late=False))
    world.rest()
    for someone in people:
        given = world.rows("answer", participant_id=someone.id)
        assert {answer.item for answer in given} == {"wb_mood"}
        assert [answer.revision for answer in given] == [1, 2, 3]
        someone.tap(*["4"] * 6)
        assert someone.checkins()[0].state == "completed"
    check_promises(world)


def test_a_burst_of_more_than_a_thousand_updates_loses_and_doubles_nothing(world, people, asked):
    for _ in range(400):
        for someone in people:
            someone.press("5")
    world.rest()
    assert world.sandbox.pending_updates() == 0
    assert [world.count("answer", participant_id=someone.id) for someone in people] == [1, 1, 1]
    for someone in people:
        someone.tap(*["4"] * 6)
        assert world.count("answer", participant_id=someone.id) == 7
    check_promises(world)


def test_webhook_and_polling_may_be_swapped_while_people_answer(world, people, asked):
    secret = "a-secret"
    route = webhook.route(world.channel, secret, gathered(world.here), lambda: False)
    url, stop = serve_in_thread(Starlette(routes=[route]))
    try:
        for question in range(7):
            for someone in people:
                someone.press("5")
                someone.press("5")
            if question % 2:
                world.run(webhook.announce(world.channel, url, secret))
                for someone in people:
                    someone.press("5")
                while world.sandbox.pending_updates():
                    world.run(world.sender.step())
                world.run(world.channel.bot.delete_webhook())
            world.rest()
    finally:
        stop()
    for someone in people:
        assert world.count("answer", participant_id=someone.id) == 7
        assert someone.checkins()[0].state == "completed"
    check_promises(world)


# --- fencing


def test_a_worker_that_stalls_past_its_lease_can_not_finish_what_another_has_taken(world, anna):
    first = anna.checkins()[0]
    world.clock.move_to(first.due_at)
    (stalled,) = deliver.claim(world.here, 10, PACE)
    world.clock.move_to(first.due_at + deliver.LEASE)
    world.worker.run_once()
    (taken,) = deliver.claim(world.here, 10, PACE)
    assert taken.row.id == stalled.row.id
    deliver.record(world.here, [(stalled, Sent(555))], Random(1))
    assert world.count("message", message_id=555) == 0
    assert world.rows("outbox", id=taken.row.id)[0].state == "claimed"
    deliver.record(world.here, [(taken, Sent(556))], Random(1))
    assert world.count("message", message_id=556) == 1
    assert anna.prompts(id=first.id)[0].state == "open"
