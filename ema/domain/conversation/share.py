"""A page for a service: she chooses what is on it, for whom and until when, sees all of it first, and can end it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from ema.domain.conversation.effects import LetGo, Show, TakeBack
from ema.domain.conversation.place import Place, Step, asked_again, by_hand, choose, go, show
from ema.domain.conversation.question import CHOSEN
from ema.domain.conversation.state import Situation, State
from ema.domain.errors import InvalidAnswer
from ema.domain.localised import ANY, Localised
from ema.domain.localtime import local
from ema.domain.screen import Action, Button, Filled, Say, Screen, Words
from ema.domain.sharing import DAYS, LONGEST_WHOM, PARTS, Out, parts_in
from ema.domain.wishes import read_words

BUTTON: Final = go("button.share", "share")
WHAT, WHOM, SPAN, SECRET = "share.what", "share.whom", "share.span", "share.secret"
"""Drafts: what she has chosen so far, and what opens the page that was just made."""
AT_ONCE: Final = 6
"""Services of the study that stand on buttons; any other she types."""
_LABELS: Final = {"reach": "button.reach", "weeks": "share.weeks", "chart": "button.me"}
_SPANS: Final = {"day": "link.day", "week": "link.week", "month": "share.month"}
_HOME: Final = (go("button.carry_on", "carry_on"),)
_NOTHING: Final = {WHAT: "", WHOM: "", SPAN: "", SECRET: ""}


def _list(_state: State, situation: Situation) -> Screen:
    out = situation.sharing.out
    said: list[Say] = [Words("share.words"), *(_line(one, situation) for one in out)]
    if not out:
        said.append(Words("share.none"))
    rows = [(choose("share.new", "share", "new"),)]
    rows += [(choose(Words("share.end", {"whom": one.whom}), "share", f"end.{one.number}"),) for one in out]
    if len(out) > 1:
        rows.append((choose("share.end_all", "share", "end"),))
    return Screen(tuple(said), (*rows, _HOME))


def _line(one: Out, situation: Situation) -> Words:
    zone = situation.preferences.timezone
    until = local(one.until, zone)
    if one.last is None:
        return Words("share.unopened", {"whom": one.whom, "until": until})
    last = local(one.last, zone)
    return Words("share.opened", {"whom": one.whom, "until": until, "n": one.opened, "last": last})


def _choose(state: State, value: str, _situation: Situation) -> Step:
    state = state.noting(**_NOTHING)
    verb, _, number = value.partition(".")
    if verb == "new":
        return show(state.go("share.what"))
    if value == "end":
        return state.go("share", "share.ended_all"), (TakeBack(None), Show())
    if verb == "end" and number.isdecimal():
        return state.go("share", "share.ended"), (TakeBack(int(number)), Show())
    return show(state.go("share"))


# --- what is on it


def _possible(situation: Situation) -> tuple[str, ...]:
    return tuple(part for part in PARTS if part != "chart" or situation.protocol.chart)


def _chosen(state: State, situation: Situation) -> tuple[str, ...]:
    possible = _possible(situation)
    return tuple(part for part in parts_in(state.draft.get(WHAT, "")) if part in possible)


def _what(state: State, situation: Situation) -> Screen:
    chosen = _chosen(state, situation)
    rows = [(_tick(one, chosen),) for one in _possible(situation)]
    if chosen:
        rows.append((choose("button.next", WHAT, "next"),))
    return Screen((Words("share.what"),), (*rows, _BACK))


def _tick(part: str, chosen: tuple[str, ...]) -> Button:
    """It says what it will do, so that a second tap on an old keyboard changes nothing back."""
    label = Words(_LABELS[part])
    if part not in chosen:
        return choose(label, WHAT, f"+{part}")
    return choose(Filled(Localised({ANY: CHOSEN + "{part}"}), {"part": label}), WHAT, f"-{part}")


def _choose_what(state: State, value: str, situation: Situation) -> Step:
    chosen = _chosen(state, situation)
    if value == "next" and chosen:
        return show(state.go(WHOM))
    sign, part = value[:1], value[1:]
    if sign in {"+", "-"} and part in _possible(situation):
        kept = [one for one in PARTS if (sign == "+" if one == part else one in chosen)]
        state = state.noting(**{WHAT: ",".join(kept)})
    return show(state.go(WHAT))


# --- to whom


def _whom(_state: State, situation: Situation) -> Screen:
    known = enumerate(situation.protocol.directory[:AT_ONCE])
    rows = [(choose(Localised({ANY: one.name}), WHOM, str(at)),) for at, one in known]
    return Screen((Words("share.whom", {"most": LONGEST_WHOM}),), (*rows, (go("button.back", WHAT),)))


def _choose_whom(state: State, value: str, situation: Situation) -> Step:
    known = situation.protocol.directory[:AT_ONCE]
    if not value.isdecimal() or int(value) >= len(known):
        return show(state.go(WHOM))
    return show(_for(state, known[int(value)].name))


def _type_whom(state: State, text: str, _situation: Situation) -> Step:
    try:
        words = read_words(text, LONGEST_WHOM)
    except InvalidAnswer as refused:
        return asked_again(state, WHOM, refused)
    return by_hand(show(_for(state, words)))


def _for(state: State, whom: str) -> State:
    return state.noting(**{WHOM: whom}).go("share.until")


def _anything(_state: State, _text: str, _situation: Situation) -> bool:
    """All that she types here is hers."""
    return True


# --- until when


def _until(_state: State, _situation: Situation) -> Screen:
    rows = tuple((choose(_SPANS[span], "share.until", span),) for span in DAYS)
    return Screen((Words("share.until"),), (*rows, (go("button.back", WHOM),)))


def _choose_until(state: State, value: str, _situation: Situation) -> Step:
    return show(state.noting(**{SPAN: value}).go("share.look") if value in DAYS else state.go("share.until"))


# --- all of it, before it is made


def span_of(state: State) -> timedelta | None:
    """How long the page will be readable that she is about to make."""
    span = state.draft.get(SPAN, "")
    return timedelta(days=DAYS[span]) if span in DAYS else None


def _look(state: State, situation: Situation) -> Screen:
    said = (
        Words("share.look"), *situation.sharing.page, Words("share.for", {"whom": state.draft.get(WHOM, "")}),
    )  # fmt: skip
    back = (go("button.back", "share.until"), go("button.carry_on", "carry_on"))
    return Screen(said, ((choose("share.make", "share.look", "make"),), back))


def _make(state: State, value: str, situation: Situation) -> Step:
    what, whom, span = _chosen(state, situation), state.draft.get(WHOM, ""), span_of(state)
    if value != "make" or not what or not whom or span is None:  # an old button, or it is made already
        return show(state.go("share"))
    return state.noting(**_NOTHING).go("share.here"), (LetGo(what, whom, span), Show())


def _here(state: State, _situation: Situation) -> Screen:
    token = state.draft.get(SECRET)
    back = (go("button.back", "share"), go("button.carry_on", "carry_on"))
    if not token:
        return Screen((Words("share.words"),), (back,))
    copies = (Button(Words("share.copy"), Action("copy", token)),)
    return Screen((Words("share.here"), Words("share.keep"), Words("link.none")), (copies, back))


_BACK = (go("button.back", "share"),)

PLACES = {
    "share": Place(_list, choose=_choose),
    WHAT: Place(_what, choose=_choose_what),
    WHOM: Place(_whom, choose=_choose_whom, typed=_type_whom, answers=_anything),
    "share.until": Place(_until, choose=_choose_until),
    "share.look": Place(_look, choose=_make),
    "share.here": Place(_here),
}
