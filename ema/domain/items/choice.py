"""One answer out of a few, each with its own words: a standard scale's labels, yes or no, or what to do next."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ema.domain.errors import InvalidAnswer
from ema.domain.items.base import Ask, Column, Item, Option, Value
from ema.domain.items.words import refusal
from ema.domain.localised import Localised

Place = Literal["times", "pause", "stop", "contact"]
"""Where an answer may lead once the last item is done."""


class ChoiceOption(BaseModel):
    """`value` is what is stored; `code` is its number for scores and labelled exports."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: str = Field(pattern=r"^[a-z0-9_]{1,8}$")
    label: Localised
    code: int | None = None
    then: Place | None = None


class Choice(Item):
    """Exactly one of `options`, one button under the other."""

    type: Literal["choice"]
    options: tuple[ChoiceOption, ...] = Field(min_length=2, max_length=12)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        values = [option.value for option in self.options]
        if len(set(values)) < len(values):
            raise ValueError("two options have the same value; give each its own")
        codes = [option.code for option in self.options if option.code is not None]
        if len(set(codes)) < len(codes):
            raise ValueError("two options have the same code; give each its own number")
        if codes and len(codes) < len(values):
            raise ValueError("some options have a code and some have none; give one to all or to none")
        return self

    def ask(self) -> Ask:
        return Ask(
            text=self.text,
            rows=tuple((Option(option.value, option.label, option.then),) for option in self.options),
        )

    def parse(self, raw: str) -> Value:
        if any(option.value == raw for option in self.options):
            return raw
        raise refusal("buttons")

    def read_cell(self, cell: str) -> Value:
        written = cell.strip()
        for option in self.options:
            if written == option.value or written.removesuffix(".0") == str(option.code):
                return option.value
        known = ", ".join(option.value if option.code is None else str(option.code) for option in self.options)
        raise InvalidAnswer(f"“{written[:20]}” is none of {known}")

    def leads_to(self, value: Value | None) -> str:
        return next((option.then or "" for option in self.options if option.value == value), "")

    def number(self, value: Value) -> float | None:
        for option in self.options:
            if option.value == value and option.code is not None:
                return float(option.code)
        return None

    def bounds(self) -> tuple[float, float] | None:
        codes = [option.code for option in self.options if option.code is not None]
        return (min(codes), max(codes)) if codes else None

    def column(self, language: str) -> Column:
        label = self.text.say(language)
        if self.bounds() is None:
            return Column(self.id, label, "string", {o.value: o.label.say(language) for o in self.options})
        coded: dict[int | str, str] = {
            option.code: option.label.say(language) for option in self.options if option.code is not None
        }
        return Column(self.id, label, "integer", coded)
