"""Many rows in one statement: they travel as one JSON document, which the database reads as a table.

Bound one by one, the values of some hundred rows cost more than all that the database does with them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Column, String, Subquery, bindparam, cast, func, literal_column, select, type_coerce
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


def document(dialect: str, rows: Iterable[Sequence[Any]]) -> str:
    """Rows of numbers, texts, truth values, dates and aware instants, for `given`."""
    return json.dumps(list(rows), default=written(dialect))
