"""The rows of each person as matrices, and their covariance under a fitted model."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.frames import Tidy
    from analysis.mixed.design import Design
    from analysis.mixed.result import MixedResult
    from analysis.serial import Floats


@dataclass(frozen=True)
class Block:
    """One person: y (n,), X (n, p), Z (n, q), covariance of her residuals R (n, n) and of her answers V (n, n)."""

    rows: slice
    y: Floats
    X: Floats
    Z: Floats
    R: Floats
    V: Floats


def blocks(data: Tidy, fixed: Design, result: MixedResult) -> Iterator[Block]:
    """Every person in order; `fixed` and `result` must be those of the same fit of `data`."""
    y, time = data.values("score"), data.values("time")
    place = data.values("position") if result.residual.startswith("ar1") else data.clock
    day = data.values("day")
    parts = {part.name: part.estimate for part in result.components}
    phi, noise = parts.get("phi", 0.0), parts.get("noise", 0.0)
    q = len(result.ranef_cov)
    ends = np.r_[0, np.cumsum(np.bincount(data.unit))]
    for start, end in pairwise(ends.tolist()):
        rows = slice(start, end)
        n = end - start
        R = np.eye(n)
        if phi:
            gap = np.abs(np.subtract.outer(place[rows], place[rows]))
            R = noise * R + (1 - noise) * np.sign(phi) ** gap * np.abs(phi) ** gap
            if result.residual == "ar1-day":
                R *= np.equal.outer(day[rows], day[rows])
        R *= result.sigma**2
        Z = np.column_stack([np.ones(n), time[rows]])[:, :q]
        yield Block(rows, y[rows], fixed.X[rows], Z, R, R + Z @ result.ranef_cov @ Z.T)
