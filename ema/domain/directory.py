"""The directory of services that a study names: what is open now, and what opens next. Pure.

Hours are wall-clock times where the service is. An end at or before the start lies on the next day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from ema.domain.localised import Localised
from ema.domain.localtime import DAY, local, to_utc
from ema.domain.rest import empty
from ema.domain.schedules.base import ClockTime
from ema.domain.schedules.recurring import Weekday

VERIFIED_FOR = timedelta(days=183)
"""What nobody has checked for six months is shown as unverified: services close, and a locked door at night harms."""


class OpenHours(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    days: tuple[Weekday, ...] = Field(min_length=1)
    """1 (Monday) to 7, of the day on which it opens."""
    start: ClockTime
    end: ClockTime


class FastTrack(BaseModel):
    """A quicker way in that a service gives to the study's participants. The same for all of them, and no secret."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    words: Localised
    """How it is used: whom to ask for, what to say."""
    code: str = Field(default="", max_length=40)
    until: date | None = None
    """The last day on which it is good; after it nobody is shown it."""

    def good(self, today: date) -> bool:
        return self.until is None or today <= self.until


class Service(BaseModel):
    """A drop-in, a van, a clinic, a line: somewhere to go or to turn to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    what: Localised
    where: Localised
    contact: str = ""
    hours: tuple[OpenHours, ...] = ()
    """Empty: not known."""
    women_only: bool = False
    trans_inclusive: bool = False
    """Only where the service says so itself."""
    walk_in: bool = False
    public: bool = False
    """Shown to somebody who has not joined, too: only where its name tells nothing about who goes there."""
    fast_track: FastTrack | None = Field(default=None, exclude_if=empty)
    """Shown to those who have joined."""
    source: str
    last_verified: date | None = None


def fresh(last_verified: date | None, today: date) -> bool:
    return last_verified is not None and today - last_verified <= VERIFIED_FOR


@dataclass(frozen=True)
class Opening:
    """`until`: it is open now, and closes then. `opens`: it is closed, and opens then. As the clock shows there."""

    until: datetime | None = None
    opens: datetime | None = None


def opening(service: Service, now: datetime, timezone: str) -> Opening | None:
    """When it closes or next opens; None where its hours are not known."""
    return opening_of(service.hours, now, timezone)


def opening_of(open_hours: Sequence[OpenHours], now: datetime, timezone: str) -> Opening | None:
    """The same of hours by themselves."""
    today = local(now, timezone).date()
    spans = sorted(
        span
        for days in range(-1, 8)
        for hours in open_hours
        if (span := _span(hours, today + days * DAY, timezone)) is not None
    )
    ends = [end for start, end in spans if start <= now < end]
    if ends:
        return Opening(until=local(max(ends), timezone))
    later = [start for start, _ in spans if start > now]
    return Opening(opens=local(later[0], timezone)) if later else None


def _span(hours: OpenHours, on: date, timezone: str) -> tuple[datetime, datetime] | None:
    if on.isoweekday() not in hours.days:
        return None
    ends_on = on if hours.end > hours.start else on + DAY
    return to_utc(on, hours.start, timezone), to_utc(ends_on, hours.end, timezone)


def by_opening(services: Iterable[tuple[Service, str]], now: datetime) -> list[tuple[Service, Opening | None]]:
    """Open ones first, the longest open first; then by when they open; those of unknown hours last.

    Each service comes with the zone of the clock that its hours go by.
    """

    def key(entry: tuple[Service, Opening | None]) -> tuple[int, float]:
        when = entry[1]
        if when is None:
            return 2, 0.0
        if when.until is not None:
            return 0, -when.until.timestamp()
        assert when.opens is not None
        return 1, when.opens.timestamp()

    return sorted(((service, opening(service, now, timezone)) for service, timezone in services), key=key)
