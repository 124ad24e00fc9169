"""From question to question: order, conditions, drawing, confirming, computed values, earlier answers in words.

A check-in is begun with `order(questionnaires, seed)`, which is stored. From then on everything follows from that
order, the answers given and the background: `walk(course, going, background)` says what is shown, what comes next, and
what became of every item.
"""

from __future__ import annotations

from ema.domain.flow.course import CIRCUMSTANCES, Background, Course, Going, course_for
from ema.domain.flow.going import Outcome, Walk, walk
from ema.domain.flow.needs import needed
from ema.domain.flow.order import Seed, drawn, order
from ema.domain.flow.piping import fill, said

__all__ = [
    "CIRCUMSTANCES",
    "Background",
    "Course",
    "Going",
    "Outcome",
    "Seed",
    "Walk",
    "course_for",
    "drawn",
    "fill",
    "needed",
    "order",
    "said",
    "walk",
]
