"""Zones, days on which their clocks change, preferences to draw from, and one schedule's slots of one day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from ema.domain.localtime import local, zone_names
from ema.domain.phases import Timeline
from ema.domain.planning import drawn
from ema.domain.schedules.base import Day, Preferences, Schedule, Slot, Window

ZONES = sorted(zone_names())
FOUR_WEEKS = Timeline(28)
clock_times = st.times().map(lambda t: t.replace(second=0, microsecond=0))


def days_of_change(zone: str, year: int) -> list[date]:
    """The dates in `year` on which the zone's offset changes."""
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    offsets = [local(datetime.combine(day, time(0), UTC), zone).utcoffset() for day in days]
    return [day for day, before, after in zip(days, offsets, offsets[1:], strict=False) if before != after]


@st.composite
def zone_and_date(draw) -> tuple[str, date]:
    """Any IANA zone and any date of 2000–2037, more often than not one on which or around which its clocks change."""
    zone = draw(st.sampled_from(ZONES))
    year = draw(st.integers(2000, 2037))
    changes = days_of_change(zone, year)
    if changes and draw(st.integers(0, 3)):
        return zone, draw(st.sampled_from(changes)) + timedelta(days=draw(st.integers(-1, 1)))
    return zone, date(year, 1, 1) + timedelta(days=draw(st.integers(0, 364)))


@st.composite
def preferences(draw, zone: str) -> Preferences:
    """Any day start; two windows that lie one after the other inside the study day."""
    day_starts = draw(clock_times)
    cuts = sorted(draw(st.sets(st.integers(0, 1440), min_size=4, max_size=4)))
    start = day_starts.hour * 60 + day_starts.minute

    def at(minutes: int) -> time:
        return time((start + minutes) // 60 % 24, (start + minutes) % 60)

    first, first_end, second, second_end = cuts
    windows = {
        "afternoon": Window(start=at(first), end=at(first_end)),
        "evening": Window(start=at(second), end=at(second_end)),
    }
    return Preferences(timezone=zone, day_starts=day_starts, windows=windows)


@st.composite
def closed_hours(draw, hers: Preferences) -> Preferences:
    """The same with quiet hours, and an earliest and a latest hour, or with some of these."""
    spans = draw(st.lists(st.tuples(clock_times, clock_times), max_size=2))
    return replace(
        hers,
        quiet=tuple(Window(start=start, end=end) for start, end in spans),
        never_before=draw(st.none() | clock_times),
        never_after=draw(st.none() | clock_times),
    )


def slots_on(
    schedule: Schedule,
    study_day: int,
    local_date: date,
    hers: Preferences,
    seed: int | str = 1,
    timeline: Timeline = FOUR_WEEKS,
) -> list[Slot]:
    """The slots of one schedule on one study day, as its own chance gives them."""
    day = Day(study_day, local_date, hers, timeline, str(seed), hers.closed())
    return [prompt.slot(day) for prompt in drawn(day, [schedule])] if schedule.runs_on(day) else []
