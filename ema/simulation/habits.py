"""What a virtual person does next, from what is on her phone. Pure: the same screen leads to the same move.

She reads buttons as their payloads say, which is what makes her independent of words and languages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil, log
from typing import Final, Literal
from typing import Protocol as Shape

from ema.domain.items.base import Item
from ema.domain.protocol import Protocol
from ema.domain.screen import Action
from ema.simulation.answers import Mind
from ema.simulation.people import Model, Person

STEP_SECONDS: Final = 10
"""Moves fall on whole steps, so that people who answer at the same time share the rounds of polling and sending."""
QUESTION: Final = ("answer", "pick", "done", "confirm", "next", "skip", "prefer")
"""What the buttons of a question mean."""
GIVES_UP: Final = timedelta(minutes=225)
"""Whoever has not answered a note by then lets it be."""


class Button(Shape):
    @property
    def data(self) -> str | None: ...


class Message(Shape):
    """A message as it stands on her screen."""

    @property
    def id(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def silent(self) -> bool: ...
    @property
    def buttons(self) -> Iterable[Iterable[Button]]: ...


@dataclass(frozen=True)
class Move:
    """What she will do: tap a button (`data`), or type or send an answer to the question that the message shows.

    `busy`: she is in the middle of something, so this comes before all else.
    """

    at: datetime
    message: int
    data: str
    busy: bool = True
    by: Literal["tap", "type", "voice", "photo", "location"] = "tap"


@dataclass(frozen=True)
class _Seen:
    """A message's buttons: payload and meaning."""

    message: Message
    buttons: list[tuple[str, Action]]

    def of(self, *verbs: str) -> list[tuple[str, Action]]:
        return [button for button in self.buttons if button[1].verb in verbs]

    def choices(self, place: str) -> dict[str, str]:
        """Value → payload of this place's own buttons."""
        chosen = [(data, action.value.partition("=")) for data, action in self.of("set")]
        return {value: data for data, (name, _, value) in chosen if name == place}

    def goes(self, place: str) -> str | None:
        return next((data for data, action in self.of("go") if action.value == place), None)


class Habits:
    """One person at her phone. `decode` reads a button's payload."""

    def __init__(
        self, person: Person, protocol: Protocol, model: Model, decode: Callable[[str], Action | None]
    ) -> None:
        self.person = person
        self._model = model
        self._decode = decode
        self._mind = Mind(person, protocol, model)
        self._items = {
            item.id: (place, item) for form in protocol.questionnaires.values() for place, item in enumerate(form.items)
        }

    def next_move(self, messages: Iterable[Message], now: datetime) -> Move | None:
        """What she is in the middle of; otherwise what she will do first."""
        moves = [move for message in messages if (move := self._react(self._seen(message), now)) is not None]
        busy = [move for move in moves if move.busy]
        return min(busy or moves, key=lambda move: move.at, default=None)

    def _seen(self, message: Message) -> _Seen:
        payloads = [button.data for row in message.buttons for button in row if button.data is not None]
        return _Seen(message, [(data, action) for data in payloads if (action := self._decode(data)) is not None])

    def _react(self, seen: _Seen, now: datetime) -> Move | None:
        if not seen.buttons:
            return None
        if seen.of(*QUESTION):
            return self._on_question(seen, now)
        if seen.of("later"):
            return self._on_note(seen, now)
        if seen.of("start", "checkin"):
            data = self._on_offer(seen)
        else:
            data = self._on_choice(seen)
        return None if data is None else self._soon(seen.message, data, now)

    def _soon(self, message: Message, data: str, now: datetime) -> Move:
        """After the seconds that reading takes."""
        seconds = self.person.rng("reading", message.at.isoformat(), data.partition("|")[0]).uniform(2, 9)
        return Move(step_after(now + timedelta(seconds=seconds)), message.id, data)

    # --- a question

    def _on_question(self, seen: _Seen, now: datetime) -> Move | None:
        at, model = seen.message.at, self._model
        place, item = self._items[seen.of(*QUESTION)[0][1].item]
        whole = self.person.rng("set", at.isoformat())
        if whole.random() < model.leave and place >= whole.randint(1, 4):
            leave = seen.of("leave")
            gone = leave[0][0] if leave and whole.random() < 0.5 else None
            return None if gone is None else self._soon(seen.message, gone, now)
        data = None if seen.of("pick") else self._pass_over(seen, item)
        data = data or self._answer_by_tap(seen, item)
        if data is not None:
            return self._soon(seen.message, data, now)
        kind = item.ask().kind
        said = self._mind.say(item, at)
        by = kind if kind in {"voice", "photo", "location"} else "type"
        return replace(self._soon(seen.message, said, now), by=by)

    def _answer_by_tap(self, seen: _Seen, item: Item) -> str | None:
        """The button that gives her answer; None where it has to be typed or sent."""
        at = seen.message.at
        if by_value := {action.value: data for data, action in seen.of("answer")}:
            return by_value[self._mind.choose(item, list(by_value), at)]
        if picks := {action.value: data for data, action in seen.of("pick")}:
            wanted = self._mind.pick(item, at)
            untaken = [data for value, data in picks.items() if (value[1:] in wanted) == value.startswith("+")]
            return untaken[0] if untaken else seen.of("done")[0][0]
        return next((data for data, _ in seen.of("next", "confirm")), None)

    def _pass_over(self, seen: _Seen, item: Item) -> str | None:
        share = self.person.rng("pass", item.id, seen.message.at.isoformat()).random()
        verb = "skip" if share < self._model.skip_item else "prefer"
        if share >= self._model.skip_item + self._model.prefer_not:
            return None
        return next((data for data, _ in seen.of(verb)), None)

    # --- a note

    def _on_note(self, seen: _Seen, now: datetime) -> Move | None:
        """Whether, when and how she answers it."""
        message = seen.message
        button = next(iter(seen.of(self._answer_to(message))), None)
        if button is None:
            return None
        chance = self.person.rng("latency", message.at.isoformat())
        minutes = chance.lognormvariate(log(self._model.latency_minutes), self._model.latency_spread)
        at = step_after(message.at + min(timedelta(minutes=minutes), GIVES_UP))
        return Move(max(at, now), message.id, button[0], busy=False)

    def _answer_to(self, note: Message) -> str:
        """start, later or decline; empty where she lets it be."""
        chance = self.person.rng("note", note.at.isoformat())
        share = chance.random()
        answers = self.answers(note.at) * (self._model.reminded if note.silent else 1)
        if share < answers:
            return "later" if chance.random() < self._model.later else "start"
        return "decline" if answers and share < answers + self._model.decline else ""

    def answers(self, at: datetime) -> float:
        """The probability that she answers a note that comes at this moment."""
        person = self.person
        if person.quiet_from is not None and at >= person.quiet_from:
            return 0.0
        weeks = max(0, (at - person.joins_at).days // 7)
        return float(person.answering * (1 - self._model.fall_a_week) ** weeks)

    def _on_offer(self, seen: _Seen) -> str | None:
        """One more set, after another. What she put off, and what waits at home, is left there."""
        start, message = seen.of("start"), seen.message
        offered = bool(start) and len(seen.buttons) == 2 and self._answer_to(message) != "later"
        accepts = self.person.rng("offer", message.at.isoformat()).random() < self._model.accept_offer
        return start[0][0] if offered and accepts and self.answers(message.at) else None

    # --- everything else

    def _on_choice(self, seen: _Seen) -> str | None:
        """Joining goes straight through; elsewhere she does what she set out to do, or goes back."""
        person = self.person
        if languages := seen.choices("language"):
            return languages.get(person.language)
        if pages := seen.choices("join.info"):
            return pages[max(pages, key=int)]
        for step in ("join.age", "join.alone", "join.agree", "join.health"):
            if answers := seen.choices(step):
                return answers.get("yes")
        if practice := seen.choices("practice"):
            return practice.get("yes" if person.answering else "no")
        if zones := seen.choices("zone"):
            return zones.get(person.timezone) or next(iter(zones.values()))
        if times := seen.choices("times"):
            return self._on_times(seen, times)
        if kinds := seen.choices("which"):
            return kinds[person.rng("which", seen.message.at.isoformat()).choice(sorted(kinds))]
        return self._on_steering(seen)

    def _on_times(self, seen: _Seen, times: dict[str, str]) -> str | None:
        joining = seen.goes("carry_on") is None
        if joining or not self.person.intends("times"):
            return times.get(self.person.preset) if joining else seen.goes("carry_on")
        return times.get(self.person.other_preset)

    def _on_steering(self, seen: _Seen) -> str | None:
        person = self.person
        for place, intended, value in (
            ("contact", "contact", "yes"),
            ("pause", "pause", "3d"),
            ("stop", "stop", "keep"),
        ):
            if choices := seen.choices(place):
                return choices.get(value) if person.intends(intended) else seen.goes("carry_on")
        return None


def step_after(at: datetime) -> datetime:
    """The first whole step at or after a moment."""
    return at + timedelta(seconds=ceil(at.timestamp() / STEP_SECONDS) * STEP_SECONDS - at.timestamp())
