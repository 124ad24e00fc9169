"""What is hers to see and to take along: her own answers as a picture, and a copy of everything held about her."""

from __future__ import annotations

from ema.domain.conversation.effects import Copy, Picture, Show
from ema.domain.conversation.place import EVERYBODY, Place, Step, carry_on, choose, go, show
from ema.domain.conversation.state import Situation, State
from ema.domain.localtime import local
from ema.domain.screen import Action, Button, Screen, Words

BUTTONS = (Button(Words("button.me"), Action("me")), go("button.mydata", "mydata"))


def picture(state: State, situation: Situation) -> Step:
    """She goes on where she was. Whether there are answers enough to draw is found out when it is carried out."""
    state = carry_on(state, situation)
    if not situation.protocol.chart:
        return show(state.go(state.place, "me.none"))
    return state, (Picture(), Show())


def _offer(state: State, situation: Situation) -> Screen:
    """Asked once more: a finger that slips in the list of commands must not put everything into the chat."""
    rows = ((choose("mydata.yes", "mydata", "yes"), go("button.carry_on", "carry_on")),)
    said = [Words("mydata.words"), Words("mydata.phone")]
    if state.since is not None:
        said.append(Words("mydata.closed", {"at": local(state.since, situation.preferences.timezone)}))
    return Screen(tuple(said), rows)


def _send(state: State, value: str, situation: Situation) -> Step:
    state = carry_on(state, situation)
    if value != "yes":
        return show(state)
    return state.go(state.place, "mydata.coming"), (Copy(), Show())


PLACES = {"mydata": Place(_offer, choose=_send, standings=EVERYBODY)}
