"""Export formats by name. A new one is a file in this package and a line in `FORMATS`.

Every format writes the same tables, and beside them the codebook and a README. The modules that need
pandas or pyarrow import them when they write.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ema.exports import csv, dta, jsonl, openesm, parquet, sav, xlsx
from ema.exports.base import DataSet
from ema.exports.codebook import write_codebook
from ema.exports.media import write_media
from ema.exports.readme import write_readme

FORMATS: dict[str, Callable[[DataSet, Path], list[Path]]] = {
    "csv": csv.write,
    "sav": sav.write,
    "dta": dta.write,
    "parquet": parquet.write,
    "xlsx": xlsx.write,
    "jsonl": jsonl.write,
    "openesm": openesm.write,
}


def write(data: DataSet, format_: str, folder: Path) -> list[Path]:
    """Write every table, the codebook, the README and the media into `folder`. Returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        *FORMATS[format_](data, folder),
        *write_codebook(data, folder),
        write_readme(data, format_, folder),
        *write_media(data, folder),
    ]
