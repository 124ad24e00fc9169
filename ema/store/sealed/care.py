"""Which care rules were carried out, and the scores that they look back at. The caller owns the transaction."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from ema.store.rows import table_of
from ema.store.tables import Care, Prompt, Score
from ema.store.vault import PersonKey

_CARE = table_of(Care)
_SCORE = table_of(Score)
_PROMPT = table_of(Prompt)


@dataclass(frozen=True)
class Done:
    """One rule, carried out."""

    prompt_id: int
    rule: str
    at: datetime


def add(
    session: Session,
    key: PersonKey,
    prompt_id: int,
    rule: str,
    now: datetime,
    *,
    within: timedelta | None = None,
    due: datetime | None = None,
) -> None:
    """A rule was carried out. With `due`, somebody on call is wanted by then, and again every `within`."""
    session.execute(
        insert(_CARE).values(
            participant_id=key.participant_id,
            prompt_id=prompt_id,
            at=now,
            rule_sealed=key.seal("care", str(prompt_id), "rule", rule.encode()),
            state="said" if due is None else "open",
            minutes=0 if within is None else int(within.total_seconds() // 60),
            due_at=due,
            raised=0,
        )
    )


def of_participant(session: Session, key: PersonKey) -> list[Done]:
    """Hers, the newest first."""
    rows = session.execute(
        select(_CARE).where(_CARE.c.participant_id == key.participant_id).order_by(_CARE.c.id.desc())
    )
    return [Done(row.prompt_id, rule_of(key, row.prompt_id, row.rule_sealed), row.at) for row in rows]


def rule_of(key: PersonKey, prompt_id: int, sealed: bytes) -> str:
    return key.open("care", str(prompt_id), "rule", sealed).decode()


def latest(session: Session, key: PersonKey, score: str, number: int) -> list[tuple[int, float]]:
    """Her last values of a score: prompt and value, the newest first. What she only tried does not count."""
    rows = session.execute(
        select(_SCORE.c.prompt_id, _SCORE.c.value_sealed)
        .join(_PROMPT, _PROMPT.c.id == _SCORE.c.prompt_id)
        .where(
            _SCORE.c.participant_id == key.participant_id,
            _SCORE.c.name == score,
            _SCORE.c.value_sealed.is_not(None),
            _PROMPT.c.kind != "practice",
        )
        .order_by(_SCORE.c.computed_at.desc(), _SCORE.c.id.desc())
        .limit(number)
    )
    return [
        (row.prompt_id, json.loads(key.open("score", f"{row.prompt_id}/{score}", "value", row.value_sealed)))
        for row in rows
    ]
