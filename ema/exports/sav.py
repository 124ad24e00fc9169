"""SPSS, with variable and value labels. Why a number is empty stands in its place, as a user-missing value."""

from __future__ import annotations

from pathlib import Path

from ema.domain.items.base import MISSING
from ema.exports.base import Column, DataSet
from ema.exports.columns import STATUSES
from ema.exports.frames import frame

LABEL_BYTES = 255
WHY = {code: STATUSES[status] for status, code in MISSING.items()}
"""The codes of empty cells. SPSS leaves them out of every computation."""


def write(data: DataSet, folder: Path) -> list[Path]:
    import pyreadstat

    files = []
    for table in data.tables:
        path = folder / data.file(table.name, "sav")
        written = frame(table)
        coded = [column for column in table.columns if column.empty_because and column.kind in {"integer", "float"}]
        for column in coded:
            written[column.name] = written[column.name].fillna(written[column.empty_because].map(MISSING))
        pyreadstat.write_sav(
            written,
            str(path),
            file_label=f"{data.study_id} {table.name}{' SIMULATED' if data.simulated else ''}",
            column_labels=[short(column.label, LABEL_BYTES) for column in table.columns],
            variable_value_labels={
                column.name: dict(column.labels) | (WHY if column in coded else {})
                for column in table.columns
                if column.labels or column in coded
            },
            missing_ranges={column.name: [{"lo": min(WHY), "hi": max(WHY)}] for column in coded},
            variable_measure={column.name: _measure(column) for column in table.columns},
        )
        files.append(path)
    return files


def short(label: str, limit: int) -> str:
    """The label in as many bytes as the format allows, without half a letter at the end."""
    return label.encode()[:limit].decode(errors="ignore")


def _measure(column: Column) -> str:
    if column.kind == "string":
        return "nominal"
    if column.labels:
        return "ordinal"
    return "scale"
