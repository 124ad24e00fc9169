"""What a fitted mixed model says: frozen results, ready for tables, figures and JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

if TYPE_CHECKING:
    from analysis.frames import LeftOut
    from analysis.serial import Floats

Random = Literal["intercept", "slope"]
ResidualName = Literal["independent", "ar1", "car1", "ar1-day", "ar1-noise", "car1-noise"]
Method = Literal["reml", "ml"]


@dataclass(frozen=True)
class Estimate:
    """A fixed effect with its Satterthwaite t interval (95 %)."""

    name: str
    estimate: float
    se: float
    df: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Component:
    """A standard deviation or correlation with its interval; an end is None where there is none."""

    name: str
    estimate: float
    low: float | None
    high: float | None
    boundary: bool


@dataclass(frozen=True)
class Test:
    """F test of one term, degrees of freedom by Fai and Cornelius (1996)."""

    term: str
    F: float
    df1: int
    df2: float
    p: float


@dataclass(frozen=True)
class CurvePoint:
    """The average course at one time, other terms at their mean, with a pointwise 95 % band."""

    time: float
    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class PersonSlope:
    """A person's trend as the group model sees it, drawn towards the average; 95 % prediction interval."""

    person: object
    slope: float
    low: float
    high: float


@dataclass(frozen=True)
class MixedResult:
    """A fitted linear mixed model. Arrays are in the order of `fixed` and (intercept, slope)."""

    score: str
    random: Random
    residual: ResidualName
    method: Method
    n_used: int
    n_persons: int
    converged: bool
    singular: bool
    warnings: tuple[str, ...]
    units: dict[str, str]
    log_lik: float
    fixed: tuple[Estimate, ...]
    vcov_fixed: Floats
    ranef_cov: Floats
    sigma: float  # of the whole residual, noise included
    phi: float | None
    components: tuple[Component, ...]
    tests: tuple[Test, ...]
    curve: tuple[CurvePoint, ...]
    person_slopes: tuple[PersonSlope, ...]
    sentence: str
    assumptions: tuple[str, ...] = (
        "the average course is a straight line over the time observed",
        "persons' levels and slopes, and the residuals, are roughly normal",
        "missing answers depend on nothing but what was observed (missing at random)",
    )
    left_out: tuple[LeftOut, ...] = ()

    @property
    def table(self) -> pd.DataFrame:
        """One row per fixed effect."""
        return pd.DataFrame(list(self.fixed))

    @property
    def trend(self) -> Estimate:
        """The fixed effect of time."""
        return next(effect for effect in self.fixed if effect.name == "time")
