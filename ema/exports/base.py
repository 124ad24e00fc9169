"""What an export is made of: typed, labelled tables whose rows come in blocks. A format only writes them down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

Cell = int | float | str | date | datetime | None
Row = tuple[Cell, ...]
Block = list[Row]
Kind = Literal["integer", "float", "string", "date", "instant"]
"""`instant` is an aware UTC time. Local times are strings in ISO form with their offset: no format keeps both."""


@dataclass(frozen=True)
class Column:
    """One column and everything the codebook says about it."""

    name: str
    label: str
    kind: Kind
    units: str = ""
    labels: Mapping[Any, str] = field(default_factory=dict)
    """Value (a number or a code) → words."""
    source: str = ""
    """The questionnaire that it comes from."""
    wording: str = ""
    """The question as it was asked."""
    rule: str = ""
    """How it is computed."""
    shown: str = ""
    """When and where an item comes up; empty where it always comes at its place."""
    empty_because: str = ""
    """The column beside it that says why a cell of this one is empty."""
    number: int | None = None
    """Of an item: it stands for the item in the names of files."""


@dataclass(frozen=True)
class Table:
    """`blocks` starts reading afresh each time that it is called, in a fixed order."""

    name: str
    title: str
    columns: tuple[Column, ...]
    blocks: Callable[[], Iterator[Block]]

    def index(self, column: str) -> int:
        return next(at for at, one in enumerate(self.columns) if one.name == column)


@dataclass(frozen=True)
class MediaFile:
    """A recording or picture. Its name has a pseudonym and numbers only."""

    name: str
    body: bytes


def no_media() -> Iterator[MediaFile]:
    return iter(())


@dataclass(frozen=True)
class DataSet:
    """All tables of one study at one moment."""

    study_id: str
    title: str
    study_state: str
    protocol_version: int
    protocol_sha256: str
    days: int
    prompts_a_day: int
    generated_at: datetime
    data_version: str
    """Changes when any exported row was added or changed."""
    simulated: bool
    tables: tuple[Table, ...]
    series: frozenset[str]
    """The columns of the check-ins that counted prompts can fill: a time series has no others."""
    orders: Mapping[str, str] = field(default_factory=dict)
    """Questionnaire → how the order of its items was made."""
    shared: bool = False
    """The edition that may leave the study: see `ema.exports.shared`."""
    media: Callable[[], Iterator[MediaFile]] = no_media
    """One after another: no more than one has to fit into memory."""

    def table(self, name: str) -> Table:
        return next(table for table in self.tables if table.name == name)

    def file(self, table: str, suffix: str) -> str:
        """File names carry the study's id and the table, never what the study is about."""
        return f"{self.study_id}_{table}.{suffix}"
