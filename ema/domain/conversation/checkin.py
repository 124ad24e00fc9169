"""Check-ins as a whole: start, later, skip, the thanks, what has closed. The questions are in `asking`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ema.domain.conversation.asking import answerable, asks_to_confirm, held, posted, run_of, typed, walked
from ema.domain.conversation.effects import Begin, Create, Decline, Show, Snooze
from ema.domain.conversation.place import Place, Step, choose, go, show
from ema.domain.conversation.question import minutes, question
from ema.domain.conversation.state import PromptFacts, Situation, State
from ema.domain.errors import InvalidAnswer
from ema.domain.flow import Seed, order
from ema.domain.localtime import allowed, local
from ema.domain.plain_words import option_called
from ema.domain.questionnaire import Questionnaire
from ema.domain.schedules import AnySchedule
from ema.domain.schedules.snooze import may_begin_until, snoozes
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
    if situation.events is None:
        return state, (Create("unscheduled"),)
    if len(situation.events) == 1:
        return state, (Create("unscheduled", situation.events[0][0]),)
    return show(state.go("which" if situation.events else "enough"))


def later(state: State, prompt: PromptFacts | None, situation: Situation) -> Step:
    """Put it off: for an hour, or for as long as she chooses where the study offers a choice."""
    if prompt is None or not prompt.startable(situation.now):
        return show(state.go("closed"))
    if run_of(state, prompt.id) is not None:  # begun: no note comes for it any more
        return show(state.go("resting"))
    state = state.noting(later=str(prompt.id), later_at="")
    schedule = _schedule(prompt, situation)
    if schedule is not None and schedule.snooze:
        return show(state.go("snooze"))
    at = situation.now + SNOOZE
    promised = "in an hour" if _may_come(at, situation) else ""
    return state.noting(later_in=promised).go("later"), (Snooze(prompt.id, at, prompt.expires_at), Show())


def _schedule(prompt: PromptFacts, situation: Situation) -> AnySchedule | None:
    schedules = situation.protocol_of(prompt.version).schedules
    return next((schedule for schedule in schedules if schedule.id == prompt.schedule), None)


def _snoozes(prompt: PromptFacts, situation: Situation) -> dict[str, datetime]:
    schedule = _schedule(prompt, situation)
    if schedule is None or prompt.local_date is None:
        return {}
    offered = snoozes(schedule, situation.now, prompt.expires_at, prompt.local_date, situation.preferences)
    return {str(choice): at for choice, at in offered.items() if _may_come(at, situation)}


def _may_come(at: datetime, situation: Situation) -> bool:
    """Nothing comes in her quiet hours, nor in a pause."""
    paused = situation.paused_until is not None and at < situation.paused_until
    return allowed(at, situation.preferences) and not paused


def decline(state: State, prompt: PromptFacts | None, situation: Situation) -> Step:
    runs = (state.run, *state.parked) if state.run else state.parked
    if prompt is None or not prompt.startable(situation.now) or any(run.prompt == prompt.id for run in runs):
        return show(state.go("closed"))
    return state.go("declined"), (Decline(prompt.id), Show())


def may_answer(state: State, text: str, situation: Situation) -> bool:
    """Whether a text may be her answer to the question on the screen. In her own words everything may."""
    run = state.run
    if run is None or run.at >= len(run.items):
        return False
    here = walked(run, situation.protocol_of(run.version))
    if asks_to_confirm(run, here) is not None:
        return False
    item = here.course.steps[run.items[run.at]].item
    ask = item.ask()
    if ask.kind == "text" or option_called(ask, text, situation.language) is not None:
        return True
    try:
        item.parse_on(text, local(situation.now, situation.preferences.timezone).date())
    except InvalidAnswer:
        return False
    return ask.typed


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
    asked = {item.id for form in forms for item in form.items if item.answers_expected}
    return sum(name in asked for name in order(forms, Seed("", "", 0)))


def _closed(_state: State, situation: Situation) -> Screen:
    if situation.standing == "stopped":
        return Screen((Words("closed.stopped"),), ((go("button.menu", "left"),),))
    return Screen(
        (Words("closed.words"),),
        ((Button(Words("button.checkin_now"), Action("checkin")), go("button.menu", "home")),),
    )


def _put_off(state: State, situation: Situation) -> PromptFacts | None:
    return next((prompt for prompt in situation.waiting if str(prompt.id) == state.draft.get("later")), None)


def _snooze(state: State, situation: Situation) -> Screen:
    prompt = _put_off(state, situation)
    if prompt is None:
        return _closed(state, situation)
    labels = [
        choose(Words("snooze.tonight") if choice == "tonight" else _length(int(choice)), "snooze", choice)
        for choice in _snoozes(prompt, situation)
    ]
    last = (Button(Words("button.start"), Action("start", prompt=prompt.id)), go("button.menu", "home"))
    if not labels:
        return Screen((Words("later.until", {"until": local_clock(prompt.expires_at, situation)}),), (last,))
    return Screen((Words("snooze.words"),), (tuple(labels), last))


def _length(minutes: int) -> Words:
    return Words("snooze.minutes", {"n": minutes}) if minutes % 60 else Words("snooze.hours", {"n": minutes // 60})


def _choose_snooze(state: State, value: str, situation: Situation) -> Step:
    prompt = _put_off(state, situation)
    at = _snoozes(prompt, situation).get(value) if prompt is not None else None
    if prompt is None or at is None:
        return show(state.go("snooze"))
    schedule = _schedule(prompt, situation)
    until = may_begin_until(schedule, prompt.expires_at) if schedule is not None else prompt.expires_at
    state = state.noting(later_at=local_clock(at, situation))
    return state.go("later"), (Snooze(prompt.id, at, until), Show())


def _later(state: State, situation: Situation) -> Screen:
    prompt = _put_off(state, situation)
    if prompt is None:
        return _closed(state, situation)
    rows = ((Button(Words("button.start"), Action("start", prompt=prompt.id)), go("button.menu", "home")),)
    until, at = local_clock(prompt.expires_at, situation), state.draft.get("later_at")
    if at:
        return Screen((Words("later.at", {"at": at, "until": until}),), rows)
    comes = "later.words" if state.draft.get("later_in") else "later.until"
    return Screen((Words(comes, {"until": until}),), rows)


def _which(_state: State, situation: Situation) -> Screen:
    """Several check-ins that she may start herself."""
    rows = [(choose(label or Words("button.start"), "which", name),) for name, label in situation.events or ()]
    return Screen((Words("checkin.which"),), (*rows, (go("button.menu", "home"),)))


def _choose_which(state: State, value: str, situation: Situation) -> Step:
    if value not in {name for name, _ in situation.events or ()}:
        return create(state, situation)
    return state, (Create("unscheduled", value),)


def _enough(_state: State, _situation: Situation) -> Screen:
    return Screen((Words("checkin.enough"),), ((go("button.menu", "home"),),))


def _nothing_waits(_state: State, _situation: Situation) -> Screen:
    rows = ((go("button.pause", "pause"), go("button.times", "times")), (go("button.carry_on", "carry_on"),))
    return Screen((Words("later.nothing"),), rows)


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
        (
            (choose("button.try_now", "practice", "yes"), choose("button.not_now", "practice", "no")),
            (go("button.notes", "notes"), go("button.reach", "reach")),
        ),
    )


def _practise(state: State, value: str, _situation: Situation) -> Step:
    if value == "yes":
        return state, (Create("practice"),)
    return show(state.go("home"))


PLACES = {
    "question": Place(_question, typed=typed, posted=posted, answers=may_answer),
    "thanks": Place(_thanks),
    "closed": Place(_closed, standings=("active", "quiet", "stopped")),
    "later": Place(_later),
    "snooze": Place(_snooze, choose=_choose_snooze),
    "which": Place(_which, choose=_choose_which),
    "enough": Place(_enough),
    "nothing_waits": Place(_nothing_waits),
    "declined": Place(_declined),
    "resting": Place(_resting),
    "practice": Place(_practice, choose=_practise),
}
