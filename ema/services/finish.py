"""Close a prompt that was started, and score it. The number of answers goes with every score."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from ema.domain.protocol import Protocol
from ema.domain.scoring import compute
from ema.services.situation import questionnaires_of
from ema.store import outbox, prompts, sealed
from ema.store.tables import Prompt
from ema.store.vault import PersonKey


def finish(
    session: Session,
    key: PersonKey,
    prompt: Prompt,
    protocol: Protocol,
    *,
    state: str,
    reason: str | None,
    now: datetime,
) -> None:
    """Give the prompt its final state, once, and store its scores from the newest revisions."""
    assert prompt.id is not None
    finished_at = now if state == "completed" else None
    if not prompts.close(session, prompt.id, state, reason, now, finished_at=finished_at):
        return
    outbox.supersede(session, prompt.participant_id, ["reminder", "note"], now=now, prompt_id=prompt.id)
    answers = sealed.answers_of(session, key, [prompt.id])
    values = {
        answer.item: answer.value for answer in answers if answer.status == "answered" and answer.value is not None
    }
    for name in questionnaires_of(prompt, protocol):
        for scored in compute(protocol.questionnaires[name], values):
            sealed.put_score(
                session,
                key,
                prompt_id=prompt.id,
                name=scored.name,
                value=scored.value,
                n_items=scored.n_items,
                n_of=scored.n_of,
                imputed=scored.imputed,
                now=now,
            )
