"""A personal link to the same pages without Telegram: for a day or a week, and all of hers ended at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from ema.domain.conversation.effects import Link, Show
from ema.domain.conversation.place import Place, Step, carry_on, choose, go, show
from ema.domain.conversation.state import Situation, State
from ema.domain.screen import Action, Button, Screen, Words

OPENS_WITHIN: Final = timedelta(hours=1)
"""So long a new link can be opened."""
DAYS: Final = {"day": 1, "week": 7}
"""How long what it opened stays open, as she chooses."""
DRAFT: Final = "link"


def _offer(_state: State, _situation: Situation) -> Screen:
    rows = (
        (choose("link.day", "link", "day"), choose("link.week", "link", "week")),
        (choose("link.end", "link", "end"),),
        (go("button.carry_on", "carry_on"),),
    )
    return Screen((Words("link.words"), Words("link.once"), Words("link.who")), rows)


def _choose(state: State, value: str, situation: Situation) -> Step:
    if value == "end":
        after = carry_on(state, situation).noting(**{DRAFT: ""})
        return after.go(after.place, "link.ended"), (Link(None), Show())
    if value not in DAYS:
        return show(state.go("link"))
    return state.go("link.here"), (Link(DAYS[value]), Show())


def _here(state: State, _situation: Situation) -> Screen:
    back = (go("button.carry_on", "carry_on"),)
    token = state.draft.get(DRAFT)
    if not token:
        return Screen((Words("link.words"),), ((go("button.back", "link"),), back))
    ends = (choose("link.end", "link", "end"),)
    return Screen(
        (Words("link.here"), Words("link.none")), ((Button(Words("link.open"), Action(DRAFT, token)),), ends, back)
    )


PLACES = {"link": Place(_offer, choose=_choose), "link.here": Place(_here)}
