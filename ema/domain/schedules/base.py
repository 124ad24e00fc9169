"""What every schedule kind gives: the slots of one study day, for one participant's preferences, from a given rng."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import date, datetime, time
from random import Random
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from ema.domain.errors import EmaError

if TYPE_CHECKING:
    from ema.domain.protocol import Hours


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
        return start, start + (_minute(self.end) - _minute(self.start)) % 1440


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute


@dataclass(frozen=True)
class Problem:
    """Why a schedule can't work, and what would fit; `field` is the path inside the schedule."""

    field: tuple[str | int, ...]
    message: str


@dataclass(frozen=True)
class Preferences:
    """What one participant chose: zone (IANA), where her study day begins, and her windows by name."""

    timezone: str
    day_starts: time
    windows: dict[str, Window]


@dataclass(frozen=True)
class Slot:
    """One planned prompt. Instants are aware UTC; `local_date` is the study day's date, not the due time's."""

    schedule: str
    slot_key: str
    slot: str
    study_day: int
    local_date: date
    opens_at: datetime
    due_at: datetime
    expires_at: datetime


class Reminder(BaseModel):
    """One more note for an unanswered prompt, `after_minutes` after it was due."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after_minutes: int = Field(gt=0)
    silent: bool = True


class Schedule(BaseModel):
    """What all schedule kinds share. Days are study days, 1-based and inclusive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    questionnaires: tuple[str, ...] = Field(min_length=1)
    counts: bool = True
    """Part of compliance and trends. One-off sets (baseline, exit) are exported but not counted."""
    delivery: Literal["note", "offer"] = "note"
    """`note`: a neutral notification is sent when due. `offer`: shown as a button while open, never notified."""
    reminders: tuple[Reminder, ...] = ()

    @abstractmethod
    def slot_names(self) -> tuple[str, ...]:
        """The names of the slots in a study day, in order; `position` counts over them."""

    @abstractmethod
    def days(self) -> tuple[int, int]:
        """First and last study day on which it can plan anything."""

    @abstractmethod
    def slots(self, study_day: int, local_date: date, preferences: Preferences, rng: Random) -> list[Slot]:
        """The slots of this study day. Deterministic in its arguments and the state of `rng`."""

    def joining_slots(self, joined_at: datetime, first_date: date, preferences: Preferences) -> list[Slot]:  # noqa: ARG002
        """The slots that joining itself opens, at `joined_at` (UTC); `first_date` is study day 1's date."""
        return []

    def problems(self, hours: Hours) -> list[Problem]:  # noqa: ARG002
        """What can't work with the hours that the study offers, in words for the researcher."""
        return []
