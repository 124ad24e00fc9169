"""Give every prompt whose time is over its one final state, with the reason. Non-delivery is told from non-response."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from ema.domain.conversation import State
from ema.domain.ways import PAGE
from ema.services.compose import WAITS
from ema.services.deliver import AMBIGUOUS, doubt_stuck
from ema.services.finish import finish
from ema.services.forget import forget
from ema.services.installation import Installation
from ema.services.silence import after_missed
from ema.services.situation import Person, person
from ema.store import messages, outbox, outbox_many, prompts, sealed, ticks
from ema.store.restored import RESTORED
from ema.store.tables import Participant, Prompt
from ema.store.vault import PersonKey

BATCH = 200
NOT_SEEN = "not seen"
"""The reason of a note that waited on her page, and at which she did not look in time."""
DOWNTIME = timedelta(minutes=2)
"""An expiry tick that last succeeded longer ago says that the platform was down. Real time."""


def behind(installation: Installation, now: datetime) -> bool:
    """Expiry has not run for a while: the platform was down, and what ran out meanwhile is not closed yet.

    `now` is real time, as the heartbeats are. Taps that arrive while this holds still count.
    """
    with installation.database.reading() as session:
        last = next((tick.ok_at for tick in ticks.everything(session) if tick.name == "expire"), None)
    return last is not None and now - last > DOWNTIME


def expire(installation: Installation) -> int:
    """The expiry tick. Returns how many prompts were closed."""
    now, closed = installation.clock.now(), 0
    while True:
        with installation.database.transaction() as session:
            doubt_stuck(session, now)
            over = prompts.past(session, now, limit=BATCH)
            keys = installation.vault.persons({prompt.participant_id for prompt in over})
            before = closed
            for prompt in over:
                key = keys.get(prompt.participant_id)
                closed += _close(session, key, prompt, now)
            outbox_many.expire(session, now)
        if closed == before or len(over) < BATCH:
            return closed


def _close(session: Session, key: PersonKey | None, prompt: Prompt, now: datetime) -> bool:
    """False: it was started and may still be finished."""
    assert prompt.id is not None
    who = person(session, prompt.participant_id)
    if key is None:  # erased in this moment: the purge takes the row
        return False
    if prompt.n_items and now < prompt.expires_at + timedelta(minutes=who.protocol.finish_within_minutes):
        return False
    state, reason = final_state(prompt, who.participant)
    if prompt.n_items:
        finish(session, key, prompt, who, state=state, reason=reason, now=now)
    else:
        prompts.close(session, prompt.id, state, reason, now)
    outbox.supersede(session, prompt.participant_id, ["note", "reminder"], now=now, prompt_id=prompt.id)
    _blank(session, key, who, prompt, now)
    if state == "missed" and prompt.counts:
        after_missed(session, who, now)
    return True


def final_state(prompt: Prompt, participant: Participant) -> tuple[str, str]:
    """The state and reason of a prompt whose time is over. Pure."""
    if prompt.n_items:
        return ("partial", "left") if prompt.n_answered else ("partial", "started")
    paused_from, paused_until = participant.paused_from, participant.paused_until
    paused = paused_from is not None and paused_until is not None and paused_from < prompt.expires_at
    if prompt.state == "open":
        if paused and paused_from is not None and prompt.due_at <= paused_from:
            return "paused", "paused while it was open"
        if prompt.reason == RESTORED and prompt.first_action_at is None:
            return "unknown", RESTORED
        return "missed", "later" if prompt.first_action_at is not None else "no response"
    if prompt.delivery == "offer":
        return "missed", "offered"
    if paused and paused_until is not None and prompt.due_at < paused_until:
        return "paused", "paused"
    if participant.standing == "quiet":
        return "quiet", "quiet"
    if participant.blocked_at is not None:
        return "undelivered", "blocked"
    if prompt.reason == AMBIGUOUS:
        return "unknown", "ambiguous send"
    if prompt.reason == RESTORED:
        return "unknown", RESTORED
    if prompt.reason == WAITS:
        return "cancelled", WAITS
    return "undelivered", NOT_SEEN if participant.bot_id == PAGE else "outage"


def _blank(session: Session, key: PersonKey, who: Person, prompt: Prompt, now: datetime) -> None:
    """Closed messages show nothing any more: the newest offers a check-in, older ones go."""
    assert prompt.id is not None
    participant_id = who.participant.id
    known = [message.message_id for message in messages.of_prompt(session, participant_id, prompt.id)]
    if prompt.n_items and (shown := _shown_in(session, key, prompt.id)) is not None:
        known = [*(one for one in known if one != shown), shown]
    after = sealed.discretion_of(who.participant, key).goes_after
    stays = known[-1:] if after != 0 else []
    for message_id in known[: len(known) - len(stays)]:
        forget(session, participant_id, message_id, now)
    if after:
        messages.erase_sooner(session, participant_id, stays, now + timedelta(minutes=after))
    for message_id in stays:
        outbox.enqueue(
            session,
            participant_id=participant_id,
            kind="close",
            priority=outbox.REST,
            message_id=message_id,
            prompt_id=prompt.id,
            dedupe_key=f"close:{participant_id}:{message_id}:{prompt.id}",
            not_before=now,
            now=now,
        )


def _shown_in(session: Session, key: PersonKey, prompt_id: int) -> int | None:
    """The message that still shows a question of this prompt. Not locked, as in `finish`."""
    stored = sealed.load_state(session, key, lock=False)
    if stored is None:
        return None
    state = State.model_validate_json(stored.state)
    asks = state.place == "question" and state.run is not None and state.run.prompt == prompt_id
    return stored.anchor if asks else None
