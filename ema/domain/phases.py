"""A study's days: one stretch, or phases that follow each other, perhaps several times over (measurement bursts)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ema.domain.rest import empty

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class Phase(BaseModel):
    """So many study days under one name. Schedules that name phases come in these only; a rest is a phase too."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Id
    days: int = Field(gt=0, le=3650)
    arms: tuple[str, ...] = Field(default=(), exclude_if=empty)
    """The arms that go through it; the others go on with the phase after it. Empty: all of them."""


class Calendar(BaseModel):
    """A study that runs on given dates for everybody, whenever she joins."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    starts_on: date
    """The date of study day 1. Who joins later begins in the middle."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One run through a phase: study days `first` to `last`, in round `round` of the phases (from 1)."""

    phase: str
    round: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """The study days of one arm: 1 to `days`, in stretches where the study has phases."""

    days: int
    stretches: tuple[Stretch, ...] = ()

    def at(self, study_day: int) -> Stretch | None:
        """The stretch in which this day lies; None outside the study, and in a study without phases."""
        return next((stretch for stretch in self.stretches if stretch.first <= study_day <= stretch.last), None)

    def of(self, phases: Iterable[str]) -> list[Stretch]:
        """Every run through these phases."""
        named = set(phases)
        return [stretch for stretch in self.stretches if stretch.phase in named]


def timeline(days: int, phases: Iterable[Phase], rounds: int, arm: str | None) -> Timeline:
    """The phases that `arm` goes through, one after the other, `rounds` times over."""
    hers = [phase for phase in phases if not phase.arms or arm in phase.arms]
    stretches: list[Stretch] = []
    begins = 1
    for number in range(1, rounds + 1):
        for phase in hers:
            stretches.append(Stretch(phase.id, number, begins, begins + phase.days - 1))
            begins += phase.days
    return Timeline(days, tuple(stretches))
