"""How long one tap takes the dialogue in a long questionnaire: store the answer, judge every condition, find the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from statistics import quantiles
from time import perf_counter, process_time

from ema.domain import conversation
from ema.domain.conversation.events import Tap
from ema.domain.screen import Action
from tests.bench import measures
from tests.domain.conversation.talk import PROTOCOL, Talk
from tests.domain.flow.forms import sixty

KNOWN = {"study_day": 3, "slot": "evening", "last.i0": 4}


def steps(times: int = 20) -> tuple[list[float], list[float], list[float]]:
    """Seconds of each step by the wall and of the processor, and those that its screen takes."""
    long = sixty().model_copy(update={"id": "checkin"})
    protocol = PROTOCOL.model_copy(update={"questionnaires": {**PROTOCOL.questionnaires, "checkin": long}})
    wall: list[float] = []
    worked: list[float] = []
    drawn: list[float] = []
    for round_ in range(times):
        talk = Talk.active(protocol)
        talk.known = dict(KNOWN)
        prompt = talk.note()
        talk.tap(Action("start", prompt=prompt.id))
        while talk.state.run is not None:
            options = [action for action in talk.buttons.values() if action.verb == "answer"]
            event = Tap(options[min(round_ % 7, len(options) - 1)], 1, "tap")
            situation = replace(talk.situation, prompt=talk.prompts[prompt.id])
            start, begun = perf_counter(), process_time()
            state, _ = conversation.advance(talk.state, event, situation)
            worked.append(process_time() - begun)
            wall.append(perf_counter() - start)
            begun = process_time()
            conversation.view(state, situation)
            drawn.append(process_time() - begun)
            talk.happen(event)
    return wall, worked, drawn


def flow() -> Iterator[measures.Figure]:
    """A step of 60 items with 30 conditions."""
    wall, worked, drawn = (quantiles(one, n=100) for one in steps())
    yield measures.Figure("a step of 60 items, 30 conditions, p50", wall[49] * 1000, "ms", "promised: below 1 ms")
    yield measures.Figure(
        "a step, p99 of processor time", worked[98] * 1000, "ms", f"by the wall {wall[98] * 1000:.2f}"
    )
    yield measures.Figure("its screen, p50 of processor time", drawn[49] * 1000, "ms", "drawn when it is sent")
