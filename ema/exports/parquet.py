"""Parquet: a row group a block, so that no table has to fit into memory."""

from __future__ import annotations

import json
from pathlib import Path

from ema.exports.base import Column, DataSet


def write(data: DataSet, folder: Path) -> list[Path]:
    import pyarrow as pa
    from pyarrow import parquet

    types = {
        "integer": pa.int64(),
        "float": pa.float64(),
        "string": pa.string(),
        "date": pa.date32(),
        "instant": pa.timestamp("us", tz="UTC"),
    }
    files = []
    for table in data.tables:
        schema = pa.schema(
            [pa.field(one.name, types[one.kind], metadata=_about(one)) for one in table.columns],
            metadata={"generated_at": data.generated_at.isoformat(), "data_version": data.data_version},
        )
        path = folder / data.file(table.name, "parquet")
        with parquet.ParquetWriter(path, schema) as out:
            for block in table.blocks():
                columns = list(zip(*block, strict=True)) or [()] * len(schema)
                arrays = [pa.array(cells, field.type) for cells, field in zip(columns, schema, strict=True)]
                out.write_batch(pa.record_batch(arrays, schema=schema))
        files.append(path)
    return files


def _about(column: Column) -> dict[str, str]:
    about = {"label": column.label}
    if column.labels:
        about["value_labels"] = json.dumps(
            {str(value): words for value, words in column.labels.items()}, ensure_ascii=False
        )
    return about
