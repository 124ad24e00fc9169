"""Changing what she said today in a check-in that is over. Both are kept; what she said at the time is what counts."""

from __future__ import annotations

from ema.domain.conversation.checkin import local_clock
from ema.domain.conversation.effects import Reopen, Show
from ema.domain.conversation.hours import as_it_is
from ema.domain.conversation.place import Place, Step, choose, go, show
from ema.domain.conversation.state import Situation, State
from ema.domain.screen import Screen, Words


def _edit(_state: State, situation: Situation) -> Screen:
    back = (go("button.carry_on", "carry_on"),)
    if not situation.over:
        return Screen((Words("edit.nothing"),), (back,))
    rows = [(choose(as_it_is(local_clock(at, situation)), "edit", str(prompt)),) for prompt, at in situation.over]
    return Screen((Words("edit.words"),), (*rows, back))


def _choose(state: State, value: str, _situation: Situation) -> Step:
    if not value.isascii() or not value.isdecimal():
        return show(state.go("edit"))
    return state.go("edit"), (Reopen(int(value)), Show())


def _edited(_state: State, _situation: Situation) -> Screen:
    return Screen((Words("edit.done"),), ((go("button.menu", "home"),),))


PLACES = {"edit": Place(_edit, choose=_choose), "edited": Place(_edited)}
