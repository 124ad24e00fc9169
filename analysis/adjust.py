"""Many tests at once: p-values that allow for it.

Benjamini and Hochberg (1995) holds the share of false findings among the findings, for many persons; Holm (1979) holds
the chance of any false finding, for the scores beside the primary one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis.serial import Floats


def benjamini_hochberg(p: Floats) -> Floats:
    """Adjusted p-values (k,)."""
    order = np.argsort(p)
    stepped = p[order] * len(p) / np.arange(1, len(p) + 1)
    found = np.empty(len(p))
    found[order] = np.minimum.accumulate(stepped[::-1])[::-1]
    return found


def holm(p: Floats) -> Floats:
    """Adjusted p-values (k,)."""
    order = np.argsort(p)
    stepped = p[order] * np.arange(len(p), 0, -1)
    found = np.empty(len(p))
    found[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return found


def beside_the_primary(p: Mapping[str, float], primary: str) -> dict[str, float]:
    """p-values by score: the primary one as it is, the others adjusted by Holm among themselves."""
    others = [score for score in p if score != primary]
    adjusted = holm(np.array([p[score] for score in others], dtype=np.float64))
    return {**p, **dict(zip(others, map(float, adjusted), strict=True))}
