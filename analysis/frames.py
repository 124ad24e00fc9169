"""The tidy frame that every method takes: one row per answered prompt, sorted, with what was left out.

Rules (they are the contract of `ema analyse`):

- A numeric time is used as given. An ISO time becomes elapsed 24-hour days since the person's first row,
  answered or not (`origin="person"`), since the file's first row ("file"), or since an ISO instant. Stamps
  with offsets are compared in UTC, naive ones as they are written, a mixture is refused.
- Position is `beep` alone (a running number); with `day`, day * K + beep with K the largest beep; else a
  time in whole numbers; else there is none.
- Rows without a score are dropped first. Of repeated (person, position) - (person, time) where there is no
  position - the first in the file stays; above 1 % repeated the file is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.serial import Floats, Ints

REPEATED_AT_MOST = 0.01
OFFSET = r"(?:Z|[+-]\d{2}(?::?\d{2})?)$"


@dataclass(frozen=True)
class LeftOut:
    """Rows that were not used, and why."""

    reason: str
    rows: int


@dataclass(frozen=True)
class Tidy:
    """Answers of persons over time.

    `rows` has the columns person, time (float), score (float), position (float, NaN where there is none),
    day, beep (float, NaN where not given) and stamp (local time as written, NaT for numeric times), sorted
    by person and then position or time. `covariates` has the same rows with the further columns asked for.
    """

    rows: pd.DataFrame
    covariates: pd.DataFrame
    n_rows: int
    left_out: tuple[LeftOut, ...]
    score: str
    time_unit: str  # "day", or "unit of COL"
    clock_unit: str  # what CAR(1) counts in: "hour", or "unit of COL"
    clock_per_time: float  # 24 for ISO times, else 1

    @property
    def persons(self) -> list[object]:
        """Labels of the persons in order; they are the codes of `unit`."""
        labels: list[object] = self.rows["person"].drop_duplicates().tolist()
        return labels

    @property
    def unit(self) -> Ints:
        """Person of each row as 0..B-1, ascending."""
        codes: Ints = pd.factorize(self.rows["person"])[0].astype(np.intp)
        return codes

    @property
    def has_position(self) -> bool:
        return bool(self.rows["position"].notna().all()) and len(self.rows) > 0

    def values(self, column: str) -> Floats:
        """A numeric column of `rows` (N,)."""
        found: Floats = self.rows[column].to_numpy(dtype=np.float64)
        return found

    @property
    def clock(self) -> Floats:
        """Time in the unit in which CAR(1) counts (N,)."""
        return self.values("time") * self.clock_per_time


def tidy(
    frame: pd.DataFrame,
    *,
    person: str,
    time: str,
    score: str,
    day: str | None = None,
    beep: str | None = None,
    origin: str = "person",
    terms: Sequence[str] = (),
) -> Tidy:
    """Bring any long table (one row per prompt, answered or not) into order by the rules above."""
    wanted = [person, time, score, *(c for c in (day, beep) if c), *terms]
    absent = [c for c in dict.fromkeys(wanted) if c not in frame.columns]
    if absent:
        known = ", ".join(map(str, frame.columns))
        raise AnalysisError(f"no column {', '.join(absent)}; the columns are {known}")
    frame = frame.reset_index(drop=True)
    stamps, numbers = _read_time(frame[time], time)
    rows = pd.DataFrame(
        {
            "person": labels(frame[person]),
            "time": numbers,
            "score": _numbers(frame[score]),
            "day": _numbers(frame[day]) if day else np.nan,
            "beep": _numbers(frame[beep]) if beep else np.nan,
            "stamp": pd.NaT if stamps is None else _local(frame[time]),
        }
    )
    if stamps is not None:
        rows["time"] = _elapsed_days(stamps, rows["person"], origin, time)
    elif origin != "person":
        raise AnalysisError(f"an origin needs dates in {time}; a numeric time is used as given")
    rows["position"] = _position(rows, stamps is not None, day, beep)
    covariates = frame[list(dict.fromkeys(terms))]
    blank = covariates.isna() | (covariates == "")

    left_out: list[LeftOut] = []
    keep = pd.Series(data=True, index=rows.index)

    def leave(mask: pd.Series[bool], reason: str) -> None:
        count = int((keep & mask).sum())
        if count:
            left_out.append(LeftOut(reason, count))
        keep[mask] = False

    text = frame[score].notna() & frame[score].astype("string").str.strip().ne("").fillna(value=False)
    unreadable = rows["score"].isna() & text
    leave(unreadable, f"{score} is not a number")
    leave(rows["score"].isna(), f"no {score}")
    leave(rows["person"].isna(), f"no {person}")
    leave(rows["time"].isna(), f"no {time}")
    for column, name in (("day", day), ("beep", beep)):
        if name:
            leave(rows[column].isna(), f"no {name}")
    for term in covariates.columns:
        leave(blank[term], f"no {term}")
    place = "position" if rows.loc[keep, "position"].notna().all() else "time"
    repeated = keep & rows[keep].duplicated(["person", place]).reindex(rows.index, fill_value=False)
    usable = int(keep.sum())
    if repeated.sum() > REPEATED_AT_MOST * usable:
        raise AnalysisError(
            f"{int(repeated.sum())} of {usable} rows repeat a person's {place}"
            f" (more than 1 %): is there another column that numbers the prompts?"
        )
    leave(repeated, f"repeated {place} of the same person")

    rows = rows[keep].sort_values(["person", place], kind="stable")
    covariates = covariates.loc[rows.index].reset_index(drop=True)
    days = stamps is not None
    return Tidy(
        rows=rows.reset_index(drop=True),
        covariates=covariates,
        n_rows=len(frame),
        left_out=tuple(left_out),
        score=score,
        time_unit="day" if days else f"unit of {time}",
        clock_unit="hour" if days else f"unit of {time}",
        clock_per_time=24.0 if days else 1.0,
    )


def labels(column: pd.Series) -> pd.Series:
    """Persons as whole numbers where all are written so, else as text ("07" and "7" stay apart)."""
    text = column.astype("string").str.strip()
    if pd.api.types.is_float_dtype(column.dtype):
        text = text.str.replace(r"\.0$", "", regex=True)
    text = text.mask(text == "")
    known = text.dropna()
    if len(known) and known.str.fullmatch(r"0|-?[1-9]\d{0,17}").all():
        return text.astype("Int64")
    return text.astype(object).where(text.notna(), None)


def _numbers(column: pd.Series) -> pd.Series:
    """Numbers, NaN where the cell is empty, infinite or not a number."""
    found = pd.to_numeric(column, errors="coerce").astype("float64")
    return found.where(np.isfinite(found))


def _read_time(column: pd.Series, name: str) -> tuple[pd.Series | None, pd.Series]:
    """ISO stamps in one time zone (or None), and numbers (NaN for stamps)."""
    nothing = pd.Series(np.nan, index=column.index, dtype="float64")
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return column.dt.tz_convert("UTC"), nothing
    if pd.api.types.is_datetime64_dtype(column.dtype):
        return column, nothing
    text = column.astype("string").str.strip()
    text = text.mask(text == "")
    numbers = _numbers(text)
    if numbers[text.notna()].notna().all():
        return None, numbers
    aware = text.dropna().str.contains(r"\d{2}:\d{2}.*" + OFFSET, regex=True)
    if aware.any() and not aware.all():
        raise AnalysisError(f"{name} mixes stamps with and without an offset from UTC")
    stamps = pd.to_datetime(text, errors="coerce", format="ISO8601", utc=bool(aware.any()))
    wrong = text.notna() & stamps.isna()
    if wrong.any():
        row = int(np.flatnonzero(wrong.to_numpy())[0])
        what = f"{name} in row {row + 1} is neither a number nor an ISO time"
        raise AnalysisError(f"{what}: {text.iloc[row]!r}")
    return stamps, nothing


def _local(column: pd.Series) -> pd.Series:
    """The wall-clock part of the stamps, as written."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        local: pd.Series = column.dt.tz_localize(None)
        return local
    if pd.api.types.is_datetime64_dtype(column.dtype):
        return column
    text = column.astype("string").str.strip().str.replace(r"(?<=\d{2}:\d{2})(.*?)" + OFFSET, r"\1", regex=True)
    return pd.to_datetime(text, errors="coerce", format="ISO8601")


def _elapsed_days(stamps: pd.Series, person: pd.Series, origin: str, name: str) -> pd.Series:
    start: Any
    if origin == "person":
        start = stamps.groupby(person).transform("min")
    elif origin == "file":
        start = stamps.min()
    else:
        try:
            instant = pd.Timestamp(origin)
        except ValueError:
            raise AnalysisError(f"origin is person, file or an ISO time, not {origin!r}") from None
        if (instant.tzinfo is None) != (stamps.dt.tz is None):
            raise AnalysisError(f"origin and {name} must both have an offset from UTC, or neither")
        start = instant
    elapsed: pd.Series = (stamps - start).dt.total_seconds() / 86400
    return elapsed


def _position(rows: pd.DataFrame, dated: bool, day: str | None, beep: str | None) -> pd.Series:
    """Running numbers of the prompts, NaN where there is none."""
    for column, name in (("beep", beep), ("day", day)):
        known = rows[column].dropna()
        if name and bool((known != np.round(known)).any()):
            raise AnalysisError(f"{name} must hold whole numbers")
    if beep and day:
        position: pd.Series = rows["day"] * rows["beep"].max() + rows["beep"]
        return position
    if beep:
        return rows["beep"]
    time = rows["time"].dropna()
    if not dated and bool((time == np.round(time)).all()):
        return time.reindex(rows.index)
    return pd.Series(np.nan, index=rows.index, dtype="float64")
