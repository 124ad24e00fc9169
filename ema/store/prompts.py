"""Prompts: every planned slot is one row that ends in one final state with a reason.

The caller owns the transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Update, and_, bindparam, case, func, or_, select, update
from sqlalchemy.orm import Session

from ema.domain.schedules.base import Slot
from ema.store.body import later
from ema.store.given import GIVEN, document, given
from ema.store.rows import dialect_of, insert_into, is_one_of, many, row_of, snapshot, table_of
from ema.store.tables import FINAL_STATES, OPEN_STATES, Answer, Enrolment, Prompt

_PROMPT = table_of(Prompt)
_ANSWER = table_of(Answer)
_ENROLMENT = table_of(Enrolment)
_IS_PLANNED: Final = is_one_of(_PROMPT.c.state, "planned")
_IS_OPEN: Final = is_one_of(_PROMPT.c.state, *OPEN_STATES)
REPLANNED: Final = "replanned"
"""The only reason from which a cancelled row comes back."""
_UNDONE: Final = and_(
    _PROMPT.c.state.in_(("cancelled", "paused")), _PROMPT.c.reason.in_((REPLANNED, "quiet hours", "no room", "passed"))
)
"""Given up by planning itself, never by her: the next planning may take it up again."""
WITHDRAWN: Final = "withdrawn"


# --- planning


def add(session: Session, *, now: datetime, **values: Any) -> Prompt:
    """Add one prompt that no schedule planned; columns of `Prompt` by name. If it is there, that one comes back."""
    statement = insert_into(session, _PROMPT).values(row_of(Prompt, created_at=now, **values))
    # an update that changes nothing, because only then the row that is there comes back
    statement = statement.on_conflict_do_update(index_elements=KEY, set_={"slot_key": _PROMPT.c.slot_key})
    return snapshot(Prompt, session.execute(statement.returning(*_PROMPT.c)).one())


KEY: Final = ("enrolment_id", "schedule", "slot_key")
"""What a prompt is once."""
BARRED: Final = {"quiet hours": "paused", "no room": "cancelled", "passed": "cancelled"}
"""Why a slot is never sent → the final state that its row has from the start."""


def _state_of(slot: Slot, now: datetime) -> dict[str, Any]:
    if slot.barred:
        return {"state": BARRED[slot.barred], "reason": slot.barred, "closed_at": now}
    return {"state": "planned", "reason": None, "closed_at": None}


def settled(session: Session, enrolment_id: int, study_day: int, now: datetime) -> dict[tuple[str, str], datetime]:
    """When the prompts from this study day on are due that stay as they are: sent, due already, or final.

    What planning cancelled or barred is not among them: it may come back.
    """
    statement = select(_PROMPT.c.schedule, _PROMPT.c.slot_key, _PROMPT.c.due_at).where(
        _PROMPT.c.enrolment_id == enrolment_id,
        _PROMPT.c.study_day >= study_day,
        ~_UNDONE,
        or_(_PROMPT.c.state != "planned", _PROMPT.c.due_at <= now),
    )
    return {(row.schedule, row.slot_key): row.due_at for row in session.execute(statement)}


def count_on_day(session: Session, enrolment_id: int, study_day: int) -> dict[str, int]:
    """How many prompts each schedule has on this study day."""
    statement = (
        select(_PROMPT.c.schedule, func.count().label("number"))
        .where(_PROMPT.c.enrolment_id == enrolment_id, _PROMPT.c.study_day == study_day)
        .group_by(_PROMPT.c.schedule)
    )
    return {row.schedule: row.number for row in session.execute(statement)}


def notes_between(session: Session, enrolment_id: int, since: datetime, until: datetime) -> list[datetime]:
    """When her counted notes within [since, until] are due; those that planning gave up are left out."""
    statement = select(_PROMPT.c.due_at).where(
        _PROMPT.c.enrolment_id == enrolment_id,
        _PROMPT.c.due_at.between(since, until),
        _PROMPT.c.counts,
        _PROMPT.c.delivery == "note",
        ~_UNDONE,
    )
    return list(session.execute(statement).scalars())


def first_unsent_day(session: Session, enrolment_id: int, now: datetime) -> int | None:
    """The first study day that has a note which is still to come."""
    statement = select(func.min(_PROMPT.c.study_day)).where(
        _PROMPT.c.enrolment_id == enrolment_id,
        _IS_PLANNED,
        _PROMPT.c.delivery == "note",
        _PROMPT.c.due_at > now,
    )
    found: int | None = session.execute(statement).scalar()
    return found


def last_notes(session: Session, before: Mapping[int, int]) -> dict[int, datetime]:
    """Enrolment → when the last counted note is due of the study days before the one that is named for it."""
    if not before:
        return {}
    dialect = dialect_of(session)
    rows = session.execute(_last_notes(dialect), {GIVEN: document(dialect, before.items())})
    return {row.enrolment_id: row.due_at for row in rows}


@cache
def _last_notes(dialect: str) -> Select[Any]:
    wanted = given(dialect, _PROMPT.c.enrolment_id, _PROMPT.c.study_day)
    return (
        select(_PROMPT.c.enrolment_id, func.max(_PROMPT.c.due_at).label("due_at"))
        .join(wanted, wanted.c.enrolment_id == _PROMPT.c.enrolment_id)
        .where(_PROMPT.c.study_day < wanted.c.study_day, _PROMPT.c.counts, _PROMPT.c.delivery == "note", ~_UNDONE)
        .group_by(_PROMPT.c.enrolment_id)
    )


def replan(
    session: Session,
    enrolment_id: int,
    slots: Sequence[Slot],
    now: datetime,
    *,
    timezone: str,
    protocol_version: int,
) -> list[Prompt]:
    """Move unsent rows in place to where `slots` says, and revive those that an earlier planning had given up.

    A row that has not opened yet and has no slot any more is cancelled (reason replanned). Rows that were sent, are
    due, have opened without a slot, or are final stay as they are, and so do quiet hours that are over. Returns the
    rows moved or revived.
    """
    was_quiet = and_(_PROMPT.c.reason == "quiet hours", _PROMPT.c.expires_at <= now)
    movable_ones = or_(and_(_IS_PLANNED, _PROMPT.c.due_at > now), and_(_UNDONE, ~was_quiet))
    statement = select(_PROMPT).where(_PROMPT.c.enrolment_id == enrolment_id, movable_ones).with_for_update()
    movable = {(row.schedule, row.slot_key): row for row in session.execute(statement)}
    moved = []
    for slot in slots:
        row = movable.pop((slot.schedule, slot.slot_key), None)
        if row is None:
            continue
        values = {
            "slot": slot.slot,
            "local_date": slot.local_date,
            "timezone": timezone,
            "opens_at": slot.opens_at,
            "due_at": slot.due_at,
            "expires_at": slot.expires_at,
            "protocol_version": protocol_version,
            **_state_of(slot, now),
        }
        change_one = update(_PROMPT).where(_PROMPT.c.id == row.id).values(**values).returning(*_PROMPT.c)
        moved.append(snapshot(Prompt, session.execute(change_one).one()))
    left_over = [row.id for row in movable.values() if row.state == "planned" and row.opens_at > now]
    if left_over:
        session.execute(
            update(_PROMPT)
            .where(_PROMPT.c.id.in_(left_over))
            .values(state="cancelled", reason=REPLANNED, closed_at=now)
        )
    return moved


# --- one prompt


def get(session: Session, prompt_id: int, *, lock: bool = False) -> Prompt | None:
    """One of them; with `lock` nobody else changes it until the transaction ends."""
    return some(session, [prompt_id], lock=lock).get(prompt_id)


def some(session: Session, prompt_ids: Collection[int], *, lock: bool = False) -> dict[int, Prompt]:
    """Those of them that there are, by id; locked in the order of their ids, so that no two wait for each other."""
    rows = session.execute(_some(lock=lock), {"prompt_ids": list(prompt_ids)}) if prompt_ids else ()
    return {row.id: snapshot(Prompt, row) for row in rows}


@cache
def _some(*, lock: bool) -> Select[Any]:
    statement = select(_PROMPT).where(_PROMPT.c.id.in_(bindparam("prompt_ids", expanding=True)))
    return statement.order_by(_PROMPT.c.id).with_for_update(key_share=True) if lock else statement


def opened(session: Session, prompt_ids: Collection[int], now: datetime) -> None:
    """Their notes were accepted. One that is final meanwhile stays so."""
    session.execute(_opened(), {"prompt_ids": list(prompt_ids), "now": now})


@cache
def _opened() -> Update:
    these = select(_PROMPT.c.id).where(_PROMPT.c.id.in_(bindparam("prompt_ids", expanding=True)))
    locked = these.order_by(_PROMPT.c.id).with_for_update(key_share=True)  # in the order in which all lock them
    now = bindparam("now", type_=_PROMPT.c.sent_at.type)
    return update(_PROMPT).where(_PROMPT.c.id.in_(locked), _IS_OPEN).values(state="open", sent_at=now, reason=None)


def change(session: Session, prompt_id: int, **values: Any) -> None:
    """Set columns by name. A final state is not left and not entered this way: with `state` one that is final stays."""
    if values.get("state") in FINAL_STATES:
        raise ValueError("a final state is given by close()")
    given = {f"new_{name}": value for name, value in values.items()}
    later(session, _change(tuple(values)), {"prompt_id": prompt_id, **given})


@cache
def _change(names: tuple[str, ...]) -> Update:
    statement = update(_PROMPT).where(_PROMPT.c.id == bindparam("prompt_id"))
    if "state" in names:
        statement = statement.where(_IS_OPEN)
    return statement.values({name: bindparam(f"new_{name}", type_=_PROMPT.c[name].type) for name in names})


def close(
    session: Session,
    prompt_id: int,
    state: str,
    reason: str | None,
    now: datetime,
    *,
    was: Collection[str] = OPEN_STATES,
    **values: Any,
) -> bool:
    """Give a prompt its final state, once; other columns by name. False: it was in none of the states `was`."""
    if state not in FINAL_STATES:
        raise ValueError(f"{state} is no final state")
    given, parameters = _ended(prompt_id, state, reason, now, values)
    done = session.execute(_close(given, tuple(was)), parameters)
    return bool(done.rowcount)  # type: ignore[attr-defined]


def close_locked(
    session: Session, prompt_id: int, state: str, reason: str | None, now: datetime, **values: Any
) -> None:
    """The same for one that is not final and that this transaction has locked: there is nothing to be told."""
    given, parameters = _ended(prompt_id, state, reason, now, values)
    later(session, _close(given, OPEN_STATES), parameters)


def _ended(
    prompt_id: int, state: str, reason: str | None, now: datetime, values: Mapping[str, Any]
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The columns that change, and what `_close` takes."""
    given = {"state": state, "reason": reason, "closed_at": now, **values}
    return tuple(given), {"prompt_id": prompt_id, **{f"new_{name}": value for name, value in given.items()}}


@cache
def _close(names: tuple[str, ...], was: tuple[str, ...]) -> Update:
    statement = update(_PROMPT).where(_PROMPT.c.id == bindparam("prompt_id"), is_one_of(_PROMPT.c.state, *was))
    return statement.values({name: bindparam(f"new_{name}", type_=_PROMPT.c[name].type) for name in names})


# --- what is due


def past(session: Session, now: datetime, *, started_before: datetime | None = None, limit: int = 500) -> list[Prompt]:
    """Prompts that are not final and whose window is past (half-open: `expires_at` itself is past).

    One that was started counts as past only when its window ended at `started_before` or earlier. Locked as `due`.
    """
    over = _PROMPT.c.expires_at <= now
    if started_before is not None:
        over = and_(over, or_(_PROMPT.c.first_action_at.is_(None), _PROMPT.c.expires_at <= started_before))
    statement = (
        select(_PROMPT)
        .where(_IS_OPEN, over)
        .order_by(_PROMPT.c.expires_at, _PROMPT.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return many(session, Prompt, statement)


# --- hers


def _hers(participant_id: Any) -> ColumnElement[bool]:
    """By her enrolments, whose number their indexes begin with."""
    return _PROMPT.c.enrolment_id.in_(select(_ENROLMENT.c.id).where(_ENROLMENT.c.participant_id == participant_id))


def _enrolments_of(participant_ids: Any) -> Select[int]:
    return select(_ENROLMENT.c.id).where(_ENROLMENT.c.participant_id.in_(participant_ids))


def _hers_unfinished(participant_id: Any) -> ColumnElement[bool]:
    return and_(_hers(participant_id), _IS_OPEN)


def waiting(session: Session, participant_ids: Collection[str], now: datetime) -> dict[str, list[Prompt]]:
    """What each of them could start now: open to her, not final, not past. The newest first, offers last."""
    found: dict[str, list[Prompt]] = {participant_id: [] for participant_id in participant_ids}
    for prompt in many(session, Prompt, _waiting(), participant_ids=list(participant_ids), now=now):
        found[prompt.participant_id].append(prompt)
    return found


@cache
def _waiting() -> Select[Any]:
    now = bindparam("now", type_=_PROMPT.c.opens_at.type)
    theirs = _enrolments_of(bindparam("participant_ids", expanding=True))
    return (
        select(_PROMPT)
        .where(
            _PROMPT.c.enrolment_id.in_(theirs),
            _IS_OPEN,
            # a note opens when it is due; before that nothing was sent
            case((_PROMPT.c.delivery == "offer", _PROMPT.c.opens_at), else_=_PROMPT.c.due_at) <= now,
            _PROMPT.c.expires_at > now,
        )
        .order_by(_PROMPT.c.delivery == "offer", _PROMPT.c.due_at.desc(), _PROMPT.c.id.desc())
    )


def unfinished(session: Session, participant_id: str) -> list[Prompt]:
    """Hers that are not final, in the order in which they are due."""
    statement = select(_PROMPT).where(_hers_unfinished(participant_id)).order_by(_PROMPT.c.due_at, _PROMPT.c.id)
    return many(session, Prompt, statement)


def unfinished_of(session: Session, participant_ids: Collection[str]) -> set[int]:
    """Which of theirs are not final."""
    return set(session.execute(_unfinished_of(), {"participant_ids": list(participant_ids)}).scalars())


@cache
def _unfinished_of() -> Select[Any]:
    theirs = _enrolments_of(bindparam("participant_ids", expanding=True))
    return select(_PROMPT.c.id).where(_PROMPT.c.enrolment_id.in_(theirs), _IS_OPEN)


def of_enrolment(session: Session, enrolment_id: int) -> list[Prompt]:
    """All of them, in the order in which they are due."""
    statement = select(_PROMPT).where(_PROMPT.c.enrolment_id == enrolment_id).order_by(_PROMPT.c.due_at, _PROMPT.c.id)
    return many(session, Prompt, statement)


def last_final(session: Session, enrolment_id: int, limit: int) -> list[Prompt]:
    """Her newest counted prompts that are final, the newest first: for runs of silence."""
    statement = (
        select(_PROMPT)
        .where(_PROMPT.c.enrolment_id == enrolment_id, _PROMPT.c.counts, _PROMPT.c.state.in_(FINAL_STATES))
        .order_by(_PROMPT.c.due_at.desc(), _PROMPT.c.id.desc())
        .limit(limit)
    )
    return many(session, Prompt, statement)


def cancel(session: Session, participant_id: str, reason: str, now: datetime) -> None:
    """End all of hers that are not final: partial where she has answered something, otherwise cancelled."""
    state = case((_PROMPT.c.n_answered > 0, "partial"), else_="cancelled")
    ended = update(_PROMPT).where(_hers_unfinished(participant_id))
    session.execute(ended.values(state=state, reason=reason, closed_at=now))


def recall(session: Session, participant_id: str, now: datetime) -> None:
    """She came back after a stop: what the stop cancelled and still lies ahead may be planned again."""
    withdrawn = (_hers(participant_id), _PROMPT.c.state == "cancelled", _PROMPT.c.due_at > now)
    session.execute(update(_PROMPT).where(*withdrawn, _PROMPT.c.reason == WITHDRAWN).values(reason=REPLANNED))


def ended_since(session: Session, since: datetime, until: datetime) -> dict[str, dict[str, int]]:
    """Participant → final state → number of her counted prompts that were due within [since, until) and have ended."""
    statement = (
        select(_PROMPT.c.participant_id, _PROMPT.c.state, func.count().label("number"))
        # nothing ends before it is due but what planning gave up, which is none of her doing
        .where(_PROMPT.c.closed_at >= since, _PROMPT.c.counts, _PROMPT.c.due_at >= since, _PROMPT.c.due_at < until)
        .group_by(_PROMPT.c.participant_id, _PROMPT.c.state)
    )
    found: dict[str, dict[str, int]] = {}
    for row in session.execute(statement):
        found.setdefault(row.participant_id, {})[row.state] = row.number
    return found
