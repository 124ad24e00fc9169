"""Many rows in one statement: they travel as one JSON document, which the database reads as a table.

Bound one by one, the values of some hundred rows cost more than all that the database does with them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    Column,
    Executable,
    String,
    Subquery,
    Table,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB

from ema.store.instant import written

GIVEN: Final = "given"
"""The bound parameter that takes the document."""


def given(dialect: str, *columns: Column[Any]) -> Subquery:
    """The rows of a `document` as a table with these columns, in the document's order."""
    text = bindparam(GIVEN, type_=String)
    if dialect == "sqlite":
        each = func.json_each(text).table_valued("value", name="each_row")
        read: Any = type_coerce  # SQLite takes the values as the document has them
    else:
        each = func.jsonb_array_elements(cast(text, JSONB)).table_valued("value", name="each_row")
        read = cast
    values = (each.c.value.op("->>")(literal_column(str(place))) for place in range(len(columns)))
    return select(
        *(read(value, column.type).label(column.name) for value, column in zip(values, columns, strict=True))
    ).subquery(GIVEN)


@dataclass(frozen=True, eq=False)
class Together:
    """A statement of PostgreSQL's that takes all its rows as one document.

    `columns` are the keys of a row, in the order in which it has them.
    """

    statement: Executable
    columns: tuple[str, ...]

    def bound(self, rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
        return {GIVEN: document("postgresql", ([row[name] for name in self.columns] for row in rows))}


def together(one: sqlite.Insert | postgresql.Insert, table: Table) -> Executable | Together:
    """The INSERT of whole rows, but for a key that the table gives itself. SQLite takes them one by one faster.

    Not one that changes what is there: PostgreSQL refuses to change a row twice in one statement.
    """
    if isinstance(one, sqlite.Insert):
        return one
    columns = [column for column in table.columns if column.name != "id"]
    names = tuple(column.name for column in columns)
    return Together(one.from_select(names, select(given("postgresql", *columns))), names)


def document(dialect: str, rows: Iterable[Sequence[Any]]) -> str:
    """Rows of numbers, texts, truth values, dates, aware instants and (on PostgreSQL) bytes, for `given`."""
    plain = written(dialect)

    def default(value: Any) -> int | str:
        return rf"\x{value.hex()}" if isinstance(value, bytes) else plain(value)

    return json.dumps(list(rows), default=default)
