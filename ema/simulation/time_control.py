"""What a visitor of the demo does with time: on to the next note, by hours, by a day."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from ema.domain.localtime import local
from ema.services.installation import Installation
from ema.simulation.journey import Journey
from ema.store import outbox, participants
from ema.store.tables import Participant

STEPS: Final = {"+6h": timedelta(hours=6), "+1d": timedelta(days=1)}
NOTES: Final = frozenset({"note", "reminder", "words"})


class TimeControl:
    """Moves the demo's clock. Jumps asked for at once are made one after the other."""

    def __init__(self, here: Installation, journey: Journey, timezone: str) -> None:
        self._here = here
        self._journey = journey
        self._timezone = timezone
        self._one_at_a_time = asyncio.Lock()

    def now(self) -> datetime:
        return self._here.clock.now()

    async def jump(self, target: str) -> str:
        """Go to the `next` note, `+6h` or `+1d`. A sentence for the visitor when it is done."""
        async with self._one_at_a_time:
            if target in STEPS:
                to: datetime | None = self.now() + STEPS[target]
            else:
                to = await asyncio.to_thread(self._next_note)
            if to is None:
                return "Nobody has a note coming. Join with a phone first."
            await self._journey.to(to)
        return f"It is {local(self.now(), self._timezone):%A %H:%M}."

    def _next_note(self) -> datetime | None:
        """When a visitor's next note is due; where there is none, anybody's."""
        now = self.now()
        with self._here.database.reading() as session:
            everybody = participants.everyone(session, standings=["active", "quiet"])
            visitors = [one for one in everybody if not one.simulated]
            return _first(session, visitors, now) or _first(session, everybody, now)


def _first(session: Session, people: Iterable[Participant], now: datetime) -> datetime | None:
    waiting = (row for one in people for row in outbox.open_of(session, one.id))
    return min((row.not_before for row in waiting if row.kind in NOTES and row.not_before > now), default=None)
