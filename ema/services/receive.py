"""Take one incoming event: store it and all that follows from it in one transaction, then it may be confirmed."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from ema.channels import Direct, Handled, Incoming
from ema.domain import conversation
from ema.domain.conversation import State
from ema.domain.conversation.events import Blocked, Command, Event, Handed, Posted, Tap, Typed
from ema.domain.screen import Screen, Words
from ema.services import strangers
from ema.services.carry_out import Turn, carry_out
from ema.services.forget import MESSAGES_LIVE, forget
from ema.services.installation import Installation
from ema.services.kept import pack
from ema.services.situation import named_by, person, situation
from ema.services.vanish import leave_chat
from ema.services.withdraw import begin_erasing, erase
from ema.store import inbox, messages, outbox, participants, sealed, ticks
from ema.store.trouble import Collided, DatabaseTrouble
from ema.store.vault import PersonKey
from ema.texts import render
from ema.tracing import traced

CHANNEL = "telegram"
TRIES = 3
"""An update that fails so often is kept sealed, alerted and confirmed, so that it can't block the others."""


def receive(installation: Installation, incoming: Incoming) -> Handled:
    """Take one event. When this returns, it is stored; when it raises, nothing is, and it must come again.

    What is the database's fault is never counted against the event: it comes again until it is stored.
    """
    for again in range(TRIES):
        try:
            with traced("receive"):
                return _receive(installation, incoming)
        except Collided:
            if again + 1 == TRIES:
                raise
        except DatabaseTrouble:
            raise
        except Exception as error:
            if not _give_up(installation, incoming, error):
                raise
            break
    return Handled(tap_id=_tap_id(incoming))


def _receive(installation: Installation, incoming: Incoming) -> Handled:
    key = installation.vault.of_address(CHANNEL, incoming.bot_id, incoming.address)
    if key is None:
        return strangers.receive(installation, incoming)
    now = installation.clock.now()
    try:
        with installation.database.transaction() as session:
            if not inbox.take(session, incoming.bot_id, incoming.update_id, now, again=incoming.again):
                return Handled(tap_id=_tap_id(incoming))
            turn = take(session, key, incoming.event, now, late=incoming.late)
            if turn is None:
                return Handled(tap_id=_tap_id(incoming))
            handled = Handled(_tap_id(incoming), turn.toast, _last_words(turn, incoming))
    except participants.NoSuchParticipant:  # her key was made, and the process died before her row was
        return strangers.receive(installation, incoming)
    if turn.leaving is not None:
        erase(installation, key.participant_id, why="erased" if turn.leaving == "erase" else "declined")
    return handled


def take(session: Session, key: PersonKey, event: Event, now: datetime, *, late: bool = False) -> Turn | None:
    """Lock her conversation, let the dialogue advance, do what it wants. None where there is nothing to say."""
    stored = sealed.load_state(session, key)
    who = person(session, key.participant_id)
    if stored is None or who.participant.standing == "erasing":
        return None
    if not isinstance(event, Tap | Command | Typed | Posted | Handed):
        blocked_at = now if isinstance(event, Blocked) else None
        participants.change(session, key.participant_id, blocked_at=blocked_at)
        return None
    participants.heard(session, key.participant_id, now)
    if who.participant.blocked_at is not None:  # she writes, so she unblocked us, whatever order the updates came in
        participants.change(session, key.participant_id, blocked_at=None)
    if not isinstance(event, Handed) and event.message_id:
        _learn(session, key.participant_id, event, now)
    state = State.model_validate_json(stored.state)
    about = _about(event, state)
    turn = Turn(session, key, who, event, now, late, stored.anchor, state)
    turn.prompt = named_by(session, who, about)
    turn.so = so = situation(session, who, now, turn.prompt, late=late, key=key)
    state, effects = conversation.advance(state, event, so)
    turn.state = carry_out(turn, state, effects)
    if turn.leaving is not None:
        begin_erasing(session, key.participant_id)
        return turn
    leave_chat(turn)
    if turn.show:
        _show(turn)
    sealed.save_state(
        session,
        key,
        turn.state.model_dump_json(),
        format=turn.state.format,
        revision=turn.state.revision,
        anchor=turn.anchor,
        now=now,
    )
    return turn


def _about(event: Event, state: State) -> int | None:
    """The prompt that an event is about: a button names it; what she types or sends is for the question before her."""
    if isinstance(event, Tap):
        return event.action.prompt if event.action else None
    if isinstance(event, Handed):
        return event.prompt
    return state.run.prompt if state.run is not None and isinstance(event, Typed | Posted) else None


def _learn(session: Session, participant_id: str, event: Tap | Command | Typed | Posted, now: datetime) -> None:
    """Note the message that this event is about, so that it can be removed in time."""
    tapped = isinstance(event, Tap)
    messages.record(
        session,
        participant_id,
        event.message_id,
        direction="out" if tapped else "in",
        purpose="seen" if tapped else "typed",
        at=now,
        erase_by=now + MESSAGES_LIVE,
    )


def _show(turn: Turn) -> None:
    """Queue the current screen: in the tapped message, or as a new one. A newer screen supersedes an older one."""
    session, participant_id, now = turn.session, turn.key.participant_id, turn.now
    outbox.supersede(session, participant_id, ["screen"], now=now)
    if turn.tapped is not None and turn.anchor is not None and turn.anchor != turn.tapped:
        forget(session, participant_id, turn.anchor, now)
    if turn.tapped is not None:
        turn.anchor = turn.tapped
    shown_in = turn.anchor if turn.in_place else turn.tapped
    outbox.enqueue(
        session,
        participant_id=participant_id,
        kind="screen",
        priority=outbox.REPLY,
        message_id=shown_in,
        dedupe_key=f"screen:{participant_id}:{turn.state.revision}",
        not_before=now,
        now=now,
        silent=True,
    )


def _last_words(turn: Turn, incoming: Incoming) -> Direct | None:
    """What is said when nothing of her is kept: it can't go through the outbox, which is hers too."""
    if turn.leaving is None:
        return None
    language = turn.who.participant.language
    if turn.leaving == "erase":
        receipt = f"{turn.now:%Y%m%d}-{turn.key.participant_id}"
        screen = Screen((Words("erase.done", {"receipt": receipt}),))
    else:
        screen = conversation.view(turn.state, situation(turn.session, turn.who, turn.now))
    known = [message.message_id for message in messages.known(turn.session, turn.key.participant_id)]
    keep = turn.tapped
    return Direct(
        incoming.address, render(screen, language), keep, tuple(known_id for known_id in known if known_id != keep)
    )


def _give_up(installation: Installation, incoming: Incoming, error: Exception) -> bool:
    """Count a failure of this update; after the third, keep it sealed and tell staff. True: it may be confirmed."""
    now, reason = installation.clock.now(), type(error).__name__
    with installation.database.transaction() as session:
        if inbox.failing(session, incoming.bot_id, incoming.update_id, reason, now) < TRIES:
            return False
        bot_id, update_id, body = incoming.bot_id, incoming.update_id, pack(incoming)
        key = installation.vault.of_address(CHANNEL, bot_id, incoming.address)
        rowless = key is not None and participants.missing(session, [key.participant_id])  # it failed while she joined
        seal = installation.vault.installation if key is None or rowless else key
        sealed.keep_failed_update(session, seal, bot_id, update_id, body=body, error=reason, now=now)
        what = f"bot {bot_id}, update {update_id}"
        ticks.alert(session, "update_failed", f"An update could not be processed ({reason}). It is kept: {what}.", now)
        return True


def _tap_id(incoming: Incoming) -> str | None:
    return incoming.event.tap_id if isinstance(incoming.event, Tap) else None
