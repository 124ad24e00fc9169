"""Compose: what a row of the outbox says now, judged at the last moment.

Nothing goes out after a pause, a stop, an erasure, in her quiet hours, or outside its window, whatever was queued.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session

from ema.domain import conversation
from ema.domain.conversation import Situation, State
from ema.domain.localtime import allowed
from ema.domain.schedules.base import Reminder
from ema.domain.screen import Screen, Shown
from ema.services import pin, share, workers
from ema.services.edit import over_today
from ema.services.finish import finish
from ema.services.hours import preferences
from ema.services.situation import Person, protocol_of, situation
from ema.store import messages, outbox, prompts, sealed
from ema.store.sealed import StoredState
from ema.store.tables import Outbox, Prompt
from ema.store.vault import PersonKey
from ema.texts import menu, render

DELETABLE = timedelta(hours=47)
"""Older messages Telegram may refuse to delete; they are blanked instead."""
FILES = ("picture", "copy")
"""These can't be blanked by an edit of their text: they are deleted while that works."""
BLANK = Shown("·")
WAITS = "the one before was open"
"""A prompt's reason while it waits for an earlier one, and for good where it waited in vain."""
LOOK_AGAIN = timedelta(minutes=5)
"""How often a note that waits for an earlier one to end is looked at."""


@dataclass(frozen=True)
class Work:
    """One message to be sent, edited or removed: all that a channel needs, and what is recorded afterwards."""

    row: Outbox
    channel: str
    bot_id: int
    address: str
    how: str
    """send, edit, file, caption, unbutton, delete, fetch or menu."""
    message_id: int | None
    shown: Shown | None
    prompt: Prompt | None = None
    reminders: tuple[Reminder, ...] = ()
    """Those of its schedule, which follow the note of a prompt."""
    reference: str | None = None
    """What to fetch."""
    menu: tuple[tuple[str, str], ...] = ()
    """The commands to list, each with what it does."""
    silent: bool = False


@dataclass(frozen=True)
class Known:
    """What was read together for all rows of a batch."""

    prompts: dict[int, Prompt]
    """Those that rows are about."""
    talks: dict[str, StoredState]
    """The conversations of those who are shown a screen."""
    waiting: dict[str, list[Prompt]]
    """What each of them could start now."""


def known(session: Session, keys: Mapping[str, PersonKey], rows: Sequence[Outbox], now: datetime) -> Known:
    about = prompts.some(session, {row.prompt_id for row in rows if row.prompt_id is not None})
    talking = [row.participant_id for row in rows if row.kind == "screen" or row.words == pin.COVER]
    shown = {whose for whose in talking if whose in keys}
    talks = sealed.load_states(session, [keys[whose] for whose in shown], lock=False)
    return Known(about, talks, prompts.waiting(session, shown, now) if shown else {})


def compose(  # noqa: PLR0917
    session: Session, key: PersonKey, who: Person, known: Known, row: Outbox, now: datetime
) -> Work | None:
    """The row as it should be sent now; None when it should not be sent any more."""
    participant, prompt = who.participant, known.prompts.get(row.prompt_id or 0)
    address = sealed.address_of(participant, key)
    if participant.standing == "erasing" or address is None:
        return None
    if participant.blocked_at is not None and row.kind != "delete":
        not_delivered(session, row, "blocked", now)
        return None

    hers = sealed.discretion_of(participant, key)

    def work(how: str, screen: Screen | Shown | None = None, message_id: int | None = None) -> Work:
        shown = render(screen, participant.language) if isinstance(screen, Screen) else screen
        silent = row.silent or hers.silent
        return Work(row, participant.channel, participant.bot_id, address, how, message_id, shown, silent=silent)

    match row.kind:
        case "note" | "reminder":
            if prompt is None or not may_notify(session, key, who, prompt, row, now):
                return None
            schedules = protocol_of(session, who, prompt).schedules
            reminders = next((each.reminders for each in schedules if each.id == prompt.schedule), ())
            text = reminders[int(row.words)].text if row.kind == "reminder" and row.words is not None else None
            note = work("send", conversation.standalone(row.kind, hers.words(who.protocol, text), prompt.id))
            return replace(note, prompt=prompt, reminders=reminders)
        case "words":
            if participant.standing not in {"active", "quiet"} or row.words is None:
                return None
            if _paused(who, now) or not _reachable(who, now):
                return None
            if row.words == workers.WORDS:
                if participant.worker_id is None:  # meanwhile she has nobody again
                    return None
            elif participant.last_heard_at is not None and participant.last_heard_at >= row.created_at:
                return None  # words about a silence that she has ended
            return work("send", conversation.standalone(row.words, hers.words(who.protocol)))
        case "screen":
            stored = known.talks.get(participant.id)
            if stored is None:
                return None
            so = situation(session, who, now, waiting=known.waiting[participant.id], key=key)
            screen = screen_of(session, key, who, State.model_validate_json(stored.state), so)
            if row.message_id is None:  # a notification may show this much and no more; the screen follows in place
                return work("send", Screen((hers.words(who.protocol),)))
            return work("edit", screen, row.message_id)
        case "picture" | "copy":
            if row.message_id is not None:
                return work("caption", message_id=row.message_id)
            words = Screen((hers.words(who.protocol),)) if row.kind == "picture" else Shown("")
            return work("file", words)  # a notification may show this much; the rest follows in place
        case "unbutton":
            return work("unbutton", message_id=row.message_id)
        case "close" if row.words == pin.COVER:
            stored = known.talks.get(participant.id)
            state = State.model_validate_json(stored.state) if stored is not None else State()
            if stored is None or not pin.covered(session, participant.id, state, now) or stored.anchor is None:
                return None
            return work("edit", conversation.view(state, situation(session, who, now, waiting=())), stored.anchor)
        case "close":
            return work("edit", conversation.standalone("close", who.protocol.note), row.message_id)
        case "fetch":
            reference = sealed.media.reference_of(session, key, row.words or "")
            return None if reference is None else replace(work("fetch", message_id=row.message_id), reference=reference)
        case "menu":
            return replace(work("menu"), menu=tuple(menu(participant.language)))
        case "delete":
            one = next((m for m in messages.known(session, participant.id) if m.message_id == row.message_id), None)
            if one is not None and one.purpose not in FILES and now - one.at > DELETABLE:
                return work("edit", BLANK, row.message_id)
            return work("delete", message_id=row.message_id)
    return None


def screen_of(session: Session, key: PersonKey, who: Person, state: State, so: Situation) -> Screen:
    """What the dialogue shows now, with what only some screens need to know."""
    if state.place == "edit":
        so = replace(so, over=over_today(session, who, so.now, state.since))
    if state.place in share.SHOWING:
        so = replace(so, sharing=share.looked_up(session, key, who, state, so))
    return conversation.view(state, so)


def may_notify(  # noqa: PLR0917
    session: Session, key: PersonKey, who: Person, prompt: Prompt, row: Outbox, now: datetime, *, rings: bool = True
) -> bool:
    """Asked at the last moment. A note that may not go gives its prompt the reason, at once. Where nothing `rings`,
    her quiet hours keep nothing from her.
    """
    assert prompt.id is not None
    standing = who.participant.standing
    if row.kind == "reminder":
        newer = any(
            other.kind == "reminder" and other.prompt_id == prompt.id and other.id != row.id and other.not_before <= now
            for other in outbox.open_of(session, who.participant.id)
        )
        waiting = prompt.state == "open" and now < prompt.expires_at and prompt.n_items == 0
        return waiting and not newer and standing == "active" and not _paused(who, now) and _reachable(who, now)
    if prompt.state != "planned" or now >= prompt.expires_at:
        return False
    if standing == "quiet" or _paused(who, now) or _paused(who, prompt.due_at):
        state = "quiet" if standing == "quiet" else "paused"
        prompts.close(session, prompt.id, state, state, now, was=("planned",))
        return False
    if rings and not _reachable(who, now):  # late by an outage, and now her quiet hours have come
        prompts.close(session, prompt.id, "paused", "quiet hours", now, was=("planned",))
        return False
    return standing == "active" and _has_turn(session, key, who, prompt, row, now)


def _has_turn(session: Session, key: PersonKey, who: Person, prompt: Prompt, row: Outbox, now: datetime) -> bool:  # noqa: PLR0917
    """What the study says of a prompt that comes while an earlier one of its schedule is still open."""
    assert prompt.id is not None
    schedules = protocol_of(session, who, prompt).schedules
    rule = next((each.when_unfinished for each in schedules if each.id == prompt.schedule), None)
    if rule is None:
        return True
    hers = prompts.unfinished(session, who.participant.id)
    earlier = [one for one in hers if one.schedule == prompt.schedule and one.state == "open" and one.id != prompt.id]
    if not earlier:
        return True
    if rule == "skip":
        prompts.close(session, prompt.id, "cancelled", WAITS, now, was=("planned",))
        return False
    if rule == "wait":
        prompts.change(session, prompt.id, reason=WAITS)
        outbox.enqueue(
            session,
            participant_id=who.participant.id,
            kind=row.kind,
            priority=row.priority,
            prompt_id=prompt.id,
            dedupe_key=f"again:{row.id}",
            not_before=now + LOOK_AGAIN,
            expires_at=row.expires_at,
            now=now,
        )
        return False
    for one in earlier:
        assert one.id is not None
        begun = prompts.get(session, one.id, lock=True) if one.n_items else None
        if begun is not None:
            finish(session, key, begun, who, state="partial", reason="replaced", now=now)
        else:
            prompts.close(session, one.id, "missed", "replaced", now)
        outbox.supersede(session, who.participant.id, ["reminder"], now=now, prompt_id=one.id)
    return True


def _reachable(who: Person, now: datetime) -> bool:
    """Her own quiet hours, and the earliest and latest hour that she set: hard, whatever was planned."""
    return allowed(now, preferences(who.participant))


def _paused(who: Person, at: datetime) -> bool:
    since, until = who.participant.paused_from, who.participant.paused_until
    return until is not None and (since is None or since <= at) and at < until


def not_delivered(session: Session, row: Outbox, reason: str, now: datetime) -> None:
    if row.kind == "note" and row.prompt_id is not None:
        prompts.close(session, row.prompt_id, "undelivered", reason, now, was=("planned",))
