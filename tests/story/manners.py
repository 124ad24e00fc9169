"""People of different habits at their phones. What anybody would do, virtual people of `ema.simulation` do; a manner is what
this one does beside it, or instead.

What she does is a generator: each step is one touch of the phone, and between two steps everything comes to rest. She reads
buttons as their payloads say, which is what makes her independent of languages.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from bot.render import decode
from bot.sandbox import ScreenMessage
from bot.sandbox.errors import PhoneError
from ema.domain.screen import Action
from ema.simulation.habits import QUESTION, Habits, Move
from ema.simulation.people import Model, Person
from tests.services.world import Someone, World

PATIENT = Model(latency_minutes=30, accept_offer=0.03, answering=0.25, answering_spread=0.1, reminded=0.1)
STEERING = (
    "pause",
    "times",
    "timezone",
    "notes",
    "language",
    "privacy",
    "contact",
    "places",
    "edit",
    "me",
    "mydata",
    "help",
)
DELETE = "the whole chat"
NOT_FOR_A_WHIM = ("stop=keep", "erase=yes", "join.no=no", "join.age=no", "stop=erase")
"""Choices that end something. Who makes them makes them on purpose."""


@dataclass(frozen=True)
class Manner:
    """How often she does what. Shares of the moments at which she could; `whims` are commands and words that she sends."""

    name: str
    model: Model = PATIENT
    back: float = 0
    types: float = 0
    twice: float = 0
    leaves: float = 0
    walks_off: float = 0
    whim: float = 0
    whims: tuple[str, ...] = ()
    blocks: float = 0
    stops: float = 0
    anything: float = 0


MANNERS = (
    Manner("fast", PATIENT.model_copy(update={"latency_minutes": 1.0})),
    Manner("slow", PATIENT.model_copy(update={"latency_minutes": 120.0}), walks_off=0.3),
    Manner("back and forth", back=0.35),
    Manner("switches languages", whim=0.15, whims=("/language", "idioma", "language")),
    Manner("types", types=0.6, whim=0.15, whims=("hello", "hola", "stop", "más tarde", "22", "?", "my data", "a long story " * 9)),
    Manner("taps twice", twice=0.5),
    Manner("blocks and unblocks", blocks=0.08),
    Manner("pauses", whim=0.08, whims=("/pause", "pausa", "pause")),
    Manner("snoozes", PATIENT.model_copy(update={"later": 0.8}), whim=0.1, whims=("/later", "not now")),
    Manner("hides and deletes", whim=0.2, whims=("/hide", "hide", "ocultar", DELETE)),
    Manner("changes times and zones", whim=0.12, whims=("/times", "/timezone", "mis horas", "/notes")),
    Manner("leaves in the middle", leaves=0.25, walks_off=0.15, whim=0.05, whims=("/start", "menu")),
    Manner("stops and comes back", stops=0.05),
    Manner("looks around", whim=0.12, whims=tuple(f"/{name}" for name in STEERING)),
    Manner("taps anything", whim=0.1, whims=("/start",), anything=0.4),
)  # fmt: skip


class Resident:
    """One person, her phone, and what she is about to do."""

    def __init__(self, world: World, person: Person, manner: Manner, code: str) -> None:
        self.world, self.person, self.manner = world, person, manner
        self.rng = person.rng("manner")
        self.habits = Habits(person, world.protocol, manner.model, decode)
        self.someone: Someone = world.phone(person.name, language_code=person.language)
        self.phone = self.someone.phone
        self.doing: Iterator[None] = self.join(code)
        self.touches = 0
        self.tried: tuple[int, str] | None = None
        self.sat_down = True
        self.settled = False
        self.idle_at = -1
        """The version of the chat at which there was nothing for her to do."""

    def __repr__(self) -> str:
        return f"{self.person.name} ({self.manner.name}) on {self.world.now:%d %b %H:%M}: {self.said()}"

    def said(self) -> str:
        return str([(message.text[:200], message.labels) for message in self.phone.messages()][-2:])

    # --- what is on the screen

    def buttons(self, message: ScreenMessage | None) -> list[tuple[str, Action]]:
        found = [button.data for row in message.buttons for button in row if button.data] if message else []
        return [(data, action) for data in found if (action := decode(data)) is not None]

    def shown(self) -> list[tuple[str, Action]]:
        return self.buttons(self.phone.last())

    def signature(self) -> frozenset[str]:
        """Which screen this is, whatever it asks: what its buttons mean."""
        return frozenset(f"{action.verb} {action.value.partition('=')[0]}" if action.verb in {"go", "set"} else action.verb
                         for _, action in self.shown())  # fmt: skip

    def asks(self) -> bool:
        return any(action.verb in QUESTION for _, action in self.shown())

    # --- hands

    def choose(self, *meanings: str) -> None:
        """Tap the button that means one of these: `verb`, or `verb value`."""
        for data, action in self.shown():
            if {action.verb, f"{action.verb} {action.value}"} & {*meanings}:
                self.phone.tap(self.phone.last().id, data)
                return
        raise AssertionError(f"none of {meanings} for {self}")

    # --- what she does

    def touch(self) -> bool:
        """One touch. False: there is nothing that she wants to do now."""
        if next(self.doing, self) is self:
            if not self.sat_down and self.idle_at == self.phone.chat.version:
                return False
            self.doing = self.next_thing()
            if next(self.doing, self) is self:
                self.doing, self.idle_at = iter(()), self.phone.chat.version
                return False
        self.touches += 1
        return True

    def join(self, code: str) -> Iterator[None]:
        self.phone.start(code)
        yield

    def next_thing(self) -> Iterator[None]:
        """Whims once in a while when she sits down; otherwise as her habits are."""
        fresh, self.sat_down = self.sat_down, False
        chance, manner = self.rng.random, self.manner
        if self.phone.blocked:
            if fresh and chance() < 0.15:
                self.unblock()
                yield
            return
        if fresh and not self.settled and self.standing() is not None:
            if chance() < manner.blocks:
                self.phone.block()
                yield
                return
            if chance() < manner.stops:
                yield from self.stop_and_come_back()
                return
            if chance() < manner.whim:
                yield from self.follow_a_whim()
                return
        move = self.habits.next_move(self.phone.messages(), self.world.now)
        if move is not None and (move.message, move.data) == self.tried:  # it did nothing, so she looks at the others
            others = [message for message in self.phone.messages() if message.id != move.message]
            move = self.habits.next_move(others, self.world.now)
        if move is None or (move.message, move.data) == self.tried:
            return
        if not move.busy and not self.settled and move.at > self.world.now:
            return
        yield from self.make(move)

    def make(self, move: Move) -> Iterator[None]:
        chance, asked, manner = self.rng.random, self.asks(), PLAIN if self.settled else self.manner
        action = None if move.by == "type" else decode(move.data)
        self.tried = None
        if asked and chance() < manner.walks_off:
            return
        if asked and chance() < manner.back and any(action.verb == "back" for _, action in self.shown()):
            self.choose("back")
        elif asked and chance() < manner.leaves:
            self.choose("leave")
        elif action is not None and action.verb == "answer" and chance() < manner.types:
            self.phone.send(self.rng.choice([action.value, self.rng.choice(("5", "nothing like that", "…"))]))
        elif chance() < manner.anything:
            self.tap_anything()
        elif action is None:
            self.phone.send(move.data)
        else:
            self.tried = move.message, move.data
            self.phone.tap(move.message, move.data)
            if chance() < manner.twice:
                with suppress(PhoneError):
                    self.phone.tap(move.message, move.data)
        yield

    def tap_anything(self) -> None:
        """Any button in the chat, old ones too."""
        messages = [message for message in self.phone.messages() if self.buttons(message)]
        everything = [(message.id, data) for message in messages for data, action in self.buttons(message)
                      if action.value not in NOT_FOR_A_WHIM]  # fmt: skip
        if everything:
            self.phone.tap(*self.rng.choice(everything))

    def follow_a_whim(self) -> Iterator[None]:
        """A command or some words, and then whatever comes into her head."""
        whim = self.rng.choice(self.manner.whims)
        if whim == DELETE:
            self.phone.delete_chat()
        self.phone.send("?" if whim == DELETE else whim)
        yield
        for _ in range(self.rng.randrange(5)):
            if self.rng.random() < 0.1:
                self.phone.send(
                    self.rng.choice(("21:30", "9 am", "1:00-8:00", "Lisbon", "tomorrow", "Robin", "back", "help"))
                )
            else:
                self.tap_anything()
            yield

    def stop_and_come_back(self) -> Iterator[None]:
        if self.standing() != "stopped":
            self.phone.send("/stop")
            yield
            self.choose("set stop=keep", "set join.no=later")
            yield
        self.phone.send("/start")
        yield
        if self.rng.random() < 0.5:
            self.choose("set left=back", "set join.later=go")
            yield

    def unblock(self) -> None:
        self.phone.unblock() if self.rng.random() < 0.5 else self.phone.start()

    def erase_and_join_anew(self, code: str) -> Iterator[None]:
        self.phone.send("/stop")
        yield
        self.choose("set stop=erase")
        yield
        self.choose("set erase=yes")
        yield
        assert self.someone.id is None, self
        self.phone.start(code)
        yield

    def probe(self) -> Iterator[None]:
        """From where she is: help, leaving and back, and a check-in."""
        self.phone.send("/help")
        yield
        assert "999" in self.phone.last().text, self
        self.choose("go carry_on")
        yield
        assert self.shown(), self
        self.phone.send("/stop")
        yield
        assert self.signature() & {"set stop", "set join.no"}, self
        self.choose("go carry_on")
        yield
        assert self.shown(), self
        if self.standing() not in {"active", "quiet"}:
            return
        self.phone.send("/checkin")
        yield
        assert self.asks() or "start" in self.signature(), self

    def standing(self) -> str | None:
        """None for somebody who is not known."""
        return self.someone.row.standing if self.someone.id is not None else None

    def settle(self) -> Iterator[None]:
        """Back from wherever she is: no longer blocked, stopped, paused or at odd hours."""
        self.settled, self.tried = True, None
        self.person = self.person.model_copy(update={"answering": 1.0, "quiet_from": None, "plans": ()})
        self.habits = Habits(self.person, self.world.protocol, WILLING, decode)
        if self.phone.blocked:
            self.unblock()
            yield
        self.phone.send("/start")
        yield
        for way_back in ("set left=back", "set join.later=go"):
            if way_back.partition("=")[0] in self.signature():
                self.choose(way_back)
                yield
        if self.standing() == "joining":
            return
        self.phone.send("/pause")
        yield
        if any(action.value == "pause=end" for _, action in self.shown()):
            self.choose("set pause=end")
            yield


PLAIN = Manner("does what is asked")
WILLING = Model(
    latency_minutes=5, reminded=1, later=0, decline=0, leave=0, skip_item=0, prefer_not=0, accept_offer=0, fall_a_week=0
)
