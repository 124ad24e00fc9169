"""Where a tour of the screens stops, and the hands of who walks it: people tap what they see."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.sandbox import ScreenMessage
from ema.domain.conversation.joining import LANGUAGE_NAMES
from ema.domain.localised import Localised
from ema.domain.screen import Words
from ema.store import sealed
from ema.texts import say
from tests.services.world import Someone, World

MakeWorld = Callable[..., World]


@dataclass(frozen=True)
class Stop:
    """One screen. Of a locked phone all is to be seen, of a page in Telegram what its button opens."""

    name: str
    who: Someone
    how: Literal["message", "locked", "chat", "page"] = "message"
    button: str = ""
    message_id: int | None = None
    """Where it is not her newest message."""

    @property
    def place(self) -> str:
        return self.name.partition("-")[0]

    @property
    def message(self) -> ScreenMessage | None:
        return self.who.last if self.message_id is None else self.who.phone.message(self.message_id)

    @property
    def words(self) -> str:
        """What can be read on it: the text, then the buttons. Receipts and codes are new ones every time."""
        if self.how == "page":
            return self.button
        if self.how == "locked":
            return " ".join(each.text for each in self.who.phone.unread())
        if self.message is None:
            return "–"
        text = re.sub(r"\d{8}-\w{6}|(?:[2-9A-Z]{4}-){3}[2-9A-Z]{4}", "…", " ".join(self.message.text.split()))
        return " ".join([text, *(f"({label})" for label in self.message.labels)])


class Hands:
    """In one language. `make_world` opens an installation with a study, each on a database of its own."""

    def __init__(self, make_world: MakeWorld, language: str) -> None:
        self.make_world, self.language = make_world, language

    def label(self, words: str | Localised) -> str:
        return say(words if isinstance(words, Localised) else Words(words), self.language)

    def tap(self, who: Someone, *labels: str | Localised) -> None:
        for label in labels:
            known = isinstance(label, Localised) or "." in label
            who.tap(self.label(label) if known else label)

    def phone(self, world: World, name: str) -> Someone:
        return world.phone(name, language_code=self.language)

    def started(self, world: World, name: str) -> Someone:
        """Somebody who used her code and chose her language."""
        who = self.phone(world, name)
        who.start(world.invite()[0])
        who.tap(LANGUAGE_NAMES[self.language])
        return who

    def joined(self, world: World, name: str) -> Someone:
        who = self.started(world, name)
        self.tap(who, *["button.next"] * len(world.protocol.consent.screens))
        self.tap(who, "button.yes", "button.yes", "button.agree", "button.yes")
        self.tap(who, world.protocol.hours.presets["late"].label, "London", "button.not_now")
        return who

    def place_of(self, who: Someone) -> str | None:
        """Where her dialogue stands, as it is stored. None for who is not known."""
        if who.id is None:
            return None
        key = who.world.vault.person(who.id)
        with who.world.database.reading() as session:
            stored = sealed.load_state(session, key, lock=False)
        return None if stored is None else str(json.loads(stored.state)["place"])

    def looked(self, who: Someone) -> int:
        """She looks what the note is: it is said in the note's own message, though others may have come since."""
        look = self.label("button.look")
        note = next(each for each in reversed(who.phone.messages()) if look in each.labels)
        who.tap(look)
        return note.id
