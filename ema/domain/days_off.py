"""When somebody who works here is off: weekdays, and single dates. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import Final

from ema.domain.errors import EmaError

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LONGEST: Final = timedelta(days=60)
"""What is off in one go."""


class NotADay(EmaError):
    status = 422


def is_off(days: Collection[str], today: date) -> bool:
    """`days` holds weekdays by name and dates as YYYY-MM-DD."""
    return WEEKDAYS[today.weekday()] in days or today.isoformat() in days


def read_days(chosen: Iterable[str], first: str, last: str) -> frozenset[str]:
    """What is ticked, and each date from `first` to `last` where they are given. Raises NotADay."""
    days = {one if one in WEEKDAYS else _date(one).isoformat() for one in chosen}
    if first or last:
        begins, ends = _date(first or last), _date(last or first)
        if not timedelta(0) <= ends - begins < LONGEST:
            raise NotADay(f"Days off end on the day they begin or later, and at most {LONGEST.days} are set at once.")
        days |= {(begins + timedelta(days=ahead)).isoformat() for ahead in range((ends - begins).days + 1)}
    return frozenset(days)


def _date(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise NotADay("A day off is a weekday or a date.") from None
