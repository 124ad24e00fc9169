"""Invitations: codes that join once. Only their hashes are kept, so they are shown once, when they are made."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ema.domain.spreading import spread
from ema.services.installation import Installation
from ema.services.strangers import code_hash, random_code
from ema.store import studies
from ema.store.bots import invited, taking_part

LENGTH = 8


def invite(installation: Installation, study_id: str, number: int) -> list[str]:
    """Make so many codes. Those made while the study is piloting are tests: who joins by one is counted nowhere."""
    return list(invite_by_link(installation, study_id, number, ()))


def invite_by_link(
    installation: Installation, study_id: str, number: int, bots: Collection[int]
) -> dict[str, int | None]:
    """The same, and for each code the bot of `bots` that its link leads to; None where there is none.

    Decided here and kept with the invitation, so that participants and open invitations are spread evenly in all.
    """
    now = installation.clock.now()
    codes = [random_code(LENGTH) for _ in range(number)]
    chosen: Sequence[int | None] = [None] * number
    with installation.database.transaction() as session:
        study = studies.get(session, study_id)
        if bots:
            people, open_ones = taking_part(session, bots), invited(session, bots)
            chosen = spread(number, {bot: people[bot] + open_ones[bot] for bot in bots})
        hashes = {code_hash(code): bot for code, bot in zip(codes, chosen, strict=True)}
        studies.invite(session, study_id, hashes, test=study.state != "open", now=now)
    return dict(zip(codes, chosen, strict=True))
