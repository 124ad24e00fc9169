"""Windows that a schedule names: are they there, in order, and far enough apart where hours are a participant's own?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ema.domain.schedules.base import Problem

if TYPE_CHECKING:
    from ema.domain.protocol import Protocol
    from ema.domain.schedules.recurring import Recurring


def unknown(windows: tuple[str, ...], study: Protocol) -> list[Problem]:
    """Names that the hours don't have."""
    known = study.hours.window_names()
    return [
        Problem(("windows", at), f"“{name}” is no window of the hours; they have {', '.join(known)}")
        for at, name in enumerate(windows)
        if name not in known
    ]


def out_of_order(windows: tuple[str, ...], study: Protocol) -> list[Problem]:
    """Hours in which they don't come as they are listed."""
    found = []
    for name, preset in study.hours.presets.items():
        starts = [preset.windows[window].minutes_after(preset.day_starts)[0] for window in windows]
        if starts != sorted(starts):
            words = f"in the hours “{name}” they come in another order; list them as they come"
            found.append(Problem(("windows",), words))
    return found


def too_near(schedule: Recurring, windows: tuple[str, ...], length: int, study: Protocol) -> list[Problem]:
    """Hours of her own may put two windows so near that prompts overlap; `length` is a window's part that is used."""
    own = study.hours.own
    if own is None or len(windows) < 2 or schedule.when_unfinished is not None:
        return []
    needed = length + schedule.open_for_minutes
    if own.at_least_apart_minutes >= needed or (
        schedule.is_note() and study.minimum_gap_minutes >= schedule.open_for_minutes
    ):
        return []
    return [
        Problem(
            ("open_for_minutes",),
            f"with hours of her own {own.at_least_apart_minutes} minutes apart a prompt can still be "
            f"open when the next one comes; hours.own.at_least_apart_minutes must be {needed} or more",
        )
    ]
