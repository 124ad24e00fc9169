"""Carry out a study's care rules, in the transaction of the answer or check-in that they look at."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlmodel import Session

from ema.domain.care import Call
from ema.domain.conversation.effects import Record
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


def disclosed(
    session: Session, key: PersonKey, who: Person, prompt: Prompt, records: Iterable[Record], *, now: datetime
) -> Call | None:
    """Whether these answers disclose a risk. Whoever is on call is called, once for each check-in and rule."""
    protocol = protocol_of(session, who, prompt)
    rules = protocol.care
    if rules is None or not rules.risk_items:
        return None
    assert prompt.id is not None
    numbers = {}
    for record in records:
        items = {item.id: item for item in protocol.questionnaires[record.questionnaire].items}
        number = items[record.item].number(record.value) if record.value is not None else None
        if number is not None:
            numbers[record.item] = number
    met = rules.disclosed(numbers)
    if not met:
        return None
    call, within = rules.call(now, protocol.timezone), timedelta(minutes=rules.answer_within_minutes)
    before = {one.rule for one in care.of_participant(session, key) if one.prompt_id == prompt.id}
    for name in met:
        if name not in before:
            care.add(session, key, prompt.id, name, now, within=within, due=call.due)
    return call
