"""Taking part without Telegram: a browser is her account, and what waits for her is shown when she looks.

Nothing is sent. What she does is an incoming event as any other; what she sees is her dialogue as it is now.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlmodel import Session

from ema.channels import File, Incoming
from ema.domain import conversation
from ema.domain.conversation import Situation, State, asking, hers, lock
from ema.domain.conversation.events import Command, Event, Tap, Typed
from ema.domain.localised import Localised
from ema.domain.screen import Action, Filled, Say, Screen, Shown, Words
from ema.domain.ways import PAGE
from ema.services import hand_over, workers
from ema.services.compose import may_notify, screen_of
from ema.services.installation import Installation
from ema.services.link import Visitor
from ema.services.receive import receive
from ema.services.situation import NotInvited, Person, person, situation
from ema.store import outbox, outbox_many, participants, prompts, sealed
from ema.store.tables import Outbox, Prompt
from ema.store.vault import PersonKey
from ema.texts import menu, render, say

STAYS: Final = timedelta(days=60)
"""So long after she last looked her browser is known."""
MOST_TYPED: Final = 2000
LONGEST_CODE: Final = 40
"""Of an invitation or a code for a new phone, with whatever stands between its letters."""
NOT_HERE: Final = frozenset({"notes", "link"})
"""Places and commands about messages, and about pages beside a chat: here there is neither."""
REMINDERS: Final = Action("set", "home=reminders")
WRITING: Final = frozenset({"number", "time", "date", "duration", "text"})
SENDING: Final = frozenset({"voice", "photo", "location"})
SPEAKS_OF_TELEGRAM: Final = frozenset({"privacy", "mydata"})
BEFORE_SHE_AGREES: Final = frozenset({"language", "join.info", "join.agree"})
"""Where she is told how a page is unlike a chat."""
TAKES_CODES: Final = frozenset({"lock.forgotten", "unread"})


@dataclass(frozen=True)
class Button:
    """What it says, the code of what it does, and its kind: plain, or the page that it opens."""

    label: str
    code: str
    look: str = "plain"


@dataclass(frozen=True)
class Card:
    """Paragraphs and rows of buttons in her language."""

    said: tuple[str, ...]
    rows: tuple[tuple[Button, ...], ...]


@dataclass(frozen=True)
class Looked:
    """What she sees: her dialogue, and above it what came meanwhile."""

    language: str
    now: Card
    asked: int
    """Which paragraph is to be read first."""
    came: tuple[Card, ...]
    once: str
    """Made by chance for this page: what is sent from it counts once."""
    typed: bool
    """Something may be typed here."""
    unsendable: bool
    """The question wants something sent, which a page can't take."""
    menu: tuple[Button, ...]
    files: tuple[tuple[int, str], ...]
    """Files that she asked for: the order, and its name."""
    covers_in: int | None
    """Seconds until her PIN is asked again; None: it is not, or already."""
    joining: bool
    """She has not agreed yet, and is to know that nothing rings."""
    of_telegram: bool
    """It speaks of Telegram, which is not there."""
    toast: str = ""


@dataclass(frozen=True)
class Deed:
    """What she did on a page: tapped a button, chose from the menu, or typed."""

    once: str
    code: str = ""
    command: str = ""
    typed: str = ""

    def event(self) -> Event:
        if self.code:
            return Tap(Action.read(self.code), 0, tap_id="")
        if self.command:
            return Command(self.command, "", 0)
        if self.typed.startswith("/"):
            return Command(self.typed[1:].partition(" ")[0].lower(), "", 0)
        return Typed(self.typed[:MOST_TYPED], 0)


# --- the browser as an account


def address_of(token: str) -> str:
    """What is kept of a browser's cookie."""
    return sha256(token.encode()).hexdigest()


def whose(here: Installation, token: str) -> Visitor | None:
    """Whose page this browser shows."""
    address = address_of(token)
    return Visitor(PAGE, address, "") if here.vault.of_address(PAGE, address) is not None else None


def join(here: Installation, code: str, language: str) -> str | None:
    """A new cookie for a browser in which an invitation, or a code for a new phone, was given. None: it opens nothing.

    A cookie is never taken over from whoever used the browser before.
    """
    if not 0 < len(code) <= LONGEST_CODE:
        return None
    token = secrets.token_urlsafe(32)
    address = address_of(token)
    receive(here, incoming(address, Deed(secrets.token_hex(8), typed=code), language))
    return token if here.vault.of_address(PAGE, address) is not None else None


def incoming(address: str, deed: Deed, language: str | None = None) -> Incoming:
    """What she did as an event. The same form gives the same, however often it is sent."""
    number = int.from_bytes(sha256(f"{address}:{deed.once}".encode()).digest()[:8]) >> 1
    return Incoming(PAGE, number, address, language, deed.event())


def close(here: Installation, address: str) -> None:
    """Nothing opens her page in this browser any more: from now on she is at an address that nobody knows."""
    nowhere = address_of(secrets.token_urlsafe(32))
    key = here.vault.of_address(PAGE, address)
    if key is None:
        return
    with here.database.transaction() as session:
        sealed.set_address(session, key, nowhere)
    here.vault.rebind(key.participant_id, "page", PAGE, nowhere)


# --- looking


def look(here: Installation, address: str, *, toast: str = "", again: bool = False) -> Looked | None:
    """Show what is so now, and take what waits for her. None: nobody is at this address.

    `again`: she comes back to it. A code that was shown once is not shown then.
    """
    key = here.vault.of_address(PAGE, address)
    if key is None:
        return None
    now = here.clock.now()
    with here.database.transaction() as session:
        stored = sealed.load_state(session, key)
        who = _there(session, key)
        if stored is None or who is None or sealed.address_of(who.participant, key) not in {None, address}:
            return None  # she has left, or left this browser for another account
        participants.heard(session, key.participant_id, now)
        state = State.model_validate_json(stored.state)
        if again and state.notice.startswith("code."):
            state = state.go(state.place)
        rows = outbox_many.looked_at(session, key.participant_id, ("copy",), now)
        _open_notes(session, key, who, [row for row in rows if row.kind == "note"], now)
        waiting = prompts.waiting(session, [key.participant_id], now)[key.participant_id]
        still = outbox.open_of(session, key.participant_id)
        so = situation(session, who, now, waiting=waiting, key=key)
        screen = _of_a_page(screen_of(session, key, who, state, so))
    note = so.discretion.words(who.protocol)
    came = [*_notes(state, who, waiting, still, note), *_also(who, rows, note)]
    language = who.participant.language
    joining = who.participant.standing == "joining" and state.place in BEFORE_SHE_AGREES
    kind = _kind(state, so)
    return Looked(
        language,
        _card(screen, language, besides={button.action for one in came for row in one.rows for button in row}),
        _first(screen),
        tuple(_card(one, language) for one in came),
        secrets.token_hex(8),
        typed=kind in WRITING or (kind == "" and _typed(state, now)),
        unsendable=kind in SENDING,
        menu=_menu(language),
        files=() if lock.shut(state, now) else _files(still),
        covers_in=_covers_in(state, now),
        joining=joining,
        of_telegram=joining or state.place in SPEAKS_OF_TELEGRAM,
        toast=toast,
    )


def file(here: Installation, address: str, order: int) -> File | None:
    """One of the files that she asked for, made now. None: there is no such order, or not any more."""
    key = here.vault.of_address(PAGE, address)
    if key is None:
        return None
    now = here.clock.now()
    with here.database.reading() as session:
        stored = sealed.load_state(session, key, lock=False)
        row = outbox.get(session, order)
    if stored is None or lock.shut(State.model_validate_json(stored.state), now):
        return None
    if row is None or (row.participant_id, row.kind, row.state) != (key.participant_id, "copy", "pending"):
        return None
    if row.expires_at is not None and row.expires_at <= now:
        return None
    made = hand_over.made(here, row)
    return made.file if made is not None else None


def _there(session: Session, key: PersonKey) -> Person | None:
    try:
        who = person(session, key.participant_id)
    except (participants.NoSuchParticipant, NotInvited):
        return None
    return None if who.participant.standing == "erasing" else who


def _open_notes(session: Session, key: PersonKey, who: Person, rows: Sequence[Outbox], now: datetime) -> None:
    """Her notes are delivered when she sees them."""
    about = prompts.some(session, {row.prompt_id for row in rows if row.prompt_id is not None}, lock=True)
    for row in rows:
        prompt = about.get(row.prompt_id or 0)
        if (
            prompt is not None
            and prompt.id is not None
            and may_notify(session, key, who, prompt, row, now, rings=False)
        ):
            prompts.opened(session, [prompt.id], now)


def _notes(state: State, who: Person, waiting: Sequence[Prompt], still: Sequence[Outbox], words: Say) -> list[Screen]:
    """The newest note that she has not begun and not put off, unless she is in the middle of another set."""
    put_off = {row.prompt_id for row in still if row.kind == "reminder"}
    fresh = (one for one in waiting if (one.state, one.delivery, one.n_items) == ("open", "note", 0))
    note = next((one for one in fresh if not (one.n_snoozed and one.id in put_off)), None)
    if note is None or state.place == "question" or who.participant.standing != "active":
        return []
    return [conversation.standalone("note", words, note.id)]


def _also(who: Person, rows: Sequence[Outbox], words: Say) -> list[Screen]:
    """What else came: who is there for her from now on, and the picture that she asked for by a command."""
    tells = any(row.words == workers.WORDS for row in rows) and who.participant.worker_id is not None
    screens = [conversation.standalone(workers.WORDS, words)] if tells else []
    if any(row.kind == "picture" for row in rows):
        screens.append(Screen((), (tuple(hers.BUTTONS[:1]),)))
    return screens


# --- words and buttons


def shown(screen: Shown) -> Card:
    """A screen that is in somebody's language already."""
    return Card(tuple(screen.text.split("\n\n")), _rows(screen, frozenset()))


def _of_a_page(screen: Screen) -> Screen:
    """Without what is said about a button that some chats leave out."""
    said = tuple(one for one in screen.paragraphs if not (isinstance(one, Words) and one.key == "link.none"))
    return Screen(said, screen.rows)


def _card(screen: Screen, language: str, besides: AbstractSet[Action] = frozenset()) -> Card:
    """`besides`: buttons that stand on the page already."""
    said = tuple(say(one, language) for one in screen.paragraphs)
    return Card(said, _rows(render(screen, language), besides))


def _rows(screen: Shown, besides: AbstractSet[Action]) -> tuple[tuple[Button, ...], ...]:
    rows = (
        tuple(Button(label, action.code(), _look(action)) for label, action in row if _here(action, besides))
        for row in screen.rows
    )
    return tuple(row for row in rows if row)


def _here(action: Action, besides: AbstractSet[Action]) -> bool:
    elsewhere = action.verb in {"settings", "link"} or (action.verb == "go" and action.value in NOT_HERE)
    elsewhere |= action == REMINDERS
    return not elsewhere and action not in besides


def _look(action: Action) -> str:
    """What a button opens in place of being tapped, if anything."""
    return {"me": "chart", "whole": "whole", "slide": "slide", "hide": "hide", "copy": "copy"}.get(action.verb, "plain")


def _menu(language: str) -> tuple[Button, ...]:
    return tuple(
        Button(what, command, "chart" if command == "me" else "hide" if command == "hide" else "plain")
        for command, what in menu(language)
        if command not in NOT_HERE
    )


def _first(screen: Screen) -> int:
    """The words of a question stand out; otherwise the first ones do."""
    asked = [at for at, one in enumerate(screen.paragraphs) if isinstance(one, Localised | Filled)]
    return asked[-1] if asked and any(b.action.item for row in screen.rows for b in row) else 0


def _files(still: Sequence[Outbox]) -> tuple[tuple[int, str], ...]:
    return tuple((row.id or 0, f"copy.{row.words}") for row in still if row.kind == "copy")


def _kind(state: State, so: Situation) -> str:
    """How the question that she is at is answered; empty where she is at none, or only asked to confirm."""
    run = state.run
    if state.place != "question" or run is None or run.at >= len(run.items) or lock.hides(state, so.now):
        return ""
    walk = asking.walked(run, so.protocol_of(run.version))
    if asking.asks_to_confirm(run, walk) is not None:
        return ""
    return walk.course.steps[run.items[run.at]].item.ask().kind


def _typed(state: State, now: datetime) -> bool:
    place = conversation.PLACES[state.place]
    return state.place in TAKES_CODES or (
        state.place != "question" and place.typed is not None and not lock.hides(state, now)
    )


def _covers_in(state: State, now: datetime) -> int | None:
    if state.lock is None or lock.shut(state, now) or state.lock.open_until is None:
        return None
    return int((state.lock.open_until - now).total_seconds()) + 1
