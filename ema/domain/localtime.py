"""The only conversion from wall-clock time to UTC, and the study days that follow from it.

A time that the clocks leap over becomes the first valid minute after the gap; a time that comes twice is its first
occurrence. The rules are those of the `tzdata` package, never the machine's, so that every host plans the same.

A study day carries the date on which it begins, at the participant's `day_starts`. It may be 23, 24 or 25 hours long.
All instants are aware UTC.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ema.domain.errors import EmaError

if TYPE_CHECKING:
    from ema.domain.schedules.base import Preferences, Window

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


class UnknownZone(EmaError):
    """A name that is no IANA time zone."""

    status = 422


@cache
def zone_names() -> frozenset[str]:
    """Every IANA zone that the `tzdata` package knows."""
    return frozenset(files("tzdata").joinpath("zones").read_text().split())


def zone(name: str) -> ZoneInfo:
    """The zone's rules. Raises UnknownZone."""
    if name not in zone_names():
        raise UnknownZone(f"“{name[:40]}” is no time zone; write it like Europe/London")
    return _zone(name)


@cache
def _zone(name: str) -> ZoneInfo:
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)


@lru_cache(maxsize=4096)  # whoever is planned together mostly has the same days and hours
def to_utc(local_date: date, local_time: time, timezone: str) -> datetime:
    """The instant at which the wall clock in `timezone` first shows this, or the first valid minute after a gap."""
    rules = zone(timezone)
    shown = datetime.combine(local_date, local_time, rules)
    if shown.fold:
        shown = shown.replace(fold=0)
    instant = shown.astimezone(UTC)
    if instant.astimezone(rules) == shown:  # of one zone, so what the clock shows is compared
        return instant
    # In a gap, fold=1 reads the clock with the later offset and so lies before the leap; fold=0 lies after it.
    wall = shown.replace(tzinfo=None)
    before = wall.replace(tzinfo=rules, fold=1).astimezone(UTC)
    while instant - before > MINUTE:
        middle = before + (instant - before) // MINUTE // 2 * MINUTE
        if _wall(middle, rules) > wall:
            instant = middle
        else:
            before = middle
    return instant


def local(instant: datetime, timezone: str) -> datetime:
    """The instant as the wall clock shows it, with its offset."""
    return instant.astimezone(zone(timezone))


def _wall(instant: datetime, rules: ZoneInfo) -> datetime:
    return instant.astimezone(rules).replace(tzinfo=None, fold=0)


def day_start(local_date: date, preferences: Preferences) -> datetime:
    """When the study day of this date begins."""
    return to_utc(local_date, preferences.day_starts_on(local_date), preferences.timezone)


def clock_on(local_date: date, clock: time, preferences: Preferences) -> datetime:
    """When the clock shows this on the study day of this date; before `day_starts` it is the next calendar date."""
    on = local_date if clock >= preferences.day_starts_on(local_date) else local_date + DAY
    return to_utc(on, clock, preferences.timezone)


def window_span(window: Window, local_date: date, preferences: Preferences) -> tuple[datetime, datetime]:
    """Start and end (not included) of a window on the study day of this date.

    A start before `day_starts` belongs to the next calendar date. A window wholly in a gap keeps its length and starts
    at the first valid minute; a window over a repeated hour lasts that much longer.
    """
    starts_on = local_date if window.start >= preferences.day_starts_on(local_date) else local_date + DAY
    return _span(starts_on, window.start, window.end, preferences.timezone)


@lru_cache(maxsize=4096)
def _span(starts_on: date, start: time, end: time, timezone: str) -> tuple[datetime, datetime]:
    ends_on = starts_on if end > start else starts_on + DAY
    begins, ends = to_utc(starts_on, start, timezone), to_utc(ends_on, end, timezone)
    if ends <= begins:
        ends = begins + (datetime.combine(ends_on, end) - datetime.combine(starts_on, start))
    return begins, ends


Runs = tuple[tuple[int, int], ...]
"""Whole minutes in runs that follow each other, each from its first one up to, but without, its last: `((0, 30),)`."""


@lru_cache(maxsize=4096)
def free_minutes(start: datetime, end: datetime, timezone: str, closed: Runs = ()) -> Runs:
    """The minutes after `start` at which the clock shows a time of the span from `start` to `end`, and is not `closed`.

    They are counted in elapsed time, so a repeated hour is used too; but where the clocks go back over the start
    itself, the minutes at which they show an earlier time are left out. `closed` are minutes of the clock's day, 0 to
    1440.
    """
    rules = zone(timezone)
    minutes = (end - start) // MINUTE
    shown = start.astimezone(rules)
    if shown.utcoffset() != end.astimezone(rules).utcoffset():
        first = shown.replace(tzinfo=None, fold=0)
        seen = (_wall(start + n * MINUTE, rules) for n in range(minutes))
        return _runs(n for n, at in enumerate(seen) if at >= first and not _within(at.hour * 60 + at.minute, closed))
    free: Runs = ((0, minutes),)
    if closed:
        midnight = -(shown.hour * 60 + shown.minute)
        for days in range(minutes // 1440 + 2):
            free = without(free, *((a + midnight + days * 1440, b + midnight + days * 1440) for a, b in closed))
    return free


def without(runs: Runs, *gone: tuple[int, int]) -> Runs:
    """The runs without these minutes."""
    for begin, end in gone:
        if any(a < end and begin < b for a, b in runs):
            parts = (part for a, b in runs for part in ((a, min(b, begin)), (max(a, end), b)))
            runs = tuple((a, b) for a, b in parts if a < b)
    return runs


def _runs(minutes: Iterable[int]) -> Runs:
    runs: list[tuple[int, int]] = []
    for minute in minutes:
        if runs and runs[-1][1] == minute:
            runs[-1] = runs[-1][0], minute + 1
        else:
            runs.append((minute, minute + 1))
    return tuple(runs)


def _within(minute: int, runs: Runs) -> bool:
    return any(a <= minute < b for a, b in runs)


def allowed(now: datetime, preferences: Preferences) -> bool:
    """Whether anything may reach her now, as far as her quiet hours and her earliest and latest hour say."""
    shown = local(now, preferences.timezone)
    return not _within(shown.hour * 60 + shown.minute, preferences.closed())


def local_date_of(now: datetime, preferences: Preferences) -> date:
    """The date of the study day in which `now` lies."""
    today = local(now, preferences.timezone).date()
    while day_start(today, preferences) > now:
        today -= DAY
    while day_start(today + DAY, preferences) <= now:
        today += DAY
    return today


def from_now_on(before: Preferences, after: Preferences, now: datetime) -> Preferences:
    """`after` as it holds for somebody who has lived by `before` until now, so that no study day is repeated.

    An earlier beginning of the study day holds at once: the day that has begun ends sooner or goes on, and no date is
    left out. A later one would take back a day that has begun, so it holds from the next study day: this one is longer.
    """
    today = local_date_of(now, before)
    began = before.day_starts_on(today)
    later = began < after.day_starts
    return replace(after, day_starts_before=(today + DAY, began) if later else None)


def study_day_at(now: datetime, first_date: date, preferences: Preferences) -> int:
    """The study day in which `now` lies; 1 is the one of `first_date`, and 0 or less is before it."""
    return (local_date_of(now, preferences) - first_date).days + 1


def first_study_date(now: datetime, preferences: Preferences, windows: Iterable[str]) -> date:
    """Study day 1 for somebody who joins now: the first study day whose named windows all still lie ahead."""
    names = tuple(windows)
    first = local_date_of(now, preferences)
    while any(window_span(preferences.windows_on(first)[name], first, preferences)[0] < now for name in names):
        first += DAY
    return first
