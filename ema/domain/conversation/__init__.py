"""The whole dialogue, without I/O: `advance(state, event, situation)` gives the next state and what is to be done.

Places (screens with their buttons) live in `joining`, `checkin`, `care`, `edit`, `hours`, `quiet`, `notes`, `hers`,
`link`, `lock`, `share`, `yours` and `steering`. A tap is judged by what its button says, never by what is on the
screen: late, repeated and reordered taps do no harm.
"""

from __future__ import annotations

from dataclasses import replace

from ema.domain.conversation import (
    asking,
    care,
    checkin,
    directory,
    edit,
    hers,
    hours,
    joining,
    link,
    lock,
    notes,
    pay,
    quiet,
    reach,
    share,
    steering,
    whole,
    yours,
)
from ema.domain.conversation.effects import Effect, Forget, Keep, Return, Show, Toast
from ema.domain.conversation.events import (
    Begun,
    Blocked,
    Command,
    Created,
    Event,
    Handed,
    PinRead,
    Posted,
    Reopened,
    Tap,
    Typed,
    Unblocked,
)
from ema.domain.conversation.place import Place, Step, by_hand, carry_on, go, show
from ema.domain.conversation.state import Given, PromptFacts, Run, Situation, Standing, State
from ema.domain.screen import Action, Button, Say, Screen, Words

__all__ = [
    "Given",
    "PromptFacts",
    "Run",
    "Situation",
    "Standing",
    "State",
    "advance",
    "begin",
    "standalone",
    "view",
]

PLACES: dict[str, Place] = {
    **joining.PLACES,
    **checkin.PLACES,
    **care.PLACES,
    **hours.PLACES,
    **quiet.PLACES,
    **notes.PLACES,
    **edit.PLACES,
    **directory.PLACES,
    **hers.PLACES,
    **link.PLACES,
    **lock.PLACES,
    **pay.PLACES,
    **reach.PLACES,
    **share.PLACES,
    **steering.PLACES,
    **yours.PLACES,
}
COMMANDS = {
    "checkin": "checkin",
    "help": "help",
    "places": "places",
    "contact": "contact",
    "later": "nothing_waits",
    "pause": "pause",
    "times": "times",
    "notes": "notes",
    "pin": "pin",
    "timezone": "zone",
    "language": "language",
    "edit": "edit",
    "link": "link",
    "share": "share",
    "mydata": "mydata",
    "privacy": "privacy",
    "stop": "stop",
}
"""Command → place; /start, /hide and /me are their own. What the channel's menu lists."""

RESUMING = frozenset({"start", "checkin", "answer", "skip", "prefer", "pick", "done", "confirm", "later"})
"""What she taps about a check-in ends a quiet time by itself; looking around, or leaving, does not."""

begin = joining.begin


def advance(state: State, event: Event, situation: Situation) -> Step:
    """One event. The state's revision grows with every event, so that a newer screen supersedes an older one."""
    state = state.model_copy(update={"revision": state.revision + 1, "notice": "", "notice_values": {}})
    asked = lock.asked_before(state, event, situation)
    if asked is not None:
        state, effects = asked
        return state, (Forget(event.message_id), *effects) if isinstance(event, Command) else effects
    state = lock.used(state, situation.now)
    match event:
        case Tap(action=action):
            if action is None:
                return state, (Toast(Words("toast.old_button")), Show())
            return _tapped(state, action, situation)
        case Command(name=name, argument=argument, message_id=message_id):
            state, effects = _commanded(state, name, situation)
            if name == "start" and argument and situation.standing != "joining":
                state = state.go(state.place, "join.already")
            return state, (Forget(message_id), *effects)
        case Typed(text=text, message_id=message_id):
            state, effects = _typed(state, text, situation)
            return state, (Forget(message_id), *effects)
        case Posted(message_id=message_id):
            state, effects = _posted(state, event, situation)
            kept = any(isinstance(effect, Keep) for effect in effects)  # it goes once it is fetched
            return state, effects if kept else (Forget(message_id), *effects)
        case Handed():
            return _handed(state, event, situation)
        case Created(prompt=prompt):
            return checkin.start(state, prompt, situation)
        case Begun():
            return asking.begun(state, event, situation)
        case Reopened(run=run):
            return asking.reopened(state, run, situation)
        case PinRead():
            state, wanted = lock.read(state, event, situation)
            return show(state) if wanted is None else _tapped(state, wanted, situation)
        case Blocked() | Unblocked():
            return state, ()


def view(state: State, situation: Situation) -> Screen:
    """The screen that this state shows now. Pure, so a retry shows the same and a newer state supersedes it."""
    if lock.hides(state, situation.now):
        return lock.screen(state, situation)
    screen = PLACES[state.place].screen(state, situation)
    if not state.notice:
        return screen
    return Screen((Words(state.notice, state.notice_values), *screen.paragraphs), screen.rows)


def _tapped(state: State, action: Action, situation: Situation) -> Step:
    effects: tuple[Effect, ...] = ()
    if situation.standing == "quiet" and action.verb in RESUMING:
        effects = (Return(),)
    state, more = _meant(state, action, situation)
    return state, (*effects, *(effect for effect in more if effect not in effects))


def _meant(state: State, action: Action, situation: Situation) -> Step:
    match action.verb:
        case "go":
            return _go(state, action.value, situation)
        case "set":
            name, _, value = action.value.partition("=")
            place = PLACES.get(name)
            if place is None or place.choose is None or situation.standing not in place.standings:
                return show(carry_on(state, situation))
            return place.choose(state, value, situation)
        case "hide":
            return steering.hide(state, situation)
        case "me":
            return hers.picture(state, situation)
    if situation.standing not in {"active", "quiet"}:
        old = situation.standing == "stopped" and action.prompt is not None
        return show(state.go("closed") if old else carry_on(state, situation))
    match action.verb:
        case "start":
            return checkin.start(state, situation.prompt, situation)
        case "checkin":
            return checkin.create(state, situation)
        case "later":
            return checkin.later(state, situation.prompt, situation)
        case "decline":
            return checkin.decline(state, situation.prompt, situation)
        case "answer" | "skip" | "prefer":
            return asking.answer(state, action, situation)
        case "pick":
            return asking.pick(state, action, situation)
        case "done":
            return asking.done(state, action, situation)
        case "confirm" | "change":
            return asking.confirm(state, action, situation)
        case "next":
            return asking.passed(state, action, situation)
        case "back":
            return asking.back(state, action, situation)
        case "leave":
            return asking.leave(state, action, situation)
    return state, (Toast(Words("toast.old_button")), Show())


def _go(state: State, name: str, situation: Situation) -> Step:
    place = PLACES.get(name)
    if name == "carry_on" or place is None or situation.standing not in place.standings:
        return show(carry_on(state, situation))
    if situation.standing == "joining" and name in {"times", "own", "zone"} and not joining.ready(state):
        return show(carry_on(state, situation))
    return show(state.go(name))


def _commanded(state: State, name: str, situation: Situation) -> Step:
    if name == "start":
        if situation.standing == "quiet":
            return state.go("home", "notice.welcome_back"), (Return(), Show())
        return show(carry_on(state, situation))
    if name == "hide":
        return steering.hide(state, situation)
    if name == "me":
        return hers.picture(state, situation)
    if name == "paid":
        return pay.looked(state, situation)
    if name == "checkin":
        return _meant(state, Action("checkin"), situation)
    if name == "later" and situation.standing == "joining":
        return show(state.go("join.later"))
    waiting = situation.startable("note")
    if name == "later" and waiting is not None:  # as the button on its note
        return _tapped(state, Action("later", prompt=waiting.id), replace(situation, prompt=waiting))
    if name == "places":  # from the first one on, wherever she was in them before
        return _meant(state, Action("set", f"places={directory.FIRST}"), situation)
    if name not in COMMANDS:
        return show(state.go("unread"))
    return _go(state, COMMANDS[name], situation)


def _typed(state: State, text: str, situation: Situation) -> Step:
    here = PLACES[state.place]
    hidden = lock.hides(state, situation.now)
    if situation.standing in here.standings and text:
        answers = not hidden and here.answers(state, text, situation)
        command = None if answers else situation.plain_words.meant(text)
        if command is not None:
            asked = lock.asked_before(state, Command(command, "", 0), situation)
            return asked or _commanded(state, command, replace(situation, prompt=None))
        step = here.typed(state, text, situation) if here.typed is not None and not hidden else None
        if step is not None:
            return step
    return _unread(state, situation)


def _posted(state: State, event: Posted, situation: Situation) -> Step:
    here = PLACES[state.place]
    if lock.hides(state, situation.now):
        return _unread(state, situation)
    if here.posted is not None and situation.standing in here.standings:
        step = here.posted(state, event, situation)
        if step is not None:
            return step
    return _unread(state, situation)


def _unread(state: State, situation: Situation) -> Step:
    """Kind words for what nobody reads. A question that it came upon stays where it is."""
    hidden = lock.hides(state, situation.now)
    if state.place == "question" and not hidden and asking.answerable(state, situation.prompt, situation):
        return by_hand(show(state.go("question", "unread.question")))
    return show(state.go("unread"))


def _handed(state: State, event: Handed, situation: Situation) -> Step:
    if situation.standing not in {"active", "quiet"}:
        return state, ()
    state, effects = whole.handed(state, event, situation)
    return state, (Return(), *effects) if situation.standing == "quiet" else effects


def standalone(name: str, text: Say, prompt: int | None = None) -> Screen:
    """A message that stands by itself, whatever the dialogue shows: notes, reminders, kind words after silence.

    `text` is all that a glance can read: the study's note, or what she chose instead (`Discretion.words`).
    """
    home = (Button(Words("button.menu"), Action("go", "home")),)
    match name:
        case "note" | "reminder" if prompt is not None:
            return Screen(
                (text,),
                (
                    (Button(Words("button.start"), Action("start", prompt=prompt)),),
                    (
                        Button(Words("button.later"), Action("later", prompt=prompt)),
                        Button(Words("button.skip"), Action("decline", prompt=prompt)),
                    ),
                ),
            )
        case "close":
            return Screen((Words("closed.note"),), ((Button(Words("button.checkin_now"), Action("checkin")),),))
        case "missed_some" | "other_times" | "hello":
            look = Button(Words("button.look"), Action("go", f"silence.{name}"))
            return Screen((text,), ((look,),))
        case "yours":
            return Screen((text,), ((go("button.look", "yours"),),))
    return Screen((text,), (home,))
