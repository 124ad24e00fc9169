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
    return _adjusted(p, "fdr_bh")


def holm(p: Floats) -> Floats:
    """Adjusted p-values (k,)."""
    return _adjusted(p, "holm")


def _adjusted(p: Floats, method: str) -> Floats:
    from statsmodels.stats.multitest import multipletests

    found: Floats = multipletests(p, method=method)[1] if len(p) else p
    return found


def beside_the_primary(p: Mapping[str, float], primary: str) -> dict[str, float]:
    """p-values by score: the primary one as it is, the others adjusted by Holm among themselves."""
    others = [score for score in p if score != primary]
    adjusted = holm(np.array([p[score] for score in others], dtype=np.float64))
    return {**p, **dict(zip(others, map(float, adjusted), strict=True))}
