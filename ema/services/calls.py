"""Calls to whoever is on call. The lead sees who, since when and how to reach her; why, only on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from ema.domain.errors import EmaError
from ema.services.installation import Installation
from ema.services.signin import Signed
from ema.services.spans import span
from ema.store import audit, calls, sealed, ticks
from ema.store.sealed import care
from ema.store.vault import PersonKey

LISTED: Final = timedelta(days=7)
AGAIN: Final = 2
"""How often a call that nobody has seen is raised again."""


class NoSuchCall(EmaError):
    """There is no such call, or the person was erased."""

    status = 404


@dataclass(frozen=True)
class Call:
    """One call as the lead sees it."""

    id: int
    participant: str
    came: str
    """How long ago."""
    waits: bool
    raised: int
    seen_by: str
    way: str
    place: str
    """Through which place she may be reached, where that is her way."""


def listed(here: Installation, me: Signed) -> list[Call]:
    """Those that wait first, then those of the last week. Reading them is noted."""
    now = here.clock.now()
    with here.database.reading() as session:
        rows = calls.since(session, now - LISTED)
    keys = here.vault.persons({row.participant_id for row in rows})
    found = [
        Call(
            row.id,
            row.participant_id,
            span(now - row.at),
            row.state == "open",
            row.raised,
            row.seen_by or "",
            row.contact_preference,
            _place(row, keys[row.participant_id]),
        )
        for row in rows
        if row.participant_id in keys  # who has no key any more is being erased
    ]
    with here.database.transaction() as session:
        audit.append(session, now, me.actor, "saw calls", "everybody")
    return found


def _place(row: Any, key: PersonKey) -> str:
    return sealed.wishes_of(row, key).place if row.contact_preference == "place" else ""


def acknowledge(here: Installation, call_id: int, me: Signed) -> None:
    """The lead has seen it, and gets in touch."""
    now = here.clock.now()
    with here.database.transaction() as session:
        found = calls.get(session, call_id)
        if found is None:
            raise NoSuchCall(NoSuchCall.__doc__)
        calls.see(session, found.participant_id, me.id, now)
        audit.append(session, now, me.actor, "has seen a call", f"participant:{found.participant_id}")


def opened(here: Installation, call_id: int, me: Signed) -> str:
    """Break the glass: the name of the rule behind a call, never the answer. It is on record before it is shown."""
    now = here.clock.now()
    with here.database.transaction() as session:
        found = calls.get(session, call_id)
        key = here.vault.persons([found.participant_id]).get(found.participant_id) if found is not None else None
        if found is None or key is None:
            raise NoSuchCall(NoSuchCall.__doc__)
        audit.append(
            session, now, me.actor, "broke the glass: opened what called", f"participant:{found.participant_id}"
        )
        return care.rule_of(key, found.prompt_id, found.rule_sealed)


def watch_calls(here: Installation) -> int:
    """The tick: what nobody has seen in time is raised again, and staff are told. Returns how many."""
    now = here.clock.now()
    with here.database.transaction() as session:
        late = calls.raise_again(session, now, AGAIN)
        for one in late:
            times = "once" if one.raised == 0 else "twice"
            ticks.alert(session, "call", f"Call {one.id} was not seen in time, and was raised again {times}.", now)
        return len(late)
