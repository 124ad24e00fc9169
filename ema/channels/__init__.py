"""What a channel must do, and how a send can end. The registry of channels is wired in `ema.bootstrap`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, Protocol

from ema.domain.conversation.events import Event
from ema.domain.retry import Trouble
from ema.domain.screen import Shown


@dataclass(frozen=True)
class Incoming:
    """Something that arrived from one person's chat. `language` is what her own app is set to.

    (`bot_id`, `update_id`) names it, so that a redelivery does nothing. `late`: it waited while nobody was listening.
    `again`: it had failed and was kept, and is taken up once more.
    """

    bot_id: int
    update_id: int
    address: str
    language: str | None
    event: Event
    late: bool = False
    again: bool = False


@dataclass(frozen=True)
class Direct:
    """A last word to an address that is not kept: to a stranger, or after an erasure. Best effort, never stored.

    `message_id` is edited to `shown`; without one, a new message is sent. `remove` are deleted first.
    """

    address: str
    shown: Shown | None
    message_id: int | None = None
    remove: tuple[int, ...] = ()


@dataclass(frozen=True)
class Handled:
    """What is left to do once an incoming event is committed: answer the tap, and direct words. Best effort."""

    tap_id: str | None = None
    toast: str | None = None
    direct: Direct | None = None


@dataclass(frozen=True)
class Sent:
    """Accepted by the channel. `message_id` is that of the message sent or edited (None for a deletion)."""

    message_id: int | None


@dataclass(frozen=True)
class RetryLater:
    """Not now: a limit, a network failure, or the channel's own trouble.

    `ambiguous`: the request may have been accepted. `whole_bot`: the limit is surely the whole bot's; otherwise it is
    this chat's or the bot's.
    """

    why: str
    trouble: Trouble = "network"
    after: timedelta | None = None
    ambiguous: bool = False
    whole_bot: bool = False


@dataclass(frozen=True)
class Refused:
    """For good.

    `blocked`: she blocked the bot or her account is gone. `gone`: the message to change is no longer there. `limit`:
    the channel's rule forbids it. `broken`: our request was wrong, a defect. `token`: the bot's access is revoked.
    """

    why: str
    kind: Literal["blocked", "gone", "limit", "broken", "token"]


@dataclass(frozen=True)
class Fetched:
    """A recording or picture that she sent. `mime` as in `audio/ogg`."""

    body: bytes = field(repr=False)
    mime: str


FILE_SECONDS = 45.0
"""So long a channel may take to send a file."""


@dataclass(frozen=True)
class File:
    """Something for her to look at (a picture) or to keep (anything else). Made when it is sent, and stored nowhere.

    `mime` as in `text/html`. Its name may be seen by whoever sees the phone.
    """

    name: str
    mime: str
    body: bytes = field(repr=False)

    @property
    def is_picture(self) -> bool:
        return self.mime.startswith("image/")


Result = Sent | Fetched | RetryLater | Refused


class Channel(Protocol):
    """One bot, which carries messages to one kind of address. Never raises for what the other side does: it returns a
    `Result`.
    """

    @property
    def name(self) -> str:
        """The kind of address, as participants hold it."""
        ...

    @property
    def bot_id(self) -> int: ...

    async def answers(self) -> bool:
        """Whether the other side answers at present. Sends nothing to anybody."""
        ...

    async def send(self, address: str, shown: Shown, *, silent: bool) -> Result: ...

    async def edit(self, address: str, message_id: int, shown: Shown) -> Result: ...

    async def send_file(self, address: str, file: File, caption: str, *, silent: bool) -> Result:
        """A picture is covered until she taps it, and stays in the chat; all else she may keep."""
        ...

    async def caption(self, address: str, message_id: int, text: str) -> Result:
        """Put other words under a picture or file that was sent."""
        ...

    async def unbutton(self, address: str, message_id: int) -> Result: ...

    async def delete(self, address: str, message_ids: Sequence[int]) -> Result: ...

    async def menu(self, address: str, entries: Sequence[tuple[str, str]]) -> Result:
        """List these commands, each with what it does, in this one chat instead of those that all see."""
        ...

    async def acknowledge(self, tap_id: str, text: str | None) -> Result: ...

    async def fetch(self, reference: str) -> Result:
        """Get what a `Posted` event refers to: a `Fetched`. `gone`: the channel has it no longer."""
        ...
