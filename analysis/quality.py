"""Signs of careless answering: flags to look at, never reasons to leave somebody out.

Longstring is the longest run of equal answers in the order of the items, intra-individual response
variability the standard deviation over the items of one prompt (Dunn et al. 2018), speed the seconds per item.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.errors import NotEstimable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.serial import Floats, Ints

FAST_SECONDS_PER_ITEM = 1.0


@dataclass(frozen=True)
class Quality:
    """`prompts`: a row per complete prompt (index of the frame kept); `persons`: means per person.

    Columns of both: longstring, irv, at_mode (share of items at the prompt's commonest answer), and with a
    duration seconds_per_item; `persons` also n, same_throughout (share of prompts with one answer to all
    items) and fast (share of prompts faster than a second per item).
    """

    prompts: pd.DataFrame
    persons: pd.DataFrame
    left_out: int
    sentence: str
    assumptions: tuple[str, ...] = (
        "somebody who feels the same for weeks answers the same for weeks: a flag is no proof",
    )

    @property
    def table(self) -> pd.DataFrame:
        """One row per person."""
        return self.persons


def quality(frame: pd.DataFrame, person: str, items: Sequence[str], duration: str | None = None) -> Quality:
    """Look at complete prompts only; `duration` is a column in seconds, not a number where unknown."""
    names = list(items)
    rows = frame.dropna(subset=[person, *names])
    if not len(rows) or len(names) < 2:
        raise NotEstimable("at least two items and one complete prompt are needed")
    answers = rows[names].to_numpy(dtype=np.float64)
    prompts = pd.DataFrame(
        {
            "person": rows[person],
            "longstring": longstring(answers),
            "irv": answers.std(axis=1, ddof=1),
            "at_mode": _at_mode(answers),
        }
    )
    if duration:
        prompts["seconds_per_item"] = pd.to_numeric(rows[duration], errors="coerce") / len(names)
    by_person = prompts.groupby("person")
    persons = by_person.mean()
    persons.insert(0, "n", by_person.size())
    persons["same_throughout"] = (prompts["longstring"] == len(names)).groupby(prompts["person"]).mean()
    if duration:
        fast = (prompts["seconds_per_item"] < FAST_SECONDS_PER_ITEM).where(prompts["seconds_per_item"].notna())
        persons["fast"] = fast.astype("float64").groupby(prompts["person"]).mean()
    same = float((prompts["longstring"] == len(names)).mean())
    return Quality(
        prompts=prompts,
        persons=persons.reset_index(),
        left_out=len(frame) - len(rows),
        sentence=f"In {same:.1%} of {len(rows):,} complete prompts all {len(names)} items have the same answer;"
        f" the mean longest run of equal answers is {prompts['longstring'].mean():.1f}. These are flags, not"
        " reasons to leave anybody out.",
    )


def longstring(answers: Floats) -> Ints:
    """Longest run of equal consecutive answers of each row (N, k)."""
    run = np.ones(len(answers), dtype=np.intp)
    longest = run.copy()
    for before, now in zip(answers.T[:-1], answers.T[1:], strict=True):
        run = np.where(now == before, run + 1, 1)
        longest = np.maximum(longest, run)
    return longest


def _at_mode(answers: Floats) -> Floats:
    equal = answers[:, :, None] == answers[:, None, :]
    found: Floats = equal.sum(axis=2).max(axis=1) / answers.shape[1]
    return found
