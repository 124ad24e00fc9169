"""What a virtual person answers: the latent states of `ema.simulation.people`, and how an item shows them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import pairwise
from math import sqrt
from typing import Final

from ema.domain.errors import InvalidAnswer
from ema.domain.items.base import Item
from ema.domain.items.calendar import Date
from ema.domain.items.multiple import Multiple
from ema.domain.localtime import local, local_date_of
from ema.domain.protocol import Protocol
from ema.simulation.people import Model, Person

FOLLOWS: Final = {"rses_a": "se_state"}
"""Questionnaire → the trend score whose state its items show, where it is not the first one."""
LOW_IS_HIGH: Final = frozenset({"ons4_anxious"})
"""Scores in which a high number is a low state."""
WORDS: Final = ("all right", "a bit tired", "better than before", "busy", "quiet")
"""What virtual people type where a few words are asked for."""
SCALE: Final = (1.0, 7.0)
BEFORE_A_MOMENT: Final = 90
"""Whoever answers so few minutes before the next prompt may come answers for that one, if it is the nearer."""


class Mind:
    """The states of one person through the study."""

    def __init__(self, person: Person, protocol: Protocol, model: Model) -> None:
        self._person = person
        self._protocol = protocol
        self._model = model
        self._hours = protocol.preferences(person.preset, person.timezone)
        self._first = local_date_of(person.joins_at, self._hours)
        self._chance = person.rng("state")
        self._path: list[dict[str, float]] = []
        self._moments = moments(protocol, person.preset)

    def state(self, score: str, at: datetime) -> float:
        """Her state behind this score at a moment, on the scale 1 to 7, before any noise and rounding."""
        day, moment = self._place(at)
        number = len(self._moments)
        person, model = self._person, self._model
        late = moment / (number - 1) if number > 1 else 0.0
        fluctuation = self._fluctuation(day * number + moment)[score]
        middle = (self._protocol.days - 1) / 2
        return (
            person.levels[score]
            + person.slopes[score] * (day - middle)
            + person.evenings[score] * late
            + model.state_sd * fluctuation
        )

    def choose(self, item: Item, values: Sequence[str], at: datetime) -> str:
        """The value of the button that she taps."""
        chance = self._person.rng("answer", item.id, at.isoformat())
        numbers = {value: item.number(item.parse(value)) for value in values}
        known = {value: number for value, number in numbers.items() if number is not None}
        names = self._scores_of(item)
        if not known or not names:
            return _plain(item, values, chance.random())
        low, high = min(known.values()), max(known.values())
        state = self.state(self._behind(item), at) + chance.gauss(0, self._model.item_sd)
        share = (state - SCALE[0]) / (SCALE[1] - SCALE[0])
        wanted = low + (1 - share if self._turned(item) else share) * (high - low)
        return min(known, key=lambda value: (abs(known[value] - wanted), value))

    def pick(self, item: Item, at: datetime) -> tuple[str, ...]:
        """What she chooses of several: one of the possible answers."""
        assert isinstance(item, Multiple)
        chance = self._person.rng("answer", item.id, at.isoformat())
        chosen: tuple[str, ...] = ()
        for _ in range(item.minimum + (chance.random() < 0.4)):
            left = [option.value for option in item.options if option.value not in chosen]
            with suppress(InvalidAnswer):  # one too many
                chosen = item.toggle(chosen, chance.choice(left))
        return chosen

    def say(self, item: Item, at: datetime) -> str:
        """What she types, or the place that she sends."""
        chance = self._person.rng("answer", item.id, at.isoformat())
        match item.ask().kind:
            case "number":
                low, high = item.bounds() or (0, 1)
                share = (self.state(self._behind(item), at) - SCALE[0]) / (SCALE[1] - SCALE[0])
                return f"{min(max(low + share * (high - low), low), high):.0f}"
            case "time":
                return f"{chance.randrange(24):02}:{chance.choice((0, 15, 30, 45)):02}"
            case "date":
                assert isinstance(item, Date)
                day = (local(at, self._hours.timezone) - timedelta(days=chance.randrange(10))).date()
                return min(max(day, item.earliest), item.latest).isoformat()
            case "duration":
                low, high = item.bounds() or (0, 60)
                return f"{min(low + chance.randint(1, 12) * 5, high):.0f} min"
            case "location":
                return f"{chance.uniform(51.3, 51.7):.5f},{chance.uniform(-0.4, 0.2):.5f}"
        return chance.choice(WORDS)

    def _place(self, at: datetime) -> tuple[int, int]:
        """Study day and moment of the day, both from 0, counted from joining."""
        hours = self._hours
        day = (local_date_of(at, hours) - self._first).days
        clock = local(at, hours.timezone)
        begin = hours.day_starts.hour * 60 + hours.day_starts.minute
        passed = (clock.hour * 60 + clock.minute - begin) % 1440
        return max(day, 0), max(sum(passed >= moment for moment in self._moments) - 1, 0)

    def _fluctuation(self, position: int) -> dict[str, float]:
        """AR(1) with standard deviation 1 for each score, correlated between them."""
        model, scores = self._model, self._protocol.trend.scores
        while len(self._path) <= position:
            shared = self._chance.gauss(0, 1)
            new = {
                score: sqrt(model.state_correlation) * shared
                + sqrt(1 - model.state_correlation) * self._chance.gauss(0, 1)
                for score in scores
            }
            if self._path:
                before = self._path[-1]
                new = {score: model.phi * before[score] + sqrt(1 - model.phi**2) * new[score] for score in scores}
            self._path.append(new)
        return self._path[position]

    def _behind(self, item: Item) -> str:
        scores = self._protocol.trend.scores
        form = next(form for form in self._protocol.questionnaires.values() if item in form.items)
        own = (score.name for score in form.scores if score.name in scores and item.id in score.items)
        follows = FOLLOWS.get(form.id, scores[0])
        return next(own, follows if follows in scores else scores[0])

    def _scores_of(self, item: Item) -> list[str]:
        forms = self._protocol.questionnaires.values()
        return [score.name for form in forms for score in form.scores if item.id in score.items]

    def _turned(self, item: Item) -> bool:
        forms = self._protocol.questionnaires.values()
        reversed_ = any(item.id in score.reverse for form in forms for score in form.scores)
        return reversed_ or not LOW_IS_HIGH.isdisjoint(self._scores_of(item))


def moments(protocol: Protocol, preset: str) -> tuple[int, ...]:
    """From when on she answers for each prompt that a day may have, in minutes after the study day began.

    Every arm's prompts and every day's are among them, whether they come on all days or not.
    """
    counted = (schedule for schedule in protocol.schedules if schedule.counts)
    spans = (span for schedule in counted for span in schedule.spans(protocol.hours.presets[preset]))
    ends: dict[int, int] = {}
    for span in spans:
        ends[span.begins()] = min(span.ends(), ends.get(span.begins(), span.ends()))
    starts = sorted(ends)
    found = [start - min(BEFORE_A_MOMENT, max(start - ends[before], 0) // 2) for before, start in pairwise(starts)]
    return (*starts[:1], *found)


def _plain(item: Item, values: Sequence[str], share: float) -> str:
    """An answer that is no measure: mostly the first, seldom one that leads somewhere."""
    leading = {option.value for row in item.ask().rows for option in row if option.then}
    weights = [0.04 if value in leading else 1 / (2 * place) for place, value in enumerate(values, 1)]
    share *= sum(weights)
    for value, weight in zip(values, weights, strict=True):
        share -= weight
        if share < 0:
            return value
    return values[0]
