"""Rows that tests need: a study, a participant in it, her prompts."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import func, select

from ema.domain.schedules.base import Slot
from ema.store import outbox, participants, planned_slots, prompts
from ema.store.rows import insert_into, table_of
from ema.store.tables import Outbox, Study

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
BOT = 7
OUTBOX = table_of(Outbox)


def study(session, study_id="twice"):
    session.execute(
        insert_into(session, table_of(Study))
        .values(id=study_id, title="Twice", state="piloting", current_version=1, seed="seed", created_at=NOW)
        .on_conflict_do_nothing()
    )


def participant(session, participant_id="anna", **values):
    """A participant who is enrolled. Returns her enrolment."""
    study(session)
    participants.add(
        session,
        **{
            "id": participant_id,
            "bot_id": BOT,
            "language": "en",
            "timezone": "Europe/London",
            "day_starts": "06:00",
            "windows": {"afternoon": ["15:00", "15:30"]},
            "created_at": NOW,
        }
        | values,
    )
    return participants.add_enrolment(
        session,
        participant_id=participant_id,
        study_id="twice",
        protocol_version=1,
        test=False,
        joined_at=NOW,
        first_date=date(2026, 3, 2),
    )


def slot(day=1, index=0, due=NOW, hours=4, **values):
    return Slot(
        **{
            "schedule": "daily",
            "slot_key": f"{day}.{index}",
            "slot": "afternoon",
            "study_day": day,
            "local_date": date(2026, 3, 1) + timedelta(days=day),
            "opens_at": due,
            "due_at": due,
            "expires_at": due + timedelta(hours=hours),
        }
        | values
    )


def planned(session, enrolment, *slots, delivery="note"):
    """The rows of those that were not there yet."""
    before = {row.id for row in prompts.of_enrolment(session, enrolment.id)}
    planned_slots.add(session, rows_of(enrolment, *slots, delivery=delivery), NOW)
    rows = {row.slot_key: row for row in prompts.of_enrolment(session, enrolment.id) if row.id not in before}
    return [rows[each.slot_key] for each in slots if each.slot_key in rows]


def rows_of(enrolment, *slots, delivery="note"):
    """These slots as they are planned for her."""
    return [
        planned_slots.Planned(
            enrolment.id,
            enrolment.participant_id,
            "Europe/London",
            enrolment.protocol_version,
            each,
            kind="scheduled",
            delivery=delivery,
            counts=True,
            position=each.study_day,
        )
        for each in slots
    ]


def message(session, participant_id="anna", key="a", **values):
    """Work in the outbox. Returns its id; None where this key was used before."""
    before = session.execute(select(func.max(OUTBOX.c.id))).scalar() or 0
    outbox.enqueue(
        session,
        **{
            "participant_id": participant_id,
            "kind": "words",
            "priority": 4,
            "dedupe_key": key,
            "not_before": NOW,
            "now": NOW,
        }
        | values,
    )
    return session.execute(select(OUTBOX.c.id).where(OUTBOX.c.id > before)).scalar()


def states(session):
    """How many rows of the outbox are in each state."""
    outbox_table = table_of(Outbox)
    return dict(session.execute(select(outbox_table.c.state, func.count()).group_by(outbox_table.c.state)).all())
