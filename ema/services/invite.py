"""Invitations: codes that join once. Only their hashes are kept, so they are shown once, when they are made."""

from __future__ import annotations

from ema.services.installation import Installation
from ema.services.strangers import code_hash, random_code
from ema.store import studies

LENGTH = 8


def invite(installation: Installation, study_id: str, number: int) -> list[str]:
    """Make so many codes. Those made while the study is piloting are tests: who joins by one is counted nowhere."""
    now = installation.clock.now()
    codes = [random_code(LENGTH) for _ in range(number)]
    with installation.database.transaction() as session:
        study = studies.get(session, study_id)
        studies.invite(session, study_id, [code_hash(code) for code in codes], test=study.state != "open", now=now)
    return codes
