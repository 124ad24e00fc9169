"""What an export is made from: one person's rows, unsealed. No address, no contact data: there is no field for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True)
class ScoreRecord:
    prompt: int
    name: str
    value: float | None
    n_items: int
    n_of: int
    imputed: bool


@dataclass(frozen=True)
class Person:
    """Prompts in the order in which they were due, answers by prompt, place and revision, scores by prompt and name."""

    about: PersonRecord
    prompts: tuple[PromptRecord, ...]
    answers: tuple[AnswerRecord, ...] = ()
    scores: tuple[ScoreRecord, ...] = ()


class Source(Protocol):
    """Reads persons one after another, in a fixed order, with only as much unsealed as a table needs."""

    def people(self, *, answers: bool = False, scores: bool = False) -> Iterator[Person]: ...
