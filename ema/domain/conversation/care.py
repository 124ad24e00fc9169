"""What follows from care rules: gentle words after the thanks, and help at once where an answer discloses a risk.

Neither says what it follows from. From both she can ask for a person, and go on with what she was doing.
"""

from __future__ import annotations

from datetime import datetime

from ema.domain.conversation import directory
from ema.domain.conversation.effects import AskContact, Show
from ema.domain.conversation.place import Place, Step, carry_on, choose, go, show
from ema.domain.conversation.state import Situation, State
from ema.domain.conversation.steering import line
from ema.domain.conversation.yours import who_answers
from ema.domain.localtime import local
from ema.domain.screen import Button, Say, Screen, Words

GENTLE = "care.words"
AT_ONCE = "care.at_once"
BEGINS = "care"
"""In the draft: when somebody is next on call; empty where somebody is now."""


def _places(situation: Situation) -> tuple[Button, ...]:
    return (choose("button.places", "places", directory.FIRST),) if situation.protocol.directory else ()


def _gentle(_state: State, situation: Situation) -> Screen:
    said = (Words("thanks.done"), Words("care.words"), Words("contact.words"), *who_answers(situation))
    rows = (
        (choose("contact.yes", GENTLE, "yes"), go("button.not_now", "carry_on")),
        (go("button.help", "help"), *_places(situation)),
    )
    return Screen(said, rows)


def _at_once(state: State, situation: Situation) -> Screen:
    lines = [line(one, situation.now) for one in situation.protocol.help_lines]
    begins = state.draft.get(BEGINS)
    called: Say = Words("care.called")
    if begins:
        called = Words("care.nobody", {"at": local(datetime.fromisoformat(begins), situation.preferences.timezone)})
    rows = (
        (choose("contact.yes", AT_ONCE, "yes"), go("button.carry_on", "carry_on")),
        (go("button.help", "help"), *_places(situation)),
    )
    return Screen((Words("care.thanks"), Words("care.danger"), *lines, called, Words("care.call")), rows)


def _ask(state: State, value: str, situation: Situation) -> Step:
    """The ordinary request: it says nothing of the rule."""
    after = carry_on(state, situation)
    if value != "yes":
        return show(after)
    return after.go(after.place, "notice.contact_noted"), (AskContact("offered"), Show())


PLACES = {GENTLE: Place(_gentle, choose=_ask), AT_ONCE: Place(_at_once, choose=_ask)}
