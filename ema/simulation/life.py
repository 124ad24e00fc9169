"""Virtual people with phones of their own: they look at the screen, tap buttons and send commands, each at her time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from typing import Protocol as Shape

from ema.domain.protocol import Protocol
from ema.domain.screen import Action
from ema.simulation.habits import Habits, Message, Move
from ema.simulation.people import Model, Person, Plan
from ema.store.instants import earliest

PATIENCE: Final = 3
"""How often she taps a button that does nothing, before she lets it be."""
RECORDING: Final = b"OggS" + bytes(60)
PICTURE: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c6360000000020001e221bc330000"
    "000049454e44ae426082"
)
"""One grey dot, as PNG."""


class Chat(Shape):
    @property
    def version(self) -> int:
        """Grows with every change of what is on the screen."""


class Phone(Shape):
    """What a person holds: a phone of the local Bot API server."""

    @property
    def id(self) -> int: ...
    @property
    def blocked(self) -> bool: ...
    @property
    def chat(self) -> Chat: ...
    def messages(self) -> Sequence[Message]: ...
    def start(self, payload: str = "") -> int: ...
    def send(self, text: str) -> int: ...
    def tap(self, message_id: int, data_or_label: str) -> str: ...
    def send_voice(self, body: bytes, seconds: int) -> int: ...
    def send_photo(self, body: bytes) -> int: ...
    def send_location(self, latitude: float, longitude: float) -> int: ...
    def block(self) -> None: ...


class World(Shape):
    """What people need of the world around them."""

    mistake: type[Exception]
    """What a phone raises when a button has gone in the moment it is tapped."""

    def new_phone(self, person: Person) -> Phone:
        """A phone that nobody has used."""

    def phone(self, phone_id: int) -> Phone:
        """The phone that she holds already."""

    def invitation(self) -> str:
        """A code that joins once."""

    def joined(self, person: Person) -> bool:
        """Note who she is. False: the study does not know her yet."""


@dataclass
class _Living:
    habits: Habits
    person: Person
    phone: Phone | None
    plans: list[Plan]
    known: bool
    version: int = -1
    move: Move | None = None
    tried: list[tuple[int, str]] = field(default_factory=list)

    def next_at(self) -> datetime | None:
        if self.phone is None:
            return self.person.joins_at
        if self.phone.blocked:
            return None
        return earliest(self.move.at if self.move else None, self.plans[0].at if self.plans else None)


class Life:
    """All virtual people. What they planned before `since` they have done; all else shows on their phones."""

    def __init__(
        self,
        people: Iterable[Person],
        protocol: Protocol,
        model: Model,
        *,
        decode: Callable[[str], Action | None],
        world: World,
        since: datetime,
    ) -> None:
        self._world = world
        self._all = [
            _Living(
                habits=Habits(person, protocol, model, decode),
                person=person,
                phone=None if person.phone is None else world.phone(person.phone),
                plans=sorted((plan for plan in person.plans if plan.at > since), key=lambda plan: plan.at),
                known=person.phone is not None,
            )
            for person in people
        ]

    def look(self, now: datetime) -> None:
        """Everybody whose screen has changed decides what to do next."""
        for one in self._all:
            if one.phone is None or one.phone.chat.version == one.version:
                continue
            one.version = one.phone.chat.version
            if not one.known:
                one.known = self._world.joined(one.person)
            move = one.habits.next_move(one.phone.messages(), now)
            if move is None or (move.message, move.data) not in one.tried:
                one.tried.clear()
            one.move = move if move is not None and len(one.tried) < PATIENCE else None

    def next_at(self) -> datetime | None:
        """When the next of them does something."""
        return earliest(*(one.next_at() for one in self._all))

    def act(self, now: datetime) -> None:
        """Everybody does what her time has come for."""
        for one in self._all:
            at = one.next_at()
            if at is not None and at <= now:
                self._do(one, now)

    def _do(self, one: _Living, now: datetime) -> None:
        if one.phone is None:
            one.phone = self._world.new_phone(one.person)
            one.person = one.person.model_copy(update={"phone": one.phone.id})
            one.phone.start(self._world.invitation())
        elif one.plans and one.plans[0].at <= now:
            plan = one.plans.pop(0)
            if plan.do == "block":
                one.phone.block()
            else:
                one.phone.send(f"/{plan.do}")
        elif one.move is not None:
            move, one.move = one.move, None
            one.tried.append((move.message, move.data))
            with suppress(self._world.mistake):
                _make(one.phone, move)


def _make(phone: Phone, move: Move) -> None:
    match move.by:
        case "tap":
            phone.tap(move.message, move.data)
        case "type":
            phone.send(move.data)
        case "voice":
            phone.send_voice(RECORDING, 1)
        case "photo":
            phone.send_photo(PICTURE)
        case "location":
            latitude, _, longitude = move.data.partition(",")
            phone.send_location(float(latitude), float(longitude))
