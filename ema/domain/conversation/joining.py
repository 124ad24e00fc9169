"""Joining: language, short screens, age, “are you alone”, consent for each purpose. No is as easy as yes."""

from __future__ import annotations

from datetime import date

from ema.domain.conversation.effects import Choose, Consented, Join, Leave, Show
from ema.domain.conversation.place import Place, Step, choose, show
from ema.domain.conversation.state import Situation, State
from ema.domain.localised import Localised
from ema.domain.protocol import Protocol
from ema.domain.screen import Button, Filled, Screen, Words

JOINING = ("joining",)
LANGUAGE_NAMES = {"en": "English", "es": "Español", "ro": "Română", "pt": "Português", "pl": "Polski"}


def begin(situation: Situation) -> State:
    """The first screen after the invitation's code was accepted."""
    first = "language" if len(situation.protocol.languages) > 1 else "join.info"
    return _step(State(), first)


def _step(state: State, place: str) -> State:
    """Go on, and remember where joining stands, so that a detour to help comes back here."""
    return state.go(place).noting(step=place)


def _language(_state: State, situation: Situation) -> Screen:
    names = [
        choose(Localised({"*": LANGUAGE_NAMES.get(code, code)}), "language", code)
        for code in situation.protocol.languages
    ]
    return Screen((Words("language.words"),), tuple((name,) for name in names))


def _choose_language(state: State, value: str, situation: Situation) -> Step:
    if value not in situation.protocol.languages:
        return show(state.go("language"))
    after = _step(state, "join.info") if situation.standing == "joining" else state.go("home", "notice.saved")
    return after, (Choose(language=value), Show())


def _page(state: State, situation: Situation) -> int:
    return min(int(state.draft.get("page", "0")), len(situation.protocol.consent.screens) - 1)


def _info(state: State, situation: Situation) -> Screen:
    page, pages = _page(state, situation), situation.protocol.consent.screens
    row: list[Button] = [choose("button.back", "join.info", str(page - 1))] if page else []
    row.append(choose("button.next", "join.info", str(page + 1)))
    return Screen(
        (Words("join.page", {"i": page + 1, "n": len(pages)}), Filled(pages[page].text, _stated(situation.protocol))),
        (tuple(row), (choose("button.no_thanks", "join.no", "leave"),)),
    )


def _stated(protocol: Protocol) -> dict[str, Words | Localised | date]:
    """What the consent words leave open, from the study's file; in a test run some of it is not stated yet."""
    opening, open_yet = protocol.opening, Words("join.not_stated")
    return {
        "legal_duty": opening.legal_duty or open_yet,
        "freeze_date": opening.freeze_date or open_yet,
        "payment": opening.payment.words if opening.payment else open_yet,
    }


def _turn(state: State, value: str, situation: Situation) -> Step:
    page = int(value) if value.isdecimal() else 0
    if page >= len(situation.protocol.consent.screens):
        return show(_step(state, "join.age"))
    return show(_step(state.noting(page=str(page)), "join.info"))


def _yes_no(text_of: str, place: str, yes: str, no: str) -> Place:
    """A question of the study's consent with two plain answers."""

    def screen(_state: State, situation: Situation) -> Screen:
        words: Localised = getattr(situation.protocol.consent, text_of)
        return Screen((words,), ((choose(yes, place, "yes"), choose(no, place, "no")),))

    return Place(screen, choose=_CHOICES[place], standings=JOINING)


def _age(state: State, value: str, _situation: Situation) -> Step:
    if value == "yes":
        return show(_step(state.noting(adult="yes"), "join.alone"))
    return state.go("join.young"), (Leave("declined"),)


def _alone(state: State, value: str, _situation: Situation) -> Step:
    return show(_step(state, "join.agree") if value == "yes" else state.go("join.later").noting(step="join.alone"))


def _agree(state: State, value: str, _situation: Situation) -> Step:
    if value == "yes" and state.draft.get("adult") == "yes":
        after = _step(state.noting(agreed="yes"), "join.health")
        return after, (Consented("participation", given=True), Show())
    if value == "yes":
        return show(_step(state, "join.age"))
    return show(state.go("join.no"))


def _health(state: State, value: str, _situation: Situation) -> Step:
    if value == "yes" and state.draft.get("agreed") == "yes":
        after = _step(state.noting(health="yes"), "times")
        return after, (Consented("health_data", given=True), Show())
    if value == "yes":
        return show(_step(state, "join.agree"))
    return show(state.go("join.no"))


def ready(state: State) -> bool:
    """Every consent is given; hours and zone may be chosen and the study joined."""
    return all(state.draft.get(step) == "yes" for step in ("adult", "agreed", "health"))


def joined(state: State) -> Step:
    return State(revision=state.revision, place="practice"), (Join(), Show())


def _later(_state: State, _situation: Situation) -> Screen:
    return Screen((Words("join.later"),), ((choose("button.go_on", "join.later", "go"),),))


def _come_back(state: State, _value: str, _situation: Situation) -> Step:
    return show(state.go(state.draft.get("step", "join.info")))


def _no(_state: State, _situation: Situation) -> Screen:
    return Screen(
        (Words("join.no"),),
        ((choose("button.not_now", "join.no", "later"), choose("button.no_thanks", "join.no", "no")),),
    )


def _leave(state: State, value: str, _situation: Situation) -> Step:
    if value == "no":
        return state.go("join.left"), (Leave("declined"),)
    return show(state.go("join.later" if value == "later" else "join.no"))


def _left(_state: State, _situation: Situation) -> Screen:
    return Screen((Words("join.left"), Words("help.danger")))


_CHOICES = {"join.age": _age, "join.alone": _alone, "join.agree": _agree, "join.health": _health}

PLACES = {
    "language": Place(_language, choose=_choose_language, standings=("joining", "active", "quiet", "stopped")),
    "join.info": Place(_info, choose=_turn, standings=JOINING),
    "join.age": _yes_no("age_question", "join.age", "button.yes", "button.no"),
    "join.alone": _yes_no("alone_question", "join.alone", "button.yes", "button.later"),
    "join.agree": _yes_no("participation", "join.agree", "button.agree", "button.no"),
    "join.health": _yes_no("health_data", "join.health", "button.yes", "button.no"),
    "join.later": Place(_later, choose=_come_back, standings=JOINING),
    "join.no": Place(_no, choose=_leave, standings=JOINING),
    "join.left": Place(_left, standings=JOINING),
    "join.young": Place(_left, standings=JOINING),
}
