"""How fast each bot may go: a bucket of messages in one row per bot, which all workers share.

The time is the database's own, read where the row is locked: all workers have the same, and a process's own monotonic
clock means nothing to another. One that goes back takes the rest with it and fills nothing; one that jumps forward
fills the bucket once, or ends a rest early. The caller owns the transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Float, bindparam, case, func, literal, select, update
from sqlalchemy.orm import Session

from ema.store.rows import dialect_of, insert_for, table_of
from ema.store.tables import BotLimit

_LIMIT: Final = table_of(BotLimit)
_WENT_BACK: Final = 1.0
"""By so many seconds before the last refill, the clock was put back. Less is two workers who met."""


@dataclass(frozen=True)
class Room:
    """What a bot may send at this moment. `resting`: nothing at all, Telegram said so."""

    messages: int
    resting: bool


def room(session: Session, bot_id: int, per_second: float) -> Room:
    """Look, without taking anything. A bot that was never heard of has a full bucket."""
    statements = _statements(dialect_of(session))
    values = {"bot": bot_id, "rate": per_second, "size": _size(per_second)}
    found = session.execute(statements.look, values).first()
    if found is None:
        session.execute(statements.begin, values)
        return Room(int(_size(per_second)), resting=False)
    if found.gone < -_WENT_BACK:
        session.execute(statements.put_back, values)
        return room(session, bot_id, per_second)
    return Room(int(found.filled), found.rest > 0)


def take(session: Session, bot_id: int, number: int, per_second: float) -> bool:
    """Take `number` out of the bucket. False: another worker took them first, or had the bot rest."""
    values = {"bot": bot_id, "number": number, "rate": per_second, "size": _size(per_second)}
    return bool(session.execute(_statements(dialect_of(session)).take, values).rowcount)  # type: ignore[attr-defined]


def rest(session: Session, bot_id: int, seconds: float) -> None:
    """No worker sends anything as this bot for so long."""
    session.execute(_statements(dialect_of(session)).rest, {"bot": bot_id, "seconds": seconds})


def rests(session: Session) -> dict[int, float]:
    """Bot → for how many seconds more Telegram has it rest. Only those that do."""
    seconds = (_LIMIT.c.rest_until - _now(dialect_of(session))).label("seconds")
    rows = session.execute(select(_LIMIT.c.bot_id, seconds).order_by(_LIMIT.c.bot_id))
    return {row.bot_id: row.seconds for row in rows if row.seconds > 0}


def _size(per_second: float) -> float:
    """As many at once as go in a quarter of a second, at least one: in no second more than a quarter above the rate."""
    return max(per_second / 4, 1.0)


@dataclass(frozen=True)
class _Statements:
    look: Any
    begin: Any
    put_back: Any
    take: Any
    rest: Any


@cache
def _statements(dialect: str) -> _Statements:
    """Built once for each dialect."""
    now = _now(dialect)
    mine = _LIMIT.c.bot_id == bindparam("bot")
    rate, size, number, seconds = (bindparam(name, type_=Float) for name in ("rate", "size", "number", "seconds"))
    gone = now - _LIMIT.c.refilled_at
    more = _LIMIT.c.tokens + case((gone > 0, gone), else_=literal(0.0)) * rate
    filled = case((more < size, more), else_=size)
    begin = insert_for(dialect, _LIMIT)
    new_rest = begin.values(bot_id=bindparam("bot"), tokens=literal(0.0), refilled_at=now, rest_until=now + seconds)
    until = new_rest.excluded.rest_until
    return _Statements(
        look=select(filled.label("filled"), gone.label("gone"), (_LIMIT.c.rest_until - now).label("rest")).where(mine),
        begin=begin.values(
            bot_id=bindparam("bot"), tokens=size, refilled_at=now, rest_until=literal(0.0)
        ).on_conflict_do_nothing(),
        put_back=update(_LIMIT)
        .where(mine, gone < -_WENT_BACK)
        .values(refilled_at=now, rest_until=_LIMIT.c.rest_until + gone),
        take=update(_LIMIT)
        .where(mine, _LIMIT.c.rest_until <= now, filled >= number)
        .values(tokens=filled - number, refilled_at=now),
        rest=new_rest.on_conflict_do_update(
            index_elements=["bot_id"],
            set_={"rest_until": case((_LIMIT.c.rest_until > until, _LIMIT.c.rest_until), else_=until)},
        ),
    )


def _now(dialect: str) -> ColumnElement[float]:
    """Seconds since 1970, at the moment when the row is looked at and not when the transaction began."""
    if dialect == "sqlite":
        return (func.julianday("now", type_=Float) - literal(2440587.5, Float)) * literal(86400.0, Float)
    return func.date_part("epoch", func.clock_timestamp(), type_=Float)
