"""What migration scripts share: an index beside running work, and the level of code that a contracting one demands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic import op
from sqlalchemy import select

from ema.store.rows import insert_for, table_of
from ema.store.tables import Setting

_SETTING = table_of(Setting)


def index(name: str, table: str, columns: Sequence[Any], *, unique: bool = False, where: Any = None) -> None:
    """Make an index while others write. The last step of its migration: on PostgreSQL what came before is committed.

    Repeating it after a failure begins anew: an index that was half made is there, and is of no use.
    """
    context = op.get_context()
    if context.dialect.name == "sqlite":
        op.create_index(name, table, columns, unique=unique, sqlite_where=where)
        return
    with context.autocommit_block():
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
        op.create_index(name, table, columns, unique=unique, postgresql_where=where, postgresql_concurrently=True)


def drop_index(name: str, table: str) -> None:
    """Drop an index while others work. The last step of its migration, as `index` is."""
    context = op.get_context()
    if context.dialect.name == "sqlite":
        op.drop_index(name, table)
        return
    with context.autocommit_block():
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)


def raise_min_code(*, ctx: Any, step: Any, **_: Any) -> None:
    """After a script that declares `min_code`: from now on the database refuses older code."""
    level = getattr(step.up_revision.module, "min_code", None)
    if level is None or not step.is_upgrade:
        return
    connection = ctx.connection
    stored = connection.execute(select(_SETTING.c.value).where(_SETTING.c.key == "min_code")).scalar()
    put = insert_for(connection.dialect.name, _SETTING).values(key="min_code", value=str(max(level, int(stored or 0))))
    connection.execute(put.on_conflict_do_update(index_elements=["key"], set_={"value": put.excluded.value}))
