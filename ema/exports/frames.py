"""A table as a pandas frame with the column types that the labelled formats need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from ema.exports.base import Table

if TYPE_CHECKING:
    import pandas as pd

DTYPES: Final = {
    "integer": "Int64",
    "float": "Float64",
    "string": "string",
    "date": "string",
    "instant": "datetime64[us, UTC]",
}


def frame(table: Table) -> pd.DataFrame:
    import pandas as pd

    rows = [row for block in table.blocks() for row in block]
    columns = {}
    for at, column in enumerate(table.columns):
        cells = [row[at] for row in rows]
        if column.kind == "date":
            cells = [None if cell is None else str(cell) for cell in cells]
        columns[column.name] = pd.Series(cells, dtype=DTYPES[column.kind])
    return pd.DataFrame(columns)


def of_rows(rows: Sequence[Mapping[str, object]], columns: Sequence[str], instants: Sequence[str] = ()) -> pd.DataFrame:
    """Rows as the analysis takes them; `instants` are UTC times, possibly missing."""
    import pandas as pd

    made = pd.DataFrame(list(rows), columns=list(columns))
    for name in instants:
        made[name] = pd.to_datetime(made[name], utc=True)
    return made
