"""The dialogue's own screens as pages: her settings, what is waiting, help. Beside the chat, which stays as it was.

A page names the place that it shows, and a button on it means what it means in the chat, by the same rules and with
the same words. What she sets is hers everywhere. Only a check-in that she starts here moves the dialogue itself, so
that the chat goes on with it, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session

from ema.domain import conversation
from ema.domain.conversation import Situation, State, care, lock
from ema.domain.conversation.events import Event, Tap, Typed
from ema.domain.conversation.hours import summary, unreached
from ema.domain.conversation.place import choose, go
from ema.domain.screen import Action, Button, Screen, Words
from ema.services import own_course, whole
from ema.services.app import Nothing, Saved
from ema.services.carry_out import Turn, carry_out
from ema.services.installation import Installation
from ema.services.situation import NotInvited, Person, person, situation
from ema.services.whole import Page
from ema.store import participants, prompts, sealed
from ema.store.body import on_behalf_of
from ema.store.vault import PersonKey
from ema.texts import say

PLACES: Final = frozenset(
    {
        "home",
        *("times", "own", "days", "wakes", "wakes.weekend", "day", "zone", "quiet", "quiet.from", "quiet.to"),
        *("limits", "limits.before", "limits.after", "pause", "pause.until"),
        *("notes", "notes.words", "notes.code", "notes.goes", "language"),
        *care.PLACES,
        *("help", "places", "contact", "yours", "privacy", "which", "enough", "closed"),
    }
)
"""What can be a page. Stopping, erasing and a copy of everything are the chat's: they send or clear messages."""
STARTING: Final = frozenset({"start", "checkin"})
MOST_TYPED: Final = 200


@dataclass(frozen=True)
class Beside:
    """One screen in her language. `rows` of buttons: what each says, what it does, and its kind (back, chart, plain).

    `top` is where every way back leads: `home` by a link, `settings` in the Mini App, which has the chat for a home.
    """

    language: str
    top: str
    place: str
    said: tuple[str, ...]
    rows: tuple[tuple[tuple[str, str, str], ...], ...]
    typed: bool
    """Something may be typed here, too."""
    running: bool
    """A check-in is begun and not at its end."""


@dataclass(frozen=True)
class Chart:
    """Her own answers over time. `picture` is a PNG; None where it would stand on too few."""

    language: str
    top: str
    said: tuple[str, ...]
    picture: bytes | None


@dataclass(frozen=True)
class Done:
    """What she did on a page: tapped a button, or typed."""

    place: str
    code: str = ""
    typed: str = ""

    def event(self) -> Event | None:
        """None where it makes no sense, or is not to be done on a page."""
        if not self.code:
            return Typed(self.typed[:MOST_TYPED], 0)
        action = _action(self.code)
        return Tap(action, 0, tap_id="") if action is not None and _done_here(action) else None


def look(here: Installation, opener: tuple[int, str], top: str, place: str = "") -> Beside | Nothing:
    """A place as it is now; the top of all where it can't be shown."""
    key = here.vault.of_address(*opener)
    if key is None:
        return Nothing()
    with here.database.reading() as session:
        found = _state(session, key, lock=False)
        return _shown(session, key, found[0], top, place or top, here.clock.now()) if found else Nothing()


def also(here: Installation, opener: tuple[int, str], top: str, shown: whole.Shown) -> whole.Shown | Beside:
    """What is to be shown at once after a page that is saved, in its place."""
    return look(here, opener, top, shown.then) if isinstance(shown, Saved) and shown.then else shown


def shown_after(here: Installation, opener: tuple[int, str], top: str, done: Done) -> Beside | Page | Nothing:
    """Do what she did, if anything, and show what follows: for a check-in that she starts its questions."""
    if not done.code and not done.typed:
        return look(here, opener, top, done.place)
    shown = _act(here, opener, top, done)
    return whole.page(here, *opener) if shown is None else shown


def _act(here: Installation, opener: tuple[int, str], top: str, done: Done) -> Beside | Nothing | None:
    """None: a check-in has begun."""
    key = here.vault.of_address(*opener)
    if key is None:
        return Nothing()
    if done.code.startswith("settings|"):
        return look(here, opener, top, "settings")
    event, now = done.event(), here.clock.now()
    with here.database.transaction() as session, on_behalf_of(session, key.participant_id):
        found = _state(session, key, lock=True)
        if found is None:
            return Nothing()
        state, anchor = found
        who = _taking_part(session, key)
        if event is None or who is None or lock.asks(state, event, now):
            return _shown(session, key, state, top, done.place, now)
        participants.heard(session, key.participant_id, now)
        after = _turned(Turn(session, key, who, event, now, late=False, anchor=anchor, state=state), done.place, key)
        begun = after.place == "question" and (_starts(event) or after.run != state.run)
        kept = after if begun else after.model_copy(update=_chat(state))
        sealed.save_state(
            session,
            key,
            kept.model_dump_json(),
            format=kept.format,
            revision=kept.revision,
            anchor=anchor,
            now=now,
        )
        if begun:
            return None
        return _shown(session, key, after, top, after.place, now)


def _turned(turn: Turn, place: str, key: PersonKey) -> State:
    """The dialogue after the event, as if it had stood at this place. What it would put up in the chat is left out."""
    about = turn.event.action.prompt if isinstance(turn.event, Tap) and turn.event.action else None
    prompt = prompts.get(turn.session, about, lock=True) if about is not None else None
    turn.prompt = prompt if prompt is not None and prompt.participant_id == key.participant_id else None
    turn.so = situation(turn.session, turn.who, turn.now, turn.prompt, key=key)
    at = turn.state.go(place if place in PLACES else "home")
    state, effects = conversation.advance(at, turn.event, turn.so)
    return carry_out(turn, state, effects)


def _chat(state: State) -> dict[str, object]:
    """What the chat shows, which goes on from there."""
    return {"place": state.place, "notice": state.notice, "notice_values": state.notice_values}


def _state(session: Session, key: PersonKey, *, lock: bool) -> tuple[State, int | None] | None:
    stored = sealed.load_state(session, key, lock=lock)
    return None if stored is None else (State.model_validate_json(stored.state), stored.anchor)


def _taking_part(session: Session, key: PersonKey) -> Person | None:
    try:
        who = person(session, key.participant_id)
    except (participants.NoSuchParticipant, NotInvited):
        return None
    return who if who.participant.standing in {"active", "quiet"} else None


def _shown(  # noqa: PLR0917
    session: Session, key: PersonKey, state: State, top: str, place: str, now: datetime
) -> Beside | Nothing:
    who = _taking_part(session, key)
    if who is None:
        return Nothing()
    language, so = who.participant.language, situation(session, who, now, key=key)
    if place not in {*PLACES, "settings"} or (place == "home" and top == "settings"):
        place = top
    state = state.go(place, state.notice)
    if lock.hides(state, now):
        return Nothing(language, "lock.app")
    screen = _settings(state, so, top) if place == "settings" else conversation.view(state, so)
    rows = (tuple(_button(one, language) for one in row if _allowed(one.action)) for row in screen.rows)
    typed = place in PLACES and conversation.PLACES[place].typed is not None
    said = tuple(say(one, language) for one in screen.paragraphs)
    return Beside(language, top, place, said, tuple(row for row in rows if row), typed, state.run is not None)


def _settings(state: State, so: Situation, top: str) -> Screen:
    """All that she can set, and what is set by now."""
    said = [Words(state.notice, state.notice_values)] if state.notice else []
    now = (Words("times.now", {"hours": summary(so)}), *unreached(so))
    rows = (
        (go("button.times", "times"), go("button.timezone", "zone")),
        (go("button.notes", "notes"), go("button.language", "language")),
        (choose("button.reminders_off" if so.reminders else "button.reminders_on", "home", "reminders"),),
        (go("button.pause", "pause"), Button(Words("button.me"), Action("me"))),
    )
    back = ((go("button.back", "home"),),) if top == "home" else ()
    return Screen((*said, *now), (*rows, *back))


def _button(button: Button, language: str) -> tuple[str, str, str]:
    action = button.action
    label = Words("button.settings") if action.verb == "settings" else button.label
    back = isinstance(label, Words) and label.key in {"button.back", "button.carry_on", "button.menu"}
    look = "back" if back else "chart" if action.verb == "me" else "plain"
    code = f"{action.verb}|{action.value}|{action.prompt or ''}"
    return say(label, language), code, look


def _action(code: str) -> Action | None:
    verb, _, rest = code.partition("|")
    value, _, prompt = rest.rpartition("|")
    known = prompt.isascii() and prompt.isdigit() and len(prompt) < 16
    return Action(verb, value, int(prompt) if known else None) if verb else None


def _done_here(action: Action) -> bool:
    """Whether it can be done on a page."""
    match action.verb:
        case "go":
            return action.value == "carry_on" or action.value in PLACES
        case "set":
            return action.value.partition("=")[0] in PLACES
    return action.verb in STARTING


def _allowed(action: Action) -> bool:
    """Whether its button stands on a page: also where it leads to another one."""
    return action.verb in {"me", "settings"} or _done_here(action)


def _starts(event: Event) -> bool:
    return isinstance(event, Tap) and event.action is not None and event.action.verb in STARTING


def chart(here: Installation, opener: tuple[int, str], top: str) -> Chart | Nothing:
    """Her own answers as a picture and in words. Drawn outside of any transaction, and kept nowhere."""
    key = here.vault.of_address(*opener)
    if key is None:
        return Nothing()
    with here.database.reading() as session:
        who = _taking_part(session, key)
        kept = _state(session, key, lock=False)
        if who is None or kept is None:
            return Nothing()
        language, since = who.participant.language, kept[0].since
        if lock.shut(kept[0], here.clock.now()):
            return Nothing(language, "lock.app")
        so_far = own_course.count(session, key.participant_id, who.protocol, since)
        found = own_course.courses(session, key, who.protocol, since) if who.protocol.chart else []
    if not found:
        return Chart(language, top, (say(Words("me.none"), language),), None)
    if not any(course.enough for course in found):
        few = Words("me.few", {"n": so_far, "least": own_course.FEWEST})
        return Chart(language, top, (say(few, language),), None)
    words = own_course.words(found, language).split("\n\n")
    said = tuple(f"{one.label.say(language)}. {shown}" for one, shown in zip(found, words, strict=True))
    return Chart(language, top, said, own_course.drawn(found, language, narrow=True))
