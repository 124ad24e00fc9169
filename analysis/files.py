"""Tables from files, read in pieces and only in the columns that are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ROWS_AT_ONCE = 250_000
WHOLE = r"0|-?[1-9]\d{0,14}"
NUMBER = WHOLE + r"|-?(?:0|[1-9]\d{0,14})\.\d*[1-9]"


def read(file: Path, wanted: Sequence[str], also: Sequence[str] = ()) -> pd.DataFrame:
    """A CSV file (UTF-8, a header) or, by its name, a Parquet file (typed).

    The columns `also` come too if they are there.
    """
    kind = "Parquet" if file.suffix == ".parquet" else "CSV"
    try:
        return (_parquet if kind == "Parquet" else _csv)(file, wanted, also)
    except FileNotFoundError:
        raise AnalysisError(f"no such file: {file}") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, ValueError, OSError) as error:
        if isinstance(error, AnalysisError):
            raise
        raise AnalysisError(f"{file} can't be read as {kind}: {str(error).strip()}") from None


def _csv(file: Path, wanted: Sequence[str], also: Sequence[str]) -> pd.DataFrame:
    header = pd.read_csv(file, nrows=0, encoding="utf-8-sig", skipinitialspace=True).columns
    names = _known(wanted, also, list(header))
    pieces = pd.read_csv(
        file,
        usecols=names,
        dtype="string",
        encoding="utf-8-sig",
        skipinitialspace=True,
        chunksize=ROWS_AT_ONCE,
    )
    compact = [{name: _compact(piece[name]) for name in names} for piece in pieces]
    return pd.DataFrame({name: _joined([piece.pop(name) for piece in compact]) for name in names}, copy=False)


def _compact(text: pd.Series) -> pd.Series:
    """As numbers, which take less room, where every cell is written as a number writes itself; "07" and "7.0" stay."""
    known = text.dropna()
    if len(known) == len(text) and known.str.fullmatch(WHOLE).all():
        return text.astype("int64")
    return text.astype("Float64").astype("float64") if known.str.fullmatch(NUMBER).all() else text


def _joined(pieces: list[pd.Series]) -> pd.Series:
    """One column; all of it text if any piece is."""
    if any(piece.dtype == "string" for piece in pieces):
        pieces = [
            piece if piece.dtype == "string" else piece.astype("string").str.removesuffix(".0") for piece in pieces
        ]
    return pd.concat(pieces, ignore_index=True)


def _parquet(file: Path, wanted: Sequence[str], also: Sequence[str]) -> pd.DataFrame:
    """Numbers go straight to their place in the whole column; other columns are joined at the end."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as source:
        names = _known(wanted, also, source.schema_arrow.names)
        numbers: dict[str, np.ndarray] = {}
        others: dict[str, list[pd.Series]] = {}
        at = 0
        for batch in source.iter_batches(ROWS_AT_ONCE, columns=names):
            piece = batch.to_pandas()
            for name in names:
                column = piece[name]
                if name in others or not isinstance(column.dtype, np.dtype) or column.dtype.kind not in "iuf":
                    others.setdefault(name, []).append(column)
                    continue
                if name not in numbers:
                    numbers[name] = np.empty(source.metadata.num_rows, column.dtype)
                elif column.dtype != numbers[name].dtype:  # whole numbers, and in this piece some are missing
                    numbers[name] = numbers[name].astype(np.float64)
                numbers[name][at : at + len(column)] = column
            at += len(piece)
    joined = {name: pd.concat(parts, ignore_index=True) for name, parts in others.items()}
    return pd.DataFrame(numbers | joined, columns=names, copy=False)


def _known(wanted: Sequence[str], also: Sequence[str], names: Sequence[str]) -> list[str]:
    absent = [name for name in dict.fromkeys(wanted) if name not in names]
    if absent:
        raise AnalysisError(f"no column {', '.join(absent)}; the columns are {', '.join(map(str, names))}")
    return list(dict.fromkeys([*wanted, *(name for name in also if name in names)]))
