"""Any number of a few answers. An exclusive one, such as “none of these”, stands alone."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ema.domain.errors import InvalidAnswer
from ema.domain.items.base import Ask, Column, Item, Option, Value
from ema.domain.items.words import refusal
from ema.domain.localised import Localised
from ema.domain.screen import Words


class MultipleOption(BaseModel):
    """`value` is what is stored. Choosing an exclusive option takes all others out, and the other way round."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: str = Field(pattern=r"^[a-z0-9_]{1,8}$")
    label: Localised
    exclusive: bool = False


class Multiple(Item):
    """Between `minimum` and `maximum` of `options`; without `maximum`, all of them. Stored in the options' order."""

    type: Literal["multiple"]
    options: tuple[MultipleOption, ...] = Field(min_length=2, max_length=12)
    minimum: int = Field(default=1, ge=1)
    maximum: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        values = [option.value for option in self.options]
        if len(set(values)) < len(values):
            raise ValueError("two options have the same value; give each its own")
        together = sum(not option.exclusive for option in self.options)
        if self._most() > together:
            raise ValueError(f"maximum is {self.maximum}, but only {together} options can be chosen together")
        if self.minimum > self._most():
            raise ValueError(f"minimum ({self.minimum}) must not be above the {self._most()} that can be chosen")
        return self

    def _most(self) -> int:
        together = sum(not option.exclusive for option in self.options)
        return max(together, 1) if self.maximum is None else self.maximum

    def ask(self) -> Ask:
        return Ask(
            text=self.text,
            rows=tuple((Option(option.value, option.label),) for option in self.options),
            kind="several",
            hint=Words("hint.several"),
        )

    def toggle(self, chosen: tuple[str, ...], value: str) -> tuple[str, ...]:
        """What is chosen after a tap on one option. Raises InvalidAnswer where it is none, or one too many."""
        tapped = next((option for option in self.options if option.value == value), None)
        if tapped is None:
            raise refusal("several")
        if value in chosen:
            return tuple(one for one in chosen if one != value)
        if tapped.exclusive:
            return (value,)
        alone = {option.value for option in self.options if option.exclusive}
        kept = {one for one in chosen if one not in alone} | {value}
        if len(kept) > self._most():
            raise refusal("too_many", most=self._most())
        return tuple(option.value for option in self.options if option.value in kept)

    def parse(self, raw: str) -> Value:
        """The values of all chosen options, with commas between them."""
        if len(raw) > 9 * len(self.options) + 20:
            raise refusal("several")
        chosen = {part.strip() for part in raw.split(",")}
        if not chosen <= {option.value for option in self.options}:
            raise refusal("several")
        if any(option.exclusive and option.value in chosen for option in self.options):
            if len(chosen) > 1:
                raise refusal("exclusive")
        elif len(chosen) < self.minimum:
            raise refusal("too_few", least=self.minimum)
        elif len(chosen) > self._most():
            raise refusal("too_many", most=self._most())
        return tuple(option.value for option in self.options if option.value in chosen)

    def read_cell(self, cell: str) -> Value:
        """Exports part the values by semicolons."""
        try:
            return self.parse(cell.replace(";", ","))
        except InvalidAnswer as refused:
            known = ", ".join(option.value for option in self.options)
            raise InvalidAnswer(f"“{cell[:20]}”: {refused} The values are {known}, with ; between them") from None

    def show(self, value: Value) -> str:
        return ",".join(value) if isinstance(value, tuple) else str(value)

    def number(self, value: Value) -> float | None:  # noqa: ARG002
        return None

    def column(self, language: str) -> Column:
        labels: dict[int | str, str] = {option.value: option.label.say(language) for option in self.options}
        return Column(self.id, self.text.say(language), "string", labels)

    def beside(self, language: str) -> tuple[Column, ...]:
        """One for each option: chosen or not."""
        return tuple(
            Column(
                f"{self.id}__{option.value}",
                f"{self.text.say(language)} {option.label.say(language)}",
                "integer",
                {0: "not chosen", 1: "chosen"},
            )
            for option in self.options
        )

    def spread(self, value: Value) -> tuple[int | float | None, ...]:
        chosen = value if isinstance(value, tuple) else (value,)
        return tuple(int(option.value in chosen) for option in self.options)
