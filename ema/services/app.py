"""What the Mini App shows and takes. It is another way to tap: the same question, dialogue and record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session

from ema.domain import conversation
from ema.domain.conversation import State, lock
from ema.domain.conversation.events import Tap
from ema.domain.items.base import Status
from ema.domain.items.vas import Vas
from ema.domain.protocol import Protocol
from ema.domain.screen import Action, Words
from ema.services.installation import Installation
from ema.services.receive import Heard, take_all
from ema.services.situation import NotInvited, person, situation
from ema.store import participants, sealed
from ema.store.vault import PersonKey
from ema.texts import say

FAR_END = 100
"""The slider goes from 0 to this."""
STATUS: dict[str, Status] = {"answer": "answered", "skip": "skipped", "prefer": "prefer_not"}


@dataclass(frozen=True)
class Question:
    """The question that she is at, in her language, as a slider. `before` is what the chat says above it."""

    language: str
    before: tuple[str, ...]
    text: str
    low: str
    high: str
    prompt: int
    item: str
    revision: int


@dataclass(frozen=True)
class Nothing:
    """Nothing can be slid now; `why` is a key of the catalogue. `language` is None for somebody who takes no part."""

    language: str | None = None
    why: str = "app.nothing"


@dataclass(frozen=True)
class Saved:
    """What she gave is stored. The chat goes on by itself. `then`: the place to show her at once, if any."""

    language: str
    then: str = ""


@dataclass(frozen=True)
class Given:
    """What she did with a question. `place` is 0 to 100, and None where she did not answer."""

    verb: Literal["answer", "skip", "prefer"]
    place: int | None
    prompt: int
    item: str
    revision: int

    @property
    def value(self) -> str | None:
        return f"{self.place}/{FAR_END}" if self.verb == "answer" else None

    def action(self) -> Action:
        return Action(self.verb, self.value or "", self.prompt, self.item, self.revision)


def question(here: Installation, bot_id: int, address: str) -> Question | Nothing:
    """The question that she is at now, where it is one that can be slid."""
    key = here.vault.of_address(bot_id, address)
    if key is None:
        return Nothing()
    with here.database.reading() as session:
        return _current(session, key, here.clock.now())


def answer(here: Installation, bot_id: int, address: str, given: Given) -> Saved | Question | Nothing:
    """Take what she gave as a tap on the message that shows her the chat. Without a `Saved`, nothing was stored.

    Given twice, it is one answer, as a button tapped twice is.
    """
    key = here.vault.of_address(bot_id, address)
    if key is None:
        return Nothing()
    now = here.clock.now()
    with here.database.transaction() as session:
        stored = sealed.load_state(session, key)
        if stored is not None and _slides(session, key, given, now):
            tap = Tap(given.action(), stored.anchor or 0, tap_id="")
            (turn,) = take_all(session, [Heard(key, tap)], now)
            if turn is not None and _kept(session, key, given):
                return Saved(turn.who.participant.language)
        return _current(session, key, now)


def _current(session: Session, key: PersonKey, now: datetime) -> Question | Nothing:
    try:
        who = person(session, key.participant_id)
    except (participants.NoSuchParticipant, NotInvited):
        return Nothing()
    language = who.participant.language
    stored = sealed.load_state(session, key, lock=False)
    if stored is None or who.participant.standing not in {"active", "quiet"}:
        return Nothing(language)
    state = State.model_validate_json(stored.state)
    if lock.shut(state, now):
        return Nothing(language, "lock.app")
    so = situation(session, who, now, state.run.prompt if state.run else None)
    screen = conversation.view(state.go("question"), so)
    button = next((button.action for row in screen.rows for button in row if button.action.verb == "answer"), None)
    item = _slider(so.protocol_of(state.run.version), button.item) if button and state.run else None
    if button is None or item is None or button.prompt is None:
        return Nothing(language)
    then, _ = conversation.advance(state, Tap(button, 0, tap_id=""), so)
    if then.place == "closed":  # an answer would come too late
        return Nothing(language, "closed.note")
    said = [one for one in screen.paragraphs if not (isinstance(one, Words) and one.key == "question.ends")]
    *before, text = (say(one, language) for one in said)
    return Question(
        language,
        tuple(before),
        text,
        item.low.say(language),
        item.high.say(language),
        button.prompt,
        item.id,
        button.revision or 1,
    )


def _slider(protocol: Protocol, item_id: str) -> Vas | None:
    items = (item for form in protocol.questionnaires.values() for item in form.items)
    return next((item for item in items if item.id == item_id and isinstance(item, Vas)), None)


def _slides(session: Session, key: PersonKey, given: Given, now: datetime) -> bool:
    so = situation(session, person(session, key.participant_id), now, given.prompt)
    protocol = so.protocol_of(so.prompt.version) if so.prompt else so.protocol
    return _slider(protocol, given.item) is not None


def _kept(session: Session, key: PersonKey, given: Given) -> bool:
    """Whether the newest that is stored for this question is what she gave."""
    wanted = (given.item, STATUS[given.verb], given.value)
    answers = sealed.newest(sealed.all_revisions(session, key, [given.prompt]))
    return any((one.item, one.status, one.value) == wanted for one in answers)
