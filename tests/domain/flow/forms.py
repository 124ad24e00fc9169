"""Small questionnaires for the tests of the flow."""

from __future__ import annotations

from dataclasses import dataclass, field

from ema.domain.conversation.state import Given
from ema.domain.flow import Background, Course, Walk, walk
from ema.domain.questionnaire import Questionnaire

ENDS = {"low": "not at all", "high": "very"}
PROVENANCE = {
    "source": "-", "citation": "-", "licence": "-", "validation": "-", "recall": "-", "measures": "state",
}  # fmt: skip


def rating(name: str, text: object = "How?") -> dict[str, object]:
    return {"id": name, "type": "rating", "text": text, **ENDS}


def choice(name: str, *values: str, text: object = "Which?") -> dict[str, object]:
    options = [
        {"value": value, "code": code, "label": {"en": value.title(), "es": f"{value} (es)"}}
        for code, value in enumerate(values)
    ]
    return {"id": name, "type": "choice", "text": text, "options": options}


def computed(name: str, expression: str) -> dict[str, object]:
    return {"id": name, "type": "computed", "text": name, "expression": expression}


def form(*items: dict[str, object], name: str = "form", **fields: object) -> Questionnaire:
    return Questionnaire.model_validate(
        {"id": name, "title": name, "provenance": PROVENANCE, "seconds": 60, "items": items, **fields}
    )


@dataclass
class Sitting:
    """A check-in that is gone through question by question, as the dialogue does."""

    course: Course
    items: tuple[str, ...]
    background: Background = field(default_factory=dict)
    at: int = 0
    given: dict[str, Given] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.at = self.here.next(0)

    @property
    def here(self) -> Walk:
        return walk(self.course, self, self.background)

    @property
    def question(self) -> str | None:
        return self.items[self.at] if self.at < len(self.items) else None

    def answer(self, value: object, status: str = "answered") -> str | None:
        """Answer the current question; returns the next one."""
        assert self.question is not None
        self.change(self.question, value, status)
        self.at = self.here.next(self.at + 1)
        return self.question

    def change(self, name: str, value: object, status: str = "answered") -> None:
        self.given = {**self.given, name: Given(status=status, value=value)}


def sixty() -> Questionnaire:
    """60 items, 30 of them with conditions over earlier answers, earlier prompts, the day and a score."""
    names = [f"i{number}" for number in range(60)]
    conditions = [
        "{a} <= 6 and {b} != 7 or skipped({a})",
        "mean({a}, {b}) < 6.5 and study_day >= 1",
        "not answered({a}) or {b} in [1, 2, 3, 4, 5, 6]",
        "if({a} > 3, {b} >= 1, slot == 'evening') or last.i0 > 2",
        "any({a} == 4, {b} == 4, score.first > 3)",
    ]
    entries: list[object] = []
    for at, name in enumerate(names):
        if at % 2:
            written = conditions[at // 2 % len(conditions)].format(a=names[at - 1], b=names[at // 2])
            entries.append({"item": name, "show_if": written})
        else:
            entries.append(name)
    score = {
        "name": "first",
        "label": "First",
        "method": "mean",
        "items": names[:1],
        "direction": "up",
        "range": [1, 7],
    }
    items = [rating(name, "After {label.i0|nothing}: how?" if name == "i1" else "How?") for name in names]
    return form(*items, pages=[{"id": "all", "items": entries}], scores=[score])
