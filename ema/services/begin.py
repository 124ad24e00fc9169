"""Begin a check-in: draw its items and put them in order, and look up what their conditions and words ask to know."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session

from ema.domain.conversation.events import Begun
from ema.domain.flow import Seed, course_for, needed, order
from ema.domain.items.base import Value
from ema.services.situation import Person, facts, protocol_of
from ema.store import prompts, sealed
from ema.store.sealed import OpenCourse
from ema.store.tables import Prompt
from ema.store.vault import PersonKey


def begin(  # noqa: PLR0917
    session: Session, key: PersonKey, who: Person, prompt: Prompt, now: datetime, since: datetime | None = None
) -> Begun:
    """Open the prompt and settle its course. Of what she gave before `since` nothing is known."""
    assert prompt.id is not None
    protocol = protocol_of(session, who, prompt)
    about = facts(prompt, protocol)
    forms = [protocol.questionnaires[name] for name in about.questionnaires]
    items = order(forms, Seed.of(protocol, who.seed, prompt.schedule, prompt.slot_key))
    asked = {item.id for form in forms for item in form.items if item.answers_expected}
    known = _background(session, key, who, prompt, needed(course_for(protocol, about.questionnaires)), since)
    first = prompt.first_action_at or now
    n_items = sum(name in asked for name in items)
    course = sealed.sealed_course(key, prompt.id, OpenCourse(items, known, language=who.participant.language))
    prompts.change(
        session, prompt.id, state="open", n_items=n_items, n_shown=1, first_action_at=first, course_sealed=course
    )
    return Begun(replace(about, state="open"), items, known)


def _background(  # noqa: PLR0917
    session: Session, key: PersonKey, who: Person, prompt: Prompt, names: frozenset[str], since: datetime | None
) -> dict[str, Value]:
    """What is known of these names. What is not known is left out."""
    known: dict[str, Value] = {
        "study_day": prompt.study_day,
        "slot": prompt.slot,
        "weekday": prompt.local_date.isoweekday(),
        "today": prompt.local_date.isoformat(),
    }
    phase = protocol_of(session, who, prompt).phase_on(prompt.study_day, who.enrolment.arm if who.enrolment else None)
    if phase is not None:
        known["phase"] = phase
    if any("." in name for name in names):
        known |= _earlier(session, key, who, prompt, since)
    return {name: value for name, value in known.items() if name in names}


def _earlier(session: Session, key: PersonKey, who: Person, prompt: Prompt, since: datetime | None) -> dict[str, Value]:
    """`last.…`, `yesterday.…` and `fact.…`: the newest answers and scores of her other prompts, the oldest first.

    Only answers that counted when their check-in was closed. A fact may also come from one that is still open.
    """
    assert who.enrolment is not None
    assert who.enrolment.id is not None
    yesterday = prompt.local_date - timedelta(days=1)
    others = [one for one in prompts.of_enrolment(session, who.enrolment.id) if one.n_items and one.id != prompt.id]
    if since is not None:
        others = [one for one in others if one.first_action_at is not None and one.first_action_at > since]
    ids = [one.id for one in others if one.id is not None]
    courses = sealed.courses_of(session, key, ids)
    answers, scores = sealed.answers_of(session, key, ids), sealed.scores_of(session, key, ids)
    known: dict[str, Value] = {}
    for one in sorted(others, key=lambda other: other.first_action_at or other.due_at):
        spaces = ["last"] + (["yesterday"] if one.local_date == yesterday else [])
        outcomes = courses[one.id].outcomes if one.id in courses else {}
        for answer in answers:
            if answer.prompt_id != one.id or answer.status != "answered" or answer.value is None:
                continue
            known[f"fact.{answer.item}"] = answer.value
            if outcomes.get(answer.item) == "answered":
                known |= {f"{space}.{answer.item}": answer.value for space in spaces}
        for score in scores:
            if score.prompt_id == one.id and score.value is not None:
                known |= {f"{space}.{score.name}": score.value for space in spaces}
    return known
