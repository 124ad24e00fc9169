"""Which hours of her own are possible: far enough apart, in order within her study day, and not all of them quiet.

Weekdays are 1 (Monday) to 7, of the date on which a study day begins.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, time, timedelta

from ema.domain.protocol import OwnHours, Protocol
from ema.domain.schedules.base import Day, Preferences, Window

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
WEEKEND = (6, 7)
A_MONDAY = date(2024, 1, 1)
_DAY = 1440


def minute_of(clock: time) -> int:
    """Minutes since midnight."""
    return clock.hour * 60 + clock.minute


def clock_of(minute: int) -> time:
    """The time of day so many minutes after a midnight."""
    return time(minute // 60 % 24, minute % 60)


def spans_of(clocks: Iterable[time]) -> str:
    """Times of day in runs, over midnight too: `20:00–10:00, 12:00`."""
    minutes = sorted(minute_of(clock) for clock in clocks)
    runs: list[list[int]] = []
    for minute in minutes:
        if runs and runs[-1][1] == minute - 1:
            runs[-1][1] = minute
        else:
            runs.append([minute, minute])
    if len(runs) > 1 and runs[0][0] == 0 and runs[-1][1] == _DAY - 1:
        runs = [*runs[1:-1], [runs[-1][0], runs[0][1]]]
    return ", ".join("–".join(f"{clock_of(minute):%H:%M}" for minute in dict.fromkeys(run)) for run in runs)


def room(hers: Preferences, days: Collection[int], chosen: Iterable[time], rule: OwnHours) -> list[time]:
    """When one more window of these days may start: far enough from the chosen ones and from those of the days around.

    A window that starts late must be over when the next study day begins, unless all days have the same hours.
    """
    near = _near(hers, days, [_since(hers, clock) for clock in chosen], rule)
    latest = _DAY - 1 if set(days) == set(EVERY_DAY) else _DAY - rule.length_minutes
    free = [
        minute
        for minute in range(latest + 1)
        if all(abs(minute - other) >= rule.at_least_apart_minutes for other in near)
    ]
    return [clock_of(minute + minute_of(hers.day_starts)) for minute in free]


def _near(hers: Preferences, days: Collection[int], chosen: list[int], rule: OwnHours) -> set[int]:
    """What else comes on these days and on those around, in minutes since the study day began."""
    found = set(chosen)
    for day in days:
        for other, later in (((day - 2) % 7 + 1, -_DAY), (day % 7 + 1, _DAY)):
            if other in days:
                found |= {minute + later for minute in chosen}
                continue
            for window in _on(hers, other).values():
                start, end = window.minutes_after(hers.day_starts)
                found |= {start + later, max(start, end - rule.length_minutes) + later}
    return found


def on_days(hers: Preferences, days: Collection[int], starts: Iterable[time], rule: OwnHours) -> Preferences:
    """With windows of her own on these days, in the order in which they come. Without starts: as on other days."""
    others = {day: windows for day, windows in hers.weekday_windows.items() if day not in days}
    in_turn = sorted((_since(hers, clock), clock) for clock in starts)
    if not in_turn:
        return replace(hers, weekday_windows=others)
    windows = {
        name: Window(start=clock, end=clock_of(minute_of(clock) + rule.length_minutes))
        for name, (_, clock) in zip(hers.windows, in_turn, strict=True)
    }
    return replace(hers, weekday_windows=others | dict.fromkeys(days, windows))


def with_usual(hers: Preferences, usual: Preferences, rule: OwnHours) -> Preferences:
    """With other usual hours. All else that she chose stays, but for hours on some days that no longer fit to them."""
    changed = replace(hers, day_starts=usual.day_starts, windows=usual.windows, weekday_windows={})
    for day, windows in sorted(hers.weekday_windows.items()):
        more = replace(changed, weekday_windows={**changed.weekday_windows, day: windows})
        if _in_order(more, minute_of(more.day_starts)) and all(_apart(more, one, rule) for one in more.weekday_windows):
            changed = more
    return changed


def _apart(hers: Preferences, day: int, rule: OwnHours) -> bool:
    starts = [window.start for window in _on(hers, day).values()]
    return all(start in room(hers, [day], [other for other in starts if other != start], rule) for start in starts)


def beginnings(hers: Preferences) -> list[time]:
    """When her study day can begin so that her windows stay in their order and whole within one study day."""
    return [clock_of(minute) for minute in range(_DAY) if _in_order(hers, minute)]


def _in_order(hers: Preferences, begins: int) -> bool:
    for windows in (hers.windows, *(_on(hers, day) for day in hers.weekday_windows)):
        before = 0
        for window in windows.values():
            start = (minute_of(window.start) - begins) % _DAY
            if start < before:
                return False
            before = start + window.minutes
        if before > _DAY:
            return False
    return True


def never_coming(protocol: Protocol, arm: str | None, hers: Preferences) -> list[str]:
    """At which times a note would come that her quiet hours keep from her on every day of the week."""
    closed = hers.closed()
    if not closed:
        return []
    plain = replace(hers, timezone="UTC", day_starts_before=None)  # as on days without a change of clocks
    timeline = protocol.timeline(arm)
    days = [Day(day, A_MONDAY + timedelta(days=day - 1), plain, timeline, closed=closed) for day in EVERY_DAY]
    found: dict[str, None] = {}
    for schedule in protocol.schedules_of(arm):
        if not (schedule.planned and schedule.is_note()):
            continue
        for week in zip(*(schedule.places(day) for day in days), strict=True):
            if not any(place.free for place in week):
                found[f"{week[0].opens_at:%H:%M}"] = None
    return list(found)


def _on(hers: Preferences, day: int) -> Mapping[str, Window]:
    return {**hers.windows, **hers.weekday_windows.get(day, {})}


def _since(hers: Preferences, clock: time) -> int:
    return (minute_of(clock) - minute_of(hers.day_starts)) % _DAY
