"""What the dialogue knows: its own state (stored, sealed) and the situation (looked up afresh for every event)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt

from ema.domain.discretion import NO_CHOICE, Discretion
from ema.domain.items.base import Status, Value
from ema.domain.localised import Localised
from ema.domain.plain_words import NO_WORDS, PlainWords
from ema.domain.protocol import Protocol
from ema.domain.schedules.base import Preferences
from ema.domain.screen import Action
from ema.domain.sharing import NOT_LOOKED_UP, Sharing
from ema.domain.wishes import NO_WISH, Way, Wishes

Standing = Literal["joining", "active", "quiet", "stopped", "erasing"]


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True)


class Given(_Stored):
    """The newest revision of one item's answer."""

    status: Status
    value: Value | None = None
    revision: int = 1


class Run(_Stored):
    """A check-in that was started and is not finished: which prompt, which items in which order, where she is."""

    prompt: int
    version: int
    """Of the study, under which the prompt was planned: its questions stay those of that version."""
    forms: tuple[str, ...]
    """Its questionnaires."""
    items: tuple[str, ...]
    background: dict[str, Value] = Field(default_factory=dict)
    """What was known before the first question, as far as conditions and words ask for it (`ema.domain.flow`)."""
    at: int = 0
    given: dict[str, Given] = Field(default_factory=dict)
    picked: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """What is chosen where several can be; too few of them are no answer yet."""
    in_full: str = ""
    """The item that she wants to answer anew instead of confirming it."""
    shown: dict[str, datetime] = Field(default_factory=dict)
    """When each item was first put up, in that order."""
    shown_at: datetime
    """When the current question was put up."""
    edit_until: datetime | None = None
    """It had ended, and she changes what she said: until then. What she gives is kept beside what counts."""


class Lock(_Stored):
    """She has set a PIN. The PIN is not in here, only how things stand with it."""

    open_until: datetime | None = None
    entered_at: datetime | None = None
    wrong: int = 0
    """Wrong ones in a row."""
    wait_until: datetime | None = None
    wanted: Action | None = None
    """What she tapped when the PIN was asked: done once it is right."""


class State(_Stored):
    """Where one dialogue stands. `place` names the screen; `draft` holds choices that are not yet decided."""

    format: Literal[1] = 1
    revision: int = 0
    place: str = "home"
    notice: str = ""
    """One kind line above the screen, once (a catalogue key)."""
    notice_values: dict[str, Annotated[StrictInt | StrictFloat | date | str, Field(union_mode="left_to_right")]] = (
        Field(default_factory=dict)
    )
    draft: dict[str, str] = Field(default_factory=dict)
    run: Run | None = None
    lock: Lock | None = None
    digits: str = ""
    """Of a PIN that is being tapped, never all of them."""
    shut: tuple[datetime, ...] = ()
    """When a worker helped her in again: what she gave before opens only with a code of hers from before, too."""
    parked: tuple[Run, ...] = ()
    """Earlier runs that she left in the middle; starting them again goes on where she was."""

    def go(self, place: str, notice: str = "") -> State:
        return self.model_copy(update={"place": place, "notice": notice})

    def saying(self, values: Mapping[str, str | float | date]) -> State:
        """With these for the placeholders of its notice."""
        return self.model_copy(update={"notice_values": dict(values)})

    @property
    def since(self) -> datetime | None:
        """What was begun before is not shown. None: everything is."""
        return max(self.shut, default=None)

    def noting(self, **choices: str) -> State:
        return self.model_copy(update={"draft": {**self.draft, **choices}})

    def running(self, run: Run | None) -> State:
        return self.model_copy(update={"run": run})


@dataclass(frozen=True)
class PromptFacts:
    """One prompt as the dialogue may know it."""

    id: int
    kind: str
    schedule: str
    state: str
    questionnaires: tuple[str, ...]
    expires_at: datetime
    delivery: str = "note"
    version: int = 1
    """Of the study, under which it was planned."""
    local_date: date | None = None
    """Of its study day."""

    def startable(self, now: datetime) -> bool:
        """Starting closes at `expires_at`; windows are half-open."""
        return self.state in {"planned", "open"} and now < self.expires_at


@dataclass(frozen=True)
class Worker:
    """The peer worker who is there for her."""

    id: int
    name: str
    off: bool = False
    """Today, where she is."""


@dataclass(frozen=True)
class Situation:
    """What is so right now. Looked up in the event's own transaction."""

    now: datetime
    protocol: Protocol
    standing: Standing
    language: str
    preferences: Preferences
    preset: str | None
    reminders: bool = True
    discretion: Discretion = NO_CHOICE
    way: Way = "bot"
    """By which a person may get in touch with her."""
    wishes: Wishes = NO_WISH
    worker: Worker | None = None
    paused_until: datetime | None = None
    piloting: bool = True
    waiting: tuple[PromptFacts, ...] = ()
    """Prompts that she could start now, newest first; offers last."""
    prompt: PromptFacts | None = None
    """The prompt that the event is about, whatever its state."""
    over: tuple[tuple[int, datetime], ...] = ()
    """Today's check-ins that are over, as far as the screen shows them: the prompt, and when she began it."""
    events: tuple[tuple[str, Localised | None], ...] | None = None
    """Check-ins of the study's own making that she may start now: schedule and label. None: the study has no such."""
    first_date: date | None = None
    """Of her study day 1; None until she has joined."""
    arm: str | None = None
    """Where the allocation put her."""
    completed: bool = False
    """Her part in the study is over."""
    older: Mapping[int, Protocol] = field(default_factory=dict)
    """Earlier versions of the study by number, where she has prompts that were planned under them."""
    plain_words: PlainWords = NO_WORDS
    """What does, typed, what a command does."""
    sharing: Sharing = NOT_LOOKED_UP
    """Her pages for services, as far as the screen shows them."""
    late: bool = False
    """The event waited while the platform was down: a prompt that has no final state yet still takes it."""

    def protocol_of(self, version: int) -> Protocol:
        """The version of the study under which a prompt was planned."""
        return self.older.get(version, self.protocol)

    def startable(self, delivery: str | None = None) -> PromptFacts | None:
        """The first prompt that could be started now, of one way of delivery or of any."""
        fitting = (prompt for prompt in self.waiting if delivery in {None, prompt.delivery})
        return next((prompt for prompt in fitting if prompt.startable(self.now)), None)
