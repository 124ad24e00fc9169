"""What an export is made from: one person's rows, unsealed. No address, no contact data: there is no field for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from ema.domain.items.base import Value


@dataclass(frozen=True)
class PersonRecord:
    """A participant in the study, by pseudonym."""

    participant: str
    standing: str
    language: str
    timezone: str
    hours_preset: str | None
    day_starts: str
    arm: str | None
    protocol_version: int
    first_date: date
    ended_at: datetime | None
    end_reason: str | None
    test: bool
    simulated: bool


@dataclass(frozen=True)
class PromptRecord:
    id: int
    schedule: str
    slot: str
    slot_key: str
    kind: str
    counts: bool
    study_day: int
    position: int | None
    timezone: str
    local_date: date
    opens_at: datetime
    due_at: datetime
    expires_at: datetime
    protocol_version: int
    state: str
    reason: str | None
    sent_at: datetime | None
    first_action_at: datetime | None
    finished_at: datetime | None
    n_items: int
    n_shown: int
    n_answered: int
    late_processed: bool


@dataclass(frozen=True)
class AnswerRecord:
    """One revision of one answer."""

    prompt: int
    questionnaire: str
    item: str
    revision: int
    status: str
    value: Value | None
    language: str
    place: int
    shown_at: datetime
    answered_at: datetime
    late_processed: bool
    after_end: bool = False
    """She gave it when the check-in had ended: kept beside what counts."""


@dataclass(frozen=True)
class ScoreRecord:
    prompt: int
    name: str
    value: float | None
    n_items: int
    n_of: int
    imputed: bool
    mode: str = ""
    """The ways in which its items were answered, joined by `+`, where that matters."""


@dataclass(frozen=True)
class CourseRecord:
    """Which way a started prompt went: the order of its items, when each was first put up, and what became of each.

    While the prompt is open, only what is answered has a time.
    """

    order: tuple[str, ...]
    shown_at: Mapping[str, datetime]
    outcomes: Mapping[str, str]
    language: str = ""


@dataclass(frozen=True)
class MediaRecord:
    """A recording or picture that an answer names; it itself is read apart."""

    id: str
    prompt: int
    item: str
    state: str
    mime: str | None


@dataclass(frozen=True)
class Person:
    """Prompts in the order in which they were due, answers by prompt, item and revision, scores by prompt and name."""

    about: PersonRecord
    prompts: tuple[PromptRecord, ...]
    answers: tuple[AnswerRecord, ...] = ()
    scores: tuple[ScoreRecord, ...] = ()
    courses: Mapping[int, CourseRecord] = field(default_factory=dict)
    """By prompt; one that was not started has none."""
    media: Mapping[str, MediaRecord] = field(default_factory=dict)
    """By id, as the answers name them."""


class Source(Protocol):
    """Reads persons one after another, in a fixed order, with only as much unsealed as a table needs."""

    def people(self, *, answers: bool = False, scores: bool = False) -> Iterator[Person]: ...
