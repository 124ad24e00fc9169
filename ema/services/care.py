"""Carry out a study's care rules, in the transaction of the answer or check-in that they look at."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from ema.services.situation import Person, protocol_of
from ema.store.sealed import care
from ema.store.tables import Prompt
from ema.store.vault import PersonKey


def gentle(session: Session, key: PersonKey, who: Person, prompt: Prompt, now: datetime) -> bool:
    """Whether gentle words follow this check-in, which has just ended. That they did is kept, sealed."""
    rules = protocol_of(session, who, prompt).care
    if rules is None or not rules.low_scores or prompt.kind == "practice":
        return False
    assert prompt.id is not None
    scores = {}
    for rule in rules.low_scores:
        found = care.latest(session, key, rule.score, rule.check_ins)
        if found and found[0][0] == prompt.id:
            scores[rule.score] = [value for _, value in found]
    last = next((one.at for one in care.of_participant(session, key) if one.rule.startswith("low_scores.")), None)
    follow = rules.gentle(scores, last, now)
    for name in follow:
        care.add(session, key, prompt.id, name, now)
    return bool(follow)
