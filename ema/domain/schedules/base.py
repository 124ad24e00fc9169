"""What every schedule kind gives: the places of its prompts on one study day, in one participant's hours."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from ema.domain.errors import EmaError
from ema.domain.localised import Localised
from ema.domain.rest import empty, zero

if TYPE_CHECKING:
    from ema.domain.localtime import Runs
    from ema.domain.phases import Stretch, Timeline
    from ema.domain.protocol import Preset, Protocol


class BadClockTime(EmaError, ValueError):
    """A time of day that is not written as HH:MM."""


def _clock_time(value: object) -> object:
    if isinstance(value, str):
        hours, _, minutes = value.partition(":")
        if hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2 and int(hours) < 24 and int(minutes) < 60:
            return time(int(hours), int(minutes))
        raise BadClockTime(f'“{value}” is not a time of day; write it in quotes as HH:MM, for example "21:30"')
    if isinstance(value, int):  # YAML 1.1 reads 21:30 without quotes as the number 1290
        raise BadClockTime('write times of day in quotes, for example "21:30"')
    return value


ClockTime = Annotated[time, BeforeValidator(_clock_time), PlainSerializer(lambda t: t.strftime("%H:%M"), str)]


class Window(BaseModel):
    """A span of local time. An end at or before the start lies on the next day: 22:00–02:00 crosses midnight."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: ClockTime
    end: ClockTime

    def minutes_after(self, day_starts: time) -> tuple[int, int]:
        """Start and end in minutes since the study day began, as on a day without a change of clocks."""
        start = (_minute(self.start) - _minute(day_starts)) % 1440
        return start, start + self.minutes

    @property
    def minutes(self) -> int:
        """How long it is, as on a day without a change of clocks."""
        return (_minute(self.end) - _minute(self.start)) % 1440


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _clock_runs(spans: Iterable[tuple[time, time]]) -> Runs:
    """Spans of the clock, which may cross midnight, as minutes of its day, in order. Without length, they are none."""
    runs: list[tuple[int, int]] = []
    for start, end in ((_minute(start), _minute(end)) for start, end in spans):
        runs += [(start, end)] if start <= end else [(start, 1440), (0, end)]
    return tuple(sorted((start, end) for start, end in runs if start < end))


@dataclass(frozen=True)
class Problem:
    """Why a schedule can't work, and what would fit; `field` is the path inside the schedule."""

    field: tuple[str | int, ...]
    message: str


@dataclass(frozen=True)
class Preferences:
    """What one participant chose: zone (IANA), where her study day begins, her windows by name, when never to write."""

    timezone: str
    day_starts: time
    windows: Mapping[str, Window]
    weekday_windows: Mapping[int, Mapping[str, Window]] = field(default_factory=dict)
    """Other hours for some weekdays, 1 (Monday) to 7, of the study day's date."""
    wakes: time | None = None
    """When she gets up. Without it, as the study day begins."""
    weekday_wakes: Mapping[int, time] = field(default_factory=dict)
    quiet: tuple[Window, ...] = ()
    """Spans of her clock in which nothing comes."""
    never_before: time | None = None
    """Nothing from the latest hour up to here; without one, from when her study day begins, or from midnight."""
    never_after: time | None = None
    """Nothing from here on up to the earliest hour; without one, until her study day begins."""
    day_starts_before: tuple[date, time] | None = None
    """Study days before this date begin at this time: she chose a later beginning when they had begun."""

    def day_starts_on(self, local_date: date) -> time:
        """When the study day of this date begins, on her clock."""
        if self.day_starts_before is not None and local_date < self.day_starts_before[0]:
            return self.day_starts_before[1]
        return self.day_starts

    def windows_on(self, local_date: date) -> Mapping[str, Window]:
        """Her windows on the study day of this date."""
        if not self.weekday_windows:
            return self.windows
        return {**self.windows, **self.weekday_windows.get(local_date.isoweekday(), {})}

    def wakes_on(self, local_date: date) -> time:
        """When she gets up on this date."""
        return self.weekday_wakes.get(local_date.isoweekday()) or self.wakes or self.day_starts_on(local_date)

    def closed(self) -> Runs:
        """The minutes of her clock's day (0 to 1440) at which nothing may reach her."""
        spans = [(window.start, window.end) for window in self.quiet]
        if self.never_after is not None:
            spans.append((self.never_after, self.day_starts if self.never_before is None else self.never_before))
        elif self.never_before is not None:
            # The later of the two, so that neither a night's end nor the whole day but an hour is taken.
            spans.append((self.day_starts if self.day_starts <= self.never_before else time(0), self.never_before))
        return _clock_runs(spans)


Barred = Literal["", "quiet hours", "no room", "passed"]
"""Why a planned prompt is never sent, though it keeps its row: nothing that the protocol asks for disappears.

`quiet hours`: she is never to be reached at any minute of its window. `no room`: no minute lies far enough from other
notes. `passed`: when this was planned anew, its window was over, as after a flight eastwards.
"""


class Slot(NamedTuple):
    """One planned prompt. Instants are aware UTC; `local_date` is the study day's date, not the due time's."""

    schedule: str
    slot_key: str
    slot: str
    study_day: int
    local_date: date
    opens_at: datetime
    due_at: datetime
    expires_at: datetime
    barred: Barred = ""


@dataclass(frozen=True, slots=True)
class Day:
    """One study day of one participant, as schedules see it."""

    number: int
    date: date
    """On which it begins, in her local time."""
    hers: Preferences
    timeline: Timeline
    seed: str = ""
    """The enrolment's: what is drawn over several days, such as two days of a week, is drawn from it."""
    closed: Runs = ()
    """Her clock's minutes at which nothing may reach her."""

    @property
    def stretch(self) -> Stretch | None:
        return self.timeline.at(self.number)


class Place(NamedTuple):
    """Where one prompt may fall: any minute of `free`, counted from `start`. Without one, it is barred."""

    key: str
    slot: str
    start: datetime
    """UTC; what `free` counts from."""
    opens_at: datetime
    free: Runs
    lasts: timedelta | None = None
    """How long it stays open from when it is due; without it, until `expires_at`."""
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Span:
    """Where a slot may fall, in minutes after the study day began, as on a day without a change of clocks.

    By `latest` it has become due: the window's end, or for what comes at one given minute that minute itself.
    """

    slot: str
    earliest: int
    latest: int
    block: tuple[int, int] = (0, 1)
    """Which (from 0) of how many equal blocks of a window this is; `earliest` and `latest` are that window's."""

    def on_day(self, days: int) -> Span:
        """The same so many days later."""
        return replace(self, earliest=self.earliest + days * 1440, latest=self.latest + days * 1440)

    def minutes(self, earliest: int, latest: int) -> tuple[int, int]:
        """The minutes of it if its window lasted from `earliest` to `latest`, the last one not included."""
        length = max(latest - earliest, 1)
        part, parts = self.block
        return earliest + length * part // parts, earliest + length * (part + 1) // parts

    def begins(self) -> int:
        return self.minutes(self.earliest, self.latest)[0]

    def ends(self) -> int:
        """By then it has become due."""
        return self.latest if self.latest == self.earliest else self.minutes(self.earliest, self.latest)[1]


class Reminder(BaseModel):
    """One more note for an unanswered prompt, `after_minutes` after it was due."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after_minutes: int = Field(gt=0)
    silent: bool = True
    text: Localised | None = Field(default=None, exclude_if=empty)
    """In place of the study's note, and as neutral: whoever glances at the phone can read it."""


class Schedule(BaseModel):
    """What all schedule kinds share. Days are study days, 1-based and inclusive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    planned: ClassVar[bool] = True
    """Its slots are known ahead. False where something that she does brings them about."""

    kind: str
    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    questionnaires: tuple[str, ...] = Field(min_length=1)
    counts: bool = True
    """Part of compliance and trends. One-off sets (baseline, exit) are exported but not counted."""
    delivery: Literal["note", "offer"] = "note"
    """`note`: a neutral notification is sent when due. `offer`: shown as a button while open, never notified."""
    reminders: tuple[Reminder, ...] = ()
    arms: tuple[str, ...] = Field(default=(), exclude_if=empty)
    """For these arms of the allocation only. Empty: for everybody."""
    snooze: tuple[Annotated[int, Field(gt=0, le=1440)] | Literal["tonight"], ...] = Field(default=(), exclude_if=empty)
    """How long she may put a prompt off: minutes, or `tonight`, when the last window of her study day starts."""
    late_grace_minutes: int = Field(default=0, ge=0, le=1440, exclude_if=zero)
    """How long after it would have closed a prompt that she put off may still be begun. 0: never."""
    when_unfinished: Literal["replace", "wait", "skip"] | None = Field(default=None, exclude_if=empty)
    """What happens when a prompt comes while the one before it is open: it takes its place, waits until that one is
    finished or closes, or is left out. Not said, prompts of one schedule must not overlap."""

    def is_for(self, arm: str | None) -> bool:
        return not self.arms or arm in self.arms

    def is_note(self) -> bool:
        """It comes as a note that counts: kept apart from others, and counted towards the most in a day."""
        return self.counts and self.delivery == "note"

    def most_a_day(self) -> int:
        """How many prompts a study day can have of it."""
        return len(self.slot_names())

    @abstractmethod
    def slot_names(self) -> tuple[str, ...]:
        """The names of the slots in a study day, in order; `position` counts over them."""

    @abstractmethod
    def days(self, timeline: Timeline) -> tuple[int, int]:
        """First and last study day on which anything of it can come."""

    @abstractmethod
    def runs_on(self, day: Day) -> bool:
        """Whether anything of it comes on this day. The arm was looked at before: see `is_for`."""

    @abstractmethod
    def places(self, day: Day) -> list[Place]:
        """Where its slots may fall on a day on which it runs."""

    def joining_slots(self, joined_at: datetime, first_date: date, preferences: Preferences) -> list[Slot]:  # noqa: ARG002
        """The slots that joining itself opens, at `joined_at` (UTC); `first_date` is study day 1's date."""
        return []

    @abstractmethod
    def spans(self, preset: Preset) -> list[Span]:
        """Where its slots fall in these hours; every window that it names is there."""

    def problems(self, study: Protocol) -> list[Problem]:  # noqa: ARG002
        """What can't work with the hours that the study offers, in words for the researcher."""
        return []
