"""What she said today in check-ins that are over, for her to change. The caller owns the transaction."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from ema.domain.conversation.events import Reopened
from ema.domain.localtime import DAY, day_start, local_date_of
from ema.services.finish import from_answers
from ema.services.hours import preferences
from ema.services.situation import Person, protocol_of
from ema.store import prompts, sealed
from ema.store.tables import Prompt
from ema.store.vault import PersonKey

OVER = frozenset({"completed", "partial"})
"""Final states of a prompt in which she has said something."""


def over_today(
    session: Session, who: Person, now: datetime, since: datetime | None = None
) -> tuple[tuple[int, datetime], ...]:
    """The check-ins of her study day that she began and that are over, with when she began each; none begun before
    `since`.
    """
    if who.enrolment is None or who.enrolment.id is None:
        return ()
    hers = prompts.of_enrolment(session, who.enrolment.id)
    began = sorted(
        (one.first_action_at or one.due_at, one.id) for one in hers if one.id and _of_today(one, who, now, since)
    )
    return tuple((prompt_id, at) for at, prompt_id in began)


def reopen(  # noqa: PLR0917
    session: Session, key: PersonKey, who: Person, prompt: Prompt | None, now: datetime, since: datetime | None = None
) -> Reopened | None:
    """The check-in with all that she has said in it so far. None: it is not hers, not over, not of today, or begun
    before `since`.
    """
    if prompt is None or prompt.id is None or prompt.participant_id != who.participant.id:
        return None
    if not _of_today(prompt, who, now, since):
        return None
    course = sealed.courses_of(session, key, [prompt.id])[prompt.id]
    said = sealed.newest(sealed.all_revisions(session, key, [prompt.id]))
    run = from_answers(prompt, protocol_of(session, who, prompt), course, said)
    ends = day_start(prompt.local_date + DAY, preferences(who.participant))
    return Reopened(run.model_copy(update={"at": 0, "shown_at": now, "edit_until": ends}))


def _of_today(prompt: Prompt, who: Person, now: datetime, since: datetime | None) -> bool:
    if since is not None and (prompt.first_action_at is None or prompt.first_action_at <= since):
        return False
    today = local_date_of(now, preferences(who.participant))
    return prompt.state in OVER and prompt.n_items > 0 and prompt.local_date == today
