"""Prompts at random minutes of each of the participant's windows, every study day."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from ema.domain.localtime import MINUTE, Runs, free_minutes, window_span, without
from ema.domain.rest import one
from ema.domain.schedules import windows
from ema.domain.schedules.base import Day, Place, Problem, Schedule, Span
from ema.domain.schedules.recurring import Recurring

if TYPE_CHECKING:
    from ema.domain.protocol import Preset, Protocol


class _InWindows(Schedule):
    windows: tuple[str, ...] = Field(min_length=1)


class RandomWindow(Recurring, _InWindows):
    """`prompts` slots a day in each of `windows`, each due at a uniformly drawn minute of its equal share of it.

    Minutes are drawn in elapsed time between the window's ends, so that a repeated hour is used too, but never one at
    which the clock shows a time outside the window. The exception is a window wholly in a gap: it comes after it.
    Quiet hours take minutes out of a share and leave the shares as they are.
    """

    kind: Literal["random_window"]
    prompts: int = Field(default=1, ge=1, le=100, exclude_if=one)
    """One in each of so many blocks of the window that last equally long, to the minute."""

    @model_validator(mode="after")
    def _different(self) -> Self:
        if len(set(self.windows)) < len(self.windows):
            raise ValueError("a window is named twice; name each once")
        if len(set(self.slot_names())) < len(self.slot_names()):
            raise ValueError("two prompts would have the same name; name the windows otherwise")
        return self

    def slot_names(self) -> tuple[str, ...]:
        if self.prompts == 1:
            return self.windows
        return tuple(f"{name}_{number}" for name in self.windows for number in range(1, self.prompts + 1))

    def places(self, day: Day) -> list[Place]:
        places: list[Place] = []
        lasts = timedelta(minutes=self.open_for_minutes)
        hers = day.hers.windows_on(day.date)
        slots = self.slot_names()
        for name in self.windows:
            start, end = window_span(hers[name], day.date, day.hers)
            whole = free_minutes(start, end, day.hers.timezone)
            free = free_minutes(start, end, day.hers.timezone, day.closed) if day.closed else whole
            for block in blocks(whole, self.prompts):
                index = len(places)
                places.append(
                    Place(
                        key=f"{day.number}.{index + 1}",
                        slot=slots[index],
                        start=start,
                        opens_at=start + block[0][0] * MINUTE if self.prompts > 1 and block else start,
                        free=free if self.prompts == 1 else common(block, free),
                        lasts=lasts,
                    )
                )
        return places

    def spans(self, preset: Preset) -> list[Span]:
        names = iter(self.slot_names())
        return [
            Span(next(names), *preset.windows[name].minutes_after(preset.day_starts), block=(part, self.prompts))
            for name in self.windows
            for part in range(self.prompts)
        ]

    def problems(self, study: Protocol) -> list[Problem]:
        if found := windows.unknown(self.windows, study) or windows.out_of_order(self.windows, study):
            return found
        own = study.hours.own
        shortest = min(
            [preset.windows[name].minutes for preset in study.hours.presets.values() for name in self.windows]
            + ([own.length_minutes] if own is not None else [])
        )
        if shortest < self.prompts:
            return [
                Problem(
                    ("prompts",), f"{self.prompts} don't fit into a window of {shortest} minutes; at most {shortest} do"
                )
            ]
        length = own.length_minutes if own is not None else 0
        return super().problems(study) + windows.too_near(self, self.windows, length, study)


def blocks(runs: Runs, parts: int) -> list[Runs]:
    """The minutes in `parts` parts of equal length; where they don't divide, some have a minute more."""
    if parts == 1:
        return [runs]
    minutes = sum(end - begin for begin, end in runs)
    cuts = [minutes * part // parts for part in range(parts + 1)]
    found = []
    for low, high in pairwise(cuts):
        block: list[tuple[int, int]] = []
        before = 0
        for begin, end in runs:
            first, last = max(begin, begin + low - before), min(end, begin + high - before)
            if first < last:
                block.append((first, last))
            before += end - begin
        found.append(tuple(block))
    return found


def common(runs: Runs, others: Runs) -> Runs:
    """The minutes that are in both."""
    if not runs:
        return ()
    edges = [(0, 0), *others, (runs[-1][1], runs[-1][1])]
    return without(runs, *((before[1], after[0]) for before, after in pairwise(edges)))
