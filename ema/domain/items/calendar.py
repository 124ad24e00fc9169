"""A date, as people write it: 12/5, 12.5.2026, 12 May, 12 de mayo, 2026-05-12. The day comes before the month."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from ema.domain.items.base import Ask, Column, Item, Value
from ema.domain.items.typed import plain
from ema.domain.items.words import refusal
from ema.domain.screen import Words

_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_NUMBERS = re.compile(r"([0-9]{1,2})[./ -]+([0-9]{1,2})\.?(?:[./ -]+([0-9]{2}|[0-9]{4}))?")
_DAY_FIRST = re.compile(
    r"([0-9]{1,2})(?:st|nd|rd|th|\.)? ?(?:of |de )?([a-z]{3,12})\.?(?:,? (?:de |del )?([0-9]{2}|[0-9]{4}))?"
)
_MONTH_FIRST = re.compile(r"([a-z]{3,12})\.? ([0-9]{1,2})(?:st|nd|rd|th)?(?:,? ([0-9]{2}|[0-9]{4}))?")
_MONTHS = (
    "jan ene ian sty",
    "feb fev lut",
    "mar",
    "apr abr kwi",
    "may mai maj",
    "jun iun cze",
    "jul iul lip",
    "aug ago sie",
    "sep set wrz",
    "oct out paz",
    "nov noi lis",
    "dec dic dez gru",
)
"""How the months' names begin in English, Spanish, Romanian, Portuguese and Polish, without accents."""
_TODAY = {"today", "hoy", "azi", "astazi", "hoje", "dzis", "dzisiaj"}
_YESTERDAY = {"yesterday", "ayer", "ieri", "ontem", "wczoraj"}


class Date(Item):
    """From `earliest` to `latest`. Without a year the nearest such day between them is meant. Stored as 2026-05-12."""

    type: Literal["date"]
    earliest: date = Field(default=date(1900, 1, 1), ge=date(1900, 1, 1))
    latest: date = Field(default=date(2100, 12, 31), le=date(2100, 12, 31))

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.earliest > self.latest:
            raise ValueError(f"earliest ({self.earliest}) must not lie after latest ({self.latest})")
        return self

    def ask(self) -> Ask:
        return Ask(text=self.text, typed=True, kind="date", hint=Words("hint.date"))

    def parse(self, raw: str) -> Value:
        return self._read(raw, None)

    def parse_on(self, raw: str, today: date) -> Value:
        return self._read(raw, today)

    def _read(self, raw: str, today: date | None) -> str:
        written = plain(raw).rstrip(".")
        if today is not None and written in _TODAY | _YESTERDAY:
            return self._within(today - timedelta(days=written in _YESTERDAY))
        if iso := _ISO.fullmatch(written):
            year, month, day = iso[1], int(iso[2]), int(iso[3])
        elif numbers := _NUMBERS.fullmatch(written):
            day, month, year = int(numbers[1]), int(numbers[2]), numbers[3]
        elif named := _DAY_FIRST.fullmatch(written):
            day, month, year = int(named[1]), _month(named[2]), named[3]
        elif turned := _MONTH_FIRST.fullmatch(written):
            day, month, year = int(turned[2]), _month(turned[1]), turned[3]
        else:
            raise refusal("date")
        days = _days(day, month, year or "", today)
        allowed = [one for one in days if self.earliest <= one <= self.latest] or days
        return self._within(min(allowed, key=lambda one: abs(one - (today or one))))

    def _within(self, given: date) -> str:
        if not self.earliest <= given <= self.latest:
            raise refusal("date_range", low=self.earliest, high=self.latest)
        return given.isoformat()

    def number(self, value: Value) -> float | None:  # noqa: ARG002
        return None

    def column(self, language: str) -> Column:
        return Column(self.id, self.text.say(language), "string", {}, units="YYYY-MM-DD")


def _month(word: str) -> int:
    """1 to 12, or 0 for no month."""
    return next((at for at, stems in enumerate(_MONTHS, 1) if word.startswith(tuple(stems.split()))), 0)


def _days(day: int, month: int, year: str, today: date | None) -> list[date]:
    """The day in that year; with two digits or none of the year, in each year that it can mean."""
    if len(year) == 4:
        years = [int(year)]
    elif today is None:
        raise refusal("year")
    elif year:
        years = [century + int(year) for century in (1900, 2000, 2100)]
    else:
        years = [today.year + step for step in (-4, -3, -2, -1, 0, 1, 2, 3, 4)]  # 29 February has its leap year there
    days = []
    for one in years:
        try:
            days.append(date(one, month, day))
        except ValueError:
            continue
    if not days:
        raise refusal("date")
    return days
