"""Going through a check-in: what is shown on the answers so far, what comes next, and what became of every item.

Nothing is remembered: each function walks over the items once and looks at the answers as they are now. So a changed
answer recomputes all that follows. The answer of an item that is no longer shown is kept, and counts for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ema.domain.expressions import Value as Worth
from ema.domain.expressions import evaluate, holds
from ema.domain.flow.course import CIRCUMSTANCES, Answer, Background, Course, Going
from ema.domain.items.base import Value
from ema.domain.scoring import compute

Outcome = Literal["answered", "skipped", "prefer_not", "not_now", "not_shown", "not_reached"]
"""What became of an item. `not_shown`: not drawn, or its condition did not hold, whatever she gave before that."""


@dataclass
class _Facts:
    """What expressions can look up, as it grows along the way."""

    course: Course
    background: Background
    answers: dict[str, Value] = field(default_factory=dict)
    passed: set[str] = field(default_factory=set)

    def value(self, name: str) -> Worth | None:
        stored = self.stored(name)
        bare = name.rpartition(".")[2]
        if stored is None or bare not in self.course.numeric or name in CIRCUMSTANCES:
            return stored
        return self.course.items[bare].number(stored)

    def number(self, name: str) -> float | None:
        stored = self.stored(name)
        item = self.course.items.get(name.rpartition(".")[2])
        if item is not None and stored is not None:
            return item.number(stored)
        return float(stored) if isinstance(stored, int | float) else None

    def skipped(self, name: str) -> bool:
        return name in self.passed

    def stored(self, name: str) -> Value | None:
        """As it was given: an option's value, not its number."""
        if name.startswith("score."):
            return self._score(name.removeprefix("score."))
        return self.background.get(name) if "." in name or name in CIRCUMSTANCES else self.answers.get(name)

    def _score(self, name: str) -> float | None:
        form = self.course.scored.get(name)
        if form is None:
            return None
        return next((scored.value for scored in compute(form, self.answers) if scored.name == name), None)


@dataclass(frozen=True)
class Walk:
    """What holds on the answers so far."""

    shown: Mapping[str, bool | None]
    """Every item of the order: shown, not shown, or (None) not to be told before more is answered."""
    computed: Mapping[str, Value]
    """The values of hidden items that could be worked out."""
    facts: _Facts = field(repr=False, compare=False)


def walk(course: Course, items: tuple[str, ...], given: Mapping[str, Answer], background: Background) -> Walk:
    """Go over the items in their order, each judged by the answers before it that count."""
    facts = _Facts(course, background)
    shown: dict[str, bool | None] = {}
    computed: dict[str, Value] = {}
    for name in items:
        step = course.steps[name]
        truth: bool | None = True
        for condition in step.conditions:
            held = holds(condition, facts)
            if held is False:
                truth = False
                break
            truth = truth and held
        shown[name] = truth
        if truth is not True:
            continue
        if step.formula is not None:
            result = evaluate(step.formula, facts)
            if result is not None:
                facts.answers[name] = computed[name] = result
            continue
        answer = given.get(name)
        if answer is not None and answer.status == "answered" and answer.value is not None:
            facts.answers[name] = answer.value
        elif answer is not None:
            facts.passed.add(name)
    return Walk(shown, computed, facts)


def next_item(course: Course, going: Going, background: Background, at: int | None = None) -> int:
    """The first place from `at` on (without it, from where she is) that is shown; past the end when none is left."""
    shown = walk(course, going.items, going.given, background).shown
    return _next(course, going, shown, going.at if at is None else at)


def previous_item(course: Course, going: Going, background: Background, at: int) -> int:
    """The last place before `at` that is shown; the first one shown where there is none before."""
    shown = walk(course, going.items, going.given, background).shown
    before = (place for place in range(min(at, len(going.items)) - 1, -1, -1) if _visible(course, going, shown, place))
    return next(before, _next(course, going, shown, 0))


def after_change(course: Course, going: Going, background: Background) -> int:
    """Where to be once an answer before the current question has changed.

    A question that only now has to be asked comes first; otherwise she stays where she is, or goes to the next one
    that is still shown.
    """
    shown = walk(course, going.items, going.given, background).shown
    for place, name in enumerate(going.items[: going.at]):
        step = course.steps[name]
        if step.item.answers_expected and name not in going.given and _visible(course, going, shown, place):
            return place
    return _next(course, going, shown, going.at)


def progress(course: Course, going: Going, background: Background) -> tuple[int, int]:
    """Which question this is, from 1, and how many there are at most, as far as the answers tell."""
    shown = walk(course, going.items, going.given, background).shown
    places = [
        place
        for place, name in enumerate(going.items)
        if not course.steps[name].formula and (shown[name] or (shown[name] is None and place > going.at))
    ]
    return sum(place < going.at for place in places) + 1, len(places)


def to_confirm(course: Course, going: Going, background: Background, name: str) -> Value | None:
    """What she said before to a static fact, to be confirmed; None where it has to be asked in full."""
    return background.get(f"fact.{name}") if course.steps[name].once and name not in going.given else None


def outcomes(course: Course, going: Going, background: Background) -> dict[str, Outcome]:
    """What became of every item of the questionnaires that has an answer or a value; screens of words have none.

    For a check-in that was gone through to its end, `at` is past the last item. One that was left, or expired, has
    `not_reached` for what she had not come to, unless it is certain that it would not have been shown.
    """
    walked = walk(course, going.items, going.given, background)
    return {
        name: _outcome(course, going, walked, name)
        for name, step in course.steps.items()
        if step.item.answers_expected or step.formula
    }


def _outcome(course: Course, going: Going, walked: Walk, name: str) -> Outcome:
    truth = walked.shown.get(name, False)
    reached = name in going.items and going.items.index(name) < going.at
    if truth is False or (truth is None and reached):
        return "not_shown"
    if course.steps[name].formula is not None:
        return "answered" if name in walked.computed else "not_reached"
    answer = going.given.get(name)
    return answer.status if answer is not None and truth else "not_reached"


def _next(course: Course, going: Going, shown: Mapping[str, bool | None], at: int) -> int:
    places = (place for place in range(at, len(going.items)) if _visible(course, going, shown, place))
    return next(places, len(going.items))


def _visible(course: Course, going: Going, shown: Mapping[str, bool | None], place: int) -> bool:
    name = going.items[place]
    return shown[name] is True and course.steps[name].formula is None
