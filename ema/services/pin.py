"""Her PIN and her own code: kept as hashes only, tried against them, taken away.

Argon2id with OWASP's smallest settings takes 30 to 45 ms: long against guessing, short for a tap. Against whoever has
the database it is the seal that protects a PIN, since any hash of four digits can be tried through.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from sqlmodel import Session

from ema.domain.conversation import State, place
from ema.domain.conversation.effects import Pin
from ema.domain.conversation.events import PinRead
from ema.domain.conversation.lock import OPEN_FOR, hides
from ema.services.finish import finish
from ema.services.installation import Installation
from ema.services.signin import Signed
from ema.services.situation import Person, person, situation
from ema.services.strangers import code_hash, random_code
from ema.store import audit, messages, outbox, prompts, sealed, web_links
from ema.store.sealed import secret
from ema.store.vault import PersonKey

COVER: Final = "cover"
"""Of a row that is to cover the screen: which message shows it is known only then."""
STAYS: Final = timedelta(minutes=10)
"""So long a new code stays in the chat."""
LETTERS: Final = 16
"""Of a code: 28 to the power of so many can't be guessed, whatever the waits."""


def tried(session: Session, key: PersonKey, effect: Pin, now: datetime) -> PinRead:
    """Do what the dialogue wants done about her PIN."""
    whose, right = key.participant_id, True
    match effect.what:
        case "try":
            right = _fits(secret.pin_of(session, key, "pin"), effect.digits)
        case "draft":
            secret.keep_pin(session, key, "draft", _hashed(effect.digits), now)
        case "confirm":
            draft = secret.pin_of(session, key, "draft")
            secret.drop(session, whose, "draft")
            right = _fits(draft, effect.digits)
            if right and draft is not None:
                secret.keep_pin(session, key, "pin", draft, now)
        case "drop":
            secret.drop(session, whose, "pin", "draft")
    if right and effect.what in {"try", "confirm"}:
        _cover(session, whose, now + OPEN_FOR, now)
    return PinRead(effect.what, right)


def covered(session: Session, participant_id: str, state: State, now: datetime) -> bool:
    """Whether to cover the screen now. Where she has gone on meanwhile it is put off."""
    lock = state.lock
    if lock is not None and lock.open_until is not None and now < lock.open_until:
        _cover(session, participant_id, lock.open_until, now)
    return hides(state, now)


def _cover(session: Session, participant_id: str, at: datetime, now: datetime) -> None:
    """What is on the screen when it shuts by itself is covered by the keypad then."""
    outbox.enqueue(
        session,
        participant_id=participant_id,
        kind="close",
        priority=outbox.REST,
        words=COVER,
        dedupe_key=f"cover:{participant_id}:{at.isoformat()}",
        not_before=at,
        now=now,
        silent=True,
    )


def _hashed(digits: str) -> str:
    return Argon2id(
        salt=secrets.token_bytes(16), length=32, iterations=2, lanes=1, memory_cost=19 * 1024
    ).derive_phc_encoded(digits.encode())


def _fits(phc: str | None, digits: str) -> bool:
    if phc is None:
        return False
    try:
        Argon2id.verify_phc_encoded(digits.encode(), phc)
    except InvalidKey:
        return False
    return True


# --- codes


def make_code(session: Session, participant_id: str, state: State, now: datetime, message_id: int | None) -> State:
    """A code of her own, and the message that shows it goes. An older one is kept where a worker helped her in since:
    nothing else opens what is shut.
    """
    if message_id is not None:
        messages.erase_sooner(session, participant_id, {message_id}, now + STAYS)
    secret.drop(session, participant_id, "code", since=state.since)
    older = bool(secret.codes_of(session, participant_id))
    code = random_code(LETTERS)
    secret.keep_code(session, participant_id, "code", code_hash(code), now, None)
    return state.go(state.place, "code.made_too" if older else "code.made").saying({"code": spoken(code)})


def spoken(code: str) -> str:
    """In groups of four, as it is read out and written down."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


# --- help by a worker


def reset(here: Installation, participant_id: str, me: Signed) -> None:
    """Take her PIN away. The worker does not learn whether there was one; what she gave before is shut where there was.

    Raises NoSuchParticipant.
    """
    now = here.clock.now()
    with here.database.transaction() as session:
        hers = locked(here, session, participant_id)
        if hers is not None and hers.state.lock is not None:
            secret.drop(session, participant_id, "pin", "draft")
            web_links.withdraw(session, participant_id)
            sealed.shares.withdraw(session, participant_id)
            state = shut_earlier(session, hers, now).model_copy(update={"lock": None})
            home = place.carry_on(state, situation(session, hers.who, now))
            put_up(session, hers, home.go(home.place, "pin.reset"), now, anchor=hers.anchor)
        audit.append(session, now, me.actor, "reset a PIN", f"participant:{participant_id}")


@dataclass(frozen=True)
class Locked:
    """Somebody's dialogue, which nobody else moves meanwhile."""

    key: PersonKey
    who: Person
    state: State
    anchor: int | None


def locked(here: Installation, session: Session, participant_id: str) -> Locked | None:
    """None: she has none, or is being erased. Raises NoSuchParticipant."""
    key = here.vault.persons([participant_id]).get(participant_id)
    stored = sealed.load_state(session, key) if key is not None else None
    who = person(session, participant_id)
    if key is None or stored is None or who.participant.standing == "erasing":
        return None
    return Locked(key, who, State.model_validate_json(stored.state), stored.anchor)


def shut_earlier(session: Session, hers: Locked, now: datetime) -> State:
    """From now on what she gave is not shown. What she is in the middle of ends: Back would show it."""
    state = hers.state
    for run in (state.run, *state.parked):
        prompt = prompts.get(session, run.prompt, lock=True) if run is not None else None
        if run is not None and run.edit_until is None and prompt is not None:
            finish(session, hers.key, prompt, hers.who, state="partial", reason="shut", run=run, now=now)
    return state.model_copy(update={"run": None, "parked": (), "draft": {}, "shut": (*state.shut, now)})


def put_up(session: Session, hers: Locked, state: State, now: datetime, *, anchor: int | None) -> None:
    """Save the dialogue as it is now, and show it in this message. None: in a new one."""
    participant_id = hers.key.participant_id
    state = state.model_copy(update={"revision": hers.state.revision + 1})
    sealed.save_state(
        session, hers.key, state.model_dump_json(), format=state.format, revision=state.revision, anchor=anchor, now=now
    )
    outbox.supersede(session, participant_id, ["screen"], now=now)
    outbox.enqueue(
        session,
        participant_id=participant_id,
        kind="screen",
        priority=outbox.REPLY,
        message_id=anchor,
        dedupe_key=f"screen:{participant_id}:{state.revision}",
        not_before=now,
        now=now,
        silent=True,
    )
