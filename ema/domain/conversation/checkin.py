"""Check-ins as a whole: start, later, skip, the thanks, what has closed. The questions are in `asking`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ema.domain.conversation.asking import answerable, held, posted, typed
from ema.domain.conversation.effects import Begin, Create, Decline, Show, Snooze
from ema.domain.conversation.place import Place, Step, choose, go, show
from ema.domain.conversation.question import minutes, question
from ema.domain.conversation.state import PromptFacts, Situation, State
from ema.domain.flow import Seed, order
from ema.domain.localtime import local
from ema.domain.questionnaire import Questionnaire
from ema.domain.screen import Action, Button, Screen, Words

SNOOZE = timedelta(hours=1)


def start(state: State, prompt: PromptFacts | None, situation: Situation) -> Step:
    """Start, or go on with one that was left in the middle. A closed one gets kind words and an offer."""
    if prompt is None or not answerable(state, prompt, situation):
        return show(state.go("closed"))
    run = next((run for run in (state.run, *state.parked) if run and run.prompt == prompt.id), None)
    if run is None:
        return state, (Begin(prompt.id),)
    return show(held(state, run.model_copy(update={"shown_at": situation.now})).go("question"))


def create(state: State, situation: Situation) -> Step:
    """A check-in now: the one that is waiting, otherwise one that nobody planned."""
    waiting = situation.startable("note")
    if waiting is not None:
        return start(state, waiting, situation)
    if situation.completed:
        return show(state.go("home"))
    return state, (Create("unscheduled"),)


def later(state: State, prompt: PromptFacts | None, situation: Situation) -> Step:
    if prompt is None or not prompt.startable(situation.now):
        return show(state.go("closed"))
    return state.go("later").noting(later=str(prompt.id)), (Snooze(prompt.id, situation.now + SNOOZE), Show())


def decline(state: State, prompt: PromptFacts | None, situation: Situation) -> Step:
    runs = (state.run, *state.parked) if state.run else state.parked
    if prompt is None or not prompt.startable(situation.now) or any(run.prompt == prompt.id for run in runs):
        return show(state.go("closed"))
    return state.go("declined"), (Decline(prompt.id), Show())


# --- screens


def _question(state: State, situation: Situation) -> Screen:
    if state.run is None or state.run.at >= len(state.run.items):
        return _closed(state, situation)
    return question(state.run, situation)


def _thanks(_state: State, situation: Situation) -> Screen:
    offer = situation.startable()
    if offer is None:
        return Screen((Words("thanks.done"),), ((go("button.menu", "home"),),))
    protocol = situation.protocol_of(offer.version)
    forms = [protocol.questionnaires[name] for name in offer.questionnaires]
    count = _how_many(forms)
    how_long = {"n": count, "minutes": minutes(forms)}
    more = Words("thanks.one_more") if count == 1 else Words("thanks.offer", how_long)
    return Screen(
        (Words("thanks.done"), more),
        ((Button(Words("button.start"), Action("start", prompt=offer.id)), go("button.not_now", "home")),),
    )


def _how_many(forms: Sequence[Questionnaire]) -> int:
    """How many questions they ask at most. A draw takes the same number whatever the seed."""
    hidden = {item.id for form in forms for item in form.items if item.hidden}
    return sum(name not in hidden for name in order(forms, Seed("", "", 0)))


def _closed(_state: State, situation: Situation) -> Screen:
    if situation.standing == "stopped":
        return Screen((Words("closed.stopped"),), ((go("button.menu", "left"),),))
    return Screen(
        (Words("closed.words"),),
        ((Button(Words("button.checkin_now"), Action("checkin")), go("button.menu", "home")),),
    )


def _later(state: State, situation: Situation) -> Screen:
    prompt = next((prompt for prompt in situation.waiting if str(prompt.id) == state.draft.get("later")), None)
    if prompt is None:
        return _closed(state, situation)
    rows = ((Button(Words("button.start"), Action("start", prompt=prompt.id)), go("button.menu", "home")),)
    return Screen((Words("later.words", {"until": local_clock(prompt.expires_at, situation)}),), rows)


def local_clock(instant: datetime, situation: Situation) -> str:
    """HH:MM where she is."""
    return local(instant, situation.preferences.timezone).strftime("%H:%M")


def _declined(_state: State, _situation: Situation) -> Screen:
    return Screen((Words("declined.words"),), ((go("button.menu", "home"),),))


def _resting(state: State, _situation: Situation) -> Screen:
    if state.run is None:
        return Screen((Words("resting.words"),), ((go("button.menu", "home"),),))
    return Screen((Words("resting.words"),), ((go("button.go_on", "question"), go("button.menu", "home")),))


def _practice(_state: State, _situation: Situation) -> Screen:
    return Screen(
        (Words("practice.words"),),
        ((choose("button.try_now", "practice", "yes"), choose("button.not_now", "practice", "no")),),
    )


def _practise(state: State, value: str, _situation: Situation) -> Step:
    if value == "yes":
        return state, (Create("practice"),)
    return show(state.go("home"))


PLACES = {
    "question": Place(_question, typed=typed, posted=posted),
    "thanks": Place(_thanks),
    "closed": Place(_closed, standings=("active", "quiet", "stopped")),
    "later": Place(_later),
    "declined": Place(_declined),
    "resting": Place(_resting),
    "practice": Place(_practice, choose=_practise),
}
