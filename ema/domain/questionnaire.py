"""A questionnaire: items in order, what they are scored to, where they come from and under which licence."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

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
