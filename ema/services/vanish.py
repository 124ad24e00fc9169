"""What is done leaves the chat when she chose, long before Telegram's 48 hours. The caller owns the transaction."""

from __future__ import annotations

from datetime import timedelta

from ema.domain.discretion import LINGERS
from ema.domain.screen import Words
from ema.services.carry_out import Turn
from ema.services.forget import MESSAGES_LIVE, forget
from ema.store import messages, outbox
from ema.texts import say

THANKS = {"thanks": "thanks.done", "declined": "declined.words", "edited": "edit.done"}
"""Places that a check-in ends at without anything being asked of her, and what they say."""


def leave_chat(turn: Turn) -> None:
    """After an event: see to it that a check-in which ended with it goes in time, and no message that she uses."""
    assert turn.so is not None
    after = turn.so.discretion.goes_after
    if after is None:
        return
    if turn.finished is None:
        _stay(turn)
    elif after == 0 and turn.state.place in THANKS:
        _at_once(turn)
    else:
        by = turn.now + max(timedelta(minutes=after), LINGERS)
        messages.erase_sooner(turn.session, turn.key.participant_id, _of_the_checkin(turn), by)


def _at_once(turn: Turn) -> None:
    """Nothing is put up, but thanks over the chat, which leave no trace."""
    turn.toast = say(Words(THANKS[turn.state.place]), turn.who.participant.language)
    outbox.supersede(turn.session, turn.key.participant_id, ["screen"], now=turn.now)
    for message_id in _of_the_checkin(turn):
        forget(turn.session, turn.key.participant_id, message_id, turn.now)
    turn.anchor, turn.show = None, False


def _stay(turn: Turn) -> None:
    """She goes on in a message: it does not go under her hand, and not at all while a question stands in it."""
    message_id = turn.tapped or (turn.anchor if turn.in_place else None)
    if message_id is None or not turn.show:
        return
    stays = MESSAGES_LIVE if turn.state.place == "question" else LINGERS
    messages.erase_later(turn.session, turn.key.participant_id, message_id, turn.now + stays, MESSAGES_LIVE)


def _of_the_checkin(turn: Turn) -> set[int]:
    """The messages of the check-in that ended: its notes, and the one that shows the dialogue."""
    assert turn.finished is not None
    known = messages.of_prompt(turn.session, turn.key.participant_id, turn.finished)
    shown = (one for one in (turn.anchor, turn.tapped) if one is not None)
    return {*(message.message_id for message in known), *shown}
