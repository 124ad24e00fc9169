"""What a channel must do, and how a send can end. The registry of channels is wired in `ema.bootstrap`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Protocol

from ema.domain.screen import Shown


@dataclass(frozen=True)
class Sent:
    """Accepted by the channel. `message_id` is that of the message sent or edited (None for a deletion)."""

    message_id: int | None


@dataclass(frozen=True)
class RetryLater:
    """Not now: a limit, a network failure, or the channel's own trouble.

    `ambiguous`: the request may have been accepted. `whole_bot`: the limit is the bot's, not the chat's.
    """

    why: str
    after: timedelta | None = None
    ambiguous: bool = False
    whole_bot: bool = False


@dataclass(frozen=True)
class Refused:
    """For good. `blocked`: she blocked the bot or her account is gone. `gone`: the message to change is no longer there.

    `limit`: the channel's rule forbids it. `broken`: our request was wrong, which is a defect. `token`: the bot's own access is revoked.
    """

    why: str
    kind: Literal["blocked", "gone", "limit", "broken", "token"]


Result = Sent | RetryLater | Refused


class Channel(Protocol):
    """Carries messages to one kind of address. Never raises for what the other side does: it returns a `Result`."""

    async def send(self, address: str, shown: Shown, *, silent: bool) -> Result: ...

    async def edit(self, address: str, message_id: int, shown: Shown) -> Result: ...

    async def unbutton(self, address: str, message_id: int) -> Result: ...

    async def delete(self, address: str, message_ids: Sequence[int]) -> Result: ...

    async def acknowledge(self, tap_id: str, text: str | None) -> Result: ...
