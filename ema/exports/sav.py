"""SPSS, with variable and value labels."""

from __future__ import annotations

from pathlib import Path

from ema.exports.base import Column, DataSet
from ema.exports.frames import frame

LABEL_BYTES = 255


def write(data: DataSet, folder: Path) -> list[Path]:
    import pyreadstat

    files = []
    for table in data.tables:
        path = folder / data.file(table.name, "sav")
        pyreadstat.write_sav(
            frame(table),
            str(path),
            file_label=f"{data.study_id} {table.name}{' SIMULATED' if data.simulated else ''}",
            column_labels=[short(column.label, LABEL_BYTES) for column in table.columns],
            variable_value_labels={column.name: dict(column.labels) for column in table.columns if column.labels},
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
