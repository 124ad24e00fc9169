"""Counts for those who watch over an installation, nobody by name. Each reads by an index, however much is stored.

What flows is counted over a stretch of time up to now: whole tables are never counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import count
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, exists, func, select, text, union_all
from sqlalchemy.orm import Session

from ema.domain.ways import PAGE
from ema.store.bots import sending
from ema.store.outbox import PRIORITIES, PROMPT
from ema.store.rows import dialect_of, is_one_of, table_of
from ema.store.tables import OPEN_STATES, Answer, Outbox, Participant, Prompt

_answer: Final = table_of(Answer)
_outbox: Final = table_of(Outbox)
_prompt: Final = table_of(Prompt)
_participant: Final = table_of(Participant)
_PAGE: Final = 2000
_WAITS: Final = is_one_of(_outbox.c.state, "pending")
_BY_A_BOT: Final = exists().where(_participant.c.id == _prompt.c.participant_id, _participant.c.bot_id != PAGE)
"""It came by itself: how late a page is looked at is hers to say."""
_HELD: Final = is_one_of(_outbox.c.state, "claimed")


def planned(session: Session, now: datetime) -> Any:
    """How many prompts are planned and not sent yet (`planned`), and how many of them are due (`due`)."""
    due = func.count().filter(_outbox.c.not_before <= now)
    wanted = select(func.count().label("planned"), due.label("due")).select_from(_outbox)
    of_all = (_outbox.c.bot_id.in_(sending(session)), _outbox.c.priority == PROMPT)
    return session.execute(wanted.where(_WAITS, *of_all)).one()


def next_due(session: Session, now: datetime) -> datetime | None:
    """When the next prompt will be due."""
    first = select(func.min(_outbox.c.not_before).label("at"))
    each = _apart(session, first, _outbox.c.not_before > now, priorities=[PROMPT])
    found: datetime | None = session.execute(select(func.min(each.c.at))).scalar()
    return found


def sent_since(session: Session, since: datetime) -> Sequence[Any]:
    """When prompts were due and when the channel accepted them."""
    wanted = select(_prompt.c.due_at, _prompt.c.sent_at).where(_prompt.c.sent_at >= since)
    return session.execute(wanted.where(_BY_A_BOT)).all()


def last_sent(session: Session) -> datetime | None:
    """When the channel last accepted a prompt."""
    found: datetime | None = session.execute(
        select(_prompt.c.sent_at)
        .where(_prompt.c.sent_at.is_not(None), _BY_A_BOT)
        .order_by(_prompt.c.sent_at.desc())
        .limit(1)
    ).scalar()
    return found


def ended_since(session: Session, since: datetime) -> Sequence[Any]:
    """How many prompts took each final state, for which reason, and the number of items answered in them."""
    return session.execute(
        select(
            _prompt.c.state, _prompt.c.reason, func.count().label("n"), func.sum(_prompt.c.n_answered).label("items")
        )
        .where(_prompt.c.closed_at >= since)
        .group_by(_prompt.c.state, _prompt.c.reason)
    ).all()


def answers_since(session: Session, since: datetime) -> dict[str, int]:
    """Revisions of answers by status. Read from the newest back, since the table grows in the order of time."""
    found: dict[str, int] = {}
    wanted = select(_answer.c.status, _answer.c.answered_at).order_by(_answer.c.id.desc()).limit(_PAGE)
    for page in count():
        rows = session.execute(wanted.offset(page * _PAGE)).all()
        recent = [row.status for row in rows if row.answered_at >= since]
        for status in recent:
            found[status] = found.get(status, 0) + 1
        if len(rows) < _PAGE or not recent:
            break
    return found


class Queue(NamedTuple):
    """How many messages of one bot could go now, and since when the oldest of them could."""

    waiting: int
    oldest: datetime


def queues(session: Session, now: datetime) -> dict[int, Queue]:
    """Bot → what waits for it now. Bots for which nothing waits are not in it."""
    bot, first = func.min(_outbox.c.bot_id).label("bot"), func.min(_outbox.c.not_before).label("oldest")
    ready = _apart(session, select(bot, func.count().label("n"), first), _outbox.c.not_before <= now)
    wanted = select(ready.c.bot, func.sum(ready.c.n).label("n"), func.min(ready.c.oldest).label("oldest"))
    rows = session.execute(wanted.where(ready.c.n > 0).group_by(ready.c.bot).order_by(ready.c.bot))
    return {row.bot: Queue(int(row.n), row.oldest) for row in rows}


def tried_in_vain(session: Session, until: datetime) -> Sequence[Any]:
    """Why messages that failed wait to be tried again before `until`, and how many: kind, error, number."""
    kinds = select(_outbox.c.kind, _outbox.c.last_error, func.count().label("n"))
    kinds = kinds.group_by(_outbox.c.kind, _outbox.c.last_error)
    rows = _apart(session, kinds, _outbox.c.not_before <= until, _outbox.c.attempts > 0)
    return session.execute(select(rows.c.kind, rows.c.last_error.label("error"), rows.c.n)).all()


def given_up_since(session: Session, since: datetime) -> Sequence[Any]:
    """Why messages were given up for good, and how many: kind, error, number."""
    return session.execute(
        select(_outbox.c.kind, _outbox.c.last_error.label("error"), func.count().label("n"))
        .where(_outbox.c.done_at >= since, is_one_of(_outbox.c.state, "dead"))
        .group_by(_outbox.c.kind, _outbox.c.last_error)
    ).all()


def done_since(session: Session, since: datetime) -> dict[str, int]:
    """How many messages came to each end."""
    wanted = select(_outbox.c.state, func.count()).where(_outbox.c.done_at >= since).group_by(_outbox.c.state)
    return dict(session.execute(wanted).all())


def _apart(
    session: Session, wanted: Select[*tuple[Any, ...]], *conditions: Any, priorities: Iterable[int] = PRIORITIES
) -> Any:
    """Of pending messages, for each bot and priority apart: their index begins with these."""
    bots = sending(session) or [-1]  # there is no such bot; a union of nothing can't be asked
    each = (
        wanted.where(_WAITS, _outbox.c.bot_id == bot, _outbox.c.priority == priority, *conditions)
        for bot in bots
        for priority in priorities
    )
    return union_all(*each).subquery()


# --- what must be none


def stuck_prompts(session: Session, before: datetime) -> int:
    """Prompts that should have had a final state by now."""
    past = (is_one_of(_prompt.c.state, *OPEN_STATES), _prompt.c.expires_at < before)
    return session.execute(select(func.count()).select_from(_prompt).where(*past)).scalar_one()


def stuck_leases(session: Session, before: datetime) -> int:
    """Messages that a sender holds although its lease is over."""
    held = (_HELD, _outbox.c.lease_until < before)
    return session.execute(select(func.count()).select_from(_outbox).where(*held)).scalar_one()


def overdue_messages(session: Session, before: datetime) -> int:
    """Messages that wait although their window is over."""
    counted = select(func.count().label("n"))
    late = _apart(session, counted, _outbox.c.not_before < before, _outbox.c.expires_at < before)
    return int(session.execute(select(func.sum(late.c.n))).scalar_one())


def writable(session: Session) -> bool:
    """Whether this database takes writes: a PostgreSQL standby, or one whose disk is full and was locked, does not."""
    if dialect_of(session) == "sqlite":
        return True
    asked = "SELECT NOT pg_is_in_recovery() AND current_setting('default_transaction_read_only') = 'off'"
    return bool(session.execute(text(asked)).scalar())


def size(session: Session) -> int:
    """Bytes that the database takes on its disk."""
    if dialect_of(session) == "sqlite":
        pages, each = (session.execute(text(f"PRAGMA {name}")).scalar_one() for name in ("page_count", "page_size"))
        return int(pages) * int(each)
    return int(session.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
