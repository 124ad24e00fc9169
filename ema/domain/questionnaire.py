"""A questionnaire: items in order, what they are scored to, where they come from and under which licence."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ema.domain.items import AnyItem
from ema.domain.localised import Localised
from ema.domain.scoring import Score


class Provenance(BaseModel):
    """Where an instrument comes from. A file without it is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    citation: str
    licence: str
    validation: str
    """For example “adapted, unvalidated”, or the published form that it is."""
    recall: str
    measures: Literal["state", "trait", "evaluation", "feedback"]


class Questionnaire(BaseModel):
    """One instrument or a set of the study's own items."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    title: str
    provenance: Provenance
    introduction: Localised | None = None
    seconds: int = Field(gt=0)
    """How long it takes, as the first screen says it."""
    items: tuple[AnyItem, ...] = Field(min_length=1)
    scores: tuple[Score, ...] = ()
