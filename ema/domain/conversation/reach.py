"""How she would like to be met when a person gets in touch: the way, the person, her pronouns. Hers to say or not."""

from __future__ import annotations

from typing import Final

from ema.domain.conversation.effects import Choose, Show
from ema.domain.conversation.place import EVERYBODY, Place, Step, asked_again, by_hand, choose, go, show
from ema.domain.conversation.state import Situation, State
from ema.domain.errors import InvalidAnswer
from ema.domain.localised import ANY, Localised
from ema.domain.screen import Button, Say, Screen, Words
from ema.domain.wishes import LONGEST_PLACE, LONGEST_PRONOUNS, PRONOUNS, WAYS, WORKERS, Wishes, read_words

NONE: Final = "none"
"""Stands on buttons for what is not said."""
AT_ONCE: Final = 6
"""Services of the study that stand on buttons; any other place she types."""


def now(situation: Situation) -> Words:
    """The way, in a line."""
    if situation.way == "place" and situation.wishes.place:
        return Words("reach.now_named", {"place": situation.wishes.place})
    return Words(f"reach.now_{situation.way}")


def _reach(_state: State, situation: Situation) -> Screen:
    hers = situation.wishes
    said: list[Say] = [Words("reach.words"), now(situation)]
    if situation.way == "call":
        said.append(Words("reach.number"))
    if hers.worker:
        said.append(Words("reach.by", {"worker": Words(f"worker.{hers.worker}")}))
    if hers.pronouns:
        said.append(Words("reach.hers", {"pronouns": pronouns(hers.pronouns)}))
    rows = (
        (go("button.way", "reach.way"),),
        (go("button.worker", "reach.worker"),),
        (go("button.pronouns", "reach.pronouns"),),
        (go("button.carry_on", "carry_on"),),
    )
    return Screen(tuple(said), rows)


def pronouns(said: str) -> Say:
    """As she reads them."""
    return Words(f"pronouns.{said}") if said in PRONOUNS else Localised({ANY: said})


def _saved(state: State, choice: Choose) -> Step:
    return state.go("reach", "notice.saved"), (choice, Show())


def _wish(state: State, situation: Situation, **changes: str) -> Step:
    return _saved(state, Choose(wishes=Wishes(**(situation.wishes.model_dump() | changes))))


# --- the way


def _way(_state: State, _situation: Situation) -> Screen:
    rows = tuple((choose(Words(f"way.{way}"), "reach.way", way),) for way in WAYS)
    return Screen((Words("reach.way"),), (*rows, _BACK))


def _choose_way(state: State, value: str, _situation: Situation) -> Step:
    if value not in WAYS:
        return show(state.go("reach.way"))
    choice = Choose(way=value)
    return (state.go("reach.place"), (choice, Show())) if value == "place" else _saved(state, choice)


def _which_place(_state: State, situation: Situation) -> Screen:
    known = enumerate(situation.protocol.directory[:AT_ONCE])
    rows: list[tuple[Button, ...]] = [
        (choose(Localised({ANY: one.name}), "reach.place", str(at)),) for at, one in known
    ]
    rows.append((choose("button.any_place", "reach.place", NONE),))
    return Screen((Words("reach.place", {"most": LONGEST_PLACE}),), (*rows, _BACK))


def _choose_place(state: State, value: str, situation: Situation) -> Step:
    known = situation.protocol.directory[:AT_ONCE]
    if value == NONE:
        return _wish(state, situation, place="")
    if not value.isdecimal() or int(value) >= len(known):
        return show(state.go("reach.place"))
    return _wish(state, situation, place=known[int(value)].name)


def _type_place(state: State, text: str, situation: Situation) -> Step:
    return _typed(state, situation, "place", text, LONGEST_PLACE)


# --- who gets in touch


def _worker(_state: State, _situation: Situation) -> Screen:
    rows = tuple((choose(Words(f"worker.{one or 'any'}"), "reach.worker", one or NONE),) for one in WORKERS)
    return Screen((Words("reach.worker"),), (*rows, _BACK))


def _choose_worker(state: State, value: str, situation: Situation) -> Step:
    wanted = "" if value == NONE else value
    if wanted not in WORKERS:
        return show(state.go("reach.worker"))
    return _wish(state, situation, worker=wanted)


# --- her pronouns


def _which_pronouns(_state: State, _situation: Situation) -> Screen:
    rows = [(choose(Words(f"pronouns.{one}"), "reach.pronouns", one),) for one in PRONOUNS]
    rows.append((choose("button.no_pronouns", "reach.pronouns", NONE),))
    return Screen((Words("reach.pronouns", {"most": LONGEST_PRONOUNS}),), (*rows, _BACK))


def _choose_pronouns(state: State, value: str, situation: Situation) -> Step:
    if value not in {*PRONOUNS, NONE}:
        return show(state.go("reach.pronouns"))
    return _wish(state, situation, pronouns="" if value == NONE else value)


def _type_pronouns(state: State, text: str, situation: Situation) -> Step:
    return _typed(state, situation, "pronouns", text, LONGEST_PRONOUNS)


def _typed(state: State, situation: Situation, wish: str, text: str, most: int) -> Step:
    try:
        words = read_words(text, most)
    except InvalidAnswer as refused:
        return asked_again(state, f"reach.{wish}", refused)
    return by_hand(_wish(state, situation, **{wish: words}))


_BACK = (go("button.back", "reach"),)


def _anything(_state: State, _text: str, _situation: Situation) -> bool:
    """All that she types here is hers."""
    return True


PLACES = {
    "reach": Place(_reach, standings=EVERYBODY),
    "reach.way": Place(_way, choose=_choose_way, standings=EVERYBODY),
    "reach.place": Place(_which_place, choose=_choose_place, typed=_type_place, answers=_anything, standings=EVERYBODY),
    "reach.worker": Place(_worker, choose=_choose_worker, standings=EVERYBODY),
    "reach.pronouns": Place(
        _which_pronouns, choose=_choose_pronouns, typed=_type_pronouns, answers=_anything, standings=EVERYBODY
    ),
}
