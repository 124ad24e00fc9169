"""Comma-separated text: UTF-8, ISO times, an empty cell for nothing."""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path

from ema.exports.base import Cell, DataSet

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write(data: DataSet, folder: Path) -> list[Path]:
    files = []
    for table in data.tables:
        path = folder / data.file(table.name, "csv")
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(column.name for column in table.columns)
            for block in table.blocks():
                writer.writerows([text(cell) for cell in row] for row in block)
        files.append(path)
    return files


def text(cell: Cell) -> str | int:
    """One cell as it is written. Text that a spreadsheet would run as a formula gets an apostrophe before it."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(cell, date):
        return cell.isoformat()
    return repr(cell) if isinstance(cell, float) else cell
