"""What one person has, looked up by her id alone."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ema.store.rows import many, table_of
from ema.store.tables import Prompt, Score

_PROMPT = table_of(Prompt)
_SCORE = table_of(Score)


def prompts(session: Session, participant_id: str) -> list[Prompt]:
    """All of hers, in the order in which they are due."""
    statement = select(_PROMPT).where(_PROMPT.c.participant_id == participant_id)
    return many(session, Prompt, statement.order_by(_PROMPT.c.due_at, _PROMPT.c.id))


def scored(session: Session, participant_id: str, names: Sequence[str]) -> dict[str, int]:
    """How many of her prompts have a value of these scores, by score; practice does not count."""
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
    return {row.name: row.number for row in session.execute(statement)}
