"""The outbox: work for the sender. One message per chat in flight; claimed rows are fenced by a token and a lease.

Each row is its bot's: whoever claims, claims for one bot, so that one that rests holds nothing of another's up.

Order in a chat: by priority, then by id. A retry holds its chat back (the channel said: not now), except for safety
messages. The caller owns the transaction; never keep it open while calling the channel.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, Literal

from sqlalchemy import (
    FromClause,
    Insert,
    Row,
    Select,
    String,
    Update,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ema.store.body import later
from ema.store.bots import bot_of
from ema.store.engine import wake_sender
from ema.store.rows import dialect_of, insert_for, is_one_of, many, one, snapshot, table_of
from ema.store.tables import Outbox, Prompt

_OUTBOX = table_of(Outbox)
_PROMPT = table_of(Prompt)
SAFETY: Final = 0
REPLY: Final = 1
"""Down to this, what goes was asked for by her: no limit of ours holds it up."""
PROMPT: Final = 2
REMINDER: Final = 3
REST: Final = 4
_IS_OPEN: Final = is_one_of(_OUTBOX.c.state, "pending", "claimed")
_IS_DONE: Final = _OUTBOX.c.state.not_in([literal_column(f"'{state}'", String) for state in ("pending", "claimed")])
PRIORITIES: Final = range(5)
State = Literal["pending", "sent", "superseded", "expired", "dead"]


def enqueue(
    session: Session,
    *,
    participant_id: str,
    kind: str,
    priority: int,
    dedupe_key: str | None,
    not_before: datetime,
    now: datetime,
    expires_at: datetime | None = None,
    prompt_id: int | None = None,
    message_id: int | None = None,
    words: str | None = None,
    silent: bool = False,
) -> None:
    """Put work in and have the sender woken. Nothing happens if the dedupe key was used before.

    None where what causes it can't happen twice, and again means again.
    """
    values = {
        "participant_id": participant_id,
        "whose": participant_id,
        "kind": kind,
        "priority": priority,
        "prompt_id": prompt_id,
        "message_id": message_id,
        "words": words,
        "silent": silent,
        "dedupe_key": dedupe_key,
        "not_before": not_before,
        "expires_at": expires_at,
        "created_at": now,
    }
    wake_sender(session)
    later(session, once(dialect_of(session)), NEW | values)


NEW: Final = {"state": "pending", "attempts": 0, "doubts": 0}
"""What every row begins with."""


@cache
def once(dialect: str) -> Any:
    """The INSERT that does nothing where the dedupe key was used before. It takes `whose`, too, for her bot."""
    return (
        insert_for(dialect, _OUTBOX)
        .values(bot_id=bot_of(bindparam("whose")))
        .on_conflict_do_nothing(index_elements=["dedupe_key"], index_where=_OUTBOX.c.dedupe_key.is_not(None))
    )


def enqueue_notes(session: Session, prompt_ids: Collection[int], now: datetime) -> None:
    """Put in the notes of these prompts, as far as they are planned and have one."""
    if prompt_ids:
        wake_sender(session)
        values = {"prompt_ids": list(prompt_ids), "now": now}
        session.execute(_enqueue_notes(), values)


@cache
def _enqueue_notes() -> Insert:
    return notes_of(select(_PROMPT).where(_PROMPT.c.id.in_(bindparam("prompt_ids", expanding=True))).subquery())


def notes_of(prompts: FromClause) -> Insert:
    """The INSERT of the notes of these rows of `prompt`. It takes the parameter `now`; the sender must be woken."""
    values = {
        "participant_id": prompts.c.participant_id,
        "bot_id": bot_of(prompts.c.participant_id),
        "prompt_id": prompts.c.id,
        "not_before": prompts.c.due_at,
        "expires_at": prompts.c.expires_at,
        "kind": literal("note"),
        "priority": literal(PROMPT),
        "silent": literal(False),
        "state": literal("pending"),
        "attempts": literal(0),
        "doubts": literal(0),
        "created_at": bindparam("now", type_=_OUTBOX.c.created_at.type),
    }
    wanted = select(*values.values()).where(prompts.c.delivery == "note", is_one_of(prompts.c.state, "planned"))
    # what is due first is put in first: of one chat's messages of one priority the lower id goes first
    return insert(_OUTBOX).from_select([*values], wanted.order_by(prompts.c.due_at, prompts.c.id))


def claim(  # noqa: PLR0917
    session: Session, bot_id: int, now: datetime, limit: int, lease: timedelta, unasked: int | None = None
) -> list[Outbox]:
    """Take up to `limit` rows that this bot may send now, the most urgent first, at most one of each chat.

    Of what is no safety message and no reply to a tap at most `unasked` (None: as many as there are).

    Each comes back with its own `claim_token`, which `finish` must bring before the lease ends. Safe for any number of
    processes: nothing is claimed twice.
    """
    claimed: list[Outbox] = []
    for priority in _ready_priorities(session, bot_id, now):
        room = limit - len(claimed)
        if priority > REPLY and unasked is not None:
            room = min(room, unasked - sum(row.priority > REPLY for row in claimed))
        if room <= 0:
            break
        values = {
            "bot": bot_id,
            "now": now,
            "wanted": priority,
            "limit": room,
            "token": secrets.token_hex(8),
            "lease": now + lease,
        }
        claimed += _take(session, values)
    return claimed


def _take(session: Session, values: dict[str, Any]) -> list[Outbox]:
    if dialect_of(session) == "sqlite":
        return _in_order(session.execute(_claim(), values))
    # Two claimers can each see another first message of one chat, when one was enqueued between their snapshots. The
    # unique index lets only one of them in flight; the other's whole statement fails, and it looks again.
    for _ in range(5):
        try:
            with session.begin_nested():
                return _in_order(session.execute(_claim(), values))
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in {_UNIQUE_VIOLATION, _DEADLOCK}:
                raise
    return []


_UNIQUE_VIOLATION = "23505"
_DEADLOCK = "40P01"


def _in_order(rows: Iterable[Row[Any]]) -> list[Outbox]:
    return sorted((snapshot(Outbox, row) for row in rows), key=lambda row: (row.not_before, row.id))


def _ready_priorities(session: Session, bot_id: int, now: datetime) -> list[int]:
    """Which priorities have anything ready. One look instead of a claim for each, because mostly nothing is."""
    first = session.execute(_first_of_each(), {"bot": bot_id}).one()
    return [priority for priority in PRIORITIES if first[priority] is not None and first[priority] <= now]


@cache
def _first_of_each() -> Select[*tuple[datetime, ...]]:
    """When the first of each priority may go: asked whether any may, PostgreSQL expects many and reads all rows."""
    waits = select(_OUTBOX.c.not_before).where(
        is_one_of(_OUTBOX.c.state, "pending"), _OUTBOX.c.bot_id == bindparam("bot")
    )
    return select(
        *(
            waits.where(_OUTBOX.c.priority == priority).order_by(_OUTBOX.c.not_before).limit(1).scalar_subquery()
            for priority in PRIORITIES
        )
    )


@cache
def _claim() -> Any:
    """One bot's ready rows of one priority, in the order of the index, by `not_before`: it ends when it has enough."""
    row, other = _OUTBOX.alias("candidate"), _OUTBOX.alias("other")
    now = bindparam("now", type_=_OUTBOX.c.not_before.type)
    alive = or_(other.c.expires_at.is_(None), other.c.expires_at > now)
    ahead = tuple_(other.c.priority, other.c.id) < tuple_(row.c.priority, row.c.id)
    retrying = and_(other.c.not_before > now, other.c.attempts > 0, row.c.priority != SAFETY)
    in_the_way = exists().where(
        other.c.participant_id == row.c.participant_id,
        is_one_of(other.c.state, "pending", "claimed"),  # what the index ix_outbox_open_by_person covers
        or_(
            is_one_of(other.c.state, "claimed"),
            and_(alive, or_(and_(other.c.not_before <= now, ahead), retrying)),
        ),
    )
    ready = (
        select(row.c.id)
        .where(
            is_one_of(row.c.state, "pending"),
            row.c.bot_id == bindparam("bot"),
            row.c.priority == bindparam("wanted"),
            row.c.not_before <= now,
            or_(row.c.expires_at.is_(None), row.c.expires_at > now),
            ~in_the_way,
        )
        .order_by(row.c.not_before, row.c.id)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True, of=row)
        # looked up once: PostgreSQL may run a plain subquery again, which passes over what it locked, beyond the limit
        .cte("ready")
    )
    return (
        update(_OUTBOX)
        # the guard again: a row may have been taken between the look and the lock
        .where(_OUTBOX.c.id.in_(select(ready.c.id)), is_one_of(_OUTBOX.c.state, "pending"))
        .values(
            state="claimed",
            claim_token=bindparam("token"),
            lease_until=bindparam("lease"),
            attempts=_OUTBOX.c.attempts + 1,
        )
        .returning(*_OUTBOX.c)
    )


def finish(
    session: Session,
    row_id: int,
    token: str,
    state: State,
    *,
    now: datetime,
    error: str | None = None,
    not_before: datetime | None = None,
    doubt: bool = False,
) -> bool:
    """Record how a claimed row ended. `pending` gives it back, for `not_before` if given; `doubt`: it may have arrived.

    False: the lease ended and another took it; what this sender did may have happened twice, and must not be recorded.
    """
    values: dict[str, Any] = {"state": state, "claim_token": None, "lease_until": None, "last_error": error}
    if state == "pending":
        wake_sender(session)
        if not_before is not None:
            values["not_before"] = not_before
    else:
        values["done_at"] = now
    if doubt:
        values["doubts"] = _OUTBOX.c.doubts + 1
    held = (_OUTBOX.c.id == row_id, is_one_of(_OUTBOX.c.state, "claimed"), _OUTBOX.c.claim_token == token)
    return bool(session.execute(update(_OUTBOX).where(*held).values(**values)).rowcount)  # type: ignore[attr-defined]


def put_off(session: Session, row_id: int, token: str, not_before: datetime) -> None:
    """Give back what was claimed and not tried: it goes later, and holds nothing back meanwhile."""
    held = (_OUTBOX.c.id == row_id, is_one_of(_OUTBOX.c.state, "claimed"), _OUTBOX.c.claim_token == token)
    values = {"state": "pending", "claim_token": None, "lease_until": None, "not_before": not_before}
    session.execute(update(_OUTBOX).where(*held).values(attempts=_OUTBOX.c.attempts - 1, **values))


def release_stuck(session: Session, now: datetime) -> int:
    """Give back what a sender held that died: its lease has ended, and it may have been sent. Returns how many."""
    stuck = (is_one_of(_OUTBOX.c.state, "claimed"), _OUTBOX.c.lease_until <= now)
    values = {"state": "pending", "claim_token": None, "lease_until": None, "last_error": "the lease ended"}
    released = session.execute(update(_OUTBOX).where(*stuck).values(**values)).rowcount  # type: ignore[attr-defined]
    if released:
        wake_sender(session)
    return int(released)


def supersede(
    session: Session,
    participant_id: str,
    kinds: Collection[str],
    *,
    now: datetime,
    prompt_id: int | None = None,
    but: str | None = None,
) -> None:
    """Drop her pending work of these kinds (of one prompt), `but` what was put in under this key. What is in flight is
    not touched: the sender asks once more before it sends.
    """
    values = {"her": participant_id, "now": now, "of": prompt_id, "but": but}
    said = {name: value for name, value in values.items() if value is not None}
    later(session, _supersede(tuple(kinds), of_prompt=prompt_id is not None, but_one=but is not None), said)


@cache
def _supersede(kinds: tuple[str, ...], *, of_prompt: bool, but_one: bool) -> Update:
    statement = update(_OUTBOX).where(
        _OUTBOX.c.participant_id == bindparam("her"),
        _IS_OPEN,  # what the index ix_outbox_open_by_person covers
        is_one_of(_OUTBOX.c.state, "pending"),
        is_one_of(_OUTBOX.c.kind, *kinds),
    )
    if of_prompt:
        statement = statement.where(_OUTBOX.c.prompt_id == bindparam("of"))
    if but_one:
        statement = statement.where(_OUTBOX.c.dedupe_key.is_distinct_from(bindparam("but")))
    return statement.values(state="superseded", done_at=bindparam("now", type_=_OUTBOX.c.done_at.type))


def get(session: Session, row_id: int) -> Outbox | None:
    return one(session, Outbox, select(_OUTBOX).where(_OUTBOX.c.id == row_id))


def open_of(session: Session, participant_id: str) -> list[Outbox]:
    """Her pending and claimed work, in the order in which it will go."""
    hers = select(_OUTBOX).where(_OUTBOX.c.participant_id == participant_id, _IS_OPEN)
    return many(session, Outbox, hers.order_by(_OUTBOX.c.priority, _OUTBOX.c.id))


def stuck(session: Session, now: datetime) -> list[Outbox]:
    """Claimed rows whose lease has ended."""
    held = (is_one_of(_OUTBOX.c.state, "claimed"), _OUTBOX.c.lease_until <= now)
    return many(session, Outbox, select(_OUTBOX).where(*held))


def dead(session: Session, limit: int = 100) -> list[Outbox]:
    """The newest rows that were given up."""
    given_up = select(_OUTBOX).where(is_one_of(_OUTBOX.c.state, "dead"))
    return many(session, Outbox, given_up.order_by(_OUTBOX.c.id.desc()).limit(limit))


def forget(session: Session, participant_id: str) -> None:
    """Delete all of hers. What is open and what is done have an index each: the whole queue is not looked through."""
    hers = _OUTBOX.c.participant_id == participant_id
    session.execute(delete(_OUTBOX).where(hers, _IS_OPEN))
    session.execute(delete(_OUTBOX).where(hers, _IS_DONE))


def purge(session: Session, before: datetime, limit: int = 500) -> int:
    """Delete finished rows older than `before`, at most `limit`. Returns how many."""
    old = (
        select(_OUTBOX.c.id)
        .where(_OUTBOX.c.state.in_(("sent", "superseded", "expired")), _OUTBOX.c.done_at < before)
        .limit(limit)
    )
    return int(session.execute(delete(_OUTBOX).where(_OUTBOX.c.id.in_(old))).rowcount)  # type: ignore[attr-defined]
