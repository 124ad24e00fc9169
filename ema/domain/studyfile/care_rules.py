"""What a study file may say of care, beyond the shape of its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ema.domain.studyfile.near import unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ema.domain.care import Care
    from ema.domain.errors import Finding
    from ema.domain.protocol import Protocol
    from ema.domain.studyfile.marked import Marked, Place


def study(marked: Marked, protocol: Protocol) -> Iterator[Finding]:
    if protocol.care is not None:
        yield from _low_scores(marked, protocol, protocol.care)
        yield from _risk_items(marked, protocol, protocol.care)


def _low_scores(marked: Marked, protocol: Protocol, care: Care) -> Iterator[Finding]:
    scores = {score.name: score.range for form in protocol.questionnaires.values() for score in form.scores}
    for at, rule in enumerate(care.low_scores):
        here: Place = ("care", "low_scores", at)
        if rule.score not in scores:
            yield marked.finding((*here, "score"), unknown(rule.score, "score", scores))
            continue
        low, high = scores[rule.score]
        if not low <= rule.at_most < high:
            yield marked.finding(
                (*here, "at_most"),
                f"{rule.score} goes from {low:g} to {high:g}; write a value from {low:g} on, below {high:g}",
            )


def _risk_items(marked: Marked, protocol: Protocol, care: Care) -> Iterator[Finding]:
    items = {item.id: item for form in protocol.questionnaires.values() for item in form.items}
    marks = [name for name, item in items.items() if item.risk]
    for at, rule in enumerate(care.risk_items):
        here: Place = ("care", "risk_items", at)
        if rule.item not in marks:
            yield marked.finding((*here, "item"), unknown(rule.item, "item with risk: true", marks))
            continue
        span = items[rule.item].bounds()
        if span is None:
            yield marked.finding((*here, "item"), f"{rule.item} has no number; give each of its options a code")
        elif not span[0] < rule.at_least <= span[1]:
            yield marked.finding(
                (*here, "at_least"),
                f"{rule.item} goes from {span[0]:g} to {span[1]:g}; write a value above {span[0]:g}, up to {span[1]:g}",
            )
    if care.risk_items and not (protocol.on_call_rota and care.on_call):
        yield marked.finding(
            ("care", "risk_items"),
            "call who is on call, and nobody is; write on_call_rota: true, and under care when somebody is on call, "
            'such as on_call: [{days: [1, 2, 3, 4, 5], start: "09:00", end: "17:00"}]',
        )
