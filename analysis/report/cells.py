"""The small-cell rule of the edition to send: nothing that stands on few persons, no count that points at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.compliance import ANSWERED, PENDING, STATES

if TYPE_CHECKING:
    import pandas as pd

    from analysis.compliance import Rate

FEWEST = 10
"""Persons. The threshold of the Office for National Statistics for what leaves a secure setting."""
NEAREST = 5
FINAL = tuple(name for name in STATES if name not in {*PENDING, "cancelled"})
Kept = tuple[tuple[str, ...], set[object]]
"""States that are shown as one, and who has them."""
_NOT_SENT = (("undelivered", "unknown"), ("paused",), ("quiet",))
LEFT_OUT = {
    "answered of delivered": _NOT_SENT,
    "answered of planned, without pauses": (("paused",),),
    "answered of planned, without pauses and quiet": (("paused",), ("quiet",)),
    "completed of delivered": (*_NOT_SENT, ("partial",)),
    "days with an answer, without pauses and quiet": (("paused",), ("quiet",)),
    "partly answered of answered": (("partial",),),
}
"""Rate → the groups of prompts that could be counted by comparing it with another."""


@dataclass(frozen=True)
class Cells:
    """`fewest` 1 is the internal edition: everything as it is."""

    fewest: int

    @property
    def kept(self) -> bool:
        return self.fewest > 1

    def few(self, persons: int) -> bool:
        """Too few to show, and not nobody."""
        return 0 < persons < self.fewest

    def persons(self, n: int) -> str:
        """A number of persons as it may be shown."""
        if self.few(n):
            return f"fewer than {self.fewest}"
        return f"{NEAREST * round(n / NEAREST) if self.kept else n:,}"

    def counted(self, rate: Rate, prompts: pd.DataFrame) -> bool:
        """Whether a rate's own counts may stand beside it."""
        scheduled = prompts[prompts["kind"] == "scheduled"]
        groups = LEFT_OUT.get(rate.name, ())
        return not any(
            self.few(scheduled.loc[scheduled["state"].isin(group), "participant"].nunique()) for group in groups
        )

    def states(self, prompts: pd.DataFrame) -> list[tuple[str, int, int]]:
        """Final state, prompts, persons. What few persons have is put together until it is no longer few.

        Answered ones are not put together with others: how many were answered is known, and would tell the rest.
        """
        past = prompts[(prompts["kind"] == "scheduled") & prompts["state"].isin(FINAL)]
        who = {name: set(past.loc[past["state"] == name, "participant"]) for name in FINAL}
        rows: list[tuple[str, int, int]] = []
        for kinds in (sorted(ANSWERED), [name for name in FINAL if name not in ANSWERED]):
            for names, persons in self._together([((name,), who[name]) for name in kinds if who[name]]):
                words = " or ".join(name for name in FINAL if name in names)
                rows.append((words, int(past["state"].isin(names).sum()), len(persons)))
        return rows

    def _together(self, rows: list[Kept]) -> list[Kept]:
        rows = sorted(rows, key=lambda row: len(row[1]))
        while len(rows) > 1 and self.few(len(rows[0][1])):
            (names, some), (more, others), *rest = rows
            rows = sorted([((*names, *more), some | others), *rest], key=lambda row: len(row[1]))
        return sorted(rows, key=lambda row: min(map(FINAL.index, row[0])))
