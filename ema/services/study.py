"""Studies: load a version, open for real participants, give the document back."""

from __future__ import annotations

import secrets

from ema.domain.directory import fresh
from ema.domain.errors import EmaError
from ema.domain.protocol import Protocol
from ema.services import plan
from ema.services.installation import Installation
from ema.services.situation import person
from ema.store import audit, outbox, participants, prompts, settings, studies

MOVED_AT_ONCE = 200
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
    old = [line.name for line in protocol.help_lines if not fresh(line.last_verified, today)]
    places = [service.name for service in protocol.directory if not fresh(service.last_verified, today)]
    if places:
        missing.append(f"directory: not verified within 6 months: {', '.join(places)}")
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


class CannotMove(EmaError):
    """Who has joined can't go on under the newest version. The message says why."""

    status = 409


def move_on(installation: Installation, study_id: str) -> int:
    """Let everybody who takes part go on under the newest version. Returns how many moved.

    Only prompts that have not been sent are planned anew; each keeps the version it was planned under. Raises
    CannotMove where the new version would need an answer from her first.
    """
    now, moved = installation.clock.now(), 0
    with installation.database.reading() as session:
        newest = studies.protocol(session, study_id)
        waiting = [one for one in participants.running(session, study_id) if one.protocol_version < newest.version]
        for version in sorted({one.protocol_version for one in waiting}):
            _check_movable(studies.protocol(session, study_id, version), newest)
    for start in range(0, len(waiting), MOVED_AT_ONCE):
        with installation.database.transaction() as session:
            for enrolment in waiting[start : start + MOVED_AT_ONCE]:
                who = person(session, enrolment.participant_id, lock=True)
                if who.enrolment is None or who.enrolment.id is None or who.enrolment.ended_at is not None:
                    continue
                participants.move_on(session, who.enrolment.id, newest.version, now)
                plan.replan(session, person(session, enrolment.participant_id), now)
                moved += 1
    with installation.database.transaction() as session:
        audit.append(session, now, "operator", f"moved {moved} to version {newest.version}", study_id)
    return moved


def _check_movable(old: Protocol, new: Protocol) -> None:
    where = f"from version {old.version} to {new.version}"
    if old.consent != new.consent:
        raise CannotMove(
            f"{where}: the words of consent have changed, and who agreed to the old ones must be asked again first; "
            "let the new version be for those who join from now on"
        )
    if missing := set(new.hours.window_names()) - set(old.hours.window_names()):
        raise CannotMove(f"{where}: nobody has chosen hours for {', '.join(sorted(missing))}; keep the windows' names")


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
