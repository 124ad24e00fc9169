"""Wrong codes in a row, by the keyed hash of an account. The caller owns the transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ema.store.rows import insert_into, one, table_of
from ema.store.tables import WrongCode

_WRONG = table_of(WrongCode)


def of(session: Session, address_hash: bytes) -> WrongCode | None:
    return one(session, WrongCode, select(_WRONG).where(_WRONG.c.address_hash == address_hash))


def put(session: Session, address_hash: bytes, wrong: int, wait_until: datetime | None, now: datetime) -> None:
    values = {"wrong": wrong, "wait_until": wait_until, "at": now}
    statement = insert_into(session, _WRONG).values(address_hash=address_hash, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["address_hash"], set_=values))


def forget(session: Session, address_hash: bytes) -> None:
    session.execute(delete(_WRONG).where(_WRONG.c.address_hash == address_hash))


def purge(session: Session, before: datetime) -> None:
    session.execute(delete(_WRONG).where(_WRONG.c.at < before))
