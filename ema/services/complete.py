"""Her part ends when nothing is left to plan and every prompt is final. She is not dropped: she is done."""

from __future__ import annotations

from ema.services.installation import Installation
from ema.store import participants

BATCH = 500


def complete(installation: Installation) -> int:
    """The completion tick. Returns how many enrolments ended."""
    now = installation.clock.now()
    with installation.database.transaction() as session:
        done = participants.completed(session, BATCH)
        for enrolment in done:
            participants.end_enrolment(session, enrolment.participant_id, "completed", now)
    return len(done)
