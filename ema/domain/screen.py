"""What a participant sees at one moment, free of any channel: words to be put into her language, rows of buttons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from ema.domain.localised import Localised


@dataclass(frozen=True)
class Day:
    """A day that is near: said with its weekday, and without its year."""

    date: date


@dataclass(frozen=True)
class Words:
    """A text of the catalogue in `ema.texts` by its key, with values for its placeholders."""

    key: str
    values: Mapping[str, str | float | date | datetime | Day | Localised | Words | Filled] = field(default_factory=dict)
    """A datetime is said as a day and a time, in its own offset; a date with its year."""


@dataclass(frozen=True)
class Filled:
    """Words of the study with `{placeholders}`, and what stands for them."""

    text: Localised
    values: Mapping[str, Words | Localised | str | float | date]


Say = Words | Localised | Filled
"""The bot's own words, or words of the study."""


@dataclass(frozen=True)
class Action:
    """What a button means. Fits a channel's small payload: `verb`, and what it is about.

    `prompt`, `item` and `revision` are set where the tap is about a question, so that a tap on an old message can
    never be taken for an answer to the newer question.
    """

    verb: str
    value: str = ""
    prompt: int | None = None
    item: str = ""
    revision: int | None = None

    def code(self) -> str:
        """`verb|value|prompt|item|revision`, trailing empty parts left out."""
        numbers = ["" if number is None else str(number) for number in (self.prompt, self.revision)]
        return "|".join([self.verb, self.value, numbers[0], self.item, numbers[1]]).rstrip("|")

    @classmethod
    def read(cls, code: str) -> Action | None:
        """The action of a code, or None where it is from elsewhere."""
        parts = code.split("|")
        if not parts[0] or len(parts) > 5:
            return None
        verb, value, prompt, item, revision = parts + [""] * (5 - len(parts))
        if any(
            number and not (number.isascii() and number.isdigit() and len(number) < 19) for number in (prompt, revision)
        ):
            return None
        return cls(verb, value, int(prompt) if prompt else None, item, int(revision) if revision else None)


@dataclass(frozen=True)
class Button:
    label: Say
    action: Action


@dataclass(frozen=True)
class Screen:
    """One message: paragraphs, then rows of buttons."""

    paragraphs: tuple[Say, ...]
    rows: tuple[tuple[Button, ...], ...] = ()


@dataclass(frozen=True)
class Shown:
    """A screen rendered into one language: what a channel is given to send."""

    text: str
    rows: tuple[tuple[tuple[str, Action], ...], ...] = ()
