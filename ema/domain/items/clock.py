"""A time of day, as people write it: 21:30, 21.30, 21h30, 9.30 pm, 2130. Stored as 21:30, on her own clock."""

from __future__ import annotations

import re
from datetime import time
from typing import Literal

from ema.domain.items.base import Ask, Column, Item, Value
from ema.domain.items.typed import plain
from ema.domain.items.words import refusal
from ema.domain.screen import Words

_WRITTEN = re.compile(r"([0-9]{1,2})(?: ?([:.,h])(?: ?([0-9]{2}))?)?(?: ?(?:h|uhr))?(?: ?([ap])\.? ?m\.?)?")
_JOINED = re.compile(r"([0-9]{2})([0-9]{2})")


def read_clock(raw: str) -> time:
    """A time of day as it was typed. Raises InvalidAnswer."""
    typed = plain(raw)
    if joined := _JOINED.fullmatch(typed):
        typed = f"{joined[1]}:{joined[2]}"
    written = _WRITTEN.fullmatch(typed)
    if written is None or (written[2] in {":", ".", ","} and written[3] is None):
        raise refusal("time")
    hour, minute, half = int(written[1]), int(written[3] or 0), written[4]
    if half:
        if not 1 <= hour <= 23 or (half == "a" and hour > 12):
            raise refusal("time")
        hour = hour % 12 + (12 if half == "p" else 0) if hour <= 12 else hour
    elif written[2] is None and 1 <= hour <= 12:
        raise refusal("which_half")
    if hour > 23 or minute > 59:
        raise refusal("time")
    return time(hour, minute)


class Time(Item):
    """A bare 9 is asked back, since it can be morning or evening; a bare 21 is not."""

    type: Literal["time"]

    def ask(self) -> Ask:
        return Ask(text=self.text, typed=True, kind="time", hint=Words("hint.time"))

    def parse(self, raw: str) -> Value:
        return f"{read_clock(raw):%H:%M}"

    def number(self, value: Value) -> float | None:  # noqa: ARG002
        """None: a clock runs in a circle, so sums and means of its times say nothing."""
        return None

    def column(self, language: str) -> Column:
        return Column(self.id, self.text.say(language), "string", {}, units="HH:MM, her own clock")
