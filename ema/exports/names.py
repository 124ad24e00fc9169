"""Names of columns that every format takes: short enough, none twice, none reserved."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 31
"""Characters. Stata takes 32, but pyreadstat writes no value labels for a name longer than 31."""
_COLUMNS: Final = (
    "participant prompt study_day slot kind schedule counts position local_date due_local first_action_local state "
    "test simulated id day beep"
)
"""Of the table of check-ins and of the time series."""
_WORDS: Final = "byte double float if in int long using with all and by eq ge gt le lt ne not or to"
"""What Stata and SPSS keep for themselves."""
RESERVED: Final = frozenset(f"{_COLUMNS} {_WORDS}".split())


class Names:
    """Gives each name once; whoever comes later gets a number."""

    def __init__(self) -> None:
        self._taken = set(RESERVED)

    def take(self, stem: str, end: str = "") -> str:
        """`stem` and `end`, the stem cut or numbered as far as it must be."""
        room = LONGEST - len(end)
        name, number = stem[:room] + end, 1
        while name in self._taken:
            number += 1
            mark = f"_{number}"
            name = stem[: room - len(mark)] + mark + end
        self._taken.add(name)
        return name
