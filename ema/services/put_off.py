"""What happens to a prompt that she does not answer now: she skips it, or puts it off."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from ema.domain.conversation import effects as fx
from ema.services import pay
from ema.services.situation import Person
from ema.store import outbox, prompts


def put_off(session: Session, who: Person, effect: fx.Decline | fx.Snooze, now: datetime) -> int | None:
    """Returns the prompt where this was its end."""
    participant_id = who.participant.id
    prompt = prompts.get(session, effect.prompt)
    if prompt is None or prompt.id is None:
        return None
    touched = {"first_action_at": prompt.first_action_at or now}
    match effect:
        case fx.Decline():
            prompts.close(session, prompt.id, "declined", None, now, first_action_at=prompt.first_action_at or now)
            pay.earn(session, who, prompt)
            outbox.supersede(session, participant_id, ["reminder", "note"], now=now, prompt_id=prompt.id)
            return prompt.id
        case fx.Snooze(at=at, until=until):
            # put off again, it may not be begun later than the first time allowed
            expires_at = prompt.expires_at if prompt.n_snoozed else max(until, prompt.expires_at)
            prompts.change(session, prompt.id, expires_at=expires_at, n_snoozed=prompt.n_snoozed + 1, **touched)
            again = f"snooze:{prompt.id}:{at:%Y%m%dT%H%M%S}"
            if at < expires_at:
                outbox.enqueue(
                    session,
                    participant_id=participant_id,
                    kind="reminder",
                    priority=outbox.REMINDER,
                    prompt_id=prompt.id,
                    dedupe_key=again,
                    not_before=at,
                    expires_at=expires_at,
                    now=now,
                )
            # a second tap within the second keeps the first one's
            outbox.supersede(session, participant_id, ["reminder"], now=now, prompt_id=prompt.id, but=again)
    return None
