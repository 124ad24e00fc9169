"""Deliver: claim what is due and render it, in one transaction; after the sending, record how it went, in another.

Between the two nothing is open. What was claimed is judged once more when it is rendered: nothing goes out after a
pause, a stop, an erasure, or outside its window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from sqlmodel import Session

from ema.channels import Fetched, Refused, Result, RetryLater, Sent
from ema.domain import conversation
from ema.domain.conversation import State
from ema.domain.localtime import allowed
from ema.domain.retry import next_attempt
from ema.domain.screen import Screen, Shown
from ema.services.carry_out import REMINDER
from ema.services.forget import REST, forget
from ema.services.hours import preferences
from ema.services.installation import Installation
from ema.services.receive import MESSAGES_LIVE
from ema.services.situation import Person, facts, person, protocol_of, situation
from ema.store import messages, outbox, participants, prompts, sealed, ticks
from ema.store.tables import Outbox, Prompt
from ema.store.vault import PersonKey, Vault
from ema.texts import render

LEASE = timedelta(seconds=60)
LAST_TRY = timedelta(seconds=10)
"""So shortly before its window closes a message is not tried again."""
FETCHES = 4
"""So often a recording is asked for that the channel says it has not."""
DELETABLE = timedelta(hours=47)
"""Older messages Telegram may refuse to delete; they are blanked instead."""
BLANK = Shown("·")
AMBIGUOUS = "ambiguous"
"""A prompt's reason while nobody knows whether its note arrived."""


@dataclass(frozen=True)
class Work:
    """One message to be sent, edited or removed: all that a channel needs, and what is recorded afterwards."""

    row: Outbox
    channel: str
    bot_id: int
    address: str
    how: str
    """send, edit, unbutton, delete or fetch."""
    message_id: int | None
    shown: Shown | None
    reference: str | None = None
    """What to fetch."""


def claim(installation: Installation, limit: int) -> list[Work]:
    """Claim up to `limit` rows, at most one for each chat, and render them."""
    now = installation.clock.now()
    work: list[Work] = []
    with installation.database.transaction() as session:
        rows = outbox.claim(session, now, limit, LEASE)
        keys = installation.vault.persons({row.participant_id for row in rows})
        for row in rows:
            key = keys.get(row.participant_id)
            composed = _compose(session, key, row, now) if key is not None else None
            if composed is not None:
                work.append(composed)
            else:
                assert row.id is not None
                assert row.claim_token is not None
                outbox.finish(session, row.id, row.claim_token, "superseded", now=now)
    return work


def record(installation: Installation, results: Sequence[tuple[Work, Result]], rng: Random) -> None:
    """Store how each ended, and what follows from it. A row that somebody else took meanwhile is left alone."""
    now = installation.clock.now()
    with installation.database.transaction() as session:
        for work, result in results:
            if work.how == "fetch" and not isinstance(result, RetryLater):
                _fetched(session, installation.vault, work, result, now, rng)
                continue
            match result:
                case Sent(message_id=message_id):
                    if _done(session, work, "sent", now):
                        _sent(session, work, message_id, now)
                case RetryLater():
                    _again(session, work, result, now, rng)
                case Refused():
                    _refused(session, work, result, now)


def doubt_stuck(session: Session, now: datetime) -> None:
    """What a sender held that died may have arrived."""
    for row in outbox.stuck(session, now):
        _doubt(session, row)


# --- composing


def _compose(session: Session, key: PersonKey, row: Outbox, now: datetime) -> Work | None:
    """The row as it should be sent now; None when it should not be sent any more."""
    who = person(session, row.participant_id)
    participant = who.participant
    address = sealed.address_of(session, key)
    if participant.standing == "erasing" or address is None:
        return None
    if participant.blocked_at is not None and row.kind != "delete":
        _not_delivered(session, row, "blocked", now)
        return None
    prompt = prompts.get(session, row.prompt_id) if row.prompt_id is not None else None

    def work(how: str, screen: Screen | Shown | None = None, message_id: int | None = None) -> Work:
        shown = render(screen, participant.language) if isinstance(screen, Screen) else screen
        return Work(row, participant.channel, participant.bot_id, address, how, message_id, shown)

    match row.kind:
        case "note" | "reminder":
            if prompt is None or not _may_notify(session, who, prompt, row, now):
                return None
            so = situation(session, who, now)
            return work("send", conversation.standalone(row.kind, facts(prompt, protocol_of(session, who, prompt)), so))
        case "words":
            if participant.standing not in {"active", "quiet"} or row.words is None:
                return None
            if _paused(who, now) or not allowed(now, preferences(participant)):
                return None
            if participant.last_heard_at is not None and participant.last_heard_at >= row.created_at:
                return None  # words about a silence that she has ended
            return work("send", conversation.standalone(row.words, None, situation(session, who, now)))
        case "screen":
            stored = sealed.load_state(session, key, lock=False)
            if stored is None:
                return None
            state = State.model_validate_json(stored.state)
            screen = conversation.view(state, situation(session, who, now))
            if row.message_id is None:  # a notification may show this much and no more; the screen follows in place
                return work("send", Screen((who.protocol.note,)))
            return work("edit", screen, row.message_id)
        case "unbutton":
            return work("unbutton", message_id=row.message_id)
        case "close":
            return work("edit", conversation.standalone("close", None, situation(session, who, now)), row.message_id)
        case "fetch":
            reference = sealed.media.reference_of(session, key, row.words or "")
            return None if reference is None else replace(work("fetch", message_id=row.message_id), reference=reference)
        case "delete":
            known = next((m for m in messages.known(session, participant.id) if m.message_id == row.message_id), None)
            if known is not None and now - known.at > DELETABLE:
                return work("edit", BLANK, row.message_id)
            return work("delete", message_id=row.message_id)
    return None


def _may_notify(session: Session, who: Person, prompt: Prompt, row: Outbox, now: datetime) -> bool:
    """Asked at the last moment. A note that may not go gives its prompt the reason, at once."""
    assert prompt.id is not None
    standing = who.participant.standing
    quiet_hours = not allowed(now, preferences(who.participant))
    if row.kind == "reminder":
        newer = any(
            other.kind == "reminder" and other.prompt_id == prompt.id and other.id != row.id and other.not_before <= now
            for other in outbox.open_of(session, who.participant.id)
        )
        waiting = prompt.state == "open" and now < prompt.expires_at and prompt.n_items == 0
        return waiting and not newer and standing == "active" and not _paused(who, now) and not quiet_hours
    if prompt.state != "planned" or now >= prompt.expires_at:
        return False
    if standing == "quiet" or _paused(who, now) or _paused(who, prompt.due_at):
        state = "quiet" if standing == "quiet" else "paused"
        prompts.close(session, prompt.id, state, state, now, was=("planned",))
        return False
    if quiet_hours:  # it was due before them, and late: as after an outage
        prompts.close(session, prompt.id, "paused", "quiet hours", now, was=("planned",))
        return False
    return standing == "active"


def _paused(who: Person, at: datetime) -> bool:
    since, until = who.participant.paused_from, who.participant.paused_until
    return until is not None and (since is None or since <= at) and at < until


# --- recording


def _sent(session: Session, work: Work, message_id: int | None, now: datetime) -> None:
    row = work.row
    if work.how == "delete" or work.shown is BLANK:
        messages.mark_gone(session, row.participant_id, [row.message_id or 0], now)
        return
    if work.how == "send" and message_id is not None:
        messages.record(
            session,
            row.participant_id,
            message_id,
            direction="out",
            purpose=row.kind,
            at=now,
            erase_by=now + MESSAGES_LIVE,
            prompt_id=row.prompt_id,
        )
        if row.kind == "screen":
            _new_anchor(session, row, message_id, now)
        else:
            _tidy(session, row, message_id, now)
    if row.kind == "note" and row.prompt_id is not None:
        _delivered(session, row.participant_id, row.prompt_id, now)


def _fetched(session: Session, vault: Vault, work: Work, result: Result, now: datetime, rng: Random) -> None:  # noqa: PLR0917
    """Keep what she sent; only then does her message go. What the channel has no longer is noted as lost.

    Telegram says the same of what is gone for good and of what can't be had for a moment: so it is asked again.
    """
    row = work.row
    assert row.words is not None
    if isinstance(result, Refused) and row.attempts < FETCHES:
        _again(session, work, RetryLater(result.why), now, rng)
        return
    key = vault.persons([row.participant_id]).get(row.participant_id)
    if not _done(session, work, "sent" if isinstance(result, Fetched) else "dead", now, error=_why(result)):
        return
    if key is not None and isinstance(result, Fetched):
        sealed.media.keep(session, key, row.words, body=result.body, mime=result.mime)
    elif key is not None:
        sealed.media.lose(session, key, row.words)
        ticks.alert(session, "not_fetched", f"A {row.kind} was refused: {_why(result)}", now)
    if row.message_id is not None:
        forget(session, row.participant_id, row.message_id, now)


def _why(result: Result) -> str | None:
    return result.why if isinstance(result, Refused) else None


def _delivered(session: Session, participant_id: str, prompt_id: int, now: datetime) -> None:
    """The note was accepted: the prompt is open, and its reminders wait."""
    prompt = prompts.get(session, prompt_id)
    who = person(session, participant_id)
    if prompt is None:
        return
    prompts.change(session, prompt_id, state="open", sent_at=now, reason=None)
    if not who.participant.reminders:
        return
    for number, reminder in enumerate(protocol_of(session, who, prompt).schedule(prompt.schedule).reminders, 1):
        at = prompt.due_at + timedelta(minutes=reminder.after_minutes)
        if now < at < prompt.expires_at:
            outbox.enqueue(
                session,
                participant_id=participant_id,
                kind="reminder",
                priority=REMINDER,
                prompt_id=prompt_id,
                dedupe_key=f"reminder:{prompt_id}:{number}",
                not_before=at,
                expires_at=prompt.expires_at,
                silent=reminder.silent,
                now=now,
            )


def _new_anchor(session: Session, row: Outbox, message_id: int, now: datetime) -> None:
    """The new message shows the screen from now on, by an edit; the one that did is removed."""
    before = sealed.set_anchor(session, row.participant_id, message_id)
    outbox.enqueue(
        session,
        participant_id=row.participant_id,
        kind="screen",
        priority=row.priority,
        message_id=message_id,
        dedupe_key=f"screen:{row.participant_id}:in:{message_id}",
        not_before=now,
        silent=True,
        now=now,
    )
    if before is not None and before != message_id:
        forget(session, row.participant_id, before, now)


def _tidy(session: Session, row: Outbox, message_id: int, now: datetime) -> None:
    """After a new note: the same prompt's older one loses its buttons, and what is over goes."""
    anchor = sealed.anchor_of(session, row.participant_id)
    unfinished = {prompt.id for prompt in prompts.unfinished(session, row.participant_id)} - {row.prompt_id}
    for message in messages.known(session, row.participant_id):
        if message.direction == "in" or message.message_id in {message_id, anchor} or message.prompt_id in unfinished:
            continue
        if message.purpose == "words":  # she may not have seen them: they stay until their time is over
            continue
        if row.prompt_id is not None and message.prompt_id == row.prompt_id:
            outbox.enqueue(
                session,
                participant_id=row.participant_id,
                kind="unbutton",
                priority=REST,
                message_id=message.message_id,
                dedupe_key=f"unbutton:{row.participant_id}:{message.message_id}",
                not_before=now,
                now=now,
            )
        else:
            forget(session, row.participant_id, message.message_id, now)


def _again(session: Session, work: Work, result: RetryLater, now: datetime, rng: Random) -> None:
    row = work.row
    at = next_attempt(now, row.attempts, result.after, rng)
    if row.expires_at is not None and at >= row.expires_at and row.expires_at - now > LAST_TRY:
        at = now + (row.expires_at - now) / 2  # one more try before the window closes
    if _done(session, work, "pending", now, error=result.why, not_before=at) and result.ambiguous:
        _doubt(session, row)


def _doubt(session: Session, row: Outbox) -> None:
    """Nobody knows whether this note arrived. A tap on it, or a later sending, tells."""
    prompt = prompts.get(session, row.prompt_id) if row.kind == "note" and row.prompt_id is not None else None
    if prompt is not None and prompt.id is not None and prompt.state == "planned":
        prompts.change(session, prompt.id, reason=AMBIGUOUS)


def _refused(session: Session, work: Work, result: Refused, now: datetime) -> None:
    row = work.row
    if result.kind == "token":
        ticks.alert(session, "token_refused", "Telegram refuses the bot's token.", now)
        _done(session, work, "pending", now, error=result.why, not_before=now + timedelta(minutes=1))
        return
    if result.kind == "gone" and row.kind == "screen":  # she deleted the message: put the screen up anew
        if _done(session, work, "superseded", now, error=result.why):
            messages.mark_gone(session, row.participant_id, [row.message_id or 0], now)
            outbox.enqueue(
                session,
                participant_id=row.participant_id,
                kind="screen",
                priority=row.priority,
                dedupe_key=f"{row.dedupe_key}:new",
                not_before=now,
                silent=True,
                now=now,
            )
        return
    if not _done(session, work, "sent" if result.kind == "gone" else "dead", now, error=result.why):
        return
    if (result.kind in {"gone", "limit"} or row.kind == "delete") and row.message_id is not None:
        messages.mark_gone(session, row.participant_id, [row.message_id], now)
    if result.kind == "blocked":
        participants.change(session, row.participant_id, blocked_at=now)
        _not_delivered(session, row, "blocked", now)
    elif result.kind in {"broken", "limit"}:
        _not_delivered(session, row, "limit" if result.kind == "limit" else "refused", now)
        ticks.alert(session, "message_refused", f"A {row.kind} was refused: {result.why}", now)


def _not_delivered(session: Session, row: Outbox, reason: str, now: datetime) -> None:
    if row.kind == "note" and row.prompt_id is not None:
        prompts.close(session, row.prompt_id, "undelivered", reason, now, was=("planned",))


def _done(
    session: Session,
    work: Work,
    state: outbox.State,
    now: datetime,
    *,
    error: str | None = None,
    not_before: datetime | None = None,
) -> bool:
    row = work.row
    assert row.id is not None
    assert row.claim_token is not None
    return outbox.finish(session, row.id, row.claim_token, state, now=now, error=error, not_before=not_before)
