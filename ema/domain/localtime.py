"""The only conversion from wall-clock time to UTC, and the study days that follow from it.

A time that the clocks leap over becomes the first valid minute after the gap; a time that comes twice is its first
occurrence. The rules are those of the `tzdata` package, never the machine's, so that every host plans the same.

A study day carries the date on which it begins, at the participant's `day_starts`. It may be 23, 24 or 25 hours long.
All instants are aware UTC.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
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


def to_utc(local_date: date, local_time: time, timezone: str) -> datetime:
    """The instant at which the wall clock in `timezone` first shows this, or the first valid minute after a gap."""
    rules = zone(timezone)
    wall = datetime.combine(local_date, local_time.replace(fold=0))
    instant = wall.replace(tzinfo=rules).astimezone(UTC)
    if _wall(instant, rules) == wall:
        return instant
    # In a gap, fold=1 reads the clock with the later offset and so lies before the leap; fold=0 lies after it.
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
    return to_utc(local_date, preferences.day_starts, preferences.timezone)


def window_span(window: Window, local_date: date, preferences: Preferences) -> tuple[datetime, datetime]:
    """Start and end (not included) of a window on the study day of this date.

    A start before `day_starts` belongs to the next calendar date. A window wholly in a gap keeps its length and starts
    at the first valid minute; a window over a repeated hour lasts that much longer.
    """
    starts_on = local_date if window.start >= preferences.day_starts else local_date + DAY
    ends_on = starts_on if window.end > window.start else starts_on + DAY
    start = to_utc(starts_on, window.start, preferences.timezone)
    end = to_utc(ends_on, window.end, preferences.timezone)
    if end <= start:
        length = datetime.combine(ends_on, window.end) - datetime.combine(starts_on, window.start)
        end = start + length
    return start, end


def minute_within(start: datetime, end: datetime, share: float, timezone: str) -> datetime:
    """The minute that lies `share` (0 to below 1) of the way from start to end, in elapsed time.

    Where the clocks go back over the start itself, the minutes at which they show an earlier time are left out.
    """
    rules = zone(timezone)
    minutes = (end - start) // MINUTE
    if start.astimezone(rules).utcoffset() == end.astimezone(rules).utcoffset():
        return start + int(share * minutes) * MINUTE
    shown_first = _wall(start, rules)
    inside = [at for at in (start + n * MINUTE for n in range(minutes)) if _wall(at, rules) >= shown_first]
    return inside[int(share * len(inside))]


def local_date_of(now: datetime, preferences: Preferences) -> date:
    """The date of the study day in which `now` lies."""
    today = local(now, preferences.timezone).date()
    while day_start(today, preferences) > now:
        today -= DAY
    while day_start(today + DAY, preferences) <= now:
        today += DAY
    return today


def study_day_at(now: datetime, first_date: date, preferences: Preferences) -> int:
    """The study day in which `now` lies; 1 is the one of `first_date`, and 0 or less is before it."""
    return (local_date_of(now, preferences) - first_date).days + 1


def first_study_date(now: datetime, preferences: Preferences, windows: Iterable[str]) -> date:
    """Study day 1 for somebody who joins now: the first study day whose named windows all still lie ahead."""
    names = tuple(windows)
    first = local_date_of(now, preferences)
    while any(window_span(preferences.windows[name], first, preferences)[0] < now for name in names):
        first += DAY
    return first
