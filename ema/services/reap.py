"""Clear up what was left behind: leases of senders that died, messages after 46 hours, half-finished joinings."""

from __future__ import annotations

from datetime import timedelta

from ema.services.deliver import LEASE, doubt_stuck
from ema.services.forget import forget
from ema.services.installation import Installation
from ema.services.withdraw import begin_erasing, erase
from ema.store import inbox, messages, outbox, participants
from ema.store.put_back import put_right

UNDECIDED_FOR = timedelta(days=7)
"""Who began to join and never decided is forgotten after this."""
ORPHAN_AFTER = timedelta(hours=1)
"""A key whose participant never came to be."""
OUTBOX_KEPT = timedelta(days=7)
BATCH = 500


def reap(installation: Installation) -> None:
    """The clearing tick. Repeating it does no harm."""
    now = installation.clock.now()
    with installation.database.transaction() as session:
        put_right(session, now, LEASE)
        doubt_stuck(session, now)
        outbox.release_stuck(session, now)
        outbox.purge(session, now - OUTBOX_KEPT)
        inbox.purge(session, now)
        for message in messages.to_erase(session, now, BATCH):
            forget(session, message.participant_id, message.message_id, now)
    with installation.database.transaction() as session:
        undecided = participants.undecided(session, now - UNDECIDED_FOR)
        for participant_id in undecided:
            begin_erasing(session, participant_id)
    with installation.database.reading() as session:
        unfinished = [participant.id for participant in participants.everyone(session, standings=["erasing"])]
        orphans = participants.missing(session, installation.vault.keystore.created_before(now - ORPHAN_AFTER))
    for participant_id in [*undecided, *unfinished]:
        erase(installation, participant_id, why="declined" if participant_id in undecided else "erased")
    for participant_id in orphans:
        installation.vault.destroy(participant_id)
