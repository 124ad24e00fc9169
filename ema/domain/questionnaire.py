"""A questionnaire: items in order, what they are scored to, where they come from and under which licence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ema.domain.items import AnyItem
from ema.domain.localised import Localised
from ema.domain.scoring import Score


def _unsaid(value: Any) -> bool:
    """A field at rest is not written out, so that documents from before it existed keep their hash."""
    return value is None or value == "included"


class Provenance(BaseModel):
    """Where an instrument comes from. A file without it is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    citation: str
    licence: str
    validation: str
    """For example “adapted, unvalidated”, or the published form that it is."""
    recall: str
    measures: Literal["state", "trait", "evaluation", "symptoms", "feedback"]
    if_altered: str | None = Field(default=None, exclude_if=_unsaid)
    """What it must be called once its recall period or its words are altered."""


Order = Literal["as_written", "random"]


class Placed(BaseModel):
    """An item at its place. In a file its bare id will do: `- wb_mood`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    item: str
    show_if: str | None = None
    """An expression (`ema.domain.expressions`); the item is shown only while it holds."""
    fixed: bool = False
    """Keeps its place where the others take a random order, and is never left out of a draw."""
    once: bool = False
    """A static fact: asked in full once; whenever it comes up again, what she said is put up to be confirmed."""

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        return {"item": value} if isinstance(value, str) else value


class Page(BaseModel):
    """Items that belong together; what is in random order or drawn is so among them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    title: Localised | None = None
    show_if: str | None = None
    order: Order = "as_written"
    draw: int | None = Field(default=None, ge=1)
    """Planned missingness: so many of the items that are not fixed, every one equally often over a person's prompts."""
    fixed: bool = False
    """Keeps its place where the pages of a section take a random order."""
    items: tuple[Placed, ...] = Field(min_length=1)


class Section(BaseModel):
    """Pages under one title, shown or left out together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    title: Localised | None = None
    show_if: str | None = None
    order: Order = "as_written"
    pages: tuple[Page, ...] = Field(min_length=1)


def _empty(value: tuple[object, ...]) -> bool:
    return not value


class Questionnaire(BaseModel):
    """One instrument or a set of the study's own items."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    title: str
    provenance: Provenance
    wording: Literal["included", "licensed"] = Field(default="included", exclude_if=_unsaid)
    """`licensed`: the file has item numbers and scoring only; the words come from `<id>.wording.yaml`."""
    wording_licence: str | None = Field(default=None, exclude_if=_unsaid)
    """Who allowed the licensed words that were merged in, as the wording file says it."""
    introduction: Localised | None = None
    seconds: int = Field(gt=0)
    """How long it takes, as the first screen says it."""
    items: tuple[AnyItem, ...] = Field(min_length=1)
    scores: tuple[Score, ...] = ()
    # Left out of the document where they are empty, so that a document from before they existed keeps its hash.
    pages: tuple[Page, ...] = Field(default=(), exclude_if=_empty)
    """Where and when the items are shown. Without pages or sections: all of them, in the order of `items`."""
    sections: tuple[Section, ...] = Field(default=(), exclude_if=_empty)
    """In place of `pages`, where pages stand under titles or conditions of their own."""

    def placed(self) -> Iterator[tuple[Section | None, Page | None, Placed]]:
        """Every item at its place, as written."""
        for section, page in self.all_pages():
            for placed in page.items:
                yield section, page, placed
        if not self.pages and not self.sections:
            for item in self.items:
                yield None, None, Placed(item=item.id)

    def all_pages(self) -> Iterator[tuple[Section | None, Page]]:
        """The pages in the order in which they are written, each with its section."""
        for page in self.pages:
            yield None, page
        for section in self.sections:
            for page in section.pages:
                yield section, page
