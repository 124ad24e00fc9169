"""How long one step through a long questionnaire takes: read it, judge every condition, find the next, fill its words."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import quantiles
from time import perf_counter, process_time

from ema.domain.flow import Background, Course, Seed, fill, order
from tests.bench import measures
from tests.domain.flow.forms import Sitting, sixty

KNOWN: Background = {"study_day": 3, "slot": "evening", "last.i0": 4}


def steps(times: int = 20) -> tuple[list[float], list[float]]:
    """The seconds of each step by the wall and of the processor, as the dialogue takes it.

    Between two answers nothing is kept but the answers.
    """
    questionnaire = sixty()
    items = order([questionnaire], Seed("bench", "checkin|1.1", 0))
    seconds: list[float] = []
    worked: list[float] = []
    for round_ in range(times):
        sitting = Sitting(Course([questionnaire]), items, KNOWN)
        while sitting.question is not None:
            sitting.change(sitting.question, round_ % 7 + 1)
            start, begun = perf_counter(), process_time()
            sitting.course = Course([questionnaire])
            walked = sitting.here
            sitting.at = walked.next(sitting.at + 1)
            walked.progress()
            if sitting.question is not None:
                fill(sitting.course.steps[sitting.question].item.text, walked)
            worked.append(process_time() - begun)
            seconds.append(perf_counter() - start)
    return seconds, worked


def flow() -> Iterator[measures.Figure]:
    """A step of 60 items with 30 conditions."""
    wall, worked = (quantiles(one, n=100) for one in steps())
    yield measures.Figure("a step of 60 items, 30 conditions, p50", wall[49] * 1000, "ms", "promised: below 1 ms")
    yield measures.Figure(
        "a step, p99 of processor time", worked[98] * 1000, "ms", f"by the wall {wall[98] * 1000:.2f}"
    )
