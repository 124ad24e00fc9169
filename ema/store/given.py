"""Many rows in one statement: they travel as one JSON document, which the database reads as a table.

Bound one by one, the values of some hundred rows cost more than all that the database does with them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Column, String, Subquery, bindparam, cast, func, literal_column, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB

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


def document(rows: Iterable[Sequence[Any]]) -> str:
    """Rows of numbers, texts, truth values, dates and aware instants, for `given`."""
    return json.dumps(list(rows), default=written)


@lru_cache(maxsize=16384)  # a prompt's instants are its note's as well, and one day is many people's
def written(value: date | datetime) -> str:
    """Instants as SQLAlchemy writes them on SQLite, so that there texts compare as times do. PostgreSQL runs in UTC."""
    if not isinstance(value, datetime):
        return value.isoformat()
    if value.utcoffset() is None:
        raise ValueError("an instant needs a time zone")
    return value.astimezone(UTC).isoformat(" ", "microseconds")[:26]
