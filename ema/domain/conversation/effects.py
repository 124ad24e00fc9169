"""What a dialogue wants done. `services.answer` does it, in the event's own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from ema.domain.conversation.state import Run
from ema.domain.discretion import Discretion
from ema.domain.items.base import Status, Value
from ema.domain.schedules.base import Preferences
from ema.domain.screen import Words
from ema.domain.wishes import Way, Wishes


@dataclass(frozen=True)
class Show:
    """Put the current screen up: in the tapped message, or below as a new one after a command or unknown words.

    `in_place`: in the message that shows it already, as after an answer that she typed.
    """

    in_place: bool = False


@dataclass(frozen=True)
class Toast:
    """A short line over the chat in answer to a tap; never stored."""

    words: Words


@dataclass(frozen=True)
class Forget:
    """Remove a message from the chat."""

    message_id: int


@dataclass(frozen=True)
class Hide:
    """Clear the chat: remove every message that is known, put up nothing."""


@dataclass(frozen=True)
class Consented:
    purpose: Literal["participation", "health_data"]
    given: bool


@dataclass(frozen=True)
class Choose:
    """A setting of hers. One field is set, and with `hours` the name of the usual ones among them."""

    language: str | None = None
    hours: Preferences | None = None
    """Her hours and zone as they are from now on."""
    preset: str | None = None
    """What the usual ones of these are called; None where they are of her own."""
    reminders: bool | None = None
    hellos: bool | None = None
    discretion: Discretion | None = None
    way: Way | None = None
    wishes: Wishes | None = None


@dataclass(frozen=True)
class Join:
    """Consent is complete: from now on prompts are planned."""


@dataclass(frozen=True)
class Leave:
    """`declined`: she did not join, nothing is kept. `stop`: prompts end, answers stay. `erase`: everything goes."""

    how: Literal["declined", "stop", "erase"]


@dataclass(frozen=True)
class Return:
    """She stopped or was quiet, and comes back."""


@dataclass(frozen=True)
class Pause:
    """No prompts until then; None ends the pause."""

    until: datetime | None


@dataclass(frozen=True)
class AskContact:
    """She would like a person to get in touch. `origin`: asked, or offered after a set."""

    origin: Literal["asked", "offered"]


@dataclass(frozen=True)
class OtherWorker:
    """She would rather have somebody else than this worker."""

    worker: int


@dataclass(frozen=True)
class Picture:
    """Her own answers over time are drawn and sent to her, where there are enough."""


@dataclass(frozen=True)
class Copy:
    """A copy of everything held about her is sent to her."""


@dataclass(frozen=True)
class Link:
    """A new personal link to her pages, good for so many days; the draft keeps its secret. None: all of hers end."""

    days: int | None


@dataclass(frozen=True)
class LetGo:
    """A page for a service: what is on it, for whom in her words, how long it is out. The draft keeps its secret."""

    what: tuple[str, ...]
    whom: str
    span: timedelta


@dataclass(frozen=True)
class TakeBack:
    """The page of this number can't be opened any more. None: none of hers can."""

    number: int | None


@dataclass(frozen=True)
class Pin:
    """Four digits of a PIN: are they right, keep them as a draft, or are they the draft's, and so her PIN from now on?
    `drop`: there is none any more. What came of it: see `PinRead`.
    """

    what: Literal["try", "draft", "confirm", "drop"]
    digits: str = field(default="", repr=False)


@dataclass(frozen=True)
class MakeCode:
    """A new recovery code, which takes the place of the one before. It is shown this once."""


@dataclass(frozen=True)
class Reckon:
    """Look up what she has earned and been given, and put it into her state. `ask`: she would like a voucher first."""

    ask: bool = False


@dataclass(frozen=True)
class Create:
    """A check-in that no schedule planned: the practice one, or one that she starts herself."""

    kind: Literal["practice", "unscheduled"]
    schedule: str | None = None
    """The event schedule that it belongs to, where the study has such."""


@dataclass(frozen=True)
class Begin:
    """She tapped Start: the prompt is open, reminders for it are off, and its items are put in order: see `Begun`."""

    prompt: int


@dataclass(frozen=True)
class Record:
    """One revision of one item's answer."""

    prompt: int
    questionnaire: str
    item: str
    revision: int
    status: Status
    value: Value | None
    place: int
    shown_at: datetime
    n_shown: int
    """How many questions she has seen by then."""
    n_answered: int
    """How many of them have an answer then."""
    after_end: bool = False
    """The check-in had ended: it is kept beside what counts, and changes no count and no score."""


@dataclass(frozen=True)
class Keep:
    """Fetch what she sent and keep it in the vault as `media`; only then is her message removed."""

    media: str
    prompt: int
    item: str
    kind: str
    reference: str
    message_id: int


@dataclass(frozen=True)
class AskAgain:
    """Of a page that she handed in nothing was taken: these items, and why."""

    refused: Mapping[str, Words]


@dataclass(frozen=True)
class Finish:
    """The last question was passed: score it and close it."""

    prompt: int
    run: Run


@dataclass(frozen=True)
class Reopen:
    """She wants to change what she said in a check-in of today that is over: see `Reopened`."""

    prompt: int


@dataclass(frozen=True)
class Edited:
    """She is done with changing it."""

    prompt: int


@dataclass(frozen=True)
class Decline:
    """She chose Skip on the note."""

    prompt: int


@dataclass(frozen=True)
class Snooze:
    """She chose Later: the reminder goes; one note comes at `at`, if it can still be begun then.

    `until`: how long it can be begun now that she has put it off.
    """

    prompt: int
    at: datetime
    until: datetime


Effect = (
    Show | Toast | Forget | Hide | Consented | Choose | Join | Leave | Return | Pause | AskContact | OtherWorker
    | Picture | Copy | Link | LetGo | TakeBack | Pin | MakeCode | Reckon | Create | Begin | Record | AskAgain | Keep
    | Finish | Reopen | Edited | Decline | Snooze
)  # fmt: skip
