"""A page that she lets go to a service. What it shows is worked out each time it is opened, and stored nowhere."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlmodel import Session

from ema.domain.conversation import Situation, State
from ema.domain.conversation.effects import LetGo
from ema.domain.conversation.reach import pronouns
from ema.domain.conversation.share import SECRET, WHAT, span_of
from ema.domain.localised import ANY, Localised
from ema.domain.localtime import local
from ema.domain.screen import Say, Words
from ema.domain.sharing import MOST_OUT, Sharing, parts_in
from ema.services import own_course
from ema.services.installation import Installation
from ema.services.own_course import Course
from ema.services.pin import STAYS
from ema.services.situation import NotInvited, Person, person, situation
from ema.store import hers, messages, participants, sealed
from ema.store.vault import KeyDestroyed, PersonKey
from ema.texts import say

SHOWING: Final = frozenset({"share", "share.look"})
"""Places whose screens need `looked_up`."""
MOST_WEEKS: Final = 12
_DONE: Final = frozenset({"completed", "partial"})
_ACTIVE: Final = frozenset({"active", "quiet"})


@dataclass(frozen=True)
class Part:
    title: Words
    lines: tuple[Say, ...]
    courses: tuple[Course, ...] = ()
    """Those that are drawn above the lines."""


@dataclass(frozen=True)
class Section:
    """A part in the reader's language. `picture` is a PNG."""

    title: str
    lines: tuple[str, ...]
    picture: bytes | None


@dataclass(frozen=True)
class Letter:
    """What a service reads."""

    until: str
    sections: tuple[Section, ...]


def make(  # noqa: PLR0917
    session: Session, key: PersonKey, state: State, page: LetGo, now: datetime, message_id: int | None
) -> State:
    """The page can be opened from now on. The message that shows its address goes soon."""
    if sealed.shares.number_out(session, key.participant_id, now) >= MOST_OUT:
        return state.go("share", "share.most").saying({"most": MOST_OUT})
    token = secrets.token_urlsafe(24)
    sealed.shares.add(session, key, _hash(token), page.what, page.whom, now + page.span)
    if message_id is not None:
        messages.erase_sooner(session, key.participant_id, {message_id}, now + STAYS)
    return state.noting(**{SECRET: token})


def looked_up(session: Session, key: PersonKey, who: Person, state: State, so: Situation) -> Sharing:
    """What her screens about such pages show now."""
    if state.place == "share":
        return Sharing(out=sealed.shares.out(session, key, so.now))
    language = who.participant.language
    shown: list[Say] = [Words("shared.from")]
    span = span_of(state)
    if span is not None:
        shown.append(_until(who, so.now + span))
    for part in _parts(session, key, who, so, parts_in(state.draft.get(WHAT, "")), state.since, language):
        lines = (say(part.title, language), *(say(line, language) for line in part.lines))
        shown.append(Localised({ANY: "\n".join(lines)}))
        if any(course.enough for course in part.courses):
            shown.append(Words("share.picture"))
    return Sharing(page=tuple(shown))


def opened(here: Installation, token: str, language: str) -> Letter | None:
    """What somebody reads who has the address; None where there is nothing to read, or not any more."""
    now = here.clock.now()
    with here.database.transaction() as session:
        found = sealed.shares.count_opening(session, _hash(token), now)
        if found is None:
            return None
        participant_id, what, ends = found
        try:
            key, who = here.vault.person(participant_id), person(session, participant_id)
        except (KeyDestroyed, participants.NoSuchParticipant, NotInvited):
            return None
        stored = sealed.load_state(session, key, lock=False)
        if who.participant.standing not in _ACTIVE or stored is None:
            return None
        since = State.model_validate_json(stored.state).since
        so = situation(session, who, now, key=key)
        parts = _parts(session, key, who, so, parts_in(what), since, language)
    return Letter(say(_until(who, ends), language), tuple(_section(part, language) for part in parts))


def _section(part: Part, language: str) -> Section:
    enough = any(course.enough for course in part.courses)
    picture = own_course.drawn(part.courses, language, narrow=True) if enough else None
    return Section(say(part.title, language), tuple(say(line, language) for line in part.lines), picture)


def _until(who: Person, at: datetime) -> Words:
    return Words("shared.until", {"until": local(at, who.participant.timezone)})


def _parts(  # noqa: PLR0917
    session: Session,
    key: PersonKey,
    who: Person,
    so: Situation,
    what: tuple[str, ...],
    since: datetime | None,
    language: str,
) -> list[Part]:
    """What is chosen, as things stand now. Nothing that she began before `since` counts."""
    parts = []
    if "reach" in what:
        parts.append(Part(Words("shared.reach"), _reach(so)))
    if "weeks" in what:
        parts.append(Part(Words("shared.weeks"), _weeks(session, key.participant_id, since)))
    if "chart" in what and who.protocol.chart:
        courses = tuple(own_course.courses(session, key, who.protocol, since))
        lines = tuple(Localised({ANY: line}) for line in own_course.lines(courses, language))
        parts.append(Part(Words("shared.chart"), lines, courses))
    return parts


def _reach(so: Situation) -> tuple[Say, ...]:
    said: list[Say] = []
    if so.wishes.pronouns:
        said.append(Words("shared.pronouns", {"pronouns": pronouns(so.wishes.pronouns)}))
    if so.way == "place" and so.wishes.place:
        said.append(Words("shared.place", {"place": so.wishes.place}))
    else:
        said.append(Words("shared.way", {"way": Words(f"way.{so.way}")}))
    if so.wishes.worker:
        said.append(Words("shared.by", {"worker": Words(f"worker.{so.wishes.worker}")}))
    return tuple(said)


def _weeks(session: Session, participant_id: str, since: datetime | None) -> tuple[Say, ...]:
    """Weeks begin on Mondays, by her own days. One without any is left out."""
    done = [
        one for one in hers.prompts(session, participant_id, since) if one.state in _DONE and one.kind != "practice"
    ]
    weeks: Counter[date] = Counter(one.local_date - timedelta(days=one.local_date.weekday()) for one in done)
    newest = sorted(weeks)[-MOST_WEEKS:]
    if not newest:
        return (Words("shared.no_weeks"),)
    return tuple(Words("shared.week", {"day": day, "number": weeks[day]}) for day in newest)


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
