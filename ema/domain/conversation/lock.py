"""Her PIN: what stands before questions, charts and settings, and the places where she sets it or has a code made.

The PIN is tapped on a keypad in the one message, so nothing is typed. `state.lock` says how things stand; whether four
digits are right is found out when it is carried out, since only a slow hash of them is kept.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from ema.domain.conversation.checkin import local_clock
from ema.domain.conversation.effects import MakeCode, Pin, Show
from ema.domain.conversation.events import Command, Event, PinRead, Tap
from ema.domain.conversation.place import Place, Step, carry_on, choose, go, show
from ema.domain.conversation.state import Lock, Situation, State
from ema.domain.localised import ANY, Localised
from ema.domain.localtime import local
from ema.domain.screen import Action, Button, Say, Screen, Words

LENGTH: Final = 4
OPEN_FOR: Final = timedelta(minutes=10)
"""So long after the last thing she did it stays open."""
FREE_TRIES: Final = 3
WAITS: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
"""After the fourth wrong PIN in a row, the fifth, and so on; the last one for all that follow."""
NEVER_ASK: Final = frozenset({
    "help", "places", "contact", "privacy", "unread", "stop", "erase", "left", "pause", "pause.until", "snooze",
    "later", "nothing_waits", "declined", "closed", "lock.forgotten",
})  # fmt: skip
"""Places that show nothing of hers: for these no PIN is asked."""
_PASSES: Final = frozenset({"go", "hide", "later", "decline", "leave"})
"""What a button may do while it is shut. Where `go` leads, the screen judges."""
_STANDINGS: Final = ("active", "quiet", "stopped")
_ERASE: Final = "back"
_FRESH: Final = frozenset({"new", "off", "code"})


def wait_after(wrong: int) -> timedelta:
    """How long nothing can be tried after so many wrong ones in a row."""
    return WAITS[min(wrong - FREE_TRIES, len(WAITS)) - 1] if wrong > FREE_TRIES else timedelta(0)


def shut(state: State, now: datetime) -> bool:
    """Whether her PIN is to be asked now."""
    lock = state.lock
    return lock is not None and (lock.open_until is None or now >= lock.open_until)


def hides(state: State, now: datetime) -> bool:
    """Whether the keypad stands in place of the screen."""
    return shut(state, now) and state.place not in NEVER_ASK


def closed(state: State) -> State:
    """Shut at once: the next thing asks."""
    return state if state.lock is None else _with(state, open_until=None)


def used(state: State, now: datetime) -> State:
    """She does something: what is open stays open for longer."""
    return state if state.lock is None or shut(state, now) else _with(state, open_until=now + OPEN_FOR, wanted=None)


def asks(state: State, event: Event, now: datetime) -> bool:
    """Whether this wants what the PIN guards while it is shut."""
    wanted = _wanted(event)
    return shut(state, now) and wanted is not None and not _passes(wanted)


def asked_before(state: State, event: Event, situation: Situation) -> Step | None:
    """Where it is shut, and this wants what the PIN guards: the keypad, and then what she wanted. None: go ahead."""
    wanted = _wanted(event)
    if wanted is None or not asks(state, event, situation.now):
        return None
    asking = _with(state.model_copy(update={"digits": ""}).go("lock"), wanted=wanted)
    if isinstance(event, Command):
        return None if wanted.verb == "go" else show(asking)
    return show(asking)


def _wanted(event: Event) -> Action | None:
    if isinstance(event, Tap):
        return event.action
    if isinstance(event, Command) and event.name in {"me", "checkin"}:
        return Action(event.name)
    return None


def _passes(action: Action) -> bool:
    if action.verb == "set":
        place = action.value.partition("=")[0]
        return place == "lock" or place in NEVER_ASK
    return action.verb in _PASSES


def _with(state: State, **changes: object) -> State:
    assert state.lock is not None
    return state.model_copy(update={"lock": state.lock.model_copy(update=changes)})


# --- the keypad


def _keypad(place: str, prompt: int | None = None) -> tuple[tuple[Button, ...], ...]:
    """`prompt`: what she wants to go on with, so that it is looked up together with the last digit."""

    def key(label: str, value: str) -> Button:
        return Button(Localised({ANY: label}), Action("set", f"{place}={value}", prompt))

    rows = [tuple(key(digit, digit) for digit in digits) for digits in ("123", "456", "789")]
    return (*rows, (key("⌫", _ERASE), key("0", "0")))


def _dots(digits: str) -> Localised:
    return Localised({ANY: " ".join("●" * len(digits) + "○" * (LENGTH - len(digits)))})


def screen(state: State, situation: Situation) -> Screen:
    """The keypad, or until when there is a wait. It says nothing of what is behind it."""
    lock = state.lock
    assert lock is not None
    ways_out = (
        (go("button.pin_forgotten", "lock.forgotten"),),
        (go("button.help", "help"), Button(Words("button.hide"), Action("hide"))),
    )
    said: list[Say] = []
    if situation.paused_until is not None and situation.paused_until > situation.now:
        said.append(Words("home.paused", {"until": local(situation.paused_until, situation.preferences.timezone)}))
    if lock.wait_until is not None and situation.now < lock.wait_until:
        whole_minute = lock.wait_until + timedelta(seconds=59)
        said.append(Words("lock.wait", {"until": local_clock(whole_minute, situation)}))
        return Screen(tuple(said), ((go("button.try_again", "lock"),), *ways_out))
    said += [Words("lock.again" if lock.wrong else "lock.words"), _dots(state.digits)]
    return Screen(tuple(said), (*_keypad("lock", lock.wanted.prompt if lock.wanted else None), *ways_out))


def _open(_state: State, _situation: Situation) -> Screen:
    return Screen((Words("lock.open"),), ((go("button.carry_on", "carry_on"),),))


def _tapped(state: State, value: str, situation: Situation) -> Step:
    if not shut(state, situation.now):  # an old keypad
        return show(carry_on(state, situation))
    assert state.lock is not None
    if state.lock.wait_until is not None and situation.now < state.lock.wait_until:
        return show(state)
    state, whole = _digit(state, value)
    return show(state) if whole is None else (state, (Pin("try", whole),))


def _digit(state: State, value: str) -> tuple[State, str | None]:
    """One key of a keypad; with the last digit all of them, which are then nowhere in the state."""
    digits = state.digits
    if value == _ERASE:
        digits = digits[:-1]
    elif len(value) == 1 and value.isascii() and value.isdigit():
        digits += value
    whole = digits if len(digits) == LENGTH else None
    return state.model_copy(update={"digits": "" if whole else digits[: LENGTH - 1]}), whole


def read(state: State, event: PinRead, situation: Situation) -> tuple[State, Action | None]:
    """What came of four digits: the state, and what she wanted behind the PIN, to be done now."""
    now = situation.now
    match event.what:
        case "draft":
            return state.go("pin.again"), None
        case "confirm" if event.right:
            return _set(state, now), None
        case "confirm":
            return state.go("pin.new", "pin.differs"), None
        case "drop":
            return state.model_copy(update={"lock": None}).go("pin", "pin.gone"), None
    if state.lock is None:
        return carry_on(state, situation), None
    if not event.right:
        wrong = state.lock.wrong + 1
        wait = wait_after(wrong)
        return _with(state, wrong=wrong, wait_until=now + wait if wait else None), None
    wanted = state.lock.wanted
    lock = Lock(entered_at=now, open_until=now + OPEN_FOR, wanted=wanted)
    state = state.model_copy(update={"lock": lock})
    if state.place == "lock":
        state = carry_on(state, situation)
    return state, wanted


def _set(state: State, now: datetime) -> State:
    lock = Lock(entered_at=now, open_until=now + OPEN_FOR)
    return state.model_copy(update={"lock": lock}).go("pin", "pin.is_set")


# --- setting it


def _pin(state: State, _situation: Situation) -> Screen:
    if state.lock is None:
        said: tuple[Say, ...] = (Words("pin.words"), Words("pin.slow"))
        rows: list[tuple[Button, ...]] = [(choose("button.pin_new", "pin", "new"),)]
    else:
        said = (Words("pin.on"), Words("pin.slow"))
        rows = [(choose("button.pin_other", "pin", "new"),), (choose("button.pin_off", "pin", "off"),)]
    rows += [(choose("button.new_code", "pin", "code"),), (go("button.carry_on", "carry_on"),)]
    return Screen((*said, Words("pin.code")), tuple(rows))


def _choose_pin(state: State, value: str, _situation: Situation) -> Step:
    this = Action("set", f"pin={value}")
    if value in _FRESH and state.lock is not None and state.lock.wanted != this:
        # asked once more: who finds it open must not put another PIN in its place
        return show(_with(closed(state).go("lock"), wanted=this))
    match value:
        case "new":
            return show(state.model_copy(update={"digits": ""}).go("pin.new"))
        case "off":
            return state, (Pin("drop"),)
        case "code":
            return state.go("pin"), (MakeCode(), Show())
    return show(state.go("pin"))


def _new(state: State, _situation: Situation) -> Screen:
    return Screen((Words("pin.new"), _dots(state.digits)), (*_keypad("pin.new"), (go("button.back", "pin"),)))


def _again(state: State, _situation: Situation) -> Screen:
    return Screen((Words("pin.again"), _dots(state.digits)), (*_keypad("pin.again"), (go("button.back", "pin"),)))


def _choose_new(state: State, value: str, _situation: Situation) -> Step:
    if state.place != "pin.new":
        return show(state)
    state, whole = _digit(state, value)
    return show(state) if whole is None else (state, (Pin("draft", whole),))


def _choose_again(state: State, value: str, _situation: Situation) -> Step:
    if state.place != "pin.again":
        return show(state)
    state, whole = _digit(state, value)
    return show(state) if whole is None else (state, (Pin("confirm", whole),))


def _forgotten(_state: State, _situation: Situation) -> Screen:
    rows = ((go("button.contact", "contact"),), (go("button.carry_on", "carry_on"),))
    return Screen((Words("lock.forgotten"), Words("lock.code")), rows)


PLACES = {
    "lock": Place(_open, choose=_tapped, standings=_STANDINGS),
    "lock.forgotten": Place(_forgotten, standings=_STANDINGS),
    "pin": Place(_pin, choose=_choose_pin, standings=_STANDINGS),
    "pin.new": Place(_new, choose=_choose_new, standings=_STANDINGS),
    "pin.again": Place(_again, choose=_choose_again, standings=_STANDINGS),
}
