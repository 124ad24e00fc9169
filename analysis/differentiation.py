"""How far a person tells feelings of one kind apart: emotion differentiation (granularity).

Per person the intraclass correlation of the items over her prompts (Shrout and Fleiss 1979), of their mean: with
absolute agreement (Tugade, Fredrickson and Barrett 2004) and of consistency (Erbas et al. 2014). High means that the
items rise and fall together: little differentiation. A correlation below zero has no meaning as one and is left open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError, NotEstimable
from analysis.mixed.words import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.serial import Floats

FEWEST_PROMPTS = 5


@dataclass(frozen=True)
class Differentiation:
    """`table`: person, n (complete prompts), agreement, consistency, differentiation (1 - consistency), reason.

    `left_out` are prompts with an item missing.
    """

    table: pd.DataFrame
    items: tuple[str, ...]
    n_persons: int
    left_out: int
    sentence: str
    assumptions: tuple[str, ...] = (
        "the items are of one kind (all pleasant, or all unpleasant) and on one scale",
        "a person who hardly moves seems to differentiate: look at her standard deviation too",
    )


def differentiation(frame: pd.DataFrame, person: str, items: Sequence[str]) -> Differentiation:
    """`frame` has a row per prompt; prompts with every item count, in persons with at least FEWEST_PROMPTS."""
    names = list(items)
    absent = [column for column in (person, *names) if column not in frame.columns]
    if absent:
        raise AnalysisError(f"no column {', '.join(absent)}")
    if len(names) < 2:
        raise NotEstimable("at least two items are needed")
    rows = frame.dropna(subset=[person, *names])
    if not len(rows):
        raise NotEstimable("no prompt has every item")
    found = [
        {"person": who, "n": len(part), **_person(part[names].to_numpy(dtype=np.float64))}
        for who, part in rows.groupby(person, sort=True)
    ]
    table = pd.DataFrame(found)
    known = table["consistency"].dropna()
    middle = "nobody" if not len(known) else f"the median of {len(known)} persons is {number(float(known.median()))}"
    return Differentiation(
        table,
        tuple(names),
        len(table),
        len(frame) - len(rows),
        f"How much {', '.join(names[:-1])} and {names[-1]} rise and fall together within a person (intraclass"
        f" correlation, 1 is no differentiation): {middle}.",
    )


def _person(x: Floats) -> dict[str, float | str | None]:
    """Two-way analysis of variance of (prompts, items)."""
    n, k = x.shape
    nothing: dict[str, float | str | None] = dict.fromkeys(("agreement", "consistency", "differentiation"), None)
    if n < FEWEST_PROMPTS:
        return nothing | {"reason": f"{n} complete prompts; at least {FEWEST_PROMPTS} are needed"}
    rows, columns = x.mean(axis=1, keepdims=True), x.mean(axis=0, keepdims=True)
    prompts = k * float(np.sum((rows - x.mean()) ** 2)) / (n - 1)
    between = n * float(np.sum((columns - x.mean()) ** 2)) / (k - 1)
    error = float(np.sum((x - rows - columns + x.mean()) ** 2)) / ((n - 1) * (k - 1))
    if prompts <= 1e-12 * max(1.0, float(np.abs(x).max())) ** 2:
        return nothing | {"reason": "no variation from prompt to prompt"}
    consistency = (prompts - error) / prompts
    if consistency < 0:
        return nothing | {"reason": "the items don't go together at all"}
    agreement = (prompts - error) / (prompts + (between - error) / n)
    return {
        "agreement": agreement,
        "consistency": consistency,
        "differentiation": 1 - consistency,
        "reason": None,
    }
