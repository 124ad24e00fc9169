"""Deliver: claim what is due and render it, in one transaction; after the sending, record how it went, in another.

Between the two nothing is open. What was claimed is judged once more when it is rendered: nothing goes out after a
pause, a stop, an erasure, or outside its window.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sqlmodel import Session

from ema.channels import Fetched, Refused, Result, RetryLater, Sent
from ema.domain.retry import DOUBTS, FIRST, next_attempt
from ema.services.compose import Work, compose, known, not_delivered
from ema.services.forget import forget
from ema.services.installation import Installation
from ema.services.sent import record_sent
from ema.services.situation import persons
from ema.store import limits, messages, outbox, participants, prompts, sealed, ticks
from ema.store.tables import Outbox
from ema.store.vault import Vault

LEASE = timedelta(seconds=60)
LAST_TRY = timedelta(seconds=10)
"""So shortly before its window closes a message is not tried again."""
CHAT_PAUSE = timedelta(seconds=1)
"""Between two messages to one chat; what she asked for by a tap passes, and safety messages do."""
NEWS = frozenset({"note", "reminder", "words"})
"""What comes as a message of its own, by itself."""
FETCHES = 4
"""So often a recording is asked for that the channel says it has not."""
AMBIGUOUS = "ambiguous"
"""A prompt's reason while nobody knows whether its note arrived."""


@dataclass(frozen=True)
class Pace:
    """How many messages a second a bot may send by itself, all workers together."""

    bot_id: int
    per_second: float


class _Outrun(Exception):
    """Another worker took the bot's last messages meanwhile."""


OUTRUN = 3
"""So often a claim looks again at once: by then it sees what the other left."""


def claim(installation: Installation, limit: int, pace: Pace) -> list[Work]:
    """Claim up to `limit` rows, at most one for each chat and no more than the bot may send, and render them."""
    now = installation.clock.now()  # before: the database's own may need a second connection
    for _ in range(OUTRUN):
        with suppress(_Outrun), installation.database.transaction() as session:
            return _claim(session, installation.vault, now, limit, pace)
    return []


def _claim(session: Session, vault: Vault, now: datetime, limit: int, pace: Pace) -> list[Work]:
    """The bucket is looked at first and taken from last: so its row is locked for the moment of the commit only."""
    room = limits.room(session, pace.bot_id, pace.per_second)
    if room.resting:
        return []
    rows = outbox.claim(session, pace.bot_id, now, limit, LEASE, room.messages)
    turns = list(_in_turn(session, rows, now))
    keys = vault.persons(row.participant_id for row in turns)
    people = persons(session, keys)
    read = known(session, keys, turns, now)
    work: list[Work] = []
    for row in turns:
        key = keys.get(row.participant_id)
        composed = compose(session, key, people[row.participant_id], read, row, now) if key is not None else None
        if composed is not None:
            work.append(composed)
        else:
            assert row.id is not None
            assert row.claim_token is not None
            outbox.finish(session, row.id, row.claim_token, "superseded", now=now)
    unasked = sum(one.row.priority > outbox.REPLY for one in work)
    if unasked and not limits.take(session, pace.bot_id, unasked, pace.per_second):
        raise _Outrun
    return work


def _in_turn(session: Session, rows: Sequence[Outbox], now: datetime) -> Iterator[Outbox]:
    """Without those whose chat was sent a message within the last second: they are put off for so long."""
    news = {row.participant_id for row in rows if row.priority > outbox.REPLY and row.kind in NEWS}
    sent = messages.sent_since(session, news, now - CHAT_PAUSE) if news else {}
    for row in rows:
        last = sent.get(row.participant_id)
        if last is None or last > now or row.kind not in NEWS or row.priority <= outbox.REPLY:
            yield row
            continue
        assert row.id is not None
        assert row.claim_token is not None
        outbox.put_off(session, row.id, row.claim_token, last + CHAT_PAUSE)


def told_to_wait(installation: Installation, bot_id: int, result: RetryLater | Refused) -> None:
    """Telegram said that the whole bot must wait, or that it doesn't know the bot: every worker rests."""
    now = installation.clock.now()
    with installation.database.transaction() as session:
        if isinstance(result, RetryLater):
            limits.rest(session, bot_id, (result.after or FIRST["limit"]).total_seconds())
        else:
            limits.rest(session, bot_id, FIRST["token"].total_seconds())
            ticks.alert(session, "token_refused", f"Telegram refuses the token of bot {bot_id}.", now)


def record(installation: Installation, results: Sequence[tuple[Work, Result]], rng: Random) -> None:
    """Store how each ended, and what follows from it. A row that somebody else took meanwhile is left alone."""
    now = installation.clock.now()
    with installation.database.transaction() as session:
        record_sent(session, [(work, result) for work, result in results if isinstance(result, Sent)], now)
        for work, result in results:
            if work.how == "fetch" and not isinstance(result, RetryLater):
                _fetched(session, installation.vault, work, result, now, rng)
                continue
            match result:
                case RetryLater():
                    _again(session, work, result, now, rng)
                case Refused():
                    _refused(session, work, result, now)


def doubt_stuck(session: Session, now: datetime) -> None:
    """What a sender held that died may have arrived."""
    for row in outbox.stuck(session, now):
        _doubt(session, row)


# --- recording


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


def _again(session: Session, work: Work, result: RetryLater, now: datetime, rng: Random) -> None:
    row = work.row
    lost = result.trouble == "lost"
    if lost and row.kind in NEWS and row.doubts + 1 >= DOUBTS:
        if _done(session, work, "dead", now, error=result.why):
            _doubt(session, row)
        return
    at = next_attempt(now, row.attempts, result.trouble, result.after, rng)
    closes = row.expires_at
    if closes is not None and at >= closes and closes - now > LAST_TRY and result.trouble != "limit":
        at = now + (closes - now) / 2  # one more try before the window closes; but a limit is kept
    if _done(session, work, "pending", now, error=result.why, not_before=at, doubt=lost) and result.ambiguous:
        _doubt(session, row)


def _doubt(session: Session, row: Outbox) -> None:
    """Nobody knows whether this note arrived. A tap on it, or a later sending, tells."""
    prompt = prompts.get(session, row.prompt_id) if row.kind == "note" and row.prompt_id is not None else None
    if prompt is not None and prompt.id is not None and prompt.state == "planned":
        prompts.change(session, prompt.id, reason=AMBIGUOUS)


def _refused(session: Session, work: Work, result: Refused, now: datetime) -> None:
    row = work.row
    if result.kind == "token":  # the bot rests, and then all goes on
        _done(session, work, "pending", now, error=result.why, not_before=now + FIRST["token"])
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
        not_delivered(session, row, "blocked", now)
    elif result.kind in {"broken", "limit"}:
        not_delivered(session, row, "limit" if result.kind == "limit" else "refused", now)
        ticks.alert(session, "message_refused", f"A {row.kind} was refused: {result.why}", now)


def _done(
    session: Session,
    work: Work,
    state: outbox.State,
    now: datetime,
    *,
    error: str | None = None,
    not_before: datetime | None = None,
    doubt: bool = False,
) -> bool:
    row = work.row
    assert row.id is not None
    assert row.claim_token is not None
    return outbox.finish(
        session, row.id, row.claim_token, state, now=now, error=error, not_before=not_before, doubt=doubt
    )
