"""Clear up what was left behind: leases of senders that died, messages after 46 hours, half-finished joinings."""

from __future__ import annotations

from datetime import datetime, timedelta

from ema.services.deliver import LEASE, doubt_stuck
from ema.services.forget import forget
from ema.services.installation import Installation
from ema.services.withdraw import begin_erasing, erase
from ema.store import inbox, messages, outbox, participants, sealed, settings, wrong_codes
from ema.store.put_back import put_right

UNDECIDED_FOR = timedelta(days=7)
"""Who began to join and never decided is forgotten after this."""
ORPHAN_AFTER = timedelta(hours=1)
"""A key whose participant never came to be."""
OUTBOX_KEPT = timedelta(days=7)
WRONG_CODES_KEPT = timedelta(days=1)
BATCH = 500
_LOOKED_THROUGH = "keys looked through"
"""The setting that names the last key of the portion before."""


def reap(installation: Installation) -> None:
    """The clearing tick. Repeating it does no harm."""
    now = installation.clock.now()
    with installation.database.transaction() as session:
        put_right(session, now, LEASE)
        doubt_stuck(session, now)
        outbox.release_stuck(session, now)
        outbox.purge(session, now - OUTBOX_KEPT)
        inbox.purge(session, now)
        wrong_codes.purge(session, now - WRONG_CODES_KEPT)
        sealed.shares.purge(session, now)
        for message in messages.to_erase(session, now, BATCH):
            forget(session, message.participant_id, message.message_id, now)
    with installation.database.transaction() as session:
        undecided = participants.undecided(session, now - UNDECIDED_FOR)
        for participant_id in undecided:
            begin_erasing(session, participant_id)
    with installation.database.reading() as session:
        unfinished = [participant.id for participant in participants.everyone(session, standings=["erasing"])]
    for participant_id in [*undecided, *unfinished]:
        erase(installation, participant_id, why="declined" if participant_id in undecided else "erased")
    _reap_orphans(installation, now)


def _reap_orphans(installation: Installation, now: datetime) -> None:
    """Destroy keys whose participant never came to be: one portion of all keys in each tick, and round again."""
    with installation.database.reading() as session:
        after = settings.get(session, _LOOKED_THROUGH) or ""
        keys = installation.vault.keystore.page(after, BATCH)
        settled = [participant_id for participant_id, since in keys if since < now - ORPHAN_AFTER]
        orphans = participants.missing(session, settled)
    for participant_id in orphans:
        installation.vault.destroy(participant_id)
    last = keys[-1][0] if len(keys) == BATCH else ""
    if last != after:
        with installation.database.transaction() as session:
            settings.put(session, _LOOKED_THROUGH, last)
