"""Rules for a whole study day: not more prompts than the most, and room for all of them, far enough apart.

Every day that the study can have is tried, after every day that can come before it: with all that may come on it, after
the latest minute at which the day before can have ended, in each of the hours that are offered, and on nights on which
the clocks go forward by half an hour or an hour at any time.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import TYPE_CHECKING

from ema.domain.localised import ANY, Localised
from ema.domain.localtime import Runs, without
from ema.domain.protocol import Preset
from ema.domain.schedules.base import Day, Span, Window
from ema.domain.schedules.once import Once
from ema.domain.schedules.recurring import Recurring
from ema.domain.schedules.spacing import fit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ema.domain.errors import Finding
    from ema.domain.phases import Timeline
    from ema.domain.protocol import Protocol
    from ema.domain.schedules.base import Schedule
    from ema.domain.studyfile.marked import Marked

MONDAY = date(2026, 6, 1)
NIGHT = (1, *range(0, 270, 15), *range(1320, 1440, 15))
LEAPS = ((0, 0), *((at, by) for by in (30, 60) for at in NIGHT))
"""When the clocks go forward, in minutes after midnight, and by how much; the first is a day on which they don't.

From 2000 to 2037 clocks leap between 22:00 and 04:00 in all zones of the world, but for Sudan's noon in January 2000.
"""


@dataclass(frozen=True)
class Pair:
    """Two study days that follow each other, with the schedules that can come on them."""

    before: tuple[Schedule, ...]
    today: tuple[Schedule, ...]
    number: int
    """Of the second one; the first of its kind."""


def study(marked: Marked, protocol: Protocol) -> Iterator[Finding]:
    if protocol.max_prompts_a_day is None and not protocol.minimum_gap_minutes:
        return
    pairs = _pairs(protocol)
    yield from _most(marked, protocol, pairs)
    if protocol.minimum_gap_minutes:
        yield from _apart(marked, protocol, pairs)


def _pairs(protocol: Protocol) -> list[Pair]:
    arms: list[str | None] = list(protocol.allocation.arms) if protocol.allocation is not None else [None]
    found: dict[tuple[tuple[str, ...], tuple[str, ...]], Pair] = {}
    for arm in arms:
        timeline = protocol.timeline(arm)
        notes = [schedule for schedule in protocol.schedules_of(arm) if schedule.is_note()]
        by_weekday = any(isinstance(schedule, Recurring) and schedule.weekdays for schedule in notes)
        starts = [MONDAY + timedelta(days=n) for n in range(7 if by_weekday else 1)]
        for start in [protocol.calendar.starts_on] if protocol.calendar is not None else starts:
            before: tuple[Schedule, ...] = ()
            for number in range(1, protocol.last_planned_day(arm) + 1):
                on = start + timedelta(days=number - 1)
                today = tuple(schedule for schedule in notes if _may_come(schedule, number, on, timeline, protocol))
                key = tuple(each.id for each in before), tuple(each.id for each in today)
                found.setdefault(key, Pair(before, today, number))
                before = today
    return list(found.values())


def _may_come(schedule: Schedule, number: int, on: date, timeline: Timeline, protocol: Protocol) -> bool:
    if isinstance(schedule, Recurring):
        return schedule.suits(number, on, timeline)
    usual = protocol.preferences(protocol.hours.default, "UTC")
    return schedule.runs_on(Day(number, on, usual, timeline))


def _most(marked: Marked, protocol: Protocol, pairs: list[Pair]) -> Iterator[Finding]:
    most = protocol.max_prompts_a_day
    if most is None or not pairs:
        return
    fullest = max(pairs, key=lambda pair: sum(schedule.most_a_day() for schedule in pair.today))
    numbers = {schedule.id: schedule.most_a_day() for schedule in fullest.today}
    if (total := sum(numbers.values())) > most:
        told = ", ".join(f"{number} of {name}" for name, number in numbers.items())
        yield marked.finding(
            ("max_prompts_a_day",),
            f"day {fullest.number} can have {total} prompts ({told}), and the most is {most}; "
            f"take some out, or write {total}",
        )


@dataclass(frozen=True)
class Course:
    """A study day in certain hours: where its notes may fall, and when at the latest the one before it came."""

    hours: str
    pair: Pair
    begins: int
    """When the study day begins, in minutes after midnight; all others are minutes after that."""
    last: Span | None
    """The last one of the day before."""
    spans: tuple[Span, ...]

    def fits(self, gap: int, leaps: Iterable[tuple[int, int]] = LEAPS) -> bool:
        return all(self._fits(gap, (at - self.begins) % 1440, by) for at, by in leaps)

    def _fits(self, gap: int, at: int, by: int) -> bool:
        """Whether there is room when the clocks go forward by `by` minutes at `at`, today or on the day before."""
        for leap in (at, at - 1440) if by else (at,):
            places: list[Runs] = [(_leapt(span, leap, by),) for span in self.spans]
            if self.last is not None:
                settled = _leapt(self.last, leap, by)[1] - 1
                places = [without(place, (settled - 2880, settled + gap)) for place in places]
            if not all(places) or not fit(places, gap):
                return False
        return True


def _leapt(span: Span, at: int, by: int) -> tuple[int, int]:
    """Its minutes of elapsed time. A window wholly in the gap keeps its length and starts after it."""
    earliest, latest = (minute if minute < at else max(at, minute - by) for minute in (span.earliest, span.latest))
    return span.minutes(earliest, latest if latest > earliest else earliest + span.latest - span.earliest)


def _apart(marked: Marked, protocol: Protocol, pairs: list[Pair]) -> Iterator[Finding]:
    gap = protocol.minimum_gap_minutes
    courses = [course for pair in pairs for course in _courses(protocol, pair)]
    failing = next((course for course in courses if not course.fits(gap)), None)
    if failing is None:
        return
    best = bisect_left(range(gap), True, key=lambda wanted: not all(course.fits(wanted) for course in courses)) - 1
    count = len(failing.spans)
    yield marked.finding(
        ("minimum_gap_minutes",),
        f"{failing.hours} {count} prompt{'s' if count > 1 else ''} of day {failing.pair.number} "
        f"can't keep {gap} minutes from each other and from the day before"
        + (" when the clocks go forward by an hour" if failing.fits(gap, LEAPS[:1]) else "")
        + f"; at most {best} fits",
    )


def _courses(protocol: Protocol, pair: Pair) -> Iterator[Course]:
    """The day in every hours that are offered, and in the nearest that a participant can choose herself."""
    for name, preset in protocol.hours.presets.items():
        before = [span.on_day(-1) for schedule in pair.before for span in schedule.spans(preset)]
        last = max(before, key=Span.ends, default=None)
        begins = preset.day_starts.hour * 60 + preset.day_starts.minute
        spans = tuple(span for schedule in pair.today for span in schedule.spans(preset))
        yield Course(f"in the hours “{name}” the", pair, begins, last, spans)
    own, names = protocol.hours.own, protocol.hours.window_names()
    apart = own.at_least_apart_minutes if own is not None and len(names) > 1 else 1440
    if own is None or apart * len(names) > 1440:
        return
    windows = {name: _window(at * apart, own.length_minutes) for at, name in enumerate(names)}
    nearest = Preset(label=Localised({ANY: "own"}), day_starts=time(0), windows=windows)
    spans = tuple(span for schedule in pair.today if _by_window(schedule) for span in schedule.spans(nearest))
    before = [span for schedule in pair.before if _by_window(schedule) for span in schedule.spans(nearest)]
    last = max(before, key=Span.ends, default=None)
    if last is not None:
        back = apart * len(names)
        last = replace(last, earliest=last.earliest - back, latest=last.latest - back)
    yield Course(f"with hours of her own {apart} minutes apart the", pair, 0, last, spans)


def _by_window(schedule: Schedule) -> bool:
    """Whether its prompts move with hours of her own."""
    return bool(getattr(schedule, "windows", ())) or isinstance(schedule, Once)


def _window(start: int, minutes: int) -> Window:
    return Window(start=_clock(start), end=_clock(start + minutes))


def _clock(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)
