"""The questionnaires of one prompt, read for going through them: every item with the conditions it stands under."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from ema.domain.expressions import Expression, parse
from ema.domain.flow.kinds import kind_of
from ema.domain.items import AnyItem
from ema.domain.items.base import Status, Value
from ema.domain.items.computed import Computed
from ema.domain.localised import Localised
from ema.domain.questionnaire import Questionnaire

CIRCUMSTANCES = ("study_day", "slot", "phase", "weekday", "today")
"""Names for what holds around a prompt: its study day (from 1), its slot's and phase's names, the weekday of the study
day's date (1 is Monday), and that date."""
EARLIER = ("last", "yesterday")
"""Spaces of earlier prompts' answers and scores: the newest there is, and the newest of the study day before."""
SPACES = (*EARLIER, "score", "fact")
"""`score`: this check-in's, as far as it is answered. `fact`: what she said to an item that is asked `once`."""

Background = Mapping[str, Value]
"""What is known before the first question, by full name: circumstances, `last.…`, `yesterday.…`, `fact.…`.

Answers as they are stored, scores as numbers. What is not known is left out.
"""


class Answer(Protocol):
    """The newest revision of one item's answer."""

    @property
    def status(self) -> Status: ...

    @property
    def value(self) -> Value | None: ...


class Going(Protocol):
    """A check-in that is under way: its items in their order, where she is, and what she gave."""

    @property
    def items(self) -> tuple[str, ...]: ...

    @property
    def at(self) -> int: ...

    @property
    def given(self) -> Mapping[str, Answer]: ...


@dataclass(frozen=True)
class Step:
    """One item and what its place says about it. It is shown while all conditions hold."""

    item: AnyItem
    conditions: tuple[Expression, ...]
    formula: Expression | None
    """How the value of a hidden item is worked out."""
    once: bool
    titles: tuple[Localised, ...]
    """Of its section and page."""


class Course:
    """`study` are all questionnaires of the study, where earlier answers and facts may come from."""

    def __init__(self, questionnaires: Iterable[Questionnaire], study: Iterable[Questionnaire] = ()) -> None:
        self.questionnaires = tuple(questionnaires)
        self.items = {item.id: item for form in (*study, *self.questionnaires) for item in form.items}
        self.steps: dict[str, Step] = {}
        self._forms = {item.id: form for form in self.questionnaires for item in form.items}
        for form in self.questionnaires:
            items = {item.id: item for item in form.items}
            for section, page, placed in form.placed():
                around = [part for part in (section, page) if part is not None]
                conditions = [part.show_if for part in (*around, placed) if part.show_if is not None]
                item = items[placed.item]
                formula = item.expression if isinstance(item, Computed) else None
                self.steps[item.id] = Step(
                    item,
                    tuple(parse(text) for text in conditions),
                    parse(formula) if formula is not None else None,
                    once=placed.once,
                    titles=tuple(part.title for part in around if part.title is not None),
                )
        self._numeric: dict[str, bool] = {}
        self._scoring: dict[str, Questionnaire] = {}

    def form_of(self, name: str) -> Questionnaire:
        """The questionnaire that asks this item here."""
        return self._forms[name]

    def numeric(self, name: str) -> bool:
        """Whether an item is its number in expressions, whatever is stored."""
        if name not in self._numeric:
            self._numeric[name] = name in self.items and kind_of(self.items[name]) == "number"
        return self._numeric[name]

    def scoring(self, name: str) -> Questionnaire | None:
        """The one score of that name with the items and scores that it is made of."""
        if name not in self._scoring:
            form = next((form for form in self.questionnaires for score in form.scores if score.name == name), None)
            if form is None:
                return None
            parts = parts_of_score(form, name)
            self._scoring[name] = form.model_copy(
                update={
                    "items": tuple(item for item in form.items if item.id in parts),
                    "scores": tuple(score for score in form.scores if score.name in parts),
                }
            )
        return self._scoring[name]


class Study(Protocol):
    """What has questionnaires by name, and does not change."""

    @property
    def questionnaires(self) -> Mapping[str, Questionnaire]: ...


class _This:
    """A study as itself and not by its content, which would take long to compare."""

    def __init__(self, study: Study) -> None:
        self.study = study

    def __hash__(self) -> int:
        return id(self.study)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _This) and other.study is self.study


def course_for(study: Study, forms: tuple[str, ...]) -> Course:
    """The course of these questionnaires of a study. Read once, as every event of every check-in needs it."""
    return _course_for(_This(study), forms)


@lru_cache(maxsize=128)
def _course_for(this: _This, forms: tuple[str, ...]) -> Course:
    questionnaires = this.study.questionnaires
    return Course([questionnaires[name] for name in forms], questionnaires.values())


def parts_of_score(form: Questionnaire, name: str) -> frozenset[str]:
    """The score itself, and all items and scores that it is made of."""
    parts = {name}
    for score in reversed(form.scores):  # a score is made of items and of scores above it
        if score.name in parts:
            parts.update(score.items)
    return frozenset(parts)
