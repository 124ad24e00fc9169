"""One JSON object a line, one file a table."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from ema.exports.base import Cell, DataSet


def write(data: DataSet, folder: Path) -> list[Path]:
    files = []
    for table in data.tables:
        path = folder / data.file(table.name, "jsonl")
        names = [column.name for column in table.columns]
        with path.open("w", encoding="utf-8", newline="\n") as out:
            for block in table.blocks():
                for row in block:
                    out.write(json.dumps(dict(zip(names, row, strict=True)), default=_time, ensure_ascii=False) + "\n")
        files.append(path)
    return files


def _time(cell: Cell) -> str:
    if isinstance(cell, date):  # a datetime is one too
        return cell.isoformat()
    raise TypeError(f"no JSON for {type(cell).__name__}")
