"""The codebook: every column of every table, as a table and as JSON."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from ema.exports.base import Column, DataSet
from ema.exports.csv import text

FIELDS = (
    "table",
    "name",
    "label",
    "type",
    "units",
    "value_labels",
    "source",
    "wording",
    "scoring_rule",
    "shown",
    "item_number",
)


def write_codebook(data: DataSet, folder: Path) -> list[Path]:
    as_table, as_json = folder / "codebook.csv", folder / "codebook.json"
    with as_table.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(FIELDS)
        for table in data.tables:
            for column in table.columns:
                labels = "; ".join(f"{value} = {words}" for value, words in column.labels.items())
                writer.writerow(text(cell) for cell in _entry(table.name, column, labels))
    book = {
        "study": data.study_id,
        "protocol_version": data.protocol_version,
        "protocol_sha256": data.protocol_sha256,
        "generated_at": data.generated_at.isoformat(),
        "data_version": data.data_version,
        "simulated": data.simulated,
        "order_of_items": dict(data.orders),
        "tables": [
            {
                "name": table.name,
                "title": table.title,
                "columns": [
                    dict(zip(FIELDS[1:], (*_entry(table.name, column, "")[1:],), strict=True))
                    | {"value_labels": {str(value): words for value, words in column.labels.items()}}
                    for column in table.columns
                ],
            }
            for table in data.tables
        ],
    }
    as_json.write_text(json.dumps(book, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return [as_table, as_json]


def _entry(table: str, column: Column, labels: str) -> tuple[str, ...]:
    return (
        table,
        column.name,
        column.label,
        column.kind,
        column.units,
        labels,
        column.source,
        column.wording,
        column.rule,
        column.shown,
        "" if column.number is None else str(column.number),
    )
