"""The edition of a data set that may leave the study: nobody stands in it by name, date, place or a rare answer.

The rules are those of British statistical disclosure control: nothing that fewer than ten persons share (threshold of
the Office for National Statistics' Secure Research Service), and dates that are moved for each person alone. They lower
a risk, and don't end it: whoever knows somebody's answers finds her.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from ema.domain.errors import EmaError
from ema.domain.items.base import Item, Value
from ema.exports.instruments import Instruments
from ema.exports.records import AnswerRecord, CourseRecord, Person, PersonRecord, PromptRecord, Source

FEWEST: Final = 10
"""Persons who share a value that is shown."""
WEEKS: Final = 26
"""At most so many are a person's dates moved, forward or back: whole weeks, so that a Sunday stays a Sunday."""
HER_OWN: Final = frozenset({"text", "voice", "photo", "location"})
"""Ways of answering whose answers are withheld: they may name somebody."""
FEW: Final = "few"
OF_A_PERSON: Final = ("language", "hours_preset", "day_starts", "end_reason")


class TooFew(EmaError):
    """There are too few people for a data set that leaves the study."""

    status = 409


@dataclass(frozen=True)
class _Place:
    """Who she is in this edition, and by how much her dates are moved."""

    number: int
    days: timedelta


class Shared:
    """A `Source` of the same records: new pseudonyms and numbers, dates moved, and withheld what few share.

    What is drawn is kept nowhere: no two editions of a study can be joined by their names or dates. Raises TooFew.
    """

    def __init__(self, source: Source, instruments: Instruments, random: Random) -> None:
        self._source, self._instruments = source, instruments
        prompts = {person.about.participant: len(person.prompts) for person in source.people()}
        names = sorted(prompts)
        if len(names) < FEWEST:
            raise TooFew(
                f"A data set that leaves the study needs at least {FEWEST} people; there are {len(names)}. "
                "Whoever works in the study can export it as it is."
            )
        numbers = random.sample(range(1, len(names) + 1), len(names))
        self._places = {
            name: _Place(number, timedelta(weeks=random.randint(-WEEKS, WEEKS)))
            for name, number in zip(names, numbers, strict=True)
        }
        self._digits = len(str(len(names)))
        self._room = max(prompts.values()) + 1

    def people(self, *, answers: bool = False, scores: bool = False) -> Iterator[Person]:
        for person in self._source.people(answers=answers, scores=scores):
            place = self._places.get(person.about.participant)
            if place is not None:
                yield self._moved(person, place)

    def _moved(self, person: Person, place: _Place) -> Person:
        """Each prompt's times are moved by one and the same span, so that what lies between them stays exact."""
        numbers = {one.id: place.number * self._room + at for at, one in enumerate(person.prompts, start=1)}
        spans = {one.id: place.days + _offset(one) for one in person.prompts}
        return replace(
            person,
            about=self._about(person.about, place),
            prompts=tuple(_prompt(one, numbers[one.id], place.days, spans[one.id]) for one in person.prompts),
            answers=tuple(self._answer(one, numbers[one.prompt], spans[one.prompt]) for one in person.answers),
            scores=tuple(replace(one, prompt=numbers[one.prompt]) for one in person.scores),
            courses={numbers[at]: _course(one, spans[at]) for at, one in person.courses.items()},
            media={},
        )

    def _about(self, about: PersonRecord, place: _Place) -> PersonRecord:
        return replace(
            about,
            participant=f"P{place.number:0{self._digits}}",
            language=self._shown("language", about.language),
            timezone="UTC",
            hours_preset=about.hours_preset and self._shown("hours_preset", about.hours_preset),
            day_starts=self._shown("day_starts", about.day_starts),
            end_reason=about.end_reason and self._shown("end_reason", about.end_reason),
            first_date=about.first_date + place.days,
            ended_at=about.ended_at + place.days if about.ended_at else None,
        )

    def _shown(self, what: str, value: str) -> str:
        return value if self._persons.get((what, value), 0) >= FEWEST else FEW

    @cached_property
    def _persons(self) -> Mapping[tuple[str, str], int]:
        """How many share what a table says of a person."""
        return Counter(
            (what, value)
            for person in self._source.people()
            for what in OF_A_PERSON
            if (value := getattr(person.about, what)) is not None
        )

    def _answer(self, one: AnswerRecord, number: int, span: timedelta) -> AnswerRecord:
        return replace(
            one,
            prompt=number,
            value=None if self._withheld(one) else one.value,
            language=self._shown("language", one.language),
            shown_at=one.shown_at + span,
            answered_at=one.answered_at + span,
        )

    def _withheld(self, one: AnswerRecord) -> bool:
        if one.value is None:
            return False
        column = self._instruments.find(one.questionnaire, one.item)
        if column is None or column.item.ask().kind in HER_OWN or column.item.type == "date":
            return True
        key = (one.questionnaire, one.item)
        return any((*key, part) in self._rare for part in _parts(one.value))

    @cached_property
    def _rare(self) -> frozenset[tuple[str, str, str]]:
        """Questionnaire, item and value that fewer than ten persons ever gave, outside of scores."""
        scored = {
            (form.id, item)
            for protocol in self._instruments.protocols.values()
            for form in protocol.questionnaires.values()
            for score in form.scores
            for item in score.items
        }
        tells = {
            (one.questionnaire, one.item.id)
            for one in self._instruments.items
            if (one.questionnaire, one.item.id) not in scored and _tells_of_her(one.item)
        }
        who: dict[tuple[str, str, str], set[str]] = {}
        for person in self._source.people(answers=True):
            for one in person.answers:
                if one.value is not None and (one.questionnaire, one.item) in tells:
                    for part in _parts(one.value):
                        who.setdefault((one.questionnaire, one.item, part), set()).add(person.about.participant)
        return frozenset(value for value, persons in who.items() if len(persons) < FEWEST)


def _tells_of_her(item: Item) -> bool:
    """Choices and free numbers can be somebody's own; a rating or a point on a line is nobody's."""
    return item.type in {"number", "choice", "multiple", "yes_no", "computed"}


def _parts(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (str(value),)


def _offset(prompt: PromptRecord) -> timedelta:
    """How far her clock was from UTC when it was due: her own clock is all that is shown."""
    return prompt.due_at.astimezone(ZoneInfo(prompt.timezone)).utcoffset() or timedelta(0)


def _prompt(one: PromptRecord, number: int, days: timedelta, span: timedelta) -> PromptRecord:
    return replace(
        one,
        id=number,
        timezone="UTC",
        local_date=one.local_date + days,
        opens_at=one.opens_at + span,
        due_at=one.due_at + span,
        expires_at=one.expires_at + span,
        sent_at=_at(one.sent_at, span),
        first_action_at=_at(one.first_action_at, span),
        finished_at=_at(one.finished_at, span),
    )


def _course(one: CourseRecord, span: timedelta) -> CourseRecord:
    return replace(one, language="", shown_at={item: at + span for item, at in one.shown_at.items()})


def _at(instant: datetime | None, span: timedelta) -> datetime | None:
    return None if instant is None else instant + span
