"""Less, or no more: pause, stop and keep, come back, and erase everything, in the backups too."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from ema.services import plan
from ema.services.installation import Installation
from ema.services.situation import Person, person
from ema.store import audit, outbox, participants, prompts, sealed, studies, web_links


def stop(session: Session, who: Person, now: datetime) -> None:
    """Nothing more is sent; what she gave is kept. Prompts that were not closed yet say why."""
    participant_id = who.participant.id
    participants.change(session, participant_id, standing="stopped")
    participants.end_enrolment(session, participant_id, "stopped", now)
    prompts.cancel(session, participant_id, prompts.WITHDRAWN, now)
    outbox.supersede(session, participant_id, ["note", "reminder", "words", "close"], now=now)
    web_links.withdraw(session, participant_id)
    sealed.shares.withdraw(session, participant_id)
    audit.append(session, now, "participant", "stopped", participant_id)


def pause(session: Session, participant_id: str, until: datetime | None, now: datetime) -> None:
    """Nothing comes until then. None: her pause is over."""
    if until is None:
        participants.change(session, participant_id, paused_until=now)
        participants.watch_next(session, participant_id, now)
    else:
        participants.change(session, participant_id, paused_from=now, paused_until=until)
        outbox.supersede(session, participant_id, ["reminder", "words"], now=now)


def come_back(session: Session, who: Person, now: datetime) -> None:
    """After a stop or a long silence, with one tap. Prompts go on from now; the days between stay as they were."""
    participant_id = who.participant.id
    participants.change(session, participant_id, standing="active", quiet_at=None)
    participants.watch_next(session, participant_id, now)
    if who.participant.standing != "stopped":
        return
    participants.resume_enrolment(session, participant_id)
    prompts.recall(session, participant_id, now)
    plan.replan(session, person(session, participant_id), now)
    audit.append(session, now, "participant", "came back", participant_id)


def begin_erasing(session: Session, participant_id: str) -> None:
    """First step, in the event's transaction: from here on nothing is sent or stored for her."""
    participants.change(session, participant_id, standing="erasing")


def erase(installation: Installation, participant_id: str, why: str) -> None:
    """Second and third step, after the first is committed: her key is destroyed, then her rows go.

    Safe to repeat: the reaper and `ema doctor` resume one that was interrupted.
    """
    installation.vault.destroy(participant_id)
    now = installation.clock.now()
    with installation.database.transaction() as session:
        studies.free_invitation(session, participant_id, burn=why == "erased")
        participants.purge(session, participant_id)
        audit.append(session, now, "participant", why, participant_id)
