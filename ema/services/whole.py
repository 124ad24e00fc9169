"""A check-in on one page of the Mini App: all that is asked, and all that she answers in one request.

It is the same dialogue and record as tapping in the chat, in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import NamedTuple

from sqlmodel import Session

from ema.domain.conversation import Given, State, asking, care, lock, whole
from ema.domain.conversation.events import Handed, Reply
from ema.domain.errors import InvalidAnswer
from ema.domain.items.base import Ask, Item
from ema.domain.items.multiple import Multiple
from ema.domain.items.vas import Vas
from ema.domain.localtime import local
from ema.domain.screen import Say
from ema.gathering import Gathering
from ema.services.app import Nothing, Saved
from ema.services.carry_out import Turn
from ema.services.installation import Installation
from ema.services.receive import Heard, take_all
from ema.services.situation import NotInvited, person, situation
from ema.store import participants, sealed
from ema.store.trouble import DatabaseTrouble
from ema.store.vault import PersonKey
from ema.texts import say


@dataclass(frozen=True)
class Question:
    """One question in her language. `kind` is how it is answered: one, several, line, words or nothing."""

    item: str
    kind: str
    before: tuple[str, ...]
    text: str
    options: tuple[tuple[str, str], ...] = ()
    """What each stores, and its label."""
    ends: tuple[str, str] | None = None
    hint: str = ""
    multiline: bool = False
    chosen: tuple[str, ...] = ()
    """What she gave before, as it would be given again."""
    refused: str = ""


@dataclass(frozen=True)
class Page:
    """What is asked now. `opened` is when it was put up."""

    language: str
    prompt: int
    opened: datetime
    head: str
    questions: tuple[Question, ...]


Shown = Page | Saved | Nothing


def page(here: Installation, bot_id: int, address: str) -> Page | Nothing:
    """The questions of the check-in that she is in."""
    key = here.vault.of_address(bot_id, address)
    if key is None:
        return Nothing()
    now = here.clock.now()
    with here.database.reading() as session:
        stored = sealed.load_state(session, key, lock=False)
        state = State.model_validate_json(stored.state) if stored is not None else State()
        return _shown(session, key, state, state.run.prompt if state.run else None, now)


class Paper(NamedTuple):
    """A page, and whose it is."""

    bot_id: int
    address: str
    handed: Handed

    @property
    def sender(self) -> tuple[int, str]:
        return self.bot_id, self.address


def hand_in(here: Installation, paper: Paper) -> Shown:
    """Take a whole page. `Saved`: all of it is stored, and the check-in is at its end. A page: what is still to be
    answered; where one answer on it is refused, nothing was taken. `Nothing`: nothing was.

    Handed in twice, it is one record and the same answer.
    """
    try:
        return hand_in_all(here, [paper])[0]
    except (participants.NoSuchParticipant, NotInvited):
        return Nothing()


def gathered(here: Installation) -> Gathering[Paper, Shown]:
    """`hand_in` for one process: pages that come while some are being stored are stored together."""
    return Gathering(
        partial(hand_in, here),
        partial(hand_in_all, here),
        about=lambda paper: paper.sender,
        everybodys=DatabaseTrouble,
    )


def hand_in_all(here: Installation, papers: Sequence[Paper]) -> Sequence[Shown]:
    """The same for several people, one page of each, in one transaction. When it raises, each is to be taken alone."""
    keys = here.vault.of_addresses([paper.sender for paper in papers])
    known = [paper for paper in papers if paper.sender in keys]
    now = here.clock.now()
    with here.database.transaction() as session:
        turns = take_all(session, [Heard(keys[paper.sender], paper.handed) for paper in known], now)
        shown = {paper.sender: _after(session, turn, paper, now) for paper, turn in zip(known, turns, strict=True)}
    return [shown.get(paper.sender, Nothing()) for paper in papers]


def _after(session: Session, turn: Turn | None, paper: Paper, now: datetime) -> Shown:
    """What to show her now."""
    if turn is None:
        return Nothing()
    key, handed, language = turn.key, paper.handed, turn.who.participant.language
    if turn.finished == handed.prompt:
        return Saved(language, turn.state.place if turn.state.place in care.PLACES else "")
    if asking.run_of(turn.state, handed.prompt) is None and _kept(session, key, handed, now):
        return Saved(language, turn.state.place if turn.state.place in care.PLACES else "")
    shown = _shown(session, key, turn.state, handed.prompt, now)
    if not isinstance(shown, Page) or not turn.refused:
        return shown
    return _again(shown, handed.replies, {name: say(words, language) for name, words in turn.refused.items()})


def _shown(session: Session, key: PersonKey, state: State, prompt: int | None, now: datetime) -> Page | Nothing:
    try:
        who = person(session, key.participant_id)
    except (participants.NoSuchParticipant, NotInvited):
        return Nothing()
    language = who.participant.language
    if prompt is None or who.participant.standing not in {"active", "quiet"}:
        return Nothing(language)
    if lock.shut(state, now):
        return Nothing(language, "lock.app")
    so = situation(session, who, now, prompt)
    found = whole.page(state, prompt, so)
    if found is None or not asking.answerable(state, so.prompt, so):
        closed = so.prompt is not None and (found is not None or so.prompt.state != "completed")
        return Nothing(language, "closed.note" if closed else "app.nothing")
    questions = tuple(_question(one, language) for one in found.asked)
    return Page(language, prompt, now, say(found.head, language), questions)


def _question(asked: whole.Asked, language: str) -> Question:
    item = asked.item
    ask = item.ask()
    return Question(
        item.id,
        _kind(item, ask),
        _said(asked.before, language),
        say(asked.text, language),
        tuple((option.value, say(option.label, language)) for row in ask.rows for option in row),
        (say(ask.low, language), say(ask.high, language)) if ask.low and ask.high else None,
        say(ask.hint, language) if ask.hint is not None and ask.kind != "several" else "",
        multiline=ask.kind == "text",
        chosen=_chosen(item, asked.given),
    )


def _kind(item: Item, ask: Ask) -> str:
    if not item.answers_expected:
        return "nothing"
    if isinstance(item, Vas):
        return "line"
    return {"buttons": "one", "several": "several"}.get(ask.kind, "words")


def _said(words: tuple[Say, ...], language: str) -> tuple[str, ...]:
    return tuple(say(one, language) for one in words)


def _chosen(item: Item, given: Given | None) -> tuple[str, ...]:
    if given is None or given.value is None:
        return ()
    if isinstance(item, Multiple) and isinstance(given.value, tuple):
        return given.value
    return (item.show(given.value),)


def _again(asked: Page, replies: Mapping[str, Reply], refused: Mapping[str, str]) -> Page:
    """The page with what she had written on it, and beside what can't be read why."""
    questions = []
    for one in asked.questions:
        reply = replies.get(one.item)
        if reply is not None and reply.verb == "answer":
            chosen = tuple(reply.raw.split(",")) if one.kind == "several" else (reply.raw,)
            one = replace(one, chosen=chosen)  # noqa: PLW2901 - as she left it
        questions.append(replace(one, refused=refused.get(one.item, "")))
    return replace(asked, questions=tuple(questions))


def _kept(session: Session, key: PersonKey, handed: Handed, now: datetime) -> bool:
    """Whether this page was taken before: its check-in is closed, and what is stored is what stands on the page."""
    course = sealed.courses_of(session, key, [handed.prompt]).get(handed.prompt)
    so = situation(session, person(session, key.participant_id), now, handed.prompt)
    if course is None or so.prompt is None or so.prompt.state != "completed":
        return False
    today = local(now, so.preferences.timezone).date()
    stored = {one.item: (one.status, one.value) for one in sealed.answers_of(session, key, [handed.prompt])}
    forms = so.protocol_of(so.prompt.version).questionnaires
    items = {item.id: item for name in so.prompt.questionnaires for item in forms[name].items}
    try:
        return all(
            name in items and stored.get(name) == whole.says(items[name], reply, today)
            for name, reply in handed.replies.items()
            if reply.verb != "seen" and course.outcomes.get(name) != "not_shown"
        )
    except InvalidAnswer:
        return False
