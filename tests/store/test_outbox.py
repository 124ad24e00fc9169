"""The outbox: what may be claimed when, fencing, leases, superseding. On both databases."""

from datetime import timedelta

import pytest

from ema.store import bots, figures, outbox, outbox_many
from tests.store.people import BOT, NOW, message, participant, states

LEASE = timedelta(seconds=60)
LATER = NOW + timedelta(minutes=5)


@pytest.fixture(autouse=True)
def people(database):
    with database.transaction() as session:
        participant(session, "anna")
        participant(session, "berta")


def put(database, *rows):
    with database.transaction() as session:
        return [message(session, **row) for row in rows]


def claim(database, now=NOW, limit=10):
    with database.transaction() as session:
        return outbox.claim(session, BOT, now, limit, LEASE)


def keys(rows):
    return [row.dedupe_key for row in rows]


def finish(database, row, state="sent", now=NOW, **values):
    with database.transaction() as session:
        return outbox.finish(session, row.id, row.claim_token, state, now=now, **values)


def test_the_same_key_is_enqueued_once(database):
    first, again = put(database, {"key": "a"}, {"key": "a"})
    assert first is not None
    assert again is None


def test_one_message_of_a_chat_is_in_flight(database):
    put(database, {"key": "a"}, {"key": "b"}, {"key": "c", "participant_id": "berta"})
    first = claim(database)
    assert keys(first) == ["a", "c"]
    assert claim(database) == []
    assert all(row.state == "claimed" and row.attempts == 1 and row.lease_until == NOW + LEASE for row in first)
    assert finish(database, first[0])
    assert keys(claim(database)) == ["b"]


def test_a_chat_goes_by_priority_then_by_age(database):
    put(
        database,
        {"key": "rest", "priority": 4},
        {"key": "note", "priority": 2},
        {"key": "second reply", "priority": 1},
        {"key": "third reply", "priority": 1},
        {"key": "safety", "priority": 0},
    )
    order = []
    while rows := claim(database):
        order += keys(rows)
        finish(database, rows[0])
    assert order == ["safety", "second reply", "third reply", "note", "rest"]


def test_the_most_urgent_of_all_chats_go_first(database):
    put(database, {"key": "note", "priority": 2}, {"key": "reply", "priority": 1, "participant_id": "berta"})
    assert keys(claim(database, limit=1)) == ["reply"]


@pytest.mark.parametrize("limit", [1, 2])
def test_no_more_are_claimed_than_asked_for(database, limit):
    with database.transaction() as session:
        participant(session, "cleo")
    put(database, *({"key": each, "participant_id": each, "priority": 2} for each in ("anna", "berta", "cleo")))
    assert len(claim(database, limit=limit)) == limit


def test_what_nobody_asked_for_has_a_limit_of_its_own(database):
    put(
        database,
        {"key": "note", "priority": 2},
        {"key": "reply", "priority": 1, "participant_id": "berta"},
    )
    with database.transaction() as session:
        assert keys(outbox.claim(session, BOT, NOW, 10, LEASE, 0)) == ["reply"]
        assert keys(outbox.claim(session, BOT, NOW, 10, LEASE, 1)) == ["note"]


def test_what_is_not_due_waits_and_holds_nobody_back(database):
    put(database, {"key": "tomorrow", "priority": 1, "not_before": LATER}, {"key": "now"})
    (row,) = claim(database)
    assert row.dedupe_key == "now"
    finish(database, row)
    assert claim(database) == []
    assert keys(claim(database, LATER)) == ["tomorrow"]


def test_a_retry_holds_back_its_chat_except_for_safety(database):
    put(database, {"key": "first"}, {"key": "reply", "priority": 1, "not_before": NOW + LEASE})
    (row,) = claim(database)
    assert finish(database, row, "pending", not_before=LATER, error="too many requests")
    put(database, {"key": "other chat", "participant_id": "berta"})
    assert keys(claim(database, NOW + LEASE)) == ["other chat"]
    put(database, {"key": "safety", "priority": 0})
    (safety,) = claim(database, NOW + LEASE)
    assert safety.dedupe_key == "safety"
    assert claim(database, LATER) == []  # safety is in flight
    finish(database, safety)
    assert keys(claim(database, LATER)) == ["reply"]


def test_a_retry_keeps_its_error_and_counts(database):
    (row_id,) = put(database, {"key": "a"})
    for attempt in (1, 2):
        (row,) = claim(database)
        assert row.attempts == attempt
        finish(database, row, "pending", not_before=NOW, error="no answer")
    with database.reading() as session:
        assert outbox.get(session, row_id).last_error == "no answer"


def test_what_is_past_its_window_is_not_claimed_and_blocks_nobody(database):
    put(database, {"key": "late", "priority": 1, "expires_at": NOW}, {"key": "good"})
    assert keys(claim(database)) == ["good"]
    with database.transaction() as session:
        assert keys(outbox_many.expire(session, NOW)) == ["late"]
        assert outbox_many.expire(session, NOW) == []
        assert states(session) == {"expired": 1, "claimed": 1}


def test_only_the_holder_of_the_token_finishes(database):
    put(database, {"key": "a"})
    (stalled,) = claim(database)
    with database.transaction() as session:
        assert outbox.release_stuck(session, NOW + LEASE - timedelta(seconds=1)) == 0
        assert keys(outbox.stuck(session, NOW + LEASE)) == ["a"]
        assert outbox.release_stuck(session, NOW + LEASE) == 1
    assert not finish(database, stalled)
    (second,) = claim(database)
    assert second.attempts == 2
    assert not finish(database, stalled)
    assert not finish(database, stalled, "pending")
    assert finish(database, second)
    assert not finish(database, second)
    with database.reading() as session:
        row = outbox.get(session, second.id)
        assert (row.state, row.claim_token, row.lease_until, row.done_at) == ("sent", None, None, NOW)


def test_superseding_drops_what_is_pending_only(database):
    put(
        database,
        {"key": "in flight", "kind": "screen", "priority": 1},
        {"key": "old", "kind": "screen"},
        {"key": "words"},
        {"key": "hers", "kind": "screen", "participant_id": "berta"},
    )
    claim(database, limit=1)
    put(database, {"key": "new", "kind": "screen"})
    with database.transaction() as session:
        outbox.supersede(session, "anna", ["screen"], now=NOW, but="new")
        assert keys(outbox.open_of(session, "anna")) == ["in flight", "words", "new"]
        assert states(session) == {"claimed": 1, "superseded": 1, "pending": 3}


def test_every_change_that_gives_work_wakes_the_sender(database):
    woken = []
    database.after_commit(lambda: woken.append(1))
    put(database, {"key": "a"})
    assert len(woken) == 1
    (row,) = claim(database)
    assert len(woken) == 1
    finish(database, row, "pending", not_before=NOW)
    assert len(woken) == 2


def test_finished_rows_are_purged_and_dead_ones_stay(database):
    put(database, {"key": "sent"}, {"key": "dead", "participant_id": "berta"})
    sent, dead = claim(database)
    finish(database, sent)
    finish(database, dead, "dead", error="our request was wrong")
    with database.transaction() as session:
        assert outbox.purge(session, NOW) == 0
        assert outbox.purge(session, LATER) == 1
        assert keys(outbox.dead(session)) == ["dead"]


def test_a_claim_is_for_one_bot_and_takes_nothing_of_anothers(database):
    """However urgent it is, and in whatever order the bots look."""
    bots_of = {f"p{number}": BOT + number % 3 for number in range(9)}
    with database.transaction() as session:
        for name, bot in bots_of.items():
            participant(session, name, bot_id=bot)
    put(
        database,
        *({"participant_id": name, "key": name, "priority": place % 5} for place, name in enumerate(bots_of)),
    )
    for bot in (BOT + 2, BOT, BOT + 1):
        with database.transaction() as session:
            taken = outbox.claim(session, bot, NOW, 10, LEASE)
        assert {row.dedupe_key for row in taken} == {name for name, its in bots_of.items() if its == bot}
        assert {row.bot_id for row in taken} == {bot}


def test_each_bot_has_a_queue_of_its_own_and_all_of_them_expire(database):
    with database.transaction() as session:
        participant(session, "carla", bot_id=BOT + 1)
        assert bots.known(session) == [BOT, BOT + 1]
        assert figures.queues(session, NOW) == {}
    put(
        database,
        {"key": "a"},
        {"key": "b", "participant_id": "carla", "expires_at": LATER},
        {"key": "c", "participant_id": "carla", "not_before": LATER},
    )
    with database.transaction() as session:
        assert figures.queues(session, NOW) == {BOT: (1, NOW), BOT + 1: (1, NOW)}
        assert figures.queues(session, LATER)[BOT + 1] == (2, NOW)
        assert keys(outbox_many.expire(session, LATER)) == ["b"]


def test_without_participants_there_are_no_bots(database):
    with database.transaction() as session:
        session.connection().exec_driver_sql("DELETE FROM enrolment")
        session.connection().exec_driver_sql("DELETE FROM participant")
        assert bots.known(session) == []
        assert figures.next_due(session, NOW) is None
        assert figures.overdue_messages(session, NOW) == 0
        assert outbox_many.expire(session, NOW) == []
