"""Taking what arrives: once, in one transaction, and never in the way of others."""

import threading
from datetime import timedelta

import pytest

from ema.channels import Incoming
from ema.domain.conversation import State
from ema.domain.conversation.events import Tap, Typed
from ema.domain.screen import Action
from ema.services import receive as service
from ema.services.receive import receive
from ema.store import inbox, sealed, ticks
from tests.services.world import BOT_ID

pytestmark = pytest.mark.every_database


def tapped(someone, action, update_id, message_id=1, late=False):
    """A tap as the channel hands it on."""
    return Incoming(BOT_ID, update_id, someone.address, "en", Tap(action, message_id, f"tap {update_id}"), late)


def state_of(someone):
    with someone.world.database.transaction() as session:
        stored = sealed.load_state(session, someone.world.vault.person(someone.id))
        return State.model_validate_json(stored.state)


@pytest.fixture
def asked(world, anna):
    """Her first check-in is open, and its first question is on the screen."""
    world.wait(hours=4)
    anna.tap("Start")
    return anna.checkins()[0]


def test_an_update_that_comes_again_does_nothing_but_its_tap_is_answered(world, anna, asked):
    tap = tapped(anna, Action("answer", "5", asked.id, "wb_mood", 1), update_id=1)
    assert receive(world.here, tap).tap_id == "tap 1"
    before = (world.rows("answer"), world.rows("outbox"), state_of(anna))
    assert receive(world.here, tap).tap_id == "tap 1"
    assert (world.rows("answer"), world.rows("outbox"), state_of(anna)) == before
    assert len(before[0]) == 1


def test_an_update_that_fails_is_undone_and_comes_again(world, anna, asked, monkeypatch):
    tap = tapped(anna, Action("answer", "5", asked.id, "wb_mood", 1), update_id=1)
    with monkeypatch.context() as patch:
        patch.setattr(service, "carry_out", _broken)
        for _ in range(service.TRIES - 1):
            with pytest.raises(ZeroDivisionError):
                receive(world.here, tap)
    assert world.count("answer") == 0
    receive(world.here, tap)
    assert world.count("answer") == 1
    assert [row.state for row in world.rows("inbox", update_id=1)] == ["done"]


def test_an_update_that_fails_three_times_is_kept_sealed_alerted_and_confirmed(world, anna, monkeypatch):
    typed = Incoming(BOT_ID, 1, anna.address, "en", Typed("something about me", 99))
    with monkeypatch.context() as patch:
        patch.setattr(service, "carry_out", _broken)
        for _ in range(service.TRIES - 1):
            with pytest.raises(ZeroDivisionError):
                receive(world.here, typed)
        receive(world.here, typed)  # does not raise: it may be confirmed
    with world.database.reading() as session:
        (row,) = inbox.failed(session)
        assert b"something" not in row.body_sealed
        hers = world.vault.person(row.participant_id)  # so that erasing her erases it, in the backups too
        assert "something about me" in sealed.failed_update(session, hers, BOT_ID, 1)
        (alert,) = ticks.open_alerts(session)
    assert "something" not in alert.summary
    assert anna.address not in alert.summary
    assert "ZeroDivisionError" in alert.summary
    receive(world.here, typed)
    assert world.rows("inbox", update_id=1)[0].state == "failed", "given up is given up"


def test_one_that_always_fails_holds_nobody_up(world, anna, monkeypatch):
    other = world.joined("Bella")
    real = service.carry_out
    hers = anna.id
    monkeypatch.setattr(
        service, "carry_out", lambda turn, *rest: _broken() if turn.key.participant_id == hers else real(turn, *rest)
    )
    anna.phone.send("/help")
    other.phone.send("/help")
    for _ in range(service.TRIES - 1):
        with pytest.raises(ZeroDivisionError):
            world.rest()
    world.rest()
    assert "call 999" in other.last.text
    assert world.sandbox.pending_updates() == 0


def test_two_taps_at_once_on_one_question_leave_one_consistent_dialogue(world, anna, asked):
    """Two different values, in two threads. Either may come first; the later one is a revision, and nothing is lost."""
    taps = [tapped(anna, Action("answer", str(value), asked.id, "wb_mood", 1), update_id=value) for value in (2, 6)]
    at_once(*(lambda tap=tap: receive(world.here, tap) for tap in taps))
    given = world.rows("answer")
    assert [(answer.item, answer.revision) for answer in given] == [("wb_mood", 1), ("wb_mood", 2)]
    run = state_of(anna).run
    assert run.at == 1
    assert run.given["wb_mood"].revision == 2


def test_a_storm_of_taps_from_many_threads_counts_each_question_once(world, anna, asked):
    """An impatient thumb: every answer button of the first three questions, again and again, all at the same time."""
    taps = [
        tapped(anna, Action("answer", "4", asked.id, item, 1), update_id=100 * n + repeat)
        for n, item in enumerate(("wb_mood", "wb_calm", "se_satisfied"))
        for repeat in range(4)
    ]
    for _ in range(3):  # taps on a question that is not reached yet do nothing; again, when it is
        at_once(*(lambda tap=tap: receive(world.here, tap) for tap in taps))
        taps = [Incoming(t.bot_id, t.update_id + 1000, t.address, t.language, t.event) for t in taps]
    assert [(a.item, a.revision) for a in world.rows("answer")] == [
        ("wb_mood", 1),
        ("wb_calm", 1),
        ("se_satisfied", 1),
    ]
    assert state_of(anna).run.at == 3


def test_taps_that_waited_through_downtime_count_and_say_so(world, anna, asked):
    """She answered while nobody was listening; the window closed meanwhile."""
    answered = asked.due_at + timedelta(hours=3, minutes=50)
    world.until(answered)
    anna.press("5")
    world.down(hours=3)
    (answer,) = world.rows("answer")
    assert answer.late_processed
    (prompt,) = anna.prompts(id=asked.id)
    assert (prompt.state, prompt.n_answered, prompt.late_processed) == ("partial", 1, True)


def test_a_tap_that_waited_but_is_in_time_is_not_flagged(world, anna, asked):
    anna.press("5")
    world.down(minutes=10)
    (answer,) = world.rows("answer")
    assert not answer.late_processed


def test_a_tap_on_a_closed_one_is_no_answer_and_offers_a_checkin(world, anna, asked):
    world.until(asked.expires_at + timedelta(hours=1))
    receive(world.here, tapped(anna, Action("answer", "5", asked.id, "wb_mood", 1), 1, anna.last.id))
    world.rest()
    assert world.count("answer") == 0
    assert anna.last.text == "That one has closed. Check in now?"
    anna.tap("Check in now", *["4"] * 7)
    (extra,) = anna.prompts(kind="unscheduled")
    assert (extra.state, extra.counts) == ("completed", False)


def test_another_persons_button_is_no_way_to_her_answers(world, anna, asked):
    other = world.joined("Bella")
    receive(world.here, tapped(other, Action("answer", "5", asked.id, "wb_mood", 1), 1))
    receive(world.here, tapped(other, Action("decline", prompt=asked.id), 2))
    receive(world.here, tapped(other, Action("start", prompt=asked.id), 3))
    assert world.count("answer") == 0
    (prompt,) = anna.prompts(id=asked.id)
    assert prompt.state == "open"


def test_what_she_types_is_deleted_and_not_kept(world, anna):
    anna.write("my name is Anna and I live in …")
    assert not any("my name" in message.text for message in anna.phone.messages())
    assert anna.last.text.startswith("No person reads this chat.")
    for table in ("outbox", "message", "inbox", "participant"):
        assert "my name" not in repr(world.rows(table))


def test_two_quick_taps_on_later_still_bring_one_note_in_an_hour(world, anna):
    world.wait(hours=4)
    anna.press("Later")
    anna.press("Later")
    world.rest()
    before = len(anna.notes())
    world.wait(hours=2)
    assert len(anna.notes()) == before + 1


def at_once(*calls):
    """Each call in a thread of its own, all let go at the same moment. The first error is raised here."""
    ready, errors = threading.Barrier(len(calls)), []

    def run(call):
        ready.wait()
        try:
            call()
        except Exception as error:  # noqa: BLE001 - raised below
            errors.append(error)

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def _broken(*_):
    raise ZeroDivisionError
