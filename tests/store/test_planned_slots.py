"""Many people's prompts and notes in few statements. On both databases."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import product

import pytest
from sqlalchemy import insert, select

from ema.store import outbox, participants, planned_slots, prompts
from ema.store.given import document
from ema.store.rows import table_of
from ema.store.tables import Enrolment, Outbox, Prompt
from tests.store.people import BOT, NOW, participant, planned, slot

HOUR = timedelta(hours=1)


def everybody(session, people=30):
    return [participant(session, f"p{number}") for number in range(people)]


def row(enrolment, each, **values):
    given = {"kind": "scheduled", "delivery": "note", "counts": True, "position": None} | values
    return planned_slots.Planned(enrolment.id, enrolment.participant_id, "Europe/London", 1, each, **given)


def stored(session, enrolment):
    return prompts.of_enrolment(session, enrolment.id)


def notes(session):
    table = table_of(Outbox)
    return session.execute(select(table).where(table.c.state == "pending").order_by(table.c.id)).all()


def test_everybodys_prompts_are_stored_each_with_its_own_note(database):
    with database.transaction() as session:
        people = everybody(session)
        rows = [row(hers, slot(day)) for hers, day in product(people, range(1, 6))]
        assert planned_slots.add(session, rows[::-1], NOW) == len(rows) == 150
        for hers in people:
            found = stored(session, hers)
            assert {each.slot_key for each in found} == {each.slot.slot_key for each in rows[:5]}
            assert {each.participant_id for each in found} == {hers.participant_id}
            assert {each.id for each in found} == {
                each.prompt_id for each in notes(session) if each.participant_id == hers.participant_id
            }
        assert len(notes(session)) == 150


def test_each_note_belongs_to_the_bot_of_its_participant(database):
    with database.transaction() as session:
        people = [participant(session, f"p{number}", bot_id=BOT + number % 3) for number in range(9)]
        planned_slots.add(session, [row(hers, slot(day)) for hers, day in product(people, range(1, 4))], NOW)
        bots = {f"p{number}": BOT + number % 3 for number in range(9)}
        assert [each.bot_id for each in notes(session)] == [bots[each.participant_id] for each in notes(session)]
        prompts.replan(session, people[1].id, [slot(3, due=NOW + HOUR)], NOW, timezone="UTC", protocol_version=1)
        moved = [each.id for each in stored(session, people[1])]
        outbox.enqueue_notes(session, moved, NOW)
        assert {each.bot_id for each in notes(session) if each.participant_id == "p1"} == {BOT + 1}


def test_what_is_there_already_stays_and_is_not_among_the_new(database):
    with database.transaction() as session:
        anna, bella = participant(session, "anna"), participant(session, "bella")
        (first,) = planned(session, anna, slot(1))
        assert planned_slots.add(session, [row(anna, slot(1, due=NOW + HOUR)), row(bella, slot(1))], NOW) == 1
        assert stored(session, anna) == [first]
        assert [each.prompt_id for each in notes(session)] == [first.id, *(each.id for each in stored(session, bella))]
        assert planned_slots.add(session, [], NOW) == 0


def test_only_what_is_sent_has_a_note(database):
    with database.transaction() as session:
        anna = participant(session)
        offer = row(anna, slot(1), delivery="offer")
        assert planned_slots.add(session, [offer, row(anna, slot(2, barred="no room")), row(anna, slot(3))], NOW) == 3
        assert [each.prompt_id for each in notes(session)] == [stored(session, anna)[2].id]


def test_a_row_stored_with_many_reads_like_one_stored_alone(database):
    """Also where what is stored of an instant is compared: with fractions of a second, and from another zone."""
    due = datetime(2026, 3, 2, 17, 31, 5, 70, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    with database.transaction() as session:
        anna = participant(session)
        each = slot(1, due=due, slot="ñandú “”", expires_at=due + HOUR)
        planned_slots.add(session, [row(anna, each, position=7)], NOW)
        (found,) = (one.id for one in stored(session, anna))
        many = session.execute(select(*table_of(Prompt).c).where(table_of(Prompt).c.id == found)).one()._asdict()
        alone = dict(many, id=found + 1, slot_key="other", due_at=due, opens_at=due, expires_at=due + HOUR)
        session.execute(insert(table_of(Prompt)), [alone])
        one, other = prompts.get(session, found), prompts.get(session, found + 1)
        assert other._replace(id=one.id, slot_key=one.slot_key) == one
        texts = session.connection().exec_driver_sql("SELECT due_at, expires_at, local_date, counts FROM prompt").all()
        assert texts[0] == texts[1]
        assert (one.due_at, one.position, one.slot) == (due.astimezone(UTC), 7, "ñandú “”")


def test_a_barred_slot_is_final_from_the_start(database):
    with database.transaction() as session:
        anna = participant(session)
        bars = ("", "quiet hours", "no room", "passed")
        rows = [row(anna, slot(day, barred=bar)) for day, bar in enumerate(bars, 1)]
        planned_slots.add(session, rows, NOW)
        found = stored(session, anna)
    assert [(each.state, each.reason, each.closed_at) for each in found] == [
        ("planned", None, None),
        ("paused", "quiet hours", NOW),
        ("cancelled", "no room", NOW),
        ("cancelled", "passed", NOW),
    ]


def test_notes_put_in_together_wait_in_the_order_in_which_they_are_due(database):
    woken = []
    database.after_commit(lambda: woken.append(True))
    with database.transaction() as session:
        made = planned(session, participant(session), *(slot(day, due=NOW + day * HOUR) for day in (3, 1, 2)))
        outbox.enqueue_notes(session, [made[0].id], NOW)  # it moved: the same prompt once more
        outbox.enqueue_notes(session, [], NOW)
        rows = notes(session)
    assert [each.not_before - NOW for each in rows] == [HOUR, 2 * HOUR, 3 * HOUR, 3 * HOUR]
    assert {(each.kind, each.priority, each.state, each.attempts, each.created_at) for each in rows} == {
        ("note", 2, "pending", 0, NOW)
    }
    assert [each.prompt_id for each in rows[2:]] == [made[0].id] * 2
    assert woken == [True]


def test_how_far_each_is_planned_is_noted_for_each(database):
    with database.transaction() as session:
        anna, bella, clara = (participant(session, name) for name in ("anna", "bella", "clara"))
        participants.planned(session, [(anna.id, 3, NOW + HOUR), (bella.id, 28, None)])
        table = table_of(Enrolment)
        found = session.execute(select(table.c.planned_through, table.c.plan_next_at).order_by(table.c.id)).all()
    assert [tuple(each) for each in found] == [(3, NOW + HOUR), (28, None), (0, None)]
    assert clara.planned_through == 0


def test_the_last_note_before_a_day_is_found_for_each(database):
    with database.transaction() as session:
        anna, bella, clara = (participant(session, name) for name in ("anna", "bella", "clara"))
        planned(session, anna, *(slot(day, due=NOW + day * HOUR) for day in (1, 2, 3)))
        planned(session, bella, slot(1, due=NOW), slot(1, index=1, due=NOW + 5 * HOUR, barred="no room"))
        planned(session, clara, slot(2, due=NOW))
        last = prompts.last_notes(session, {anna.id: 3, bella.id: 9, clara.id: 2})
        assert last == {anna.id: NOW + 2 * HOUR, bella.id: NOW}
        assert prompts.last_notes(session, {}) == {}


def test_an_instant_without_a_zone_is_refused():
    assert document("sqlite", [(date(2026, 3, 2), True, None)]) == '[["2026-03-02", true, null]]'
    with pytest.raises(ValueError, match="time zone"):
        document("sqlite", [(datetime(2026, 3, 2, 12),)])  # noqa: DTZ001
