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
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.serial import Bools, Floats, Ints

REPEATED_AT_MOST = 0.01
MOST_AS_NUMBER = 10**15
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

    @cached_property
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
    nothing = np.broadcast_to(np.nan, len(frame))  # a column that isn't there takes no room
    who = labels(frame[person])
    if stamps is not None:
        numbers = _elapsed_days(stamps, who, origin, time)
    elif origin != "person":
        raise AnalysisError(f"an origin needs dates in {time}; a numeric time is used as given")
    given = {"score": _numbers(frame[score]), "time": numbers}
    given |= {column: _numbers(frame[name]) for column, name in (("day", day), ("beep", beep)) if name}
    columns = {"day": nothing, "beep": nothing} | {name: column.to_numpy() for name, column in given.items()}
    columns["position"] = _position(columns, stamps is not None, day, beep)

    left_out: list[LeftOut] = []
    keep = np.ones(len(frame), dtype=np.bool_)

    def leave(mask: Bools, reason: str) -> None:
        count = int(np.count_nonzero(keep & mask))
        if count:
            left_out.append(LeftOut(reason, count))
        keep[mask] = False

    unscored = np.isnan(columns["score"])
    leave(unscored & ~_blank(frame[score]), f"{score} is not a number")
    leave(unscored, f"no {score}")
    leave(who.isna().to_numpy(dtype=np.bool_), f"no {person}")
    leave(np.isnan(columns["time"]), f"no {time}")
    for column, name in (("day", day), ("beep", beep)):
        if name:
            leave(np.isnan(columns[column]), f"no {name}")
    for term in dict.fromkeys(terms):
        leave((frame[term].isna() | (frame[term] == "")).to_numpy(dtype=np.bool_), f"no {term}")
    place = "time" if np.isnan(columns["position"][keep]).any() else "position"
    rows = _in_order(who, columns[place], keep)
    again = _repeats(who, columns[place], rows)
    repeated, usable = int(np.count_nonzero(again)), len(again)
    if repeated > REPEATED_AT_MOST * usable:
        raise AnalysisError(
            f"{repeated} of {usable} rows repeat a person's {place}"
            f" (more than 1 %): is there another column that numbers the prompts?"
        )
    if repeated:
        left_out.append(LeftOut(f"repeated {place} of the same person", repeated))
        rows = np.arange(len(frame))[rows][~again]

    days = stamps is not None
    stamp = (
        _local(frame[time]).to_numpy()[rows] if days else np.broadcast_to(np.datetime64("NaT", "us"), len(who[rows]))
    )
    kept: dict[str, Any] = {"person": who[rows].reset_index(drop=True)}
    for name in ("time", "score", "day", "beep", "position"):
        values = columns[name]
        if values is nothing:
            kept[name] = nothing[: len(stamp)]
        elif isinstance(rows, slice) and name in given:
            kept[name] = given[name]  # the caller's own column, which pandas copies if either is written to
        else:
            kept[name] = values[rows]
    if columns["position"] is columns["beep"]:
        kept["position"] = kept["beep"]
    return Tidy(
        rows=pd.DataFrame(kept | {"stamp": stamp}, copy=False),
        covariates=frame[list(dict.fromkeys(terms))].iloc[rows].reset_index(drop=True),
        n_rows=len(frame),
        left_out=tuple(left_out),
        score=score,
        time_unit="day" if days else f"unit of {time}",
        clock_unit="hour" if days else f"unit of {time}",
        clock_per_time=24.0 if days else 1.0,
    )


def _in_order(who: pd.Series, place: Floats, keep: Bools) -> Ints | slice:
    """The rows kept, by person and place, the first in the file first; all as they are where they lie so."""
    if keep.all():
        codes, _ = pd.factorize(who, sort=True)
        step = np.diff(codes)
        if bool(np.all((step > 0) | ((step == 0) & (np.diff(place) >= 0)))):
            return slice(None)
    rows = np.flatnonzero(keep)
    codes, _ = pd.factorize(who.iloc[rows], sort=True)
    return rows[np.lexsort((place[rows], codes))]


def _repeats(who: pd.Series, place: Floats, rows: Ints | slice) -> Bools:
    """Which of the rows in order have the person and place of the one before."""
    codes, _ = pd.factorize(who.iloc[rows])
    found: Bools = np.r_[False, (np.diff(codes) == 0) & (np.diff(place[rows]) == 0)][: len(codes)]
    return found


def labels(column: pd.Series) -> pd.Series:
    """Persons as whole numbers where all are written so, else as text ("07" and "7" stay apart)."""
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        known = column.dropna()
        if len(known) and (known.abs() < MOST_AS_NUMBER).all() and (known == known.round()).all():
            return column.astype("Int64")
    text = column.astype("string").str.strip()
    text = text.mask(text == "")
    known = text.dropna()
    if len(known) and known.str.fullmatch(r"0|-?[1-9]\d{0,17}").all():
        return text.astype("Int64")
    return text.astype(object).where(text.notna(), None)


def _numbers(column: pd.Series) -> pd.Series:
    """Numbers, NaN where the cell is empty, infinite or not a number."""
    found = pd.to_numeric(column, errors="coerce").astype("float64")
    infinite = np.isinf(found)
    return found.mask(infinite) if infinite.any() else found


def _blank(column: pd.Series) -> Bools:
    """Which cells hold nothing, or white space only."""
    blank = column.isna()
    if not pd.api.types.is_numeric_dtype(column.dtype):
        blank |= column.astype("string").str.strip().eq("").fillna(value=True).astype(bool)
    found: Bools = blank.to_numpy(dtype=np.bool_)
    return found


def _read_time(column: pd.Series, name: str) -> tuple[pd.Series | None, pd.Series]:
    """ISO stamps in one time zone (or None), and numbers (NaN for stamps)."""
    nothing = pd.Series(np.nan, index=column.index, dtype="float64")
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return column.dt.tz_convert("UTC"), nothing
    if pd.api.types.is_datetime64_dtype(column.dtype):
        return column, nothing
    if pd.api.types.is_numeric_dtype(column.dtype):
        numbers = _numbers(column)
        if numbers.notna().equals(column.notna()):
            return None, numbers
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


def _position(columns: dict[str, Floats], dated: bool, day: str | None, beep: str | None) -> Floats:
    """Running numbers of the prompts, NaN where there is none."""
    for column, name in (("beep", beep), ("day", day)):
        if name and not _whole(columns[column]):
            raise AnalysisError(f"{name} must hold whole numbers")
    if beep and day:
        largest = np.fmax.reduce(columns["beep"], initial=-np.inf)
        found: Floats = columns["day"] * largest + columns["beep"]
        return found
    if beep:
        return columns["beep"]
    if not dated and _whole(columns["time"]):
        return columns["time"]
    return np.full(len(columns["time"]), np.nan)


def _whole(values: Floats) -> bool:
    return bool(np.all((values == np.round(values)) | np.isnan(values)))
