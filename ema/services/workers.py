"""One named peer worker for each participant: taking on, handing over, having somebody else, and days off.

She is told of each change by a note that names nobody before she taps, and may say that she would rather have somebody
else. Whoever's worker is off stands in everybody's list when she asks for somebody.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session

from ema.domain.errors import EmaError
from ema.services.hours import preferences
from ema.services.installation import Installation
from ema.services.signin import Signed
from ema.services.silence import next_window
from ema.services.situation import Person, person
from ema.store import audit, outbox, participants, workers
from ema.store.participants import NoSuchParticipant

WORDS: Final = "yours"
"""What the note leads to."""
GOOD_FOR: Final = timedelta(days=14)


class NotAWorker(EmaError):
    """There is no such peer worker, or the account is disabled."""

    status = 404


class NotNow(EmaError):
    """Who is there for somebody can't be changed so: the words say why."""

    status = 409


def give(here: Installation, participant_id: str, to: int, was: int | None, me: Signed) -> None:
    """From now on `to` is there for her. `was`: who it was when that was decided; if it has changed, nothing does.

    Raises NoSuchParticipant, NotAWorker, NotNow.
    """
    now, most = here.clock.now(), here.settings.caseload
    with here.database.transaction() as session:
        name = workers.name_of(session, to, lock=True)
        if name is None:
            raise NotAWorker(NotAWorker.__doc__)
        participant = participants.get(session, participant_id, lock=True)
        if participant.standing == "erasing":
            raise NoSuchParticipant(f"there is no participant {participant_id}")
        before = workers.name_of(session, participant.worker_id)
        has = None if before is None else participant.worker_id
        if has == to:
            return
        if has != was:
            raise NotNow(
                f"Meanwhile {participant_id} has {before or 'nobody'}. Nothing was changed. Please look again."
            )
        if participant.not_worker_id == to:
            raise NotNow(f"{participant_id} would like somebody else than {name}. No reason is asked.")
        if most and workers.how_many(session, to) >= most:
            raise NotNow(f"{name} has as many people as one worker may have ({most}). Please choose somebody else.")
        participants.change(session, participant_id, worker_id=to)
        _tell_soon(session, person(session, participant_id), now)
        did = "took on" if to == me.id else f"handed over to {name}"
        audit.append(session, now, me.actor, did, f"participant:{participant_id}")


def refuse(session: Session, participant_id: str, worker: int, now: datetime) -> None:
    """She would rather have somebody else than this one. If it is another by now, nothing changes."""
    if workers.let_go(session, participant_id, worker):
        audit.append(session, now, "participant", "would like somebody else", f"participant:{participant_id}")


@dataclass(frozen=True)
class Colleague:
    """Somebody who works here as a peer worker, and for how many people she is there."""

    id: int
    name: str
    people: int


def everybody(here: Installation) -> list[Colleague]:
    """By name."""
    with here.database.reading() as session:
        names = workers.names(session)
        return [Colleague(each, name, workers.how_many(session, each)) for each, name in names.items()]


def days_off(here: Installation, me: Signed) -> frozenset[str]:
    with here.database.reading() as session:
        return workers.days_off(session, [me.id]).get(me.id, frozenset())


def set_days_off(here: Installation, days: Collection[str], me: Signed) -> None:
    now = here.clock.now()
    with here.database.transaction() as session:
        workers.set_days_off(
            session, me.id, days, (now - timedelta(days=1)).date()
        )  # it may still be that day somewhere
        audit.append(session, now, me.actor, "set days off", f"staff:{me.id}")


# --- telling her


def _tell_soon(session: Session, who: Person, now: datetime) -> None:
    """Once, however often it changes until she is told: the note leads to whoever it is then."""
    if not untold(session, who.participant.id):
        tell(session, who, now)


def untold(session: Session, participant_id: str) -> bool:
    """Whether such a note is still to go."""
    return any(row.words == WORDS for row in outbox.open_of(session, participant_id))


def tell(session: Session, who: Person, now: datetime) -> None:
    """When her next window opens, after a pause. Who is still joining or has stopped sees it where she asks."""
    participant = who.participant
    if participant.standing not in {"active", "quiet"}:
        return
    start = max(now, participant.paused_until or now)
    at = next_window(start, preferences(participant))
    if at is None:
        return
    outbox.enqueue(
        session,
        participant_id=participant.id,
        kind="words",
        priority=outbox.REST,
        words=WORDS,
        dedupe_key=f"{WORDS}:{participant.id}:{now.isoformat()}:{at.isoformat()}",
        not_before=at,
        expires_at=at + GOOD_FOR,
        silent=True,
        now=now,
    )
