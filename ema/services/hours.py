"""What a participant chose about her hours, between her row and the schedules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, time
from functools import lru_cache
from typing import Any

from ema.domain.schedules.base import Preferences, Window
from ema.store.tables import Participant


def preferences(stored: Participant) -> Preferences:
    """Her hours, as the schedules take them."""
    return _read(stored.timezone, stored.day_starts, stored.windows, stored.hour_rules)


@lru_cache(maxsize=4096)
def alike(timezone: str, day_starts: str, windows: str, rules: str) -> Preferences:
    """The same of columns as they are stored: one for all who have the same hours."""
    return _read(timezone, day_starts, json.loads(windows), json.loads(rules))


def _read(timezone: str, day_starts: str, windows: Mapping[str, Any], rules: Mapping[str, Any]) -> Preferences:
    before = rules.get("day_starts_before")
    return Preferences(
        timezone,
        time.fromisoformat(day_starts),
        _windows(windows),
        weekday_windows={int(day): _windows(windows) for day, windows in rules.get("weekday_windows", {}).items()},
        wakes=_time(rules.get("wakes")),
        weekday_wakes={int(day): time.fromisoformat(at) for day, at in rules.get("weekday_wakes", {}).items()},
        quiet=tuple(_window(start, end) for start, end in rules.get("quiet", ())),
        never_before=_time(rules.get("never_before")),
        never_after=_time(rules.get("never_after")),
        day_starts_before=(date.fromisoformat(before[0]), time.fromisoformat(before[1])) if before else None,
    )


def stored_hours(hours: Preferences) -> dict[str, object]:
    """The participant's columns for these hours."""
    before = hours.day_starts_before
    rules = {
        "weekday_windows": {str(day): _spans(windows) for day, windows in hours.weekday_windows.items()},
        "wakes": _text(hours.wakes),
        "weekday_wakes": {str(day): _text(at) for day, at in hours.weekday_wakes.items()},
        "quiet": [_span(window) for window in hours.quiet],
        "never_before": _text(hours.never_before),
        "never_after": _text(hours.never_after),
        "day_starts_before": before and [before[0].isoformat(), _text(before[1])],
    }
    return {
        "timezone": hours.timezone,
        "day_starts": f"{hours.day_starts:%H:%M}",
        "windows": _spans(hours.windows),
        "hour_rules": {name: rule for name, rule in rules.items() if rule},
    }


def _windows(spans: Mapping[str, Any]) -> dict[str, Window]:
    return {name: _window(start, end) for name, (start, end) in spans.items()}


@lru_cache(maxsize=1024)
def _window(start: Any, end: Any) -> Window:
    """Of HH:MM texts. Most people have the same few."""
    return Window(start=start, end=end)


def _spans(windows: Mapping[str, Window]) -> dict[str, list[str]]:
    return {name: _span(window) for name, window in windows.items()}


def _span(window: Window) -> list[str]:
    return [f"{window.start:%H:%M}", f"{window.end:%H:%M}"]


def _time(text: str | None) -> time | None:
    return None if text is None else time.fromisoformat(text)


def _text(at: time | None) -> str | None:
    return None if at is None else f"{at:%H:%M}"
