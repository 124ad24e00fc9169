"""A lost or new phone: with a code she goes on in another account, and the old one sees nothing any more.

Her own code opens all that she gave, and takes a PIN away that she may have forgotten. One that a worker gave out
restores the schedule only.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session

from ema.channels import Direct, Handled, Incoming
from ema.domain.conversation import State, place
from ema.domain.conversation.events import Command, Tap, Typed
from ema.domain.conversation.lock import wait_after
from ema.domain.errors import EmaError
from ema.domain.screen import Screen, Words
from ema.domain.ways import channel_of
from ema.services import menu
from ema.services.forget import forget
from ema.services.installation import Installation
from ema.services.pin import LETTERS, Locked, locked, put_up, shut_earlier
from ema.services.signin import Signed
from ema.services.situation import situation
from ema.services.strangers import ALPHABET, code_hash, random_code
from ema.store import audit, inbox, moved, participants, sealed, web_links, wrong_codes
from ema.store.sealed import secret
from ema.store.tables import Secret
from ema.store.vault import AddressTaken
from ema.texts import languages, render

GOOD_FOR: Final = timedelta(days=2)
"""What a worker gave out. Her own code has no end."""


class NotHere(EmaError):
    """She has not joined, or is being erased: there is nothing to move."""

    status = 409


def issue(here: Installation, participant_id: str, me: Signed) -> str:
    """A code for somebody who lost hers, shown to the worker once. It ends the one given out before.

    Raises NoSuchParticipant, NotHere.
    """
    now, code = here.clock.now(), random_code(LETTERS)
    with here.database.transaction() as session:
        if participants.get(session, participant_id, lock=True).standing in {"joining", "erasing"}:
            raise NotHere(NotHere.__doc__)
        secret.drop(session, participant_id, "issued")
        secret.keep_code(session, participant_id, "issued", code_hash(code), now, now + GOOD_FOR)
        audit.append(session, now, me.actor, "gave out a code for a new phone", f"participant:{participant_id}")
    return code


def code_in(incoming: Incoming) -> str | None:
    """The code that she sent or whose link she opened, if it looks like one. An invitation's is shorter."""
    match incoming.event:
        case Typed(text=text):
            said = text
        case Command(name="start", argument=argument):
            said = argument
        case _:
            return None
    code = "".join(said.upper().replace("-", "").split())
    return code if len(code) == LETTERS and set(code) <= set(ALPHABET) else None


def receive(here: Installation, incoming: Incoming, code: str) -> Handled:
    """Somebody sends a code, known or not."""
    channel = channel_of(incoming.bot_id)
    now, name = here.clock.now(), here.vault.fingerprint(channel, incoming.bot_id, incoming.address)
    try:
        with here.database.transaction() as session:
            if not inbox.take(session, incoming.bot_id, incoming.update_id, now, again=incoming.again):
                return Handled()
            before = wrong_codes.of(session, name)
            if before is not None and before.wait_until is not None and now < before.wait_until:
                return _say(incoming, _wait(before.wait_until - now))
            found = secret.by_code(session, code_hash(code))
            if found is None or (found.expires_at is not None and now >= found.expires_at):
                wrong = before.wrong + 1 if before is not None else 1
                wait = wait_after(wrong)
                wrong_codes.put(session, name, wrong, now + wait if wait else None, now)
                return _say(incoming, _wait(wait) if wait else Words("move.unknown"))
            wrong_codes.forget(session, name)
            return _bring(here, session, incoming, found, now)
    except AddressTaken:
        return _say(incoming, Words("move.taken"))


def _wait(wait: timedelta) -> Words:
    return Words("move.wait", {"n": max(1, -(-wait // timedelta(minutes=1)))})


def _bring(here: Installation, session: Session, incoming: Incoming, found: Secret, now: datetime) -> Handled:
    """A good code. Whoever else brings it waits, and finds it used."""
    hers = locked(here, session, found.participant_id)
    if hers is None:
        return _say(incoming, Words("move.unknown"))
    old = sealed.address_of(hers.who.participant, hers.key)
    at_home = (old, hers.who.participant.bot_id) == (incoming.address, incoming.bot_id)
    if at_home and (found.kind == "issued" or (hers.state.lock is None and not hers.state.shut)):
        state = place.carry_on(hers.state, situation(session, hers.who, now))
        return _shown(session, incoming, hers, state.go(state.place, "move.not_needed"), now)
    if not secret.spend(session, found):
        return _say(incoming, Words("move.unknown"))
    state = _opened(session, hers, found, now)
    notice = "move.opened" if at_home else "move.shut" if state.shut else "move.done"
    state = place.carry_on(state, situation(session, hers.who, now))
    state = state.go(state.place, notice)
    if at_home:
        return _shown(session, incoming, hers, state, now)
    there = moved.leave_behind(session, hers.key.participant_id, incoming.bot_id, now)
    participants.change(
        session,
        hers.key.participant_id,
        channel=channel_of(incoming.bot_id),
        bot_id=incoming.bot_id,
        blocked_at=None,
        last_heard_at=now,
    )
    sealed.set_address(session, hers.key, incoming.address)
    web_links.withdraw(session, hers.key.participant_id)
    sealed.shares.withdraw(session, hers.key.participant_id)
    shown = _shown(session, incoming, hers, state, now)
    menu.put_up(session, hers.key.participant_id, incoming.bot_id, now)
    audit.append(session, now, "participant", "moved to another account", f"participant:{hers.key.participant_id}")
    # last of all, since it is committed at once: should this transaction fail, the same code finishes it
    here.vault.rebind(hers.key.participant_id, channel_of(incoming.bot_id), incoming.bot_id, incoming.address)
    if old is None or hers.who.participant.bot_id != incoming.bot_id:
        return shown
    return Handled(direct=Direct(old, None, remove=there))


def _opened(session: Session, hers: Locked, found: Secret, now: datetime) -> State:
    """Her own code opens what was shut after she had it made; a worker's shuts what she gave until now."""
    if found.kind == "issued":
        state = shut_earlier(session, hers, now)
        return (
            state
            if state.lock is None
            else state.model_copy(update={"lock": state.lock.model_copy(update={"open_until": None, "wanted": None})})
        )
    secret.drop(session, hers.key.participant_id, "pin", "draft")
    still = tuple(at for at in hers.state.shut if at <= found.made_at)
    return hers.state.model_copy(update={"lock": None, "digits": "", "shut": still})


def _shown(session: Session, incoming: Incoming, hers: Locked, state: State, now: datetime) -> Handled:
    """As a new message, and what held the code goes."""
    put_up(session, hers, state, now, anchor=None)
    if isinstance(incoming.event, Typed | Command):
        forget(session, hers.key.participant_id, incoming.event.message_id, now)
    if hers.anchor is not None and sealed.address_of(hers.who.participant, hers.key) == incoming.address:
        forget(session, hers.key.participant_id, hers.anchor, now)
    return Handled()


def _say(incoming: Incoming, words: Words) -> Handled:
    """Without a word of who the code belongs to. What she sent goes."""
    language = incoming.language if incoming.language in languages() else "en"
    assert not isinstance(incoming.event, Tap)
    message = (incoming.event.message_id,) if isinstance(incoming.event, Typed | Command) else ()
    return Handled(direct=Direct(incoming.address, render(Screen((words,)), language or "en"), remove=message))
