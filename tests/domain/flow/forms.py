"""Small questionnaires for the tests of the flow."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ema.domain.conversation.state import Given
from ema.domain.flow import Background, Course, next_item
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
        self.at = next_item(self.course, self, self.background, 0)

    @property
    def question(self) -> str | None:
        return self.items[self.at] if self.at < len(self.items) else None

    def answer(self, value: object, status: str = "answered") -> str | None:
        """Answer the current question; returns the next one."""
        assert self.question is not None
        self.change(self.question, value, status)
        self.at = next_item(self.course, self, self.background, self.at + 1)
        return self.question

    def change(self, name: str, value: object, status: str = "answered") -> None:
        self.given = {**self.given, name: Given(status=status, value=value)}

    def copy(self) -> Sitting:
        return replace(self, given=dict(self.given))
