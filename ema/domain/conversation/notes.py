"""How her notes look, and when what is done leaves the chat: hers to choose, so that a glance tells nothing."""

from __future__ import annotations

from ema.domain.conversation.effects import Choose, Show
from ema.domain.conversation.place import Place, Step, asked_again, by_hand, choose, go, show
from ema.domain.conversation.state import Situation, State
from ema.domain.discretion import GOES_AFTER, MOST_LETTERS, Discretion, read_code
from ema.domain.errors import InvalidAnswer
from ema.domain.screen import Button, Say, Screen, Words

USUAL = "usual"
"""Stands on buttons for the study's own note, and for the time at which messages go by themselves."""


def _saved(state: State, hers: Discretion) -> Step:
    return state.go("notes", "notice.saved"), (Choose(discretion=hers), Show())


def _changed(state: State, situation: Situation, **changes: object) -> Step:
    return _saved(state, situation.discretion.model_copy(update=changes))


def _notes(_state: State, situation: Situation) -> Screen:
    hers = situation.discretion
    said: tuple[Say, ...] = (
        Words("notes.now", {"note": hers.words(situation.protocol)}),
        Words("notes.silent" if hers.silent else "notes.sound"),
        _goes(hers.goes_after),
    )
    rows: list[tuple[Button, ...]] = []
    if situation.protocol.other_notes:
        rows.append((go("button.other_words", "notes.words"),))
    rows += [
        (go("button.code", "notes.code"),),
        (choose("button.sound_on" if hers.silent else "button.sound_off", "notes", "sound"),),
        (go("button.goes", "notes.goes"),),
        (go("button.carry_on", "carry_on"),),
    ]
    return Screen(said, tuple(rows))


def _goes(after: int | None) -> Words:
    if after is None:
        return Words("notes.goes_next")
    return Words("notes.goes_after", {"n": after // 60}) if after else Words("notes.goes_now")


def _sound(state: State, value: str, situation: Situation) -> Step:
    if value != "sound":
        return show(state.go("notes"))
    return _changed(state, situation, silent=not situation.discretion.silent)


# --- the words


def _words(_state: State, situation: Situation) -> Screen:
    protocol = situation.protocol
    rows = [(choose(words, "notes.words", name),) for name, words in ((USUAL, protocol.note), *_others(situation))]
    return Screen((Words("notes.words"),), (*rows, (go("button.back", "notes"),)))


def _others(situation: Situation) -> tuple[tuple[str, Say], ...]:
    return tuple(situation.protocol.other_notes.items())


def _choose_words(state: State, value: str, situation: Situation) -> Step:
    if value != USUAL and value not in situation.protocol.other_notes:
        return show(state.go("notes.words"))
    return _changed(state, situation, note="" if value == USUAL else value, alone=False)


# --- a word of her own


def _code(_state: State, situation: Situation) -> Screen:
    hers = situation.discretion
    asked: Say = Words("notes.code", {"most": MOST_LETTERS})
    back = (go("button.back", "notes"),)
    if not hers.code:
        return Screen((asked,), (back,))
    place = choose("button.code_before", "notes.code", "before")
    if not hers.alone:
        place = choose("button.code_alone", "notes.code", "alone")
    rows = ((place,), (choose("button.code_none", "notes.code", "none"),), back)
    return Screen((Words("notes.code_now", {"code": hers.code}), asked), rows)


def _choose_code(state: State, value: str, situation: Situation) -> Step:
    if value == "none":
        return _changed(state, situation, code="", alone=False)
    if value in {"before", "alone"} and situation.discretion.code:
        return _changed(state, situation, alone=value == "alone")
    return show(state.go("notes.code"))


def _type_code(state: State, text: str, situation: Situation) -> Step:
    try:
        word = read_code(text)
    except InvalidAnswer as refused:
        return asked_again(state, "notes.code", refused)
    return by_hand(_changed(state, situation, code=word))


# --- when what is done goes


def _when(_state: State, _situation: Situation) -> Screen:
    labels = {after: Words("goes.after", {"n": after // 60}) if after else Words("goes.now") for after in GOES_AFTER}
    rows = [(choose(label, "notes.goes", str(after)),) for after, label in labels.items()]
    rows.append((choose("goes.next", "notes.goes", USUAL),))
    return Screen((Words("notes.goes"), Words("notes.goes_hint")), (*rows, (go("button.back", "notes"),)))


def _choose_when(state: State, value: str, situation: Situation) -> Step:
    if value == USUAL:
        return _changed(state, situation, goes_after=None)
    if value not in map(str, GOES_AFTER):
        return show(state.go("notes.goes"))
    return _changed(state, situation, goes_after=int(value))


PLACES = {
    "notes": Place(_notes, choose=_sound),
    "notes.words": Place(_words, choose=_choose_words),
    "notes.code": Place(_code, choose=_choose_code, typed=_type_code, answers=lambda *_: True),
    "notes.goes": Place(_when, choose=_choose_when),
}
