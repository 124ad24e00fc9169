"""How long a prompt may be put off: what her study day still has room for."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

from ema.domain.localtime import allowed, window_span
from ema.domain.schedules.base import Preferences, Schedule


def snoozes(
    schedule: Schedule, now: datetime, expires_at: datetime, local_date: date, hers: Preferences
) -> dict[int | Literal["tonight"], datetime]:
    """What she can choose now, in the study's order, with the moment (UTC) at which the prompt then comes again.

    `expires_at` is when the prompt closes and `local_date` its study day. Never past `may_begin_until`, nor in her
    quiet hours; `tonight` is when the last window of her study day starts, unless it has.
    """
    last_window = max(window_span(window, local_date, hers)[0] for window in hers.windows_on(local_date).values())
    latest = may_begin_until(schedule, expires_at)
    moments = {
        choice: last_window if choice == "tonight" else now + timedelta(minutes=choice) for choice in schedule.snooze
    }
    return {choice: at for choice, at in moments.items() if now < at < latest and allowed(at, hers)}


def may_begin_until(schedule: Schedule, expires_at: datetime) -> datetime:
    """Until when (not included) a prompt that she put off may be begun."""
    return expires_at + timedelta(minutes=schedule.late_grace_minutes)
