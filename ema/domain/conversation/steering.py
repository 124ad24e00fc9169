"""Hers to steer, from anywhere: menu, help, contact, privacy, clearing the chat, leaving. Hours are in `hours`."""

from __future__ import annotations

from datetime import datetime

from ema.domain.conversation import directory, hers, lock, pay, reach, share, yours
from ema.domain.conversation.checkin import local_clock
from ema.domain.conversation.effects import AskContact, Choose, Hide, Leave, Return, Show
from ema.domain.conversation.place import EVERYBODY, Place, Step, carry_on, choose, go, show
from ema.domain.conversation.state import Situation, State
from ema.domain.directory import fresh
from ema.domain.localtime import local
from ema.domain.protocol import HelpLine
from ema.domain.screen import Action, Button, Say, Screen, Words

"""The one button that does not bring somebody back who is quiet."""


def _home(_state: State, situation: Situation) -> Screen:
    if situation.completed:
        ways_out = ((go("button.help", "help"), go("button.privacy", "privacy")), (go("button.contact", "contact"),))
        hide = (Button(Words("button.hide"), Action("hide")), go("button.stop", "stop"))
        return Screen(
            (Words("home.completed"),), (hers.BUTTONS, (share.BUTTON,), *pay.button(situation), *ways_out, hide)
        )
    waiting = situation.startable()
    rows: list[tuple[Button, ...]] = []
    if situation.standing == "quiet":
        rows.append((choose("button.go_on", "home", "resume"),))
    paused = situation.paused_until is not None and situation.paused_until > situation.now
    said: Words
    if situation.standing == "quiet":
        said = Words("home.resting")
    elif waiting is not None and waiting.delivery == "note":
        said = Words("home.waiting", {"until": local_clock(waiting.expires_at, situation)})
        rows.append((Button(Words("button.start"), Action("start", prompt=waiting.id)),))
    elif paused and situation.paused_until is not None:
        said = Words("home.paused", {"until": local(situation.paused_until, situation.preferences.timezone)})
        rows.append((choose("button.resume", "pause", "end"), Button(Words("button.checkin_now"), Action("checkin"))))
    else:
        said = Words("home.quiet" if waiting is None else "home.offer")
        if waiting is not None:
            rows.append((Button(Words("button.start_longer"), Action("start", prompt=waiting.id)),))
        rows.append((Button(Words("button.checkin_now"), Action("checkin")),))
    rows += [
        (go("button.times", "times"), go("button.pause", "pause")),
        (go("button.notes", "notes"),),
        (go("button.pin", "pin"), Button(Words("button.pages"), Action("settings"))),
        (choose("button.reminders_off" if situation.reminders else "button.reminders_on", "home", "reminders"),),
        hers.BUTTONS,
        (share.BUTTON,),
        *pay.button(situation),
        (go("button.contact", "contact"),),
        (go("button.help", "help"), go("button.privacy", "privacy")),
        (Button(Words("button.hide"), Action("hide")), go("button.stop", "stop")),
    ]
    return Screen((said,), tuple(rows))


def _at_home(state: State, value: str, situation: Situation) -> Step:
    if value == "reminders":
        on = not situation.reminders
        return state.go("home", "notice.reminders_on" if on else "notice.reminders_off"), (
            Choose(reminders=on),
            Show(),
        )
    if value == "hello_off":
        return state.go("home", "notice.hello_off"), (Choose(hellos=False), Show())
    if value == "resume":
        return state.go("home", "notice.welcome_back"), (Return(), Show())
    return show(state.go("home"))


# --- after a silence: what a neutral note leads to


def _missed_some(_state: State, _situation: Situation) -> Screen:
    return Screen((Words("silence.missed_some"),), ((go("button.menu", "home"),),))


def _other_times(_state: State, _situation: Situation) -> Screen:
    rows = ((go("button.times", "times"), go("button.pause", "pause")), (go("button.menu", "home"),))
    return Screen((Words("silence.other_times"),), rows)


def _hello(_state: State, _situation: Situation) -> Screen:
    return Screen(
        (Words("silence.hello"),),
        ((choose("button.go_on", "home", "resume"),), (choose("button.hello_off", "home", "hello_off"),)),
    )


# --- help, contact, privacy


def help_screen(lines: tuple[HelpLine, ...], now: datetime, rows: tuple[tuple[Button, ...], ...]) -> Screen:
    """Lines that anybody can call. Needs no study and no consent."""
    return Screen((Words("help.danger"), *(line(one, now) for one in lines)), rows)


def line(one: HelpLine, now: datetime) -> Words:
    """One line that anybody can call."""
    key = "help.line" if fresh(one.last_verified, now.date()) else "help.line_unverified"
    return Words(
        key,
        {"name": one.name, "contact": one.contact, "hours": one.hours, "cost": one.cost, "nation": one.nation},
    )


def _help(_state: State, situation: Situation) -> Screen:
    places = ((choose("button.places", "places", directory.FIRST),),) if situation.protocol.directory else ()
    rows = (*places, (go("button.contact", "contact"),), (go("button.carry_on", "carry_on"),))
    return help_screen(situation.protocol.help_lines, situation.now, rows)


def _contact(_state: State, situation: Situation) -> Screen:
    another = ((go("button.other_person", "yours"),),) if situation.worker is not None else ()
    rows = (
        (choose("contact.yes", "contact", "yes"), go("button.carry_on", "carry_on")),
        (go("button.reach", "reach"), go("button.help", "help")),
        *another,
    )
    return Screen((Words("contact.words"), *yours.who_answers(situation), reach.now(situation)), rows)


def _ask(state: State, value: str, situation: Situation) -> Step:
    if value != "yes":
        return show(carry_on(state, situation))
    after = carry_on(state, situation)
    return after.go(after.place, "notice.contact_noted"), (AskContact("asked"), Show())


def _privacy(_state: State, situation: Situation) -> Screen:
    rows = (
        (Button(Words("button.hide"), Action("hide")), go("button.stop", "stop")),
        (go("button.carry_on", "carry_on"),),
    )
    freeze = situation.protocol.opening.freeze_date
    erase: Say = Words("privacy.erase_until", {"date": freeze}) if freeze else Words("privacy.erase")
    return Screen((Words("privacy.who"), Words("privacy.telegram"), Words("privacy.phone"), erase), rows)


def _unread(_state: State, _situation: Situation) -> Screen:
    return Screen(
        (Words("unread.words"), Words("unread.hint")),
        ((go("button.contact", "contact"),), (go("button.help", "help"), go("button.carry_on", "carry_on"))),
    )


# --- leaving


def _stop(_state: State, situation: Situation) -> Screen:
    if situation.standing == "joining":
        return Screen(
            (Words("join.no"),),
            ((choose("button.no_thanks", "join.no", "no"), go("button.carry_on", "carry_on")),),
        )
    rows: list[tuple[Button, ...]] = [
        (choose("stop.erase", "stop", "erase"),),
        (go("button.carry_on", "carry_on"),),
    ]
    if situation.standing != "stopped":
        rows = [(go("stop.pause", "pause"),), (choose("stop.keep", "stop", "keep"),), *rows]
    return Screen((Words("stop.words"),), tuple(rows))


def _choose_stop(state: State, value: str, situation: Situation) -> Step:
    if value == "keep" and situation.standing in {"active", "quiet"}:
        left = State(revision=state.revision, place="left", lock=state.lock, shut=state.shut)
        return left, (Leave("stop"), Show())
    if value == "erase":
        return pay.before_erasing(state)
    return show(carry_on(state, situation))


def _erase(state: State, _situation: Situation) -> Screen:
    lost, first = pay.lost(state)
    rows = (*first, (choose("erase.yes", "erase", "yes"),), (go("button.carry_on", "carry_on"),))
    return Screen((Words("erase.words"), *lost), rows)


def _choose_erase(state: State, value: str, situation: Situation) -> Step:
    if value == "yes":
        return state, (Leave("erase"),)
    return show(carry_on(state, situation))


def _left(_state: State, situation: Situation) -> Screen:
    rows = (
        (choose("button.come_back", "left", "back"),),
        hers.BUTTONS,
        *pay.button(situation),
        (choose("stop.erase", "stop", "erase"),),
        (go("button.help", "help"),),
    )
    return Screen((Words("left.words"),), rows)


def _come_back(state: State, value: str, _situation: Situation) -> Step:
    if value == "back":
        return state.go("home", "notice.welcome_back"), (Return(), Show())
    return show(state.go("left"))


def hide(state: State, situation: Situation) -> Step:
    """Clear the chat, and ask for her PIN again if she has one. Nothing is put up: an empty chat is the point."""
    return carry_on(lock.closed(state), situation), (Hide(),)


PLACES = {
    "home": Place(_home, choose=_at_home),
    "silence.missed_some": Place(_missed_some),
    "silence.other_times": Place(_other_times),
    "silence.hello": Place(_hello),
    "help": Place(_help, standings=EVERYBODY),
    "contact": Place(_contact, choose=_ask, standings=EVERYBODY),
    "privacy": Place(_privacy, standings=EVERYBODY),
    "unread": Place(_unread, standings=EVERYBODY),
    "stop": Place(_stop, choose=_choose_stop, standings=EVERYBODY),
    "erase": Place(_erase, choose=_choose_erase, standings=("active", "quiet", "stopped")),
    "left": Place(_left, choose=_come_back, standings=("stopped",)),
}
