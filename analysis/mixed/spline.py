"""Natural cubic splines: smooth curves that go on as straight lines beyond the first and the last knot.

The basis is time itself and one bend for each inner knot (Hastie, Tibshirani and Friedman 2009, section 5.2.1), so
that a straight line is the spline with all bends at zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import NotEstimable

if TYPE_CHECKING:
    from analysis.serial import Floats


@dataclass(frozen=True)
class Spline:
    """Knots (bends + 2,) in rising order, the ends of the observed time among them."""

    knots: Floats

    @classmethod
    def over(cls, time: Floats, bends: int) -> Spline:
        """Inner knots at equal shares of the answers (quantiles of type 7)."""
        knots = np.quantile(time, np.linspace(0, 1, bends + 2))
        if np.any(np.diff(knots) <= 0):
            raise NotEstimable(f"too few different times for a curve with {bends} bends")
        return cls(knots)

    def bends(self, time: Floats) -> Floats:
        """(n, bends), divided by the square of the observed span so that all are of the size of time."""
        return self._basis(time, 3, 1.0)

    def slopes(self, time: Floats) -> Floats:
        """Their derivatives by time."""
        return self._basis(time, 2, 3.0)

    def _basis(self, time: Floats, power: int, factor: float) -> Floats:
        knots, span = self.knots, self.knots[-1] - self.knots[0]
        above = np.maximum(np.asarray(time)[:, None] - knots, 0.0) ** power
        d = (above[:, :-1] - above[:, -1:]) / (knots[-1] - knots[:-1])
        found: Floats = factor * (d[:, :-1] - d[:, -1:]) / span
        return found
