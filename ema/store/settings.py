"""Facts about this database, by name. The caller owns the transaction."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from ema.store.rows import insert_into, table_of
from ema.store.tables import Setting

_SETTING = table_of(Setting)


def get(session: Session, key: str) -> str | None:
    return session.execute(select(_SETTING.c.value).where(_SETTING.c.key == key)).scalar()


def put(session: Session, key: str, value: str) -> None:
    statement = insert_into(session, _SETTING).values(key=key, value=value)
    session.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))
