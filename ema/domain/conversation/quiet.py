"""When nothing may come, hers to choose: quiet hours, nothing before, nothing after, and pauses."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from ema.domain.conversation.effects import Pause, Show
from ema.domain.conversation.hours import (
    ALL_HOURS,
    as_it_is,
    clock_in,
    hour_rows,
    saved,
    span,
    summary,
    typed_time,
    unreached,
)
from ema.domain.conversation.place import Place, Step, asked_again, by_hand, choose, go, show
from ema.domain.conversation.state import Situation, State
from ema.domain.errors import InvalidAnswer
from ema.domain.items.calendar import Date
from ema.domain.items.clock import read_clock
from ema.domain.localtime import DAY, day_start, local, local_date_of, to_utc
from ema.domain.schedules.base import Preferences, Window
from ema.domain.screen import Button, Day, Say, Screen, Words

MOST_SPANS = 6
"""More quiet hours than this would make a long screen and a hard day to keep in mind."""


def _set(situation: Situation) -> tuple[Say, ...]:
    """What is set by now, and what follows from it."""
    return Words("times.now", {"hours": summary(situation)}), *unreached(situation)


def _ways_back(situation: Situation) -> tuple[tuple[Button, ...], ...]:
    if unreached(situation):
        return ((go("button.other_times", "times"), go("button.carry_on", "carry_on")),)
    return ((go("button.back", "times"), go("button.carry_on", "carry_on")),)


# --- quiet hours


def _quiet(_state: State, situation: Situation) -> Screen:
    quiet = situation.preferences.quiet
    rows: list[tuple[Button, ...]] = [
        (choose(Words("button.remove", {"hours": span(window)}), "quiet", f"{window.start:%H:%M}-{window.end:%H:%M}"),)
        for window in quiet
    ]
    if len(quiet) < MOST_SPANS:
        rows.append((go("button.add_quiet", "quiet.from"),))
    return Screen((*_set(situation), Words("quiet.words")), (*rows, *_ways_back(situation)))


def _remove(state: State, value: str, situation: Situation) -> Step:
    gone = _span_in(value)
    quiet = tuple(window for window in situation.preferences.quiet if window != gone)
    if len(quiet) == len(situation.preferences.quiet):
        return show(state.go("quiet"))
    return saved(state, replace(situation.preferences, quiet=quiet), situation, "quiet")


def _from(_state: State, _situation: Situation) -> Screen:
    rows = hour_rows("quiet.from", ALL_HOURS)
    return Screen((Words("quiet.from"), Words("quiet.hint")), (*rows, (go("button.back", "quiet"),)))


def _choose_from(state: State, value: str, _situation: Situation) -> Step:
    at = clock_in(value)
    return show(state.go("quiet.from")) if at is None else _begins(state, at)


def _begins(state: State, at: time) -> Step:
    return show(state.go("quiet.to").noting(quiet=f"{at:%H:%M}"))


def _type_from(state: State, text: str, situation: Situation) -> Step:
    """`01:00`, or both at once: `01:00–09:00`."""
    parts = re.split(r"\s*[-–—]\s*", text.strip())
    try:
        clocks = [read_clock(part) for part in (parts if len(parts) == 2 else [text])]
    except InvalidAnswer as refused:
        return asked_again(state, "quiet.from", refused)
    if len(clocks) == 1:
        return by_hand(_begins(state, clocks[0]))
    return by_hand(_add(state, clocks[0], clocks[1], situation))


def _to(state: State, _situation: Situation) -> Screen:
    start = clock_in(state.draft.get("quiet", "")) or time(0)
    rows = hour_rows("quiet.to", (at for at in ALL_HOURS if at != start), f"{start:%H:%M}-")
    said = Words("quiet.to", {"time": f"{start:%H:%M}"})
    return Screen((said, Words("hint.time")), (*rows, (go("button.back", "quiet.from"),)))


def _choose_to(state: State, value: str, situation: Situation) -> Step:
    window = _span_in(value)
    return show(state.go("quiet")) if window is None else _add(state, window.start, window.end, situation)


def _type_to(state: State, at: time, situation: Situation) -> Step:
    return _add(state, clock_in(state.draft.get("quiet", "")) or time(0), at, situation)


def _add(state: State, start: time, end: time, situation: Situation) -> Step:
    hers = situation.preferences
    if start == end:
        return show(state.go("quiet.from", "quiet.no_length"))
    quiet = tuple(dict.fromkeys((*hers.quiet, Window(start=start, end=end))))
    if len(quiet) > MOST_SPANS:
        return show(state.go("quiet"))
    return saved(state, replace(hers, quiet=quiet), situation, "quiet")


def _span_in(value: str) -> Window | None:
    start, _, end = value.partition("-")
    begins, ends = clock_in(start), clock_in(end)
    return Window(start=begins, end=ends) if begins is not None and ends is not None else None


# --- nothing before, nothing after


def _limits(_state: State, situation: Situation) -> Screen:
    rows = (
        (go("button.before", "limits.before"), go("button.after", "limits.after")),
        *_ways_back(situation),
    )
    return Screen((*_set(situation), Words("limits.words")), rows)


def _limit(which: str) -> Place:
    """One of the two, with a button that takes it away again."""
    place = f"limits.{which}"

    def screen(_state: State, situation: Situation) -> Screen:
        rows = hour_rows(place, ALL_HOURS)
        if getattr(situation.preferences, f"never_{which}") is not None:
            rows = (*rows, (choose("button.no_limit", place, "none"),))
        return Screen((Words(place), Words("hint.time")), (*rows, (go("button.back", "limits"),)))

    def chosen(state: State, at: time | None, situation: Situation) -> Step:
        hers = _with_limit(situation.preferences, which, at)
        if at is not None and hers.never_before == hers.never_after:
            return show(state.go(place, "quiet.no_length"))
        return saved(state, hers, situation, "limits")

    def tapped(state: State, value: str, situation: Situation) -> Step:
        at = clock_in(value)
        return show(state.go(place)) if at is None and value != "none" else chosen(state, at, situation)

    return Place(screen, choose=tapped, typed=typed_time(place, chosen))


def _with_limit(hers: Preferences, which: str, at: time | None) -> Preferences:
    return replace(hers, never_before=at) if which == "before" else replace(hers, never_after=at)


# --- pause


def _pause(_state: State, situation: Situation) -> Screen:
    rows: list[tuple[Button, ...]] = [
        (choose("pause.hours", "pause", "4h"), choose("pause.tomorrow", "pause", "tomorrow")),
        (choose("pause.three_days", "pause", "3d"), choose("pause.week", "pause", "7d")),
        (go("pause.until_day", "pause.until"),),
    ]
    if situation.paused_until is not None and situation.paused_until > situation.now:
        rows.append((choose("button.resume", "pause", "end"),))
    rows.append((go("button.carry_on", "carry_on"),))
    return Screen((Words("pause.words"),), tuple(rows))


def _choose_pause(state: State, value: str, situation: Situation) -> Step:
    if value == "end":
        return state.go("home", "notice.welcome_back"), (Pause(None), Show())
    until = _pause_end(value, situation)
    if until is None:
        return show(state.go("pause"))
    return _paused(state, until, situation)


def _pause_end(value: str, situation: Situation) -> datetime | None:
    """Hours count from now; days end where her study day begins."""
    if value == "4h":
        return situation.now + timedelta(hours=4)
    days = {"tomorrow": 1, "3d": 3, "7d": 7}.get(value)
    if days is None:
        return None
    hers = situation.preferences
    return day_start(local_date_of(situation.now, hers) + timedelta(days=days), hers)


def _paused(state: State, until: datetime, situation: Situation) -> Step:
    """At most until her part is over."""
    ends = _ends(situation)
    return state.go("home"), (Pause(until if ends is None else min(until, ends)), Show())


def _last_date(situation: Situation) -> date | None:
    """Of the last study day on which anything can come."""
    if situation.first_date is None:
        return None
    return situation.first_date + timedelta(days=situation.protocol.last_planned_day(situation.arm) - 1)


def _ends(situation: Situation) -> datetime | None:
    last = _last_date(situation)
    ends = None if last is None else day_start(last + DAY, situation.preferences)
    return ends if ends is None or ends > situation.now else None


def _until(_state: State, situation: Situation) -> Screen:
    today = local_date_of(situation.now, situation.preferences)
    days = [today + timedelta(days=ahead) for ahead in range(1, 8)]
    buttons = [choose(Words("pause.day", {"day": Day(day)}), "pause.until", day.isoformat()) for day in days]
    rows = tuple(tuple(buttons[at : at + 2]) for at in range(0, 7, 2))
    return Screen((Words("pause.until"),), (*rows, (go("button.back", "pause"), go("button.carry_on", "carry_on"))))


def _choose_until(state: State, value: str, situation: Situation) -> Step:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return show(state.go("pause.until"))
    return _until_then(state, day, None, situation)


def _type_until(state: State, text: str, situation: Situation) -> Step:
    try:
        day, at = _day_and_time(text, situation)
    except InvalidAnswer as refused:
        return asked_again(state, "pause.until", refused)
    return by_hand(_until_then(state, day, at, situation))


def _until_then(state: State, day: date, at: time | None, situation: Situation) -> Step:
    hers = situation.preferences
    until = day_start(day, hers) if at is None else to_utc(day, at, hers.timezone)
    if until <= situation.now:
        return show(state.go("pause.until", "pause.ahead"))
    return _paused(state, until, situation)


def _day_and_time(text: str, situation: Situation) -> tuple[date, time | None]:
    """A date as a question for a date reads it, and a time after it if there is one. Raises InvalidAnswer."""
    today = local(situation.now, situation.preferences.timezone).date()
    last = _last_date(situation)
    latest = max(today + DAY * 365 if last is None else last, today)
    asked = Date(type="date", id="until", text=as_it_is(""), earliest=today, latest=latest)

    def day(written: str) -> date:
        return date.fromisoformat(str(asked.parse_on(written, today)))

    try:
        return day(text), None
    except InvalidAnswer as refused:
        if refused.key != "refused.date":  # a day, but none that can be
            raise
        words = text.split()
        for cut in range(1, len(words)):
            try:
                return day(" ".join(words[:cut])), read_clock(" ".join(words[cut:]))
            except InvalidAnswer:
                continue
        raise


PLACES = {
    "quiet": Place(_quiet, choose=_remove),
    "quiet.from": Place(_from, choose=_choose_from, typed=_type_from),
    "quiet.to": Place(_to, choose=_choose_to, typed=typed_time("quiet.to", _type_to)),
    "limits": Place(_limits),
    "limits.before": _limit("before"),
    "limits.after": _limit("after"),
    "pause": Place(_pause, choose=_choose_pause),
    "pause.until": Place(_until, choose=_choose_until, typed=_type_until),
}
