"""What must be looked up before a check-in can be gone through."""

from __future__ import annotations

from collections.abc import Iterable

from ema.domain.expressions import names_in
from ema.domain.flow.course import CIRCUMSTANCES, EARLIER, Course
from ema.domain.flow.piping import piped
from ema.domain.questionnaire import Questionnaire


def needed(questionnaires: Iterable[Questionnaire]) -> frozenset[str]:
    """The names of the background that these questionnaires use. Empty for most: then nothing need be looked up."""
    course = Course(questionnaires)
    names = {f"fact.{name}" for name, step in course.steps.items() if step.once}
    for step in course.steps.values():
        for expression in (*step.conditions, *([step.formula] if step.formula else [])):
            names |= names_in(expression)
        for text in (step.item.text, *step.titles):
            names |= piped(text)
    return frozenset(name for name in names if name in CIRCUMSTANCES or name.startswith(_SPACES))


_SPACES = tuple(f"{space}." for space in (*EARLIER, "fact"))
