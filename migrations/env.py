"""How Alembic runs here: on the connection that `ema.store.migrate` opened and locked."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from ema.config import Settings
from ema.store.instant import Instant
from ema.store.migrate import OPTIONS, locked
from migrations.steps import raise_min_code


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        **OPTIONS,
        transaction_per_migration=True,
        on_version_apply=raise_min_code,
        render_item=_rendered,
    )
    with context.begin_transaction():
        context.run_migrations()


def _rendered(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """A script says what the column was when it was written, whatever becomes of our type."""
    if kind == "type" and isinstance(item, Instant):
        return 'sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")'
    return False


if context.is_offline_mode():
    raise SystemExit("migrations run on a database, not as a script: `ema migrate`")

given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:  # the `alembic` command, for writing a migration
    with locked(context.get_x_argument(as_dictionary=True).get("url") or Settings().database) as opened:
        run(opened)
