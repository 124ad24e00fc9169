"""Stata, with variable labels, and value labels on whole numbers (Stata has none for text)."""

from __future__ import annotations

from pathlib import Path

from ema.exports.base import DataSet
from ema.exports.frames import frame
from ema.exports.sav import short

LABEL_LETTERS = 80


def write(data: DataSet, folder: Path) -> list[Path]:
    import pyreadstat

    files = []
    for table in data.tables:
        path = folder / data.file(table.name, "dta")
        pyreadstat.write_dta(
            frame(table),
            str(path),
            file_label=f"{data.study_id} {table.name}{' SIMULATED' if data.simulated else ''}"[:LABEL_LETTERS],
            column_labels=[short(column.label, LABEL_LETTERS) for column in table.columns],
            variable_value_labels={
                column.name: dict(column.labels)
                for column in table.columns
                if column.labels and column.kind == "integer"
            },
        )
        files.append(path)
    return files
