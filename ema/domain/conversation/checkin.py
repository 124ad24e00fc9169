"""Answering: start, one question a screen, back, skip, leave in the middle, later taps on older messages, the end."""

from __future__ import annotations

from datetime import datetime, timedelta

from ema.domain.conversation.effects import (
    Begin,
    Create,
    Decline,
    Effect,
    Finish,
    Record,
    Show,
    Snooze,
    Toast,
)
from ema.domain.conversation.place import Place, Step, choose, go, show
from ema.domain.conversation.state import Given, PromptFacts, Run, Situation, State
from ema.domain.errors import InvalidAnswer
from ema.domain.items import AnyItem
from ema.domain.items.base import Status, Value
from ema.domain.localtime import local
from ema.domain.protocol import Protocol
from ema.domain.questionnaire import Questionnaire
from ema.domain.screen import Action, Button, Say, Screen, Words

SNOOZE = timedelta(hours=1)


def start(state: State, prompt: PromptFacts | None, situation: Situation) -> Step:
    """Start, or go on with one that was left in the middle. A closed one gets kind words and an offer."""
    if prompt is None or not _answerable(state, prompt, situation):
        return show(state.go("closed"))
    if state.run and state.run.prompt == prompt.id:
        return show(state.go("question"))
    parked = [run for run in state.parked if run.prompt != prompt.id]
    if state.run:
        parked.append(state.run)
    run = next((run for run in state.parked if run.prompt == prompt.id), None)
    effects: tuple[Effect, ...] = (Show(),)
    if run is None:
        run = Run(prompt=prompt.id, items=_items(situation.protocol, prompt), shown_at=situation.now)
        effects = (Begin(prompt.id, n_items=len(run.items)), Show())
    else:
        run = run.model_copy(update={"shown_at": situation.now})
    state = state.model_copy(update={"parked": tuple(parked[-3:])})
    return state.running(run).go("question"), effects


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
    if prompt is None or not prompt.startable(situation.now) or _run(state, prompt.id):
        return show(state.go("closed"))
    return state.go("declined"), (Decline(prompt.id), Show())


def answer(state: State, action: Action, situation: Situation) -> Step:
    """A tap on an option, Skip or Prefer not to say.

    It belongs to the item that the button names. On the current question it moves on; on an earlier one (an old
    keyboard, a second tap, updates out of order) it is a repeat, or a new revision of that item, and moves nothing.
    """
    run, prompt = _run(state, action.prompt), situation.prompt
    if run is None and prompt is not None and prompt.state == "completed":  # the last question, tapped twice
        here = state if state.place != "question" or state.run else state.go("thanks")
        return here, (Toast(Words("toast.done")), Show())
    if run is None or prompt is None or not _answerable(state, prompt, situation):
        return show(state.go("closed"))
    if action.item not in run.items:
        return state, (Toast(Words("toast.old_button")), Show())
    item = _item(situation.protocol, action.item)
    try:
        status, value = _reading(item, action)
    except InvalidAnswer:  # a payload of another version of the study
        return state, (Toast(Words("toast.old_button")), Show())
    before = run.given.get(action.item)
    current = run.at < len(run.items) and run.items[run.at] == action.item
    effects: list[Effect] = []
    if before is None or (before.status, before.value) != (status, value):
        revision = before.revision + 1 if before else 1
        if before is None and not current:  # not reached yet: only a forged or impossible tap
            return state, (Toast(Words("toast.old_button")), Show())
        given = Given(status=status, value=value, revision=revision)
        place = run.items.index(action.item) + 1
        effects.append(Record(run.prompt, action.item, revision, status, value, place, run.shown_at))
        then = _then(item, action.value) if status == "answered" else ""
        run = run.model_copy(update={"given": {**run.given, action.item: given}, "then": then or run.then})
    if current:
        run = run.model_copy(update={"at": run.at + 1, "shown_at": situation.now})
    elif not effects:
        effects.append(Toast(Words("toast.noted")))
    return _went_on(state, run, effects)


def back(state: State, action: Action, situation: Situation) -> Step:
    """One question back; the answer given there stays until it is changed."""
    run = _run(state, action.prompt)
    if run is None or situation.prompt is None or not _answerable(state, situation.prompt, situation):
        return show(state.go("closed"))
    if action.item in run.items:
        at = max(run.items.index(action.item) - 1, 0)
        run = run.model_copy(update={"at": min(at, run.at), "shown_at": situation.now})
    return show(_held(state, run).go("question"))


def leave(state: State, action: Action) -> Step:
    """Stop in the middle. What she gave is kept, and she can go on later."""
    if _run(state, action.prompt) is None:
        return show(state.go("closed"))
    return show(state.go("resting"))


def passed(state: State, action: Action, situation: Situation) -> Step:
    """Next on a screen that asks nothing."""
    run = _run(state, action.prompt)
    if run is None or situation.prompt is None or not _answerable(state, situation.prompt, situation):
        return show(state.go("closed"))
    if run.at < len(run.items) and run.items[run.at] == action.item:
        run = run.model_copy(update={"at": run.at + 1, "shown_at": situation.now})
    return _went_on(state, run, [])


def _went_on(state: State, run: Run, effects: list[Effect]) -> Step:
    if run.at < len(run.items):
        return _held(state, run).go("question"), (*effects, Show())
    others = tuple(parked for parked in state.parked if parked.prompt != run.prompt)
    state = state.model_copy(update={"parked": others, "run": None if _current(state, run) else state.run})
    done = state.go(run.then, notice="thanks.short") if run.then else state.go("thanks")
    return done, (*effects, Finish(run.prompt), Show())


def _held(state: State, run: Run) -> State:
    """The state with `run` as the current one (tapping a parked one makes it current), and the other one parked."""
    parked = tuple(other for other in state.parked if other.prompt != run.prompt)
    if state.run and state.run.prompt != run.prompt:
        parked = (*parked, state.run)[-3:]
    return state.model_copy(update={"parked": parked, "run": run})


def _current(state: State, run: Run) -> bool:
    return state.run is not None and state.run.prompt == run.prompt


def _run(state: State, prompt: int | None) -> Run | None:
    runs = (state.run, *state.parked) if state.run else state.parked
    return next((run for run in runs if run.prompt == prompt), None)


def _answerable(state: State, prompt: PromptFacts, situation: Situation) -> bool:
    """Before `expires_at` always; a started one for `finish_within_minutes` more."""
    if prompt.state not in {"planned", "open"}:
        return False
    if situation.late:
        return True
    grace = timedelta(minutes=situation.protocol.finish_within_minutes if _run(state, prompt.id) else 0)
    return situation.now < prompt.expires_at + grace


def _items(protocol: Protocol, prompt: PromptFacts) -> tuple[str, ...]:
    return tuple(item.id for name in prompt.questionnaires for item in protocol.questionnaires[name].items)


def _home_of(protocol: Protocol, item_id: str) -> tuple[Questionnaire, AnyItem]:
    return next((form, item) for form in protocol.questionnaires.values() for item in form.items if item.id == item_id)


def _item(protocol: Protocol, item_id: str) -> AnyItem:
    return _home_of(protocol, item_id)[1]


def _reading(item: AnyItem, action: Action) -> tuple[Status, Value | None]:
    if action.verb == "skip":
        return "skipped", None
    if action.verb == "prefer":
        return "prefer_not", None
    return "answered", item.parse(action.value)


def _then(item: AnyItem, value: str) -> str:
    options = (option for row in item.ask().rows for option in row)
    return next((option.then or "" for option in options if option.value == value), "")


# --- screens


def _question(state: State, situation: Situation) -> Screen:
    run = state.run
    if run is None or run.at >= len(run.items):
        return _closed(state, situation)
    form, item = _home_of(situation.protocol, run.items[run.at])
    ask = item.ask()
    n = len(run.items)
    paragraphs: list[Say] = []
    if run.at == 0:
        forms = dict.fromkeys(_home_of(situation.protocol, name)[0].id for name in run.items)
        seconds = sum(situation.protocol.questionnaires[name].seconds for name in forms)
        paragraphs.append(Words("question.how_many", {"n": n, "minutes": max(1, round(seconds / 60))}))
    else:
        paragraphs.append(Words("question.progress", {"i": run.at + 1, "n": n}))
    if form.introduction and form.items[0].id == item.id:
        paragraphs.append(form.introduction)
    paragraphs.append(ask.text)
    if ask.low and ask.high:
        paragraphs.append(Words("question.ends", {"low": ask.low, "high": ask.high, **_span(ask.rows)}))
    revision = run.given[item.id].revision + 1 if item.id in run.given else 1

    def button(label: Say, verb: str, value: str = "") -> Button:
        return Button(label, Action(verb, value, prompt=run.prompt, item=item.id, revision=revision))

    rows = [tuple(button(option.label, "answer", option.value) for option in row) for row in ask.rows]
    if item.answers_expected:
        rows.append((button(Words("button.skip_one"), "skip"), button(Words("button.prefer_not"), "prefer")))
    else:
        rows.append((button(Words("button.next"), "next"),))
    last = [button(Words("button.back"), "back")] if run.at else []
    rows.append((*last, button(Words("button.leave"), "leave"), go("button.help", "help")))
    return Screen(tuple(paragraphs), tuple(rows))


def _span(rows: tuple[tuple[object, ...], ...]) -> dict[str, str]:
    options = [option for row in rows for option in row]
    return {"first": options[0].value, "last": options[-1].value}  # type: ignore[attr-defined]


def _thanks(_state: State, situation: Situation) -> Screen:
    offer = situation.startable()
    if offer is None:
        return Screen((Words("thanks.done"),), ((go("button.menu", "home"),),))
    seconds = sum(situation.protocol.questionnaires[name].seconds for name in offer.questionnaires)
    count = len(_items(situation.protocol, offer))
    more = (
        Words("thanks.one_more")
        if count == 1
        else Words("thanks.offer", {"n": count, "minutes": max(1, round(seconds / 60))})
    )
    return Screen(
        (Words("thanks.done"), more),
        ((Button(Words("button.start"), Action("start", prompt=offer.id)), go("button.not_now", "home")),),
    )


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
    "question": Place(_question),
    "thanks": Place(_thanks),
    "closed": Place(_closed, standings=("active", "quiet", "stopped")),
    "later": Place(_later),
    "declined": Place(_declined),
    "resting": Place(_resting),
    "practice": Place(_practice, choose=_practise),
}
