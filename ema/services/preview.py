"""A study's prompts before anybody is asked anything: one participant's, and those of many, as rows and pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from ema.domain.allocation import allocate
from ema.domain.burden import Burden, burden
from ema.domain.errors import EmaError
from ema.domain.localtime import DAY, MINUTE, local, window_span, zone
from ema.domain.planning import plan
from ema.domain.protocol import Protocol
from ema.domain.schedules.base import Preferences, Slot, Window
from ema.domain.schedules.fixed import Fixed
from ema.domain.schedules.random_window import RandomWindow

if TYPE_CHECKING:
    from analysis.timetable import Month, Spread

WEEK: Final = 7
"""Study days that each of many participants is followed for."""


class NoSuchChoice(EmaError):
    """Hours, a window or an arm that the study does not have. The message begins with the option's name."""

    status = 422


@dataclass(frozen=True)
class Choice:
    """Whose prompts to show. What is not said is as the study's file has it."""

    first: date
    """The date of study day 1."""
    preset: str | None = None
    timezone: str | None = None
    arm: str | None = None
    seed: str = "7"
    """Another seed is another participant."""
    windows: Mapping[str, Window] = field(default_factory=dict)
    """Other spans for some windows."""


@dataclass(frozen=True)
class Preview:
    """One participant's prompts over the first `days` study days."""

    protocol: Protocol
    choice: Choice
    hers: Preferences
    arm: str | None
    days: int
    slots: list[Slot]

    def burdens(self) -> list[Burden]:
        """What the whole study asks of her: in every arm, unless one was asked for."""
        protocol, choice = self.protocol, self.choice
        arms = tuple(protocol.allocation.arms) if protocol.allocation and choice.arm is None else (self.arm,)
        return [burden(protocol, self.hers, choice.first, choice.seed, arm) for arm in arms]


def preview(protocol: Protocol, choice: Choice, days: int) -> Preview:
    """Raises NoSuchChoice, and UnknownZone."""
    hers, arm = preferences(protocol, choice), the_arm(protocol, choice)
    slots = plan(protocol, choice.seed, choice.first, hers, range(1, days + 1), arm=arm)
    return Preview(protocol, choice, hers, arm, days, slots)


def length(protocol: Protocol) -> int:
    """The study days on which anything can come, sets after the study among them."""
    arms = tuple(protocol.allocation.arms) if protocol.allocation is not None else (None,)
    return max([protocol.days, *(protocol.last_planned_day(arm) for arm in arms)])


def preferences(protocol: Protocol, choice: Choice) -> Preferences:
    """Her hours and zone, as she would have them."""
    hours = protocol.hours
    if choice.preset is not None and choice.preset not in hours.presets:
        raise NoSuchChoice(f"preset {choice.preset}: the study has the hours {', '.join(hours.presets)}")
    for name, window in choice.windows.items():
        if name not in hours.window_names():
            raise NoSuchChoice(f"window {name}: the study has the windows {', '.join(hours.window_names())}")
        if window.start == window.end:
            raise NoSuchChoice(f"window {name}: a window of no length; give it another end")
    chosen = protocol.preferences(choice.preset or hours.default, choice.timezone or protocol.timezone)
    zone(chosen.timezone)
    return replace(chosen, windows={**chosen.windows, **choice.windows})


def the_arm(protocol: Protocol, choice: Choice) -> str | None:
    """The arm asked for, otherwise the first one. None where nobody is allocated."""
    arms = tuple(protocol.allocation.arms) if protocol.allocation is not None else ()
    if choice.arm is not None and choice.arm not in arms:
        has = f"the study has the arms {', '.join(arms)}" if arms else "the study has no arms"
        raise NoSuchChoice(f"arm {choice.arm}: {has}")
    return choice.arm or next(iter(arms), None)


def month(shown: Preview) -> Month:
    """Her study days as rows of a picture, in minutes since each of them began, as the clock shows them."""
    from analysis.timetable import Dot, Month, Row

    hers = shown.hers
    rows = []
    for number in range(1, shown.days + 1):
        on = shown.choice.first + (number - 1) * DAY
        today = [slot for slot in shown.slots if slot.study_day == number]
        windows = [window_span(hers.windows_on(on)[name], on, hers) for name in _windows(shown.protocol, today)]
        dots = [
            Dot(
                slot.schedule,
                _minute(slot.due_at, on, hers),
                # a set that is open for days would cover them
                _minute(slot.expires_at, on, hers) if slot.expires_at - slot.due_at < DAY else None,
                offered=shown.protocol.schedule(slot.schedule).delivery == "offer",
                barred=slot.barred,
            )
            for slot in today
        ]
        spans = tuple((_minute(start, on, hers), _minute(end, on, hers)) for start, end in windows)
        rows.append(Row(f"{number}  {on:%a %d %b}".replace(" 0", " "), spans, tuple(dots)))
    return Month(tuple(rows), _begins(hers), _names(shown.protocol))


def spread(shown: Preview, people: int) -> Spread:
    """When the prompts of so many simulated participants fall within the day, by schedule.

    Each lives through one week of the study, the weeks in turn, and in every arm as the allocation has it, unless one
    was asked for.
    """
    from analysis.timetable import Spread

    protocol, choice, hers = shown.protocol, shown.choice, shown.hers
    minutes: dict[str, list[int]] = {}
    weeks = range(1, max(protocol.days, 1) + 1, WEEK)
    for person in range(people):
        arm = shown.arm
        if protocol.allocation is not None and choice.arm is None:
            arm = allocate(protocol.allocation, choice.seed, "", person + 1)
        begins = weeks[person % len(weeks)]
        days = range(begins, min(begins + WEEK, protocol.days + 1))
        for slot in plan(protocol, f"{choice.seed}|{person}", choice.first, hers, days, arm=arm):
            schedule = protocol.schedule(slot.schedule)
            if schedule.delivery == "note" and not slot.barred:
                minutes.setdefault(slot.schedule, []).append(_minute(slot.due_at, slot.local_date, hers))
    ordered = {name: tuple(minutes[name]) for name in _names(protocol) if name in minutes}
    return Spread(people, _begins(hers), _names(protocol), ordered)


def _names(protocol: Protocol) -> tuple[str, ...]:
    return tuple(schedule.id for schedule in protocol.schedules)


def _windows(protocol: Protocol, slots: Iterable[Slot]) -> list[str]:
    """The windows from which these prompts come."""
    schedules = [protocol.schedule(name) for name in dict.fromkeys(slot.schedule for slot in slots)]
    named = [name for one in schedules if isinstance(one, RandomWindow | Fixed) for name in one.windows]
    return list(dict.fromkeys(named))


def _minute(at: datetime, on: date, hers: Preferences) -> int:
    """How far the clock has gone on since her study day of this date began, whatever leaps it made."""
    begins = datetime.combine(on, hers.day_starts)
    shown: timedelta = local(at, hers.timezone).replace(tzinfo=None) - begins
    return shown // MINUTE


def _begins(hers: Preferences) -> int:
    return hers.day_starts.hour * 60 + hers.day_starts.minute
