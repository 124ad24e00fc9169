"""The screen of one question: words, options, and the ways past it."""

from __future__ import annotations

from collections.abc import Iterable

from ema.domain.conversation.asking import asks_to_confirm, picked, walked
from ema.domain.conversation.place import go
from ema.domain.conversation.state import Run, Situation
from ema.domain.flow import Walk, fill, said
from ema.domain.items.base import Ask, Item
from ema.domain.items.multiple import Multiple
from ema.domain.localised import Localised
from ema.domain.questionnaire import Questionnaire
from ema.domain.screen import Action, Button, Say, Screen, Words

CHOSEN = "✓ "
ON_A_PAGE = frozenset({"buttons", "several", "number", "time", "date", "duration", "text"})
"""Kinds of questions that a page can ask; what is sent, only the chat can take."""


def question(run: Run, situation: Situation) -> Screen:
    """The question at which the run stands."""
    here = walked(run, situation.protocol_of(run.version))
    item = here.course.steps[run.items[run.at]].item
    before = asks_to_confirm(run, here)
    back = here.back(run.at)
    earlier = run.items[back] if back < run.at and here.progress()[0] > 1 else None
    changing = run.edit_until is not None
    paragraphs: list[Say] = [how_far(here, again=changing), *headings(here, item.id, earlier), fill(item.text, here)]
    if before is not None:
        paragraphs.append(Words("question.you_said", {"answer": said(item, before)}))
        rows: list[tuple[Button, ...]] = [
            (
                _button(run, item, Words("button.still_right"), "confirm"),
                _button(run, item, Words("button.change"), "change"),
            )
        ]
    else:
        ask = item.ask()
        if ask.low and ask.high:
            paragraphs.append(Words("question.ends", {"low": ask.low, "high": ask.high, **_span(ask)}))
        if ask.hint is not None:
            paragraphs.append(ask.hint)
        if changing and (given := run.given.get(item.id)) is not None and given.value is not None:
            paragraphs.append(Words("question.you_said", {"answer": said(item, given.value)}))
        rows = _options(run, item, ask)
    if changing and item.answers_expected:
        rows.append((_button(run, item, Words("button.keep"), "next"),))
    if item.answers_expected:
        passing = (("button.skip_one", "skip"), ("button.prefer_not", "prefer"))
        rows.append(tuple(_button(run, item, Words(label), verb) for label, verb in passing))
    else:
        rows.append((_button(run, item, Words("button.next"), "next"),))
    if run.at == here.next(0) and here.progress()[1] > 1 and fits_page(run, here):
        rows.append((Button(Words("button.whole"), Action("whole")),))
    last = [_button(run, item, Words("button.back"), "back")] if here.back(run.at) < run.at else []
    leave = Words("button.that_is_all" if changing else "button.leave")
    rows.append((*last, _button(run, item, leave, "leave"), go("button.help", "help")))
    return Screen(tuple(paragraphs), tuple(rows))


def minutes(forms: Iterable[Questionnaire]) -> int:
    """How long these questionnaires take, as the first screen says it."""
    return max(1, round(sum(form.seconds for form in forms) / 60))


def fits_page(run: Run, here: Walk) -> bool:
    """Whether all that may still be asked can be asked on a page.

    What she changes, and what is only to be confirmed, is asked in the chat.
    """
    return run.edit_until is None and all(
        here.course.steps[name].formula is not None
        or here.shown[name] is False
        or (here.course.steps[name].item.ask().kind in ON_A_PAGE and here.to_confirm(name) is None)
        for name in run.items[run.at :]
    )


def how_far(here: Walk, *, again: bool = False) -> Words:
    """How many questions there are; later, or `again`, which of them this is."""
    i, n = here.progress()
    if i == 1 and not again:
        return Words("question.how_many", {"n": n, "minutes": minutes(here.course.questionnaires)})
    return Words("question.progress", {"i": i, "n": n})


def headings(here: Walk, name: str, before: str | None) -> list[Say]:
    """What the questionnaire says first, and the titles that this item is the first under. `before` it was another."""
    form = here.course.form_of(name)
    first = before is None or here.course.form_of(before) is not form
    known = here.course.steps[before].titles if before is not None else ()
    titles = [fill(title, here) for title in here.course.steps[name].titles if title not in known]
    return [form.introduction, *titles] if first and form.introduction else [*titles]


def _options(run: Run, item: Item, ask: Ask) -> list[tuple[Button, ...]]:
    if isinstance(item, Multiple):
        chosen = picked(run, item)
        rows = [tuple(_pick(run, item, option.value, option.label, chosen) for option in row) for row in ask.rows]
        return [*rows, (_button(run, item, Words("button.done"), "done"),)]
    rows = [tuple(_button(run, item, option.label, "answer", option.value) for option in row) for row in ask.rows]
    if ask.slider:
        rows.append((_button(run, item, Words("button.slider"), "slide"),))
    return rows


def _pick(run: Run, item: Item, value: str, label: Localised, chosen: tuple[str, ...]) -> Button:
    """It says what it will do, so that a second tap on an old keyboard changes nothing back."""
    if value in chosen:
        marked = Localised({language: CHOSEN + words for language, words in label.root.items()})
        return _button(run, item, marked, "pick", f"-{value}")
    return _button(run, item, label, "pick", f"+{value}")


def _button(run: Run, item: Item, label: Say, verb: str, value: str = "") -> Button:
    revision = run.given[item.id].revision + 1 if item.id in run.given else 1
    return Button(label, Action(verb, value, prompt=run.prompt, item=item.id, revision=revision))


def _span(ask: Ask) -> dict[str, Localised]:
    options = [option for row in ask.rows for option in row]
    return {"first": options[0].label, "last": options[-1].label}
