"""One Excel workbook, a sheet a table. Text is stored as text, so nothing in it can run as a formula."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from ema.exports.base import Cell, DataSet


def write(data: DataSet, folder: Path) -> list[Path]:
    from openpyxl import Workbook  # type: ignore[import-untyped]

    book = Workbook(write_only=True)
    # openpyxl stamps the machine's time; the export's own makes two runs over the same data equal
    book.properties.created = book.properties.modified = data.generated_at.replace(tzinfo=None)
    for table in data.tables:
        sheet: Any = book.create_sheet(table.name)
        sheet.freeze_panes = "A2"
        sheet.append([column.name for column in table.columns])
        for block in table.blocks():
            for row in block:
                sheet.append([_cell(cell, sheet) for cell in row])
    path = folder / data.file("all", "xlsx")
    book.save(path)
    return [path]


def _cell(cell: Cell, sheet: Any) -> object:
    from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]

    if isinstance(cell, datetime):  # Excel knows no time zones
        return cell.replace(tzinfo=None)
    if isinstance(cell, str) and cell.startswith(("=", "#")):  # openpyxl would take it for a formula or an error
        kept = WriteOnlyCell(sheet, value=cell)
        kept.data_type = "s"
        return kept
    return cell
