"""A check-in on one page: what stands on it, and all that she handed in taken at once.

A page goes from where she is as far as it is certain what is asked: a question that hangs on an answer of the same page
comes on the next one. What does not apply after all is not stored, whatever was handed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ema.domain.conversation.asking import (
    Said,
    answerable,
    count_answered,
    count_shown,
    course_of,
    on_to,
    run_of,
    stand,
    walked,
)
from ema.domain.conversation.effects import AskAgain, Begin, Effect, Record
from ema.domain.conversation.events import Handed, Reply
from ema.domain.conversation.place import Step, by_hand, show
from ema.domain.conversation.question import fits_page, headings, how_far
from ema.domain.conversation.state import Given, Run, Situation, State
from ema.domain.errors import InvalidAnswer
from ema.domain.flow import Walk, fill, walk
from ema.domain.flow.piping import piped
from ema.domain.items.base import Item, Status
from ema.domain.localtime import local
from ema.domain.screen import Say, Words


@dataclass(frozen=True)
class Asked:
    """One question as it stands on a page, or (an item without answers) words alone."""

    item: Item
    before: tuple[Say, ...]
    """Titles and the like that stand above it for the first time."""
    text: Say
    given: Given | None


@dataclass(frozen=True)
class Page:
    """How far she is, and the questions from there on."""

    prompt: int
    head: Say
    asked: tuple[Asked, ...]


def page(state: State, prompt: int, situation: Situation) -> Page | None:
    """What is asked now. None: nothing is, or only the chat can ask it."""
    run = run_of(state, prompt)
    if run is None or run.at >= len(run.items):
        return None
    here = walked(run, situation.protocol_of(run.version))
    if not fits_page(run, here):
        return None
    back = here.back(run.at)
    before = run.items[back] if back < run.at else None
    asked = []
    for name in _certain(run, here):
        item = here.course.steps[name].item
        asked.append(Asked(item, tuple(headings(here, name, before)), fill(item.text, here), run.given.get(name)))
        before = name
    return Page(prompt, how_far(here), tuple(asked))


def handed(state: State, event: Handed, situation: Situation) -> Step:
    """Take a whole page. Where one answer can't be read nothing is taken, and the page is asked again."""
    run, prompt = run_of(state, event.prompt), situation.prompt
    if run is not None and run.edit_until is not None:  # what is over she changes in the chat
        return state, ()
    if run is None and prompt is not None and prompt.state == "completed":  # the last page once more
        return state, ()
    if prompt is None or not answerable(state, prompt, situation):
        return by_hand(show(state.go("closed")))
    if run is None:
        return state, (Begin(prompt.id),)
    course, before = course_of(run, situation), run.given
    read, refused = _read({name: course.steps[name].item for name in run.items}, run, event, situation)
    here = walk(course, run.model_copy(update={"given": {**before, **read}}), run.background)
    refused = {name: words for name, words in refused.items() if here.shown[name] is True}
    if refused:
        return state, (AskAgain(refused),)
    shown = [name for name in run.items if name in event.replies and here.shown[name] is True]
    opened = min(max(event.opened or run.shown_at, run.shown_at), situation.now)
    given = {**before, **{name: read[name] for name in shown if name in read}}
    seen = {**run.shown, **{name: run.shown.get(name, opened) for name in shown}}
    run = run.model_copy(update={"given": given, "shown": seen})
    n_shown, n_answered = count_shown(course, run), count_answered(run)
    records: list[Effect] = [
        Record(
            run.prompt,
            course.form_of(name).id,
            name,
            given[name].revision,
            given[name].status,
            given[name].value,
            place=run.items.index(name) + 1,
            shown_at=opened,
            n_shown=n_shown,
            n_answered=n_answered,
        )
        for name in shown
        if given.get(name) != before.get(name)
    ]
    passed = {name for name in (*run.items[: run.at], *shown) if not course.steps[name].item.answers_expected}
    here = walk(course, run, run.background)
    return by_hand(on_to(state, stand(run, here.open(passed), situation.now), here, records))


def _certain(run: Run, here: Walk) -> list[str]:
    """What is asked from here on whatever she answers, up to the first of which that is not known."""
    names: list[str] = []
    for name in run.items[run.at :]:
        step = here.course.steps[name]
        if step.formula is not None or here.shown[name] is False:
            continue
        told = {one for words in (step.item.text, *step.titles) for one in piped(words)}
        if here.shown[name] is None or any(one in names or one.startswith("score.") for one in told if names):
            break
        names.append(name)
    return names


_PASSED: dict[str, Status] = {"skip": "skipped", "prefer": "prefer_not"}


def _read(
    items: dict[str, Item], run: Run, event: Handed, situation: Situation
) -> tuple[dict[str, Given], dict[str, Words]]:
    """What she gave to each item, as its next revision where it is new; and what can't be read."""
    today = local(situation.now, situation.preferences.timezone).date()
    read: dict[str, Given] = {}
    refused: dict[str, Words] = {}
    for name, reply in event.replies.items():
        if name not in items or not items[name].answers_expected or reply.verb == "seen":
            continue
        try:
            status, value = says(items[name], reply, today)
        except InvalidAnswer as error:
            refused[name] = Words(error.key, error.values)
            continue
        before = run.given.get(name)
        if before is not None and (before.status, before.value) == (status, value):
            read[name] = before
        else:
            read[name] = Given(status=status, value=value, revision=before.revision + 1 if before else 1)
    return read, refused


def says(item: Item, reply: Reply, today: date) -> Said:
    """What a reply is as an answer. Raises InvalidAnswer."""
    if reply.verb == "answer":
        return "answered", item.parse_on(reply.raw, today)
    return _PASSED[reply.verb], None
