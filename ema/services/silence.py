"""Long silence: one kind note, an offer of other times, then quiet with a weekly hello. Never a withdrawal."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from ema.domain.localtime import DAY, MINUTE, free_minutes, local_date_of, study_day_at, window_span
from ema.domain.schedules.base import Preferences
from ema.services.hours import preferences
from ema.services.installation import Installation
from ema.services.situation import Person, person
from ema.store import outbox, participants, prompts
from ema.store.tables import Enrolment

BATCH = 100
"""People in one transaction: who wants to write meanwhile waits for it."""


def after_missed(session: Session, who: Person, now: datetime) -> None:
    """One more was missed: after so many in a row, one kind note, once in each silence."""
    rule, enrolment = who.protocol.silence, who.enrolment
    if enrolment is None or enrolment.id is None:
        return
    last = prompts.last_final(session, enrolment.id, rule.note_after_missed)
    silent_since = since(who)
    missed = [prompt for prompt in last if prompt.state == "missed" and prompt.due_at >= silent_since]
    if len(missed) == rule.note_after_missed:
        _say(session, who, "missed_some", silent_since, now)


def watch_silence(installation: Installation) -> int:
    """The silence tick: days without a word lead to an offer, then to quiet. Returns how many became quiet.

    It reads only those for whom the time has come: each enrolment says when to look next. That somebody was heard does
    not move this time, so that a tap costs nothing; she is looked at once for nothing, and then a week later.
    """
    now, quiet = installation.clock.now(), 0
    while True:
        with installation.database.transaction() as session:
            due = participants.to_watch(session, now, BATCH)
            quiet += sum(_watch(session, person(session, name), now) for name in sorted(due))
        if len(due) < BATCH:
            return quiet


def _watch(session: Session, who: Person, now: datetime) -> bool:
    """True: she became quiet. Notes when to look at her next, which is always later than now."""
    name, rule = who.participant.id, who.protocol.silence
    offer, rest = timedelta(days=rule.offer_after_days), timedelta(days=rule.quiet_after_days)
    next_at, became = now + DAY, False
    if who.participant.standing == "quiet":
        next_at = _hello(session, who, now) or next_at
    elif who.participant.standing == "active" and who.enrolment is not None:
        counted_from = since(who) + _at_rest(who, who.enrolment, now)
        if now >= counted_from + rest:
            became = participants.fall_quiet(session, name, now, silent_since=since(who))
            if became:
                outbox.supersede(session, name, ["reminder"], now=now)
        elif now >= counted_from + offer:
            _say(session, who, "other_times", since(who), now)
            next_at = counted_from + rest
        else:
            next_at = counted_from + min(offer, rest)
    participants.watch_next(session, name, next_at)
    return became


def _hello(session: Session, who: Person, now: datetime) -> datetime | None:
    """When the next one is to be said."""
    quiet_at, every = who.participant.quiet_at, timedelta(days=who.protocol.silence.hello_every_days)
    if quiet_at is None:
        return None
    latest = quiet_at + (now - quiet_at) // every * every
    if latest > quiet_at and who.participant.hellos:
        _say(session, who, "hello", latest, now)
    return latest + every


def since(who: Person) -> datetime:
    """When her phone was last heard, or her pause ended, whichever is later."""
    heard = who.participant.last_heard_at or who.participant.created_at
    paused = who.participant.paused_until
    return max(heard, paused) if paused is not None else heard


def _at_rest(who: Person, enrolment: Enrolment, now: datetime) -> timedelta:
    """How long nothing was asked of her since then: a rest between bursts is no silence of hers."""
    hers = preferences(who.participant)
    first, today = (study_day_at(at, enrolment.first_date, hers) for at in (since(who), now))
    return DAY * sum(not who.protocol.asks_on(day, enrolment.arm) for day in range(first, today + 1))


def _say(session: Session, who: Person, words: str, occasion: datetime, now: datetime) -> None:
    """Once for each occasion, and only in hours that she chose: when her next window opens."""
    at = next_window(now, preferences(who.participant))
    if at is None:
        return
    outbox.enqueue(
        session,
        participant_id=who.participant.id,
        kind="words",
        priority=outbox.REST,
        words=words,
        dedupe_key=f"{words}:{who.participant.id}:{occasion:%Y%m%dT%H%M%S}",
        not_before=at,
        expires_at=at + timedelta(days=2),
        silent=True,
        now=now,
    )


def next_window(now: datetime, hers: Preferences) -> datetime | None:
    """When the next of her windows opens, after its quiet hours; None where all of a week lies in them. Pure."""
    today, closed = local_date_of(now, hers), hers.closed()
    days = [today + timedelta(days=ahead) for ahead in range(8)]
    spans = [window_span(window, day, hers) for day in days for window in hers.windows_on(day).values()]
    free = [(start, free_minutes(start, end, hers.timezone, closed)) for start, end in spans if start >= now]
    return min((start + runs[0][0] * MINUTE for start, runs in free if runs), default=None)
