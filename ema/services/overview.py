"""What a researcher sees of a study: enrolment, who takes part, and one participant's prompts. Pseudonyms only."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ema.domain.localtime import study_day_at
from ema.domain.protocol import Protocol
from ema.services import frames
from ema.services.engagement import ANSWERED, NOT_ASKED, State, state_of
from ema.services.hours import preferences
from ema.services.installation import Installation
from ema.services.signin import Signed
from ema.store import audit, views
from ema.store import studies as stored
from ema.store.participants import NoSuchParticipant

PENDING: Final = frozenset({"planned", "open"})


@dataclass(frozen=True)
class Study:
    """A study as the pages name it."""

    id: str
    title: str
    state: str
    version: int
    days: int
    scores: tuple[str, ...]
    primary: str
    minimum: int
    labels: dict[str, str]
    """Score name → its label."""
    directions: dict[str, str]
    ranges: dict[str, tuple[float, float]]
    simulated: bool


@dataclass(frozen=True)
class Funnel:
    """From invitation to leaving. `joined` is who has joined and was not erased; the states after it add up to it."""

    invited: int
    joining: int
    joined: int
    active: int
    paused: int
    quiet: int
    undeliverable: int
    finished: int
    stopped: int
    erased: int


@dataclass(frozen=True)
class Member:
    """One row of the list of participants."""

    participant: str
    state: State
    study_day: int
    """How far she is; 0 before day 1."""
    answered: int
    asked: int
    paused: int
    undelivered: int
    test: bool
    simulated: bool


@dataclass(frozen=True)
class Day:
    """One study day of one participant: the state of each slot."""

    study_day: int
    slots: tuple[str | None, ...]


@dataclass(frozen=True)
class OneMember:
    """One participant's page: her prompts by day, and what was outside the counted ones. No answers."""

    member: Member
    slots: tuple[str, ...]
    days: tuple[Day, ...]
    others: tuple[tuple[str, int, str], ...]
    """What, study day, state."""
    states: dict[str, int]


def studies(here: Installation) -> list[Study]:
    with here.database.reading() as session:
        return [
            _study(row, stored.protocol(session, row.id), views.people(session, row.id))
            for row in stored.everything(session)
        ]


def study(here: Installation, study_id: str) -> Study:
    with here.database.reading() as session:
        row = stored.get(session, study_id)
        return _study(row, stored.protocol(session, study_id), views.people(session, study_id))


def funnel(here: Installation, study_id: str) -> Funnel:
    now = here.clock.now()
    with here.database.reading() as session:
        invitations = views.invitations(session, study_id)
        people = views.people(session, study_id)
        days = frames.study_days(session)
    states = Counter(state_of(row, days[study_id, row.protocol_version], now) for row in people)
    return Funnel(
        invited=invitations.invited,
        joining=invitations.joining,
        joined=len(people),
        active=states["active"] + states["silent"],
        paused=states["paused"],
        quiet=states["quiet"],
        undeliverable=states["undeliverable"],
        finished=states["finished"],
        stopped=states["stopped"],
        erased=invitations.erased,
    )


def members(here: Installation, study_id: str, me: Signed) -> list[Member]:
    """Everybody who takes part, by pseudonym. Reading it is noted in the audit."""
    now = here.clock.now()
    with here.database.reading() as session:
        stored.get(session, study_id)
        people = views.people(session, study_id)
        days = frames.study_days(session)
        counts = _counts(session, study_id)
    saw(here, me, "the participants", f"study:{study_id}")
    return [
        _member(row, counts[row.id], days[study_id, row.protocol_version], now)
        for row in sorted(people, key=lambda row: str(row.id))
    ]


def member(here: Installation, study_id: str, participant: str, me: Signed) -> OneMember:
    """One participant. Reading her is noted in the audit."""
    now = here.clock.now()
    with here.database.reading() as session:
        stored.get(session, study_id)
        row = views.person(session, study_id, participant)
        if row is None:
            raise NoSuchParticipant("There is no such participant. What belonged to her may have been erased.")
        protocol = stored.protocol(session, study_id, row.protocol_version)
        prompts = views.prompts(session, study_id, participant)
        counts = _counts(session, study_id)[participant]
    saw(here, me, "a participant", f"participant:{participant}")
    slots = tuple(name for schedule in protocol.schedules if schedule.counts for name in schedule.slot_names())
    by_day: dict[int, dict[str, str]] = defaultdict(dict)
    for prompt in prompts:
        if prompt.counts and prompt.kind == "scheduled":
            by_day[prompt.study_day][prompt.slot] = prompt.state
    return OneMember(
        member=_member(row, counts, protocol.days, now),
        slots=slots,
        days=tuple(Day(day, tuple(states.get(slot) for slot in slots)) for day, states in sorted(by_day.items())),
        others=tuple(
            (prompt.schedule, prompt.study_day, prompt.state) for prompt in prompts if prompt.kind != "scheduled"
        ),
        states=dict(counts),
    )


def saw(here: Installation, me: Signed, what: str, subject: str) -> None:
    """Note in the audit that somebody read something about participants."""
    with here.database.transaction() as session:
        audit.append(session, here.clock.now(), me.actor, f"saw {what}", subject)


def _counts(session: Any, study_id: str) -> defaultdict[str, Counter[str]]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in views.prompt_counts(session, study_id):
        counts[row.participant_id][row.state] = row.n
    return counts


def _member(row: Any, counts: Counter[str], days: int, now: datetime) -> Member:
    return Member(
        participant=row.id,
        state=state_of(row, days, now),
        study_day=max(0, min(study_day_at(now, row.first_date, preferences(row)), days)),
        answered=sum(n for state, n in counts.items() if state in ANSWERED),
        asked=sum(n for state, n in counts.items() if state not in NOT_ASKED),
        paused=counts["paused"],
        undelivered=counts["undelivered"],
        test=row.test,
        simulated=row.simulated,
    )


def _study(row: Any, protocol: Protocol, people: Any) -> Study:
    scores = {score.name: score for one in protocol.questionnaires.values() for score in one.scores}
    followed = [scores[name] for name in protocol.trend.scores]
    return Study(
        id=row.id,
        title=row.title,
        state=row.state,
        version=protocol.version,
        days=protocol.days,
        scores=protocol.trend.scores,
        primary=protocol.trend.primary,
        minimum=protocol.trend.minimum_answered,
        labels={score.name: score.label for score in followed},
        directions={score.name: score.direction for score in followed},
        ranges={score.name: score.range for score in followed},
        simulated=any(person.simulated for person in people),
    )
