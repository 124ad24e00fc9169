"""What one person has, looked up by her id alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ema.store.rows import many, table_of
from ema.store.tables import Prompt, Score

_PROMPT = table_of(Prompt)
_SCORE = table_of(Score)


def prompts(session: Session, participant_id: str, since: datetime | None = None) -> list[Prompt]:
    """All of hers, or those that she began after `since`, in the order in which they are due."""
    statement = select(_PROMPT).where(_PROMPT.c.participant_id == participant_id)
    if since is not None:
        statement = statement.where(_PROMPT.c.first_action_at > since)
    return many(session, Prompt, statement.order_by(_PROMPT.c.due_at, _PROMPT.c.id))


def scored(
    session: Session, participant_id: str, names: Sequence[str], since: datetime | None = None
) -> dict[str, int]:
    """How many of her prompts have a value of these scores, by score; practice does not count. With `since`, of those
    that she began after it.
    """
    statement = (
        select(_SCORE.c.name, func.count().label("number"))
        .join(_PROMPT, _PROMPT.c.id == _SCORE.c.prompt_id)
        .where(
            _SCORE.c.participant_id == participant_id,
            _SCORE.c.name.in_(names),
            _SCORE.c.value_sealed.is_not(None),
            _PROMPT.c.kind != "practice",
        )
        .group_by(_SCORE.c.name)
    )
    if since is not None:
        statement = statement.where(_PROMPT.c.first_action_at > since)
    return {row.name: row.number for row in session.execute(statement)}
