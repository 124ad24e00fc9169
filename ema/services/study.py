"""Studies: load a version, open for real participants, give the document back."""

from __future__ import annotations

import secrets

from ema.domain.conversation.steering import VERIFIED_FOR
from ema.domain.errors import EmaError
from ema.domain.protocol import Protocol
from ema.services.installation import Installation
from ema.store import audit, outbox, participants, prompts, settings, studies

DEMO = "demo"
"""The setting that marks an installation as the demo's."""


class NotReadyToOpen(EmaError):
    """The study can't be opened for real participants yet. The message lists what its file must state first."""

    status = 409


def load(installation: Installation, protocol: Protocol, seed: str | None = None) -> bool:
    """Store this version of a study, and make it current. False: it was there already. Raises VersionTaken."""
    with installation.database.transaction() as session:
        return studies.store(session, protocol, seed=seed or secrets.token_hex(16), now=installation.clock.now())


def document(installation: Installation, study_id: str) -> str:
    """The current version, as stored. Raises NoSuchStudy."""
    with installation.database.reading() as session:
        return studies.protocol(session, study_id).document()


def missing_to_open(installation: Installation, study_id: str) -> list[str]:
    """What still stands between this study and real participants, in words."""
    today = installation.clock.now().date()
    with installation.database.reading() as session:
        protocol = studies.protocol(session, study_id)
        demo = settings.get(session, DEMO) is not None
    missing = protocol.missing_to_open()
    old = [
        line.name
        for line in protocol.help_lines
        if line.last_verified is None or today - line.last_verified > VERIFIED_FOR
    ]
    if not protocol.help_lines:
        missing.append("help_lines: at least one line that anybody can call")
    if old:
        missing.append(f"help_lines: not verified within 6 months: {', '.join(old)}")
    if demo:
        missing.append("this installation is the demo, with the demo's key: set up one of your own")
    return missing


def close_study(installation: Installation, study_id: str) -> int:
    """Data collection is over: nobody joins, and nothing more is sent. Returns how many were still taking part."""
    now = installation.clock.now()
    with installation.database.transaction() as session:
        studies.get(session, study_id)
        studies.set_state(session, study_id, "closed", now)
        running = participants.running(session, study_id)
        for enrolment in running:
            participants.end_enrolment(session, enrolment.participant_id, "completed", now)
            prompts.cancel(session, enrolment.participant_id, "study closed", now)
            outbox.supersede(session, enrolment.participant_id, ["note", "reminder", "words"], now=now)
        audit.append(session, now, "operator", "closed", study_id)
    return len(running)


def open_study(installation: Installation, study_id: str) -> None:
    """Let real participants in. Raises NotReadyToOpen with everything that is missing."""
    missing = missing_to_open(installation, study_id)
    if missing:
        raise NotReadyToOpen(
            f"{study_id} stays piloting; still to be stated:\n" + "\n".join(f"  - {what}" for what in missing)
        )
    now = installation.clock.now()
    with installation.database.transaction() as session:
        studies.set_state(session, study_id, "open", now)
        audit.append(session, now, "operator", "opened", study_id)
