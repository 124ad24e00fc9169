"""Prompts: planned once, moved in place, one final state. On both databases."""

from datetime import UTC, timedelta

import pytest

from ema.store import participants, prompts
from tests.store.people import NOW, participant, planned, slot

HOUR = timedelta(hours=1)


@pytest.fixture
def anna(database):
    with database.transaction() as session:
        return participant(session)


def states(session, enrolment):
    return {row.slot_key: (row.state, row.reason) for row in prompts.of_enrolment(session, enrolment.id)}


def test_a_slot_is_planned_once_whatever_its_time(database, anna):
    with database.transaction() as session:
        first = planned(session, anna, slot(), slot(index=1))
    with database.transaction() as session:
        assert planned(session, anna, slot(due=NOW + HOUR), slot(index=1), slot(index=2)) != []
        rows = prompts.of_enrolment(session, anna.id)
    assert [row.slot_key for row in rows] == ["1.0", "1.1", "1.2"]
    assert [row.due_at for row in rows] == [NOW] * 3
    assert [row.id for row in rows[:2]] == [row.id for row in first]
    assert all(row.due_at.tzinfo is UTC or row.due_at.utcoffset() == timedelta(0) for row in rows)


def test_replanning_moves_cancels_and_revives(database, anna):
    with database.transaction() as session:
        sent, opened, moved, dropped = planned(
            session,
            anna,
            slot(1),
            slot(1, index=1, due=NOW + HOUR, opens_at=NOW - HOUR),
            slot(2, due=NOW + 24 * HOUR),
            slot(3, due=NOW + 48 * HOUR),
        )
        prompts.change(session, sent.id, state="open", sent_at=NOW)

    def replan(*slots):
        with database.transaction() as session:
            found = prompts.replan(session, anna.id, slots, NOW, timezone="Asia/Tokyo", protocol_version=2)
            return [row.id for row in found], states(session, anna)

    ids, after = replan(slot(1, due=NOW + HOUR), slot(2, due=NOW + 30 * HOUR))
    assert ids == [moved.id]
    assert after == {
        "1.0": ("open", None),
        "1.1": ("planned", None),
        "2.0": ("planned", None),
        "3.0": ("cancelled", "replanned"),
    }
    with database.reading() as session:
        assert prompts.get(session, sent.id).due_at == NOW
        assert prompts.get(session, opened.id).timezone == "Europe/London"
        row = prompts.get(session, moved.id)
        assert (row.due_at, row.timezone, row.protocol_version) == (NOW + 30 * HOUR, "Asia/Tokyo", 2)
        assert prompts.get(session, dropped.id).closed_at == NOW
    ids, after = replan(slot(2, due=NOW + 30 * HOUR), slot(3, due=NOW + 50 * HOUR))
    assert set(ids) == {moved.id, dropped.id}
    assert after["3.0"] == ("planned", None)


def test_nothing_but_replanning_revives(database, anna):
    with database.transaction() as session:
        (row,) = planned(session, anna, slot(2, due=NOW + 24 * HOUR))
        prompts.close(session, row.id, "paused", "paused", NOW)
        moved = prompts.replan(
            session, anna.id, [slot(2, due=NOW + 30 * HOUR)], NOW, timezone="UTC", protocol_version=1
        )
        assert moved == []
        assert states(session, anna) == {"2.0": ("paused", "paused")}


def test_a_final_state_is_taken_once(database, anna):
    with database.transaction() as session:
        (row,) = planned(session, anna, slot())
        prompts.change(session, row.id, state="open")
        assert prompts.get(session, row.id).state == "open"
        assert prompts.close(session, row.id, "completed", None, NOW, finished_at=NOW)
        assert not prompts.close(session, row.id, "missed", "no response", NOW + HOUR)
        prompts.change(session, row.id, state="open")
        with pytest.raises(ValueError, match="close"):
            prompts.change(session, row.id, state="missed")
        with pytest.raises(ValueError, match="no final state"):
            prompts.close(session, row.id, "open", None, NOW)
        row = prompts.get(session, row.id)
    assert (row.state, row.reason, row.closed_at, row.finished_at) == ("completed", None, NOW, NOW)


def test_past_is_half_open(database, anna):
    with database.transaction() as session:
        (row,) = planned(session, anna, slot())
        end = row.expires_at
        assert prompts.past(session, end - timedelta(seconds=1)) == []
        assert [one.id for one in prompts.past(session, end)] == [row.id]
        prompts.change(session, row.id, state="open", first_action_at=NOW)
        assert prompts.past(session, end, started_before=end - HOUR / 2) == []
        assert [one.id for one in prompts.past(session, end + HOUR / 2, started_before=end)] == [row.id]


def test_what_she_could_start_now(database, anna):
    with database.transaction() as session:
        planned(session, anna, slot(1, 0, NOW - HOUR), slot(1, 1, NOW), slot(1, 2, NOW + HOUR, opens_at=NOW - HOUR))
        planned(session, anna, slot(1, 3, NOW + HOUR, opens_at=NOW - HOUR), delivery="offer")
        planned(session, anna, slot(1, 4, NOW - 4 * HOUR))
        assert [row.slot_key for row in prompts.waiting(session, ["anna"], NOW)["anna"]] == ["1.1", "1.0", "1.3"]
        assert len(prompts.unfinished(session, "anna")) == 5


def test_cancelling_keeps_what_she_answered(database, anna):
    with database.transaction() as session:
        first, second, done = planned(session, anna, slot(), slot(index=1), slot(index=2))
        prompts.change(session, second.id, state="open", n_answered=2)
        prompts.close(session, done.id, "completed", None, NOW)
        prompts.cancel(session, "anna", "withdrawn", NOW)
        assert states(session, anna) == {
            "1.0": ("cancelled", "withdrawn"),
            "1.1": ("partial", "withdrawn"),
            "1.2": ("completed", None),
        }
        assert [row.slot_key for row in prompts.last_final(session, anna.id, 2)] == ["1.2", "1.1"]
    assert first.state == "planned"  # a snapshot stays what it was


def test_a_snapshot_can_not_be_changed(database, anna):
    with pytest.raises(AttributeError):
        anna.planned_through = 3


def test_unknown_columns_are_refused(database):
    with pytest.raises(TypeError, match="no moood"), database.transaction() as session:
        participants.add(session, id="x", moood=1)
