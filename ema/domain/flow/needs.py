"""What must be looked up before a check-in can be gone through."""

from __future__ import annotations

from functools import lru_cache

from ema.domain.expressions import names_in
from ema.domain.flow.course import CIRCUMSTANCES, EARLIER, Course
from ema.domain.flow.piping import piped


@lru_cache(maxsize=128)
def needed(course: Course) -> frozenset[str]:
    """The names of the background that it uses. Empty for most: then nothing need be looked up."""
    names = {f"fact.{name}" for name, step in course.steps.items() if step.once}
    for step in course.steps.values():
        for expression in (*step.conditions, *([step.formula] if step.formula else [])):
            names |= names_in(expression)
        for text in (step.item.text, *step.titles):
            names |= piped(text)
    return frozenset(name for name in names if name in CIRCUMSTANCES or name.startswith(_SPACES))


_SPACES = tuple(f"{space}." for space in (*EARLIER, "fact"))
