"""Look up what the dialogue may know about one participant right now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from ema.domain.conversation import PromptFacts, Situation
from ema.domain.conversation.state import Worker
from ema.domain.days_off import is_off
from ema.domain.discretion import NO_CHOICE
from ema.domain.errors import EmaError
from ema.domain.localised import Localised
from ema.domain.localtime import local, local_date_of
from ema.domain.protocol import Protocol
from ema.domain.schedules.base import Day
from ema.domain.schedules.event import Event
from ema.domain.wishes import NO_WISH
from ema.services.hours import preferences
from ema.store import participants, prompts, sealed, studies, workers
from ema.store.tables import Enrolment, Participant, Prompt
from ema.store.vault import PersonKey
from ema.texts.plain_words import plain_words

UNSCHEDULED = "unscheduled"
"""Stands for a schedule where the study has no event schedule of its own."""


@dataclass(frozen=True)
class Person:
    """One participant with her study, as her own transaction found them. `enrolment` is None until she has joined."""

    participant: Participant
    enrolment: Enrolment | None
    study_id: str
    protocol: Protocol
    piloting: bool
    seed: str = ""
    """Of her enrolment: every random time and order follows from it."""


class NotInvited(EmaError):
    """The participant neither joined a study nor holds an invitation to one."""

    status = 409


def person(session: Session, participant_id: str, *, lock: bool = False) -> Person:
    """Everything about one participant. Raises NoSuchParticipant, NotInvited. `lock` as in `participants.get`."""
    if lock:
        participants.get(session, participant_id, lock=True)
    placed = studies.placed(session, participant_id)
    if placed is not None:
        return _joined(placed)
    participant = participants.get(session, participant_id)
    joining = studies.joining_study(session, participant_id)
    if joining is None:
        raise NotInvited(NotInvited.__doc__)
    piloting = studies.get(session, joining).state == "piloting"
    return Person(participant, None, joining, studies.protocol(session, joining), piloting)


def persons(session: Session, participant_ids: Collection[str]) -> dict[str, Person]:
    """The same for many, who are read together as far as they have joined."""
    joined = studies.placed_all(session, participant_ids)
    return {each: _joined(joined[each]) if each in joined else person(session, each) for each in participant_ids}


def _joined(placed: studies.Placed) -> Person:
    study_id, piloting = placed.enrolment.study_id, placed.study_state == "piloting"
    seed = enrolment_seed(placed.study_seed, placed.enrolment.id)
    return Person(placed.participant, placed.enrolment, study_id, placed.protocol, piloting, seed)


def enrolment_seed(study_seed: str, enrolment_id: int | None) -> str:
    return f"{study_seed}:{enrolment_id}"


def situation(
    session: Session,
    who: Person,
    now: datetime,
    about: int | Prompt | None = None,
    *,
    late: bool = False,
    waiting: Sequence[Prompt] | None = None,
    key: PersonKey | None = None,
) -> Situation:
    """What is so right now. `about` is the prompt that an event names, `waiting` what was read with other people's.
    `key` opens what she chose about her phone.
    """
    participant = who.participant
    if waiting is None:
        waiting = prompts.waiting(session, [participant.id], now)[participant.id]
    named = prompts.get(session, about) if isinstance(about, int) else about
    if named is not None and named.participant_id != participant.id:  # another person's is as good as none
        named = None
    return Situation(
        now=now,
        protocol=who.protocol,
        standing=participant.standing,  # type: ignore[arg-type]  # a CHECK holds it to the known ones
        language=participant.language,
        preferences=preferences(participant),
        preset=participant.hours_preset,
        reminders=participant.reminders,
        discretion=sealed.discretion_of(participant, key) if key is not None else NO_CHOICE,
        way=participant.contact_preference,  # type: ignore[arg-type]  # only what `Way` names is ever stored
        wishes=sealed.wishes_of(participant, key) if key is not None else NO_WISH,
        worker=_worker(session, participant, now),
        paused_until=participant.paused_until,
        piloting=who.piloting,
        waiting=_waiting(session, who, waiting),
        prompt=facts(named, protocol_of(session, who, named)) if named else None,
        older=_older(session, who),
        events=_events(session, who, now),
        first_date=who.enrolment.first_date if who.enrolment else None,
        arm=who.enrolment.arm if who.enrolment else None,
        completed=who.enrolment is not None and who.enrolment.end_reason == "completed",
        plain_words=plain_words(participant.language),
        late=late,
    )


def _worker(session: Session, participant: Participant, now: datetime) -> Worker | None:
    """Who is there for her, and whether that one is off on the date that it is where she is."""
    staff_id = participant.worker_id
    name = workers.name_of(session, staff_id)
    if staff_id is None or name is None:
        return None
    days = workers.days_off(session, [staff_id]).get(staff_id, frozenset())
    return Worker(staff_id, name, is_off(days, local(now, participant.timezone).date()))


def _waiting(session: Session, who: Person, waiting: Sequence[Prompt]) -> tuple[PromptFacts, ...]:
    """What she could start now, newest first, offers last. A note that was not sent yet is not waiting."""
    return tuple(
        facts(prompt, protocol_of(session, who, prompt))
        for prompt in waiting
        if prompt.state == "open" or prompt.delivery == "offer"
    )


def day_of(who: Person, study_day: int, local_date: date) -> Day:
    """One study day of hers, as schedules see it."""
    assert who.enrolment is not None
    own = preferences(who.participant)
    return Day(study_day, local_date, own, who.protocol.timeline(who.enrolment.arm), who.seed, own.closed())


def today(who: Person, now: datetime) -> Day:
    """The study day of hers in which `now` lies."""
    assert who.enrolment is not None
    local_date = local_date_of(now, preferences(who.participant))
    return day_of(who, (local_date - who.enrolment.first_date).days + 1, local_date)


def _events(session: Session, who: Person, now: datetime) -> tuple[tuple[str, Localised | None], ...] | None:
    """Which of the study's event schedules she may start one of now."""
    if who.enrolment is None or who.enrolment.id is None:
        return None
    own = [each for each in who.protocol.schedules_of(who.enrolment.arm) if isinstance(each, Event)]
    if not own:
        return None
    day = today(who, now)
    counts = prompts.count_on_day(session, who.enrolment.id, day.number)
    return tuple((each.id, each.label) for each in own if each.begin(now, day, counts.get(each.id, 0)) is not None)


def protocol_of(session: Session, who: Person, prompt: Prompt) -> Protocol:
    """The version of the study under which this prompt was planned."""
    if who.enrolment is None or prompt.protocol_version == who.enrolment.protocol_version:
        return who.protocol
    return studies.protocol(session, who.study_id, prompt.protocol_version)


def _older(session: Session, who: Person) -> dict[int, Protocol]:
    """The versions that she was moved on from; for most people there are none."""
    if who.enrolment is None or who.enrolment.moved_at is None:
        return {}
    versions = range(who.enrolment.joined_version, who.enrolment.protocol_version)
    known = set(studies.versions(session, who.study_id)).intersection(versions)
    return {version: studies.protocol(session, who.study_id, version) for version in sorted(known)}


def facts(prompt: Prompt, protocol: Protocol) -> PromptFacts:
    """A prompt as the dialogue may know it."""
    assert prompt.id is not None
    return PromptFacts(
        id=prompt.id,
        kind=prompt.kind,
        schedule=prompt.schedule,
        state=prompt.state,
        questionnaires=questionnaires_of(prompt, protocol),
        expires_at=prompt.expires_at,
        delivery=prompt.delivery,
        version=prompt.protocol_version,
        local_date=prompt.local_date,
    )


def questionnaires_of(prompt: Prompt, protocol: Protocol) -> tuple[str, ...]:
    """The questionnaires that this prompt asks."""
    if prompt.kind == "practice":
        return protocol.practice
    if prompt.kind == "unscheduled" and prompt.schedule == UNSCHEDULED:
        return protocol.unscheduled
    return protocol.schedule(prompt.schedule).questionnaires
