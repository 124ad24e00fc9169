"""`ema doctor`: do the promises hold in the data? Looks at everything, opens every sealed value, changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ema.services import reach
from ema.services.health import FINAL_WITHIN, LEASE_OVER_BY, UNSENT_BY
from ema.services.reap import ORPHAN_AFTER
from ema.store import audit, figures, participants, seal_check, ticks
from ema.store.engine import Database
from ema.store.vault import Vault


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, in plain words: what, and what it means or what to do. No personal data."""

    kind: str
    words: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.words}"


def examine(database: Database, vault: Vault, now: datetime) -> list[Problem]:
    """Everything that is wrong; an empty list says that all is in order. `now` is study time."""
    return [
        *_hanging(database, now),
        *_keys(database, vault, now),
        *_sealed(database, vault),
        *_audit(database),
        *_ticks(database),
    ]


def _hanging(database: Database, now: datetime) -> list[Problem]:
    with database.reading() as session:
        past = figures.stuck_prompts(session, now - FINAL_WITHIN)
        leases = figures.stuck_leases(session, now - LEASE_OVER_BY)
        unsent = figures.overdue_messages(session, now - UNSENT_BY)
    found = []
    if past:
        found.append(Problem("prompts", f"{past} are past and have no final state; is the worker running?"))
    if leases:
        found.append(Problem("leases", f"{leases} messages are held by a sender that is gone; is the worker running?"))
    if unsent:
        found.append(Problem("outbox", f"{unsent} messages wait although their window is over; is the worker running?"))
    return found


def _keys(database: Database, vault: Vault, now: datetime) -> list[Problem]:
    # keys first: whoever enrols while we look has a key before she has a row
    keys = vault.keystore.participant_ids()
    settled = vault.keystore.created_before(now - ORPHAN_AFTER)
    with database.reading() as session:
        people = {participant.id: participant.standing for participant in participants.everyone(session)}
    interrupted = [who for who, standing in people.items() if standing == "erasing"]
    suspects = [who for who, standing in people.items() if who not in keys and standing != "erasing"]
    found = [
        Problem("erasure", f"that of {who} was interrupted: run `ema doctor` again, or let the worker finish it")
        for who in interrupted
    ]
    found += [
        Problem("keys", f"{who} has no key, so nothing of hers can be read: restore the key store, or erase her")
        for who in suspects
        if _still_without(database, vault, who)
    ]
    found += [
        Problem("keys", f"there is a key for {who}, who does not exist: the worker removes it")
        for who in sorted(settled - people.keys())
    ]
    return found


def _still_without(database: Database, vault: Vault, participant_id: str) -> bool:
    """Look again: she may have been enrolled or erased between the two looks."""
    if participant_id in vault.keystore.of_participants([participant_id]):
        return False
    with database.reading() as session:
        people = participants.everyone(session, standings=["joining", "active", "quiet", "stopped"])
    return any(participant.id == participant_id for participant in people)


def _sealed(database: Database, vault: Vault) -> list[Problem]:
    with database.reading() as session:
        return [Problem("sealed", f"{line}: it can't be read") for line in seal_check.unreadable(session, vault)]


def _audit(database: Database) -> list[Problem]:
    with database.reading() as session:
        broken = audit.verify(session)
    if broken is None:
        return []
    return [Problem("audit", f"the chain breaks at row {broken}: that row, or one before it, was changed or removed")]


def _ticks(database: Database) -> list[Problem]:
    with database.reading() as session:
        # heartbeats are on the real clock, also where study time is virtual
        late = ticks.late(session, database.clock.now())
    return [
        Problem("tick", f"{tick.name} last ran at {tick.ok_at:%Y-%m-%d %H:%M} UTC; is the worker running?")
        for tick in late
        if reach.bot_of(tick.name) is None  # Telegram is no matter of the data
    ]
