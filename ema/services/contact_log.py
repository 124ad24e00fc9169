"""Peer work: what came of getting in touch. No words about anybody, only one of four outcomes."""

from __future__ import annotations

from typing import Final

from ema.domain.errors import EmaError
from ema.services.installation import Installation
from ema.services.signin import Signed
from ema.store import audit, calls, contacts, participants

OUTCOMES: Final = {
    "reached": "Reached",
    "left_message": "Left a message",
    "wants_call": "Wants a call",
    "do_not_contact": "Does not want contact",
}


WORKERS: Final = {"woman": "a woman", "man": "a man", "trans": "a trans person", "nonbinary": "a non-binary person"}
PRONOUNS: Final = {"she": "she/her", "he": "he/him", "they": "they/them"}


class UnknownOutcome(EmaError):
    status = 422


def record(here: Installation, participant_id: str, outcome: str, me: Signed) -> None:
    """Note a contact. A request to be contacted stays open until she was reached or wants no contact."""
    if outcome not in OUTCOMES:
        raise UnknownOutcome(f"The outcomes are {', '.join(OUTCOMES.values())}.")
    now = here.clock.now()
    with here.database.transaction() as session:
        participants.get(session, participant_id, lock=True)
        asked = next(
            (one.origin for one in contacts.of_participant(session, participant_id) if one.state == "open"), None
        )
        contacts.record(session, participant_id, staff_id=me.id, outcome=outcome, now=now)
        calls.see(session, participant_id, me.id, now)
        if outcome == "wants_call" or (outcome == "left_message" and asked):
            contacts.ask(session, participant_id, origin=asked or "asked", now=now)
        if outcome == "do_not_contact":
            participants.change(session, participant_id, contact_preference="never")
        audit.append(session, now, me.actor, f"recorded a contact: {outcome}", f"participant:{participant_id}")
