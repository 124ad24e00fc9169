"""What every item type gives: how it is asked, how a raw answer is read, its number, and its export columns."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from ema.domain.localised import Localised

Value = int | float | str | tuple[str, ...]
"""A stored answer value, as JSON can carry it."""

Status = Literal["answered", "skipped", "prefer_not", "not_now"]
"""What she did with an item that she was shown. An item without any of these was not shown or not reached."""


@dataclass(frozen=True)
class Option:
    """One button: the value that it stores and the words on it. `then` names a place to go after the last item."""

    value: str
    label: Localised
    then: str | None = None


@dataclass(frozen=True)
class Ask:
    """A question, free of any channel: rows of options, and the words at the two ends where a scale has them."""

    text: Localised
    rows: tuple[tuple[Option, ...], ...] = ()
    low: Localised | None = None
    high: Localised | None = None
    typed: bool = False
    """An answer may be typed as text (number, time …)."""


@dataclass(frozen=True)
class Column:
    """One export column of an item: name, label, value labels and kind, for the codebook and labelled formats."""

    name: str
    label: str
    kind: Literal["integer", "float", "string"]
    labels: dict[int | str, str]


class Item(BaseModel):
    """What all item types share. Subclasses set `type` and live in one file each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str
    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,23}$")
    text: Localised
    risk: bool = False
    """Answering it can disclose a risk to life; a study without an on-call rota may not ask it."""

    answers_expected: ClassVar[bool] = True
    """False for screens that only inform."""

    @abstractmethod
    def ask(self) -> Ask:
        """The question as any channel can show it."""

    @abstractmethod
    def parse(self, raw: str) -> Value:
        """Read a tapped or typed answer. Raises InvalidAnswer with words for the participant."""

    def read_cell(self, cell: str) -> Value:
        """Read a cell of a table: as `parse`, and a code where the item has codes. Raises InvalidAnswer."""
        return self.parse(cell)

    @abstractmethod
    def number(self, value: Value) -> float | None:
        """The value as a number for scoring, or None where it has none."""

    def bounds(self) -> tuple[int, int] | None:
        """The lowest and highest number that an answer can have, for reverse keys and ranges; None without numbers."""
        return None

    @abstractmethod
    def column(self, language: str) -> Column:
        """Its export column, labelled in `language`."""
