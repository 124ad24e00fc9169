"""An incoming event as text and back: how one that could not be processed is kept, sealed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from ema.channels import Incoming
from ema.domain.conversation.events import Blocked, Command, Posted, Tap, Typed, Unblocked
from ema.domain.errors import EmaError

FORMAT: Final = 1
_EVENTS: Final[dict[str, TypeAdapter[Any]]] = {
    kind.__name__: TypeAdapter(kind) for kind in (Command, Tap, Typed, Posted, Blocked, Unblocked)
}


class NotKept(EmaError):
    """What was kept of an event is not enough to take it again. The message says why."""


def pack(incoming: Incoming) -> str:
    """A place that she sent is left out: what an answer rounds away is stored nowhere, not even sealed."""
    event = incoming.event
    if isinstance(event, Posted) and event.kind == "location":
        event = replace(event, reference="")
    kind = type(event).__name__
    return json.dumps(
        {
            "format": FORMAT,
            "bot": incoming.bot_id,
            "update": incoming.update_id,
            "address": incoming.address,
            "language": incoming.language,
            "kind": kind,
            "event": _EVENTS[kind].dump_python(event, mode="json"),
        }
    )


def unpack(text: str) -> Incoming:
    """The event again, marked as one that waited. Raises NotKept."""
    try:
        kept = json.loads(text)
        event = _EVENTS[kept["kind"]].validate_python(kept["event"])
        incoming = Incoming(
            kept["bot"], kept["update"], kept["address"], kept["language"], event, late=True, again=True
        )
    except (ValueError, KeyError, TypeError, ValidationError):
        raise NotKept("it was kept by another release, which this one can't read") from None
    if isinstance(event, Posted) and event.kind == "location":
        raise NotKept("it was a place, and where that was is not kept")
    return incoming
