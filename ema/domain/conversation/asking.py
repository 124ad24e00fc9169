"""One question after another: answers by tap, by typing and by sending, back and change, until nothing is left to ask.

A tap belongs to the item that its button names. On the current question it moves on; on an earlier one (an old
keyboard, a second tap, updates out of order) it is a repeat, or a new revision of that item. What comes next is worked
out anew from all answers, so a change can bring up a question that was left out before.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from ema.domain.conversation.effects import Edited, Effect, Finish, Keep, Record, Show, Toast
from ema.domain.conversation.events import Begun, Posted
from ema.domain.conversation.place import Step, asked_again, by_hand, show
from ema.domain.conversation.state import Given, PromptFacts, Run, Situation, State
from ema.domain.errors import InvalidAnswer
from ema.domain.flow import Course, Walk, course_for, walk
from ema.domain.items.base import Item, Status, Value
from ema.domain.items.multiple import Multiple
from ema.domain.items.words import refusal
from ema.domain.localtime import local
from ema.domain.plain_words import option_called
from ema.domain.protocol import Protocol
from ema.domain.screen import Action, Words

BY_HAND = frozenset({"number", "time", "date", "duration", "text", "voice", "photo", "location"})
"""Kinds of questions that are answered by typing or sending something."""
LARGEST = 20_000_000
"""Bytes of a recording or picture; a Telegram bot can fetch no larger file."""

Said = tuple[Status, Value | None]


def course_of(run: Run, situation: Situation) -> Course:
    """Its questionnaires, read for going through them."""
    return _course(run, situation.protocol_of(run.version))


def _course(run: Run, protocol: Protocol) -> Course:
    return course_for(protocol, run.forms)


def walked(run: Run, protocol: Protocol) -> Walk:
    """Where the check-in stands on the answers given so far. `protocol`: of the run's version."""
    return walk(_course(run, protocol), run, run.background)


def begun(state: State, event: Begun, situation: Situation) -> Step:
    """The items and their order are settled: put up the first one."""
    run = Run(
        prompt=event.prompt.id,
        version=event.prompt.version,
        forms=event.prompt.questionnaires,
        items=event.order,
        background=event.background,
        shown_at=situation.now,
    )
    here = walked(run, situation.protocol_of(run.version))
    return on_to(state, stand(run, here.next(0), situation.now), here, [])


def reopened(state: State, run: Run, situation: Situation) -> Step:
    """It was over; she goes through it from the first question, to change what she likes."""
    here = walked(run, situation.protocol_of(run.version))
    return on_to(state, stand(run, here.next(0), situation.now), here, [])


def answer(state: State, action: Action, situation: Situation) -> Step:
    """A tap on an option, Skip or Prefer not to say."""
    run = run_of(state, action.prompt)
    if run is None or not answerable(state, situation.prompt, situation):
        return _too_late(state, run, situation)
    course = course_of(run, situation)
    item = _item(course, run, action.item)
    if item is None:
        return _old_button(state)
    try:
        said = _reading(item, action)
    except InvalidAnswer:  # a payload of another version of the study
        return _old_button(state)
    return _given(state, run, course, (item.id, said), situation)


def pick(state: State, action: Action, situation: Situation) -> Step:
    """One of several is chosen (`+value`) or taken out (`-value`). Each choice is stored; Done only goes on.

    While fewer are chosen than the question asks for, the answer is stored as put off.
    """
    run = run_of(state, action.prompt)
    if run is None or not answerable(state, situation.prompt, situation):
        return _too_late(state, run, situation)
    course = course_of(run, situation)
    item, value = _item(course, run, action.item), action.value[1:]
    if not isinstance(item, Multiple) or (item.id not in run.given and not _current(run, item.id)):
        return _old_button(state)
    chosen = picked(run, item)
    if (value in chosen) == action.value.startswith("+"):
        return state, (Toast(Words("toast.noted")), Show())
    try:
        chosen = item.toggle(chosen, value)
    except InvalidAnswer as refused:
        return state, (Toast(Words(refused.key, refused.values)), Show())
    run = run.model_copy(update={"picked": {**run.picked, item.id: chosen}})
    try:
        said: Said = "answered", item.parse(item.show(chosen))
    except InvalidAnswer:
        said = "not_now", None
    return _given(state, run, course, (item.id, said), situation, stay=True)


def done(state: State, action: Action, situation: Situation) -> Step:
    """Done with choosing several."""
    run = run_of(state, action.prompt)
    if run is None or not answerable(state, situation.prompt, situation):
        return _too_late(state, run, situation)
    course = course_of(run, situation)
    item = _item(course, run, action.item)
    if not isinstance(item, Multiple) or not _current(run, item.id):
        return _old_button(state)
    try:
        value = item.parse(item.show(picked(run, item)))
    except InvalidAnswer as refused:
        return state, (Toast(Words(refused.key, refused.values)), Show())
    return _given(state, run, course, (item.id, ("answered", value)), situation)


def confirm(state: State, action: Action, situation: Situation) -> Step:
    """What she said before is still right; or (`change`) it is asked in full."""
    run = run_of(state, action.prompt)
    if run is None or not answerable(state, situation.prompt, situation):
        return _too_late(state, run, situation)
    here = walked(run, situation.protocol_of(run.version))
    before = here.to_confirm(action.item) if action.item in run.items else None
    if before is None or not _current(run, action.item):
        return _old_button(state)
    if action.verb == "change":
        return show(held(state, run.model_copy(update={"in_full": action.item})).go("question"))
    return _given(state, run, here.course, (action.item, ("answered", before)), situation)


def typed(state: State, text: str, situation: Situation) -> Step | None:
    """Something typed while a question is on the screen: an answer, or what stands on a button. None: neither."""
    run = state.run
    if run is None or run.at >= len(run.items):
        return None
    here = walked(run, situation.protocol_of(run.version))
    item = here.course.steps[run.items[run.at]].item
    ask = item.ask()
    option = option_called(ask, text, situation.language) if ask.kind == "buttons" else None
    if (ask.kind not in BY_HAND and option is None) or asks_to_confirm(run, here) is not None:
        return None
    if not answerable(state, situation.prompt, situation):
        return show(state.go("closed"))
    if option is not None:
        return by_hand(_given(state, run, here.course, (item.id, ("answered", item.parse(option.value))), situation))
    try:
        value = item.parse_on(text, local(situation.now, situation.preferences.timezone).date())
    except InvalidAnswer as refused:
        return asked_again(state, "question", refused)
    return by_hand(_given(state, run, here.course, (item.id, ("answered", value)), situation))


def posted(state: State, event: Posted, situation: Situation) -> Step | None:
    """A recording, picture or place. None: no question on the screen asks for it."""
    run = state.run
    if run is None or run.at >= len(run.items):
        return None
    here = walked(run, situation.protocol_of(run.version))
    item = here.course.steps[run.items[run.at]].item
    kind = item.ask().kind
    if kind not in BY_HAND or asks_to_confirm(run, here) is not None:
        return None
    if not answerable(state, situation.prompt, situation):
        return show(state.go("closed"))
    if kind != event.kind:  # a photo where a number is asked: say again what is
        return asked_again(state, "question", refusal(kind if kind in {"voice", "photo", "location"} else "typed"))
    if event.size > LARGEST:
        return asked_again(state, "question", refusal("too_big"))
    if kind == "location":
        try:
            place = item.parse(event.reference)
        except InvalidAnswer as refused:
            return asked_again(state, "question", refused)
        return by_hand(_given(state, run, here.course, (item.id, ("answered", place)), situation))
    revision = run.given[item.id].revision + 1 if item.id in run.given else 1
    media = f"{run.prompt}-{item.id}-{revision}"
    state, effects = _given(state, run, here.course, (item.id, ("answered", item.parse(f"media:{media}"))), situation)
    keep = Keep(media, run.prompt, item.id, event.kind, event.reference, event.message_id)
    return by_hand((state, (keep, *effects)))


def back(state: State, action: Action, situation: Situation) -> Step:
    """One question back; the answer given there stays until it is changed."""
    run = run_of(state, action.prompt)
    if run is None or not answerable(state, situation.prompt, situation):
        return show(state.go("closed"))
    if action.item in run.items:
        at = walked(run, situation.protocol_of(run.version)).back(run.items.index(action.item))
        run = stand(run, min(at, run.at), situation.now)
    return show(held(state, run).go("question"))


def passed(state: State, action: Action, situation: Situation) -> Step:
    """Next on a screen that asks nothing."""
    run = run_of(state, action.prompt)
    if run is None or not answerable(state, situation.prompt, situation):
        return show(state.go("closed"))
    here = walked(run, situation.protocol_of(run.version))
    at = here.next(run.at + 1) if _current(run, action.item) else run.at
    return on_to(state, stand(run, at, situation.now), here, [])


def leave(state: State, action: Action, situation: Situation) -> Step:
    """Stop in the middle. What she gave is kept; the question on the screen is stored as put off, unless she changes
    what is over: then that is all.
    """
    run = run_of(state, action.prompt)
    if run is None:
        return show(state.go("closed"))
    if run.edit_until is not None:
        here = walked(run, situation.protocol_of(run.version))
        return on_to(state, stand(run, len(run.items), situation.now), here, [])
    course = course_of(run, situation)
    item = _item(course, run, action.item)
    if (
        item is not None
        and item.answers_expected
        and _current(run, item.id)
        and item.id not in run.given
        and answerable(state, situation.prompt, situation)
    ):
        state, effects = _given(state, run, course, (item.id, ("not_now", None)), situation, stay=True)
        return state.go("resting"), effects
    return show(state.go("resting"))


def answerable(state: State, prompt: PromptFacts | None, situation: Situation) -> bool:
    """Before `expires_at` always; a started one for `finish_within_minutes` more. One that is over, as she asked to
    change it, until her day ends.
    """
    run = run_of(state, prompt.id) if prompt is not None else None
    if run is not None and run.edit_until is not None:
        return situation.now < run.edit_until
    if prompt is None or prompt.state not in {"planned", "open"}:
        return False
    if situation.late:
        return True
    grace = timedelta(minutes=situation.protocol.finish_within_minutes if run else 0)
    return situation.now < prompt.expires_at + grace


def asks_to_confirm(run: Run, here: Walk) -> Value | None:
    """What she said before to the question on the screen, where that is put up to be confirmed."""
    name = run.items[run.at]
    return None if run.in_full == name else here.to_confirm(name)


def picked(run: Run, item: Multiple) -> tuple[str, ...]:
    """What is chosen so far."""
    if item.id in run.picked:
        return run.picked[item.id]
    given = run.given.get(item.id)
    return given.value if given is not None and isinstance(given.value, tuple) else ()


def held(state: State, run: Run) -> State:
    """The state with `run` as the current one (tapping a parked one makes it current), and the other one parked."""
    parked = tuple(other for other in state.parked if other.prompt != run.prompt)
    if state.run and state.run.prompt != run.prompt:
        parked = (*parked, state.run)[-3:]
    return state.model_copy(update={"parked": parked, "run": run})


# --- what an answer does


def _given(
    state: State, run: Run, course: Course, answered: tuple[str, Said], situation: Situation, *, stay: bool = False
) -> Step:
    """Store the answer if it is new, and go to where she is then; with `stay` not on from the current question."""
    name, (status, value) = answered
    before, current = run.given.get(name), _current(run, name)
    if before is None and not current:  # not reached yet: only a forged or impossible tap
        return _old_button(state)
    new = before is None or (before.status, before.value) != (status, value)
    revision = (before.revision if before else 0) + new
    shown_at = run.shown_at if current else run.shown.get(name, run.shown_at)
    run = run.model_copy(update={"given": {**run.given, name: Given(status=status, value=value, revision=revision)}})
    here = walk(course, run, run.background)
    if current:
        at = run.at if stay else here.next(run.at + 1)
    else:
        at = here.after_change() if new else run.at
    run = stand(run, at, situation.now)
    if not new:
        return on_to(state, run, here, [] if current else [Toast(Words("toast.noted"))])
    record = Record(
        run.prompt,
        course.form_of(name).id,
        name,
        revision,
        status,
        value,
        place=run.items.index(name) + 1,
        shown_at=shown_at,
        n_shown=count_shown(course, run),
        n_answered=count_answered(run),
        after_end=run.edit_until is not None,
    )
    return on_to(state, run, here, [record])


def on_to(state: State, run: Run, here: Walk, effects: Iterable[Effect]) -> Step:
    """Put up the question at which the run stands; past the last one the check-in is finished, or changed."""
    if run.at < len(run.items):
        return held(state, run).go("question"), (*effects, Show())
    parked = tuple(other for other in state.parked if other.prompt != run.prompt)
    still = state.run if state.run and state.run.prompt != run.prompt else None
    state = state.model_copy(update={"parked": parked, "run": still})
    leads = _leads(here)
    changed = run.edit_until is not None
    state = state.go(leads, notice="thanks.short") if leads else state.go("edited" if changed else "thanks")
    return state, (*effects, Edited(run.prompt) if changed else Finish(run.prompt, run), Show())


def stand(run: Run, at: int, now: datetime) -> Run:
    """The run at a place; what is put up there for the first time is noted."""
    if at == run.at and run.items[at : at + 1] and run.items[at] in run.shown:
        return run
    if at >= len(run.items):
        return run.model_copy(update={"at": at, "in_full": ""})
    name = run.items[at]
    shown = {**run.shown, name: run.shown.get(name, now)}
    return run.model_copy(update={"at": at, "shown_at": now, "shown": shown, "in_full": ""})


def count_shown(course: Course, run: Run) -> int:
    return sum(course.steps[name].item.answers_expected for name in run.shown)


def count_answered(run: Run) -> int:
    return sum(given.status == "answered" for given in run.given.values())


def _leads(here: Walk) -> str:
    """Where an answer wants to lead after the last question; the last such answer decides."""
    place = ""
    for name, outcome in here.outcomes().items():
        given = here.going.given.get(name)
        if outcome == "answered" and given is not None:
            place = here.course.steps[name].item.leads_to(given.value) or place
    return place


def _too_late(state: State, run: Run | None, situation: Situation) -> Step:
    prompt = situation.prompt
    if run is None and prompt is not None and prompt.state == "completed":  # the last question, tapped twice
        here = state if state.place != "question" or state.run else state.go("thanks")
        return here, (Toast(Words("toast.done")), Show())
    return show(state.go("closed"))


def _old_button(state: State) -> Step:
    return state, (Toast(Words("toast.old_button")), Show())


def _current(run: Run, name: str) -> bool:
    return run.items[run.at : run.at + 1] == (name,)


def run_of(state: State, prompt: int | None) -> Run | None:
    runs = (state.run, *state.parked) if state.run else state.parked
    return next((run for run in runs if run.prompt == prompt), None)


def _item(course: Course, run: Run, name: str) -> Item | None:
    return course.steps[name].item if name in run.items else None


def _reading(item: Item, action: Action) -> Said:
    if action.verb == "skip":
        return "skipped", None
    if action.verb == "prefer":
        return "prefer_not", None
    return "answered", item.parse(action.value)
