"""Going through a check-in: what is shown on the answers so far, what comes next, and what became of every item.

Nothing is remembered: a walk goes over the items once and looks at the answers as they are now. So a changed answer
recomputes all that follows. The answer of an item that is no longer shown is kept, and counts for nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ema.domain.expressions import Value as Worth
from ema.domain.expressions import evaluate, holds
from ema.domain.flow.course import CIRCUMSTANCES, Background, Course, Going
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
    scores: dict[str, tuple[list[Value | None], float | None]] = field(default_factory=dict)
    """By name, with the answers that each was made from."""

    def value(self, name: str) -> Worth | None:
        stored = self.stored(name)
        bare = name.rpartition(".")[2]
        if stored is None or not self.course.numeric(bare) or name in CIRCUMSTANCES:
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
        form = self.course.scoring(name)
        if form is None:
            return None
        made_from = [self.answers.get(item.id) for item in form.items]
        if name not in self.scores or self.scores[name][0] != made_from:
            value = next(scored.value for scored in compute(form, self.answers) if scored.name == name)
            self.scores[name] = made_from, value
        return self.scores[name][1]


@dataclass(frozen=True)
class Walk:
    """A check-in on the answers so far. Places count from 0 over its items."""

    course: Course
    going: Going
    background: Background
    shown: Mapping[str, bool | None]
    """Every item of the order: shown, not shown, or (None) not to be told before more is answered."""
    computed: Mapping[str, Value]
    """The values of hidden items that could be worked out."""
    facts: _Facts = field(repr=False, compare=False)

    def next(self, at: int | None = None) -> int:
        """The first place from `at` on (without it, from where she is) that is shown; past the end if none is left."""
        places = range(self.going.at if at is None else at, len(self.going.items))
        return next((place for place in places if self._visible(place)), len(self.going.items))

    def back(self, at: int) -> int:
        """The last place before `at` that is shown; the first one shown where there is none before."""
        before = range(min(at, len(self.going.items)) - 1, -1, -1)
        return next((place for place in before if self._visible(place)), self.next(0))

    def after_change(self) -> int:
        """Where to be once an answer before the current question has changed.

        A question that only now has to be asked comes first; otherwise she stays where she is, or goes to the next one
        that is still shown.
        """
        for place, name in enumerate(self.going.items[: self.going.at]):
            expected = self.course.steps[name].item.answers_expected
            if expected and name not in self.going.given and self._visible(place):
                return place
        return self.next()

    def open(self, passed: Collection[str]) -> int:
        """The first place that is shown and has no answer; what only informs has one where it is `passed`."""
        for place, name in enumerate(self.going.items):
            given = self.going.given.get(name)
            done = name in passed if given is None else given.status != "not_now"
            if not done and self._visible(place):
                return place
        return len(self.going.items)

    def progress(self) -> tuple[int, int]:
        """Which question this is, from 1, and how many there are at most, as far as the answers tell.

        A screen that only informs is none: it has the number of the question after it.
        """
        places = [
            place
            for place, name in enumerate(self.going.items)
            if self.course.steps[name].item.answers_expected
            and (self.shown[name] is True or (self.shown[name] is None and place > self.going.at))
        ]
        return min(sum(place < self.going.at for place in places) + 1, max(len(places), 1)), len(places)

    def to_confirm(self, name: str) -> Value | None:
        """What she said before to a static fact, to be confirmed; None where it has to be asked in full."""
        given = self.going.given.get(name)
        once = self.course.steps[name].once and (given is None or given.status == "not_now")
        return self.background.get(f"fact.{name}") if once else None

    def answers(self) -> Mapping[str, Value]:
        """What counts: the answers to items that are shown, and the values of hidden ones. What scores are made of."""
        return self.facts.answers

    def outcomes(self) -> dict[str, Outcome]:
        """What became of every item of the questionnaires that has an answer or a value; screens of words have none.

        For a check-in that was gone through to its end, `at` is past the last item. One that was left, or expired, has
        `not_reached` for what she had not come to, unless it is certain that it would not have been shown.
        """
        reached = frozenset(self.going.items[: self.going.at])
        return {
            name: self._outcome(name, reached=name in reached)
            for name, step in self.course.steps.items()
            if step.item.answers_expected or step.formula
        }

    def _outcome(self, name: str, *, reached: bool) -> Outcome:
        truth = self.shown.get(name, False)
        if truth is False or (truth is None and reached):
            return "not_shown"
        if self.course.steps[name].formula is not None:
            return "answered" if name in self.computed else "not_reached"
        answer = self.going.given.get(name)
        return answer.status if answer is not None and truth else "not_reached"

    def _visible(self, place: int) -> bool:
        name = self.going.items[place]
        return self.shown[name] is True and self.course.steps[name].formula is None


def walk(course: Course, going: Going, background: Background) -> Walk:
    """Go over the items in their order, each judged by the answers before it that count."""
    facts = _Facts(course, background)
    shown: dict[str, bool | None] = {}
    computed: dict[str, Value] = {}
    for name in going.items:
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
        answer = going.given.get(name)
        if answer is not None and answer.status == "answered" and answer.value is not None:
            facts.answers[name] = answer.value
        elif answer is not None:
            facts.passed.add(name)
    return Walk(course, going, background, shown, computed, facts)
