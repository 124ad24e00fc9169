"""Take incoming events: store them and all that follows from them in one transaction, then they may be confirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlmodel import Session

from ema.channels import Direct, Handled, Incoming
from ema.domain import conversation
from ema.domain.conversation import State
from ema.domain.conversation.events import Blocked, Command, Event, Handed, Posted, Tap, Typed
from ema.domain.screen import Screen, Words
from ema.domain.ways import PAGE
from ema.gathering import Gathering
from ema.services import moving, strangers
from ema.services.carry_out import Turn, carry_out
from ema.services.forget import MESSAGES_LIVE, forget
from ema.services.installation import Installation
from ema.services.kept import pack
from ema.services.situation import Person, persons, situation
from ema.services.vanish import leave_chat
from ema.services.withdraw import begin_erasing, erase
from ema.store import inbox, messages, outbox, participants, prompts, sealed, ticks
from ema.store.body import on_behalf_of
from ema.store.tables import Prompt
from ema.store.trouble import Collided, DatabaseTrouble
from ema.store.vault import PersonKey
from ema.texts import render
from ema.tracing import traced

TRIES = 3
"""An update that fails so often is kept sealed, alerted and confirmed, so that it can't block the others."""


def gathered(installation: Installation) -> Gathering[Incoming, Handled]:
    """`receive` for one process: what comes while some is being stored is stored together."""
    return Gathering(
        partial(receive, installation),
        partial(receive_all, installation),
        about=_sender,
        everybodys=DatabaseTrouble,
    )


def receive_all(installation: Installation, incomings: Sequence[Incoming]) -> list[Handled | Exception]:
    """Take what came from several chats, of each one event: those who take part in one transaction, if it can be done.

    When it raises, nothing is stored, and each is to be taken by itself; but what is the database's fault concerns all.
    What fails after the commit, or for a stranger, is that one's own result: the others' words must not be lost.
    """
    keys = _keys(installation, incomings)
    known = [one for one in incomings if _sender(one) in keys and moving.code_in(one) is None]
    done: dict[Sender, Handled | Exception] = {}
    if known:
        with traced("receive", events=len(known)):
            done = dict(zip(map(_sender, known), _together(installation, keys, known), strict=True))
    return [done[_sender(one)] if _sender(one) in done else _alone(installation, one) for one in incomings]


def _alone(installation: Installation, incoming: Incoming) -> Handled | Exception:
    try:
        return receive(installation, incoming)
    except Exception as error:  # noqa: BLE001 - raised to whoever asked
        return error


def _together(
    installation: Installation, keys: Mapping[Sender, PersonKey], known: Sequence[Incoming]
) -> list[Handled | Exception]:
    for _ in range(TRIES - 1):
        with suppress(Collided):
            return _receive(installation, keys, known)
    return _receive(installation, keys, known)


def receive(installation: Installation, incoming: Incoming) -> Handled:
    """Take one event. When this returns, it is stored; when it raises, nothing is, and it must come again.

    What is the database's fault is never counted against the event: it comes again until it is stored.
    """
    for again in range(TRIES):
        try:
            with traced("receive"):
                code = moving.code_in(incoming)
                if code is not None:
                    return moving.receive(installation, incoming, code)
                keys = _keys(installation, [incoming])
                if not keys:
                    return strangers.receive(installation, incoming)
                try:
                    return _raised(*_receive(installation, keys, [incoming], again=incoming.again))
                except participants.NoSuchParticipant:  # her key was made, and the process died before her row was
                    return strangers.receive(installation, incoming)
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


def _raised(handled: Handled | Exception) -> Handled:
    if isinstance(handled, Exception):
        raise handled
    return handled


Sender = tuple[int, str]
"""A bot, and an address in it."""


def _sender(incoming: Incoming) -> Sender:
    return incoming.bot_id, incoming.address


def _keys(installation: Installation, incomings: Sequence[Incoming]) -> dict[Sender, PersonKey]:
    return installation.vault.of_addresses([_sender(one) for one in incomings])


def _receive(
    installation: Installation, keys: Mapping[Sender, PersonKey], incomings: Sequence[Incoming], *, again: bool = False
) -> list[Handled | Exception]:
    now = installation.clock.now()
    with installation.database.transaction() as session:
        names = {(one.bot_id, one.update_id) for one in incomings}
        taken = inbox.take_all(session, names, now, again=again)
        new = [one for one in incomings if (one.bot_id, one.update_id) in taken]
        heard = [Heard(keys[_sender(one)], one.event, one.late, one.address) for one in new]
        turns = dict(zip(map(_sender, new), take_all(session, heard, now), strict=True))
        handled = [_handled(turns.get(_sender(one)), one) for one in incomings]
    return [_left(installation, turns.get(_sender(one)), said) for one, said in zip(incomings, handled, strict=True)]


def _left(installation: Installation, turn: Turn | None, handled: Handled) -> Handled | Exception:
    """After the commit: who leaves is erased."""
    if turn is None or turn.leaving is None:
        return handled
    try:
        erase(installation, turn.key.participant_id, why="erased" if turn.leaving == "erase" else "declined")
    except Exception as error:  # noqa: BLE001 - the tick finishes it; the others' results stand
        return error
    return handled


def _handled(turn: Turn | None, incoming: Incoming) -> Handled:
    if turn is None:
        return Handled(tap_id=_tap_id(incoming))
    return Handled(_tap_id(incoming), turn.toast, _last_words(turn, incoming))


@dataclass(frozen=True)
class Heard:
    """What somebody did. `key` is hers; `late`: it waited while nobody was listening."""

    key: PersonKey
    event: Event
    late: bool = False
    address: str = ""
    """Where it came from."""

    @property
    def whose(self) -> str:
        return self.key.participant_id


def take_all(session: Session, heard: Sequence[Heard], now: datetime) -> list[Turn | None]:
    """Lock their conversations, let each dialogue advance, do what it wants. None where there is nothing to say.

    Of one person there is one event. What all need is read together, and what they write goes out together.
    """
    stored = sealed.load_states(session, [one.key for one in heard])
    people = persons(session, [one.whose for one in heard])
    states = {whose: State.model_validate_json(each.state) for whose, each in stored.items()}
    about = {one.whose: _about(one.event, states[one.whose]) for one in heard if one.whose in states}
    named = prompts.some(session, {prompt for prompt in about.values() if prompt is not None}, lock=True)
    waiting = prompts.waiting(session, list(states), now)
    turns: list[Turn | None] = []
    for one in heard:
        who, hers = people[one.whose], stored.get(one.whose)
        if hers is None or who.participant.standing == "erasing" or _left_behind(session, one, who):
            turns.append(None)
            continue
        turn = Turn(session, one.key, who, one.event, now, one.late, hers.anchor, states[one.whose])
        prompt = named.get(about[one.whose] or 0)
        turn.prompt = prompt if prompt is not None and prompt.participant_id == one.whose else None
        with on_behalf_of(session, one.whose):
            turns.append(_take(turn, waiting[one.whose]))
    return turns


def _left_behind(session: Session, one: Heard, who: Person) -> bool:
    """Whether it comes from an account that she has left for another while it was on its way."""
    if not one.address:
        return False
    address = sealed.address_of(who.participant, one.key)
    if address is None:  # the database was put back from before she moved: only the key store knew where she is
        sealed.set_address(session, one.key, one.address)
    return address not in {None, one.address}


def _take(turn: Turn, waiting: Sequence[Prompt]) -> Turn | None:
    session, key, who, event, now = turn.session, turn.key, turn.who, turn.event, turn.now
    if not isinstance(event, Tap | Command | Typed | Posted | Handed):
        blocked_at = now if isinstance(event, Blocked) else None
        participants.change(session, key.participant_id, blocked_at=blocked_at)
        return None
    participants.heard(session, key.participant_id, now)
    if who.participant.blocked_at is not None:  # she writes, so she unblocked us, whatever order the updates came in
        participants.change(session, key.participant_id, blocked_at=None)
    if not isinstance(event, Handed) and event.message_id:
        _learn(session, key.participant_id, event, now)
    turn.so = so = situation(session, who, now, turn.prompt, late=turn.late, waiting=waiting, key=key)
    state, effects = conversation.advance(turn.state, event, so)
    turn.state = carry_out(turn, state, effects)
    if turn.leaving is not None:
        begin_erasing(session, key.participant_id)
        return turn
    leave_chat(turn)
    if turn.show and turn.who.participant.bot_id != PAGE:
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
        key = installation.vault.of_address(bot_id, incoming.address)
        rowless = key is not None and participants.missing(session, [key.participant_id])  # it failed while she joined
        seal = installation.vault.installation if key is None or rowless else key
        sealed.keep_failed_update(session, seal, bot_id, update_id, body=body, error=reason, now=now)
        what = f"bot {bot_id}, update {update_id}"
        ticks.alert(session, "update_failed", f"An update could not be processed ({reason}). It is kept: {what}.", now)
        return True


def _tap_id(incoming: Incoming) -> str | None:
    return incoming.event.tap_id if isinstance(incoming.event, Tap) else None
