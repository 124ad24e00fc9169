"""Planned slots become rows of `prompt`, each with its note in the outbox, for any number of people in few statements.

A note waits there until it is due: no other tick stands between the plan and the sending. The caller owns the
transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Insert, Select, bindparam, func, literal_column, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from ema.domain.schedules.base import Slot
from ema.store import outbox
from ema.store.engine import wake_sender
from ema.store.given import GIVEN, document, given
from ema.store.instant import written
from ema.store.prompts import BARRED, KEY
from ema.store.rows import dialect_of, insert_for, table_of
from ema.store.tables import Prompt

_PROMPT = table_of(Prompt)


class Planned(NamedTuple):
    """A slot, whose it is, and what its row says besides."""

    enrolment_id: int
    participant_id: str
    timezone: str
    protocol_version: int
    slot: Slot
    kind: str
    delivery: str
    counts: bool
    position: int | None


def add(session: Session, planned: Collection[Planned], now: datetime) -> int:
    """Insert what is not there yet, for any number of people. Returns how many prompts are new."""
    if not planned:
        return 0
    dialect = dialect_of(session)
    plain = written(dialect)
    rows = [_row(each, each.slot, plain, plain(now)) for each in planned]
    wake_sender(session)
    if dialect == "postgresql":
        return int(session.execute(_with_notes(), {GIVEN: document(dialect, rows), "now": now}).scalar_one())
    last = session.execute(_last_id()).scalar() or 0
    # by the driver itself: in one process rows are faster than a document that the database must read
    added = session.connection().exec_driver_sql(_one_by_one(), rows).rowcount
    session.execute(_notes_since(), {"last": last, "now": now})
    return added


_COLUMNS: Final = (
    "enrolment_id",
    "participant_id",
    "schedule",
    "slot_key",
    "slot",
    "kind",
    "delivery",
    "counts",
    "study_day",
    "position",
    "timezone",
    "local_date",
    "opens_at",
    "due_at",
    "expires_at",
    "protocol_version",
    "state",
    "reason",
    "created_at",
    "closed_at",
)
"""In the table's order, which is the order in which they are inserted."""
_UNTOUCHED: Final[dict[str, Any]] = {
    name: literal_column("0") for name in ("n_items", "n_shown", "n_answered", "late_processed", "n_snoozed")
}


def _row(each: Planned, slot: Slot, plain: Callable[[date | datetime], int | str], now: int | str) -> tuple[Any, ...]:
    barred = slot.barred
    return (
        each.enrolment_id,
        each.participant_id,
        slot.schedule,
        slot.slot_key,
        slot.slot,
        each.kind,
        each.delivery,
        each.counts,
        slot.study_day,
        each.position,
        each.timezone,
        plain(slot.local_date),
        plain(slot.opens_at),
        plain(slot.due_at),
        plain(slot.expires_at),
        each.protocol_version,
        BARRED[barred] if barred else "planned",
        barred or None,
        now,
        now if barred else None,
    )


@cache
def _with_notes() -> Select[Any]:
    """PostgreSQL: prompts and notes in one statement."""
    rows = given("postgresql", *(_PROMPT.c[name] for name in _COLUMNS))
    values = {**rows.c, **{name: value.cast(_PROMPT.c[name].type) for name, value in _UNTOUCHED.items()}}
    insert = insert_for("postgresql", _PROMPT).from_select([*values], select(*values.values()))
    new = insert.on_conflict_do_nothing(index_elements=KEY).returning(*_PROMPT.c).cte("new")
    return select(func.count()).select_from(new).add_cte(outbox.notes_of(new).cte("notes"))


@cache
def _one_by_one() -> str:
    values = {**{name: bindparam(name) for name in _COLUMNS}, **_UNTOUCHED}
    insert = insert_for("sqlite", _PROMPT).values(values).on_conflict_do_nothing(index_elements=KEY)
    return str(insert.compile(dialect=sqlite.dialect(paramstyle="qmark")))


@cache
def _last_id() -> Select[Any]:
    return select(func.max(_PROMPT.c.id))


@cache
def _notes_since() -> Insert:
    """SQLite inserts nothing from what an INSERT returns. It has one writer: whatever came since is this one's."""
    return outbox.notes_of(select(_PROMPT).where(_PROMPT.c.id > bindparam("last")).subquery())
