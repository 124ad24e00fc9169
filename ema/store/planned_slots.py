"""Planned slots become rows of `prompt`, for any number of people in one statement. The caller owns the transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, case, literal, select
from sqlalchemy.orm import Session

from ema.domain.schedules.base import Slot
from ema.store.given import GIVEN, document, given
from ema.store.prompts import BARRED, KEY
from ema.store.rows import dialect_of, insert_for, table_of
from ema.store.tables import Prompt

_PROMPT = table_of(Prompt)
_UNTOUCHED: Final = {"n_items": 0, "n_shown": 0, "n_answered": 0, "late_processed": False, "n_snoozed": 0}

Key = tuple[int, str, str]
"""Enrolment, schedule and slot key: what a prompt is once."""


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

    @property
    def key(self) -> Key:
        return self.enrolment_id, self.slot.schedule, self.slot.slot_key


def add(session: Session, planned: Collection[Planned], now: datetime) -> dict[Key, int]:
    """Insert what is not there yet, for any number of people. Returns the new rows' ids.

    A slot that is there already is none of them.
    """
    if not planned:
        return {}
    rows = [
        (
            each.enrolment_id,
            each.participant_id,
            each.timezone,
            each.protocol_version,
            each.kind,
            each.delivery,
            each.counts,
            each.position,
            slot.schedule,
            slot.slot_key,
            slot.slot,
            slot.study_day,
            slot.local_date,
            slot.opens_at,
            slot.due_at,
            slot.expires_at,
            slot.barred or None,
        )
        for each in planned
        for slot in (each.slot,)
    ]
    new = session.execute(_add(dialect_of(session)), {GIVEN: document(rows), "now": now})
    # a database returns rows in any order
    return {(enrolment_id, schedule, slot_key): prompt_id for prompt_id, enrolment_id, schedule, slot_key in new}


_PLANNED: Final = (
    _PROMPT.c.enrolment_id,
    _PROMPT.c.participant_id,
    _PROMPT.c.timezone,
    _PROMPT.c.protocol_version,
    _PROMPT.c.kind,
    _PROMPT.c.delivery,
    _PROMPT.c.counts,
    _PROMPT.c.position,
    _PROMPT.c.schedule,
    _PROMPT.c.slot_key,
    _PROMPT.c.slot,
    _PROMPT.c.study_day,
    _PROMPT.c.local_date,
    _PROMPT.c.opens_at,
    _PROMPT.c.due_at,
    _PROMPT.c.expires_at,
    _PROMPT.c.reason,
)


@cache
def _add(dialect: str) -> Any:
    rows = given(dialect, *_PLANNED)
    now = bindparam("now", type_=_PROMPT.c.created_at.type)
    rest = {
        "state": case(BARRED, value=rows.c.reason, else_="planned"),
        "closed_at": case((rows.c.reason.is_not(None), now)),
        "created_at": now,
        **{name: literal(value) for name, value in _UNTOUCHED.items()},
    }
    # SQLite would take ON CONFLICT for a condition of a join if there were no WHERE
    wanted = select(*rows.c, *rest.values()).where(rows.c.enrolment_id.is_not(None))
    statement = insert_for(dialect, _PROMPT).from_select([*rows.c.keys(), *rest], wanted)
    return statement.on_conflict_do_nothing(index_elements=KEY).returning(
        _PROMPT.c.id, *(_PROMPT.c[name] for name in KEY)
    )
