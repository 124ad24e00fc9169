"""A place is one screen of the dialogue and what its own buttons do. Places are plain dicts, joined in `__init__`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ema.domain.conversation.effects import Effect, Show
from ema.domain.conversation.events import Posted
from ema.domain.conversation.state import Situation, State
from ema.domain.errors import InvalidAnswer
from ema.domain.screen import Action, Button, Say, Screen, Words

Step = tuple[State, tuple[Effect, ...]]


@dataclass(frozen=True)
class Place:
    """`choose` is given the value of a `set` button of this place; `typed` a text typed while it is shown, `posted`
    what she sends then. They give None where the place has no use for it.
    """

    screen: Callable[[State, Situation], Screen]
    choose: Callable[[State, str, Situation], Step] | None = None
    typed: Callable[[State, str, Situation], Step | None] | None = None
    posted: Callable[[State, Posted, Situation], Step | None] | None = None
    answers: Callable[[State, str, Situation], bool] = lambda *_: False
    """Whether a text may be her answer to what stands there. Such a text is never read as a command."""
    standings: tuple[str, ...] = ("active", "quiet")


EVERYBODY = ("joining", "active", "quiet", "stopped")


def go(label: Say | str, place: str) -> Button:
    """A button that leads to a place."""
    return Button(_words(label), Action("go", place))


def choose(label: Say | str, place: str, value: str) -> Button:
    """A button that makes a choice at a place, whatever is on the screen when the tap arrives."""
    return Button(_words(label), Action("set", f"{place}={value}"))


def show(state: State) -> Step:
    return state, (Show(),)


def by_hand(step: Step) -> Step:
    """What she typed or sent is removed, so the dialogue goes on in the message that shows it."""
    state, effects = step
    return state, tuple(Show(in_place=True) if isinstance(effect, Show) else effect for effect in effects)


def asked_again(state: State, place: str, refused: InvalidAnswer) -> Step:
    """The place stays, with what was not understood above it."""
    return by_hand(show(state.go(place, notice=refused.key).saying(refused.values)))


def carry_on(state: State, situation: Situation) -> State:
    """Back to what she was doing: the question, the next step of joining, or home."""
    if situation.standing == "joining":
        return state.go(state.draft.get("step", "join.info"))
    if situation.standing == "stopped":
        return state.go("left")
    asked = state.run is not None and (state.run.edit_until is None or situation.now < state.run.edit_until)
    return state.go("question" if asked else "home")


def _words(label: Say | str) -> Say:
    return Words(label) if isinstance(label, str) else label
