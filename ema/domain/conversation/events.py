"""What can happen to a dialogue. Made by a channel from what arrives; `Created` by the platform itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ema.domain.conversation.state import PromptFacts, Run
from ema.domain.items.base import Value
from ema.domain.screen import Action


@dataclass(frozen=True)
class Command:
    """A slash command, without the slash. `argument` is what followed it (for /start, the invitation's code)."""

    name: str
    argument: str
    message_id: int


@dataclass(frozen=True)
class Tap:
    """A button. `action` is None where the payload makes no sense (from an older version, or forged).

    `message_id` is 0 where the button was not on a message.
    """

    action: Action | None
    message_id: int
    tap_id: str


@dataclass(frozen=True)
class Typed:
    """Text that she typed, or anything else that is not a command (then `text` is empty)."""

    text: str
    message_id: int


@dataclass(frozen=True)
class Posted:
    """Something that she sent and did not type. `reference` is the channel's own handle to a voice message or photo.

    For a location it is `latitude,longitude` in degrees as they came; it is kept out of every printed form, since what
    is rounded away is stored nowhere.
    """

    kind: Literal["voice", "photo", "location"]
    reference: str = field(repr=False)
    message_id: int
    size: int = 0
    """In bytes, as the channel says; 0 where it does not."""


@dataclass(frozen=True)
class Reply:
    """What stands on a page for one item. `seen`: it only informs, and she has passed it."""

    verb: Literal["answer", "skip", "prefer", "seen"]
    raw: str = ""


@dataclass(frozen=True)
class Handed:
    """A whole page of answers at once. `opened` is when it was put up, as far as it is known."""

    prompt: int
    replies: Mapping[str, Reply]
    """By item, for everything that was on the page."""
    opened: datetime | None = None


@dataclass(frozen=True)
class Blocked:
    """She blocked the bot."""


@dataclass(frozen=True)
class Unblocked:
    """She unblocked it."""


@dataclass(frozen=True)
class Created:
    """The prompt that a `Create` effect asked for exists now."""

    prompt: PromptFacts


@dataclass(frozen=True)
class Begun:
    """What a `Begin` effect asked for: the prompt is open, its items are drawn and in order."""

    prompt: PromptFacts
    order: tuple[str, ...]
    background: dict[str, Value]


@dataclass(frozen=True)
class Reopened:
    """What a `Reopen` effect asked for: a check-in that is over, with all that she has said in it so far."""

    run: Run


@dataclass(frozen=True)
class PinRead:
    """What came of a `Pin` effect. `right`: the digits were the right ones."""

    what: Literal["try", "draft", "confirm", "drop"]
    right: bool = True


Event = Command | Tap | Typed | Posted | Handed | Blocked | Unblocked | Created | Begun | Reopened | PinRead
