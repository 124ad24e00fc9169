"""What every item type gives: how it is asked, how a raw answer is read, its number, and its export columns."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from ema.domain.localised import Localised
from ema.domain.screen import Words

Value = int | float | str | tuple[str, ...]
"""A stored answer value, as JSON can carry it."""

Status = Literal["answered", "skipped", "prefer_not", "not_now"]
"""What she did with an item that she was shown. An item without any of these was not shown or not reached."""

MISSING: dict[str, int] = {"not_reached": -95, "not_shown": -96, "not_now": -97, "prefer_not": -98, "skipped": -99}
"""The code of each reason for an empty cell, in formats that have missing values. No answer can have these numbers."""

Kind = Literal["buttons", "several", "number", "time", "date", "duration", "text", "voice", "photo", "location"]
"""What a channel must be able to take: a tap, several taps and “Done”, something typed, or something sent."""


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
    kind: Kind = "buttons"
    hint: Words | None = None
    """How to answer, for what is typed or sent."""
    slider: bool = False
    """It may be answered on a slider, where there is one."""


@dataclass(frozen=True)
class Column:
    """One export column of an item: name, label, value labels and kind, for the codebook and labelled formats."""

    name: str
    label: str
    kind: Literal["integer", "float", "string"]
    labels: dict[int | str, str]
    units: str = ""
    modes: dict[str, str] = field(default_factory=dict)
    """Ways of answering that must not be mixed unseen; the way taken stands beside the answer as `<name>_mode`."""


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
    hidden: ClassVar[bool] = False
    """Never shown: its value is worked out."""
    off_because: ClassVar[str] = ""
    """Why a study must switch this type on with a reason of its own (`sensitive_items`); empty for the others."""

    @abstractmethod
    def ask(self) -> Ask:
        """The question as any channel can show it."""

    @abstractmethod
    def parse(self, raw: str) -> Value:
        """Read a tapped or typed answer. Raises InvalidAnswer with words for the participant."""

    def parse_on(self, raw: str, today: date) -> Value:  # noqa: ARG002
        """As `parse`, on a day of hers: a date may then be typed without its year."""
        return self.parse(raw)

    def show(self, value: Value) -> str:
        """The value as it would be tapped or typed: `parse` reads it back."""
        return str(value)

    def mode(self, value: Value) -> str:  # noqa: ARG002
        """The way in which it was answered, where the type has several that must not be mixed."""
        return ""

    def read_cell(self, cell: str) -> Value:
        """Read a cell of a table: as `parse`, and a code where the item has codes. Raises InvalidAnswer."""
        return self.parse(cell)

    def leads_to(self, value: Value | None) -> str:  # noqa: ARG002
        """The place that this answer leads to after the last item, if any."""
        return ""

    @abstractmethod
    def number(self, value: Value) -> float | None:
        """The value as a number for scoring, or None where it has none."""

    def bounds(self) -> tuple[float, float] | None:
        """The lowest and highest number that an answer can have, for reverse keys and ranges; None without numbers."""
        return None

    @abstractmethod
    def column(self, language: str) -> Column:
        """Its export column, labelled in `language`."""

    def beside(self, language: str) -> tuple[Column, ...]:  # noqa: ARG002
        """More columns of the same answer. A name begins with the item's id."""
        return ()

    def spread(self, value: Value) -> tuple[int | float | None, ...]:  # noqa: ARG002
        """The cells of the columns beside."""
        return ()
