"""A small study with a past: people of the bundled study, each with prompts, answers and scores, written by the store."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from ema.clock import VirtualClock
from ema.config import Settings
from ema.domain.planning import plan
from ema.domain.scoring import compute
from ema.domain.studyfile import load_study
from ema.services import signin, staff
from ema.services.hours import stored_hours
from ema.services.installation import Installation
from ema.store import contacts, participants, prompts, sealed, studies

STUDY_FILE = Path(__file__).parents[2] / "questionnaires" / "studies" / "twice_daily.yaml"
NOW = datetime(2026, 3, 30, 12, 7, tzinfo=UTC)
"""The day after the British clocks went forward."""


def load():
    return load_study(STUDY_FILE)


def installation(database, vault, url="http://testserver"):
    return Installation(database, vault, VirtualClock(NOW), Settings(public_url=url))


@dataclass
class Someone:
    """What to make of one participant."""

    id: str
    days_in: int = 20
    """Study days behind her."""
    answers: float = 0.6
    """The share of prompts that she answers."""
    seed: int = 1
    slope: float = 0.0
    simulated: bool = False
    test: bool = True
    about: dict = field(default_factory=dict)
    """Columns of `Participant` that differ from the usual."""


def study(here, protocol=None):
    protocol = protocol or load()
    with here.database.transaction() as session:
        studies.store(session, protocol, seed="seed", now=NOW - timedelta(days=60))
    return protocol


def join(here, protocol, who):
    """Enrol her, and let her past days have happened."""
    rng = Random(f"{who.id}/{who.seed}")
    now = here.clock.now()
    joined = now - timedelta(days=who.days_in)
    preferences = protocol.preferences("late", "Europe/London")
    first_date = joined.date() + timedelta(days=1)
    key = here.vault.enrol(who.id, "telegram", 7, f"address of {who.id}", joined)
    about = {
        "id": who.id,
        "standing": "active",
        "bot_id": 7,
        "language": "en",
        **stored_hours(preferences),
        "hours_preset": "late",
        "simulated": who.simulated,
        "last_heard_at": now - timedelta(hours=15),
        "created_at": joined,
    }
    with here.database.transaction() as session:
        participants.add(session, **(about | who.about))
        sealed.set_address(session, key, f"address of {who.id}")
        enrolment = participants.add_enrolment(
            session,
            participant_id=who.id,
            study_id=protocol.id,
            protocol_version=protocol.version,
            test=who.test,
            joined_at=joined,
            first_date=first_date,
        )
        slots = plan(protocol, who.id, first_date, preferences, range(1, 37), joined_at=joined)
        names = [name for schedule in protocol.schedules if schedule.counts for name in schedule.slot_names()]
        for slot in slots:
            if slot.due_at > now + timedelta(days=2):
                continue
            schedule = protocol.schedule(slot.schedule)
            position = (slot.study_day - 1) * len(names) + names.index(slot.slot) + 1 if schedule.counts else None
            _happen(session, key, protocol, enrolment, slot, schedule, position, who, rng, now)
    return who.id


def _happen(session, key, protocol, enrolment, slot, schedule, position, who, rng, now):
    values = {name: value for name, value in slot._asdict().items() if name != "barred"}
    row = prompts.add(
        session,
        now=enrolment.joined_at,
        enrolment_id=enrolment.id,
        participant_id=who.id,
        kind="scheduled" if schedule.counts else "once",
        delivery=schedule.delivery,
        counts=schedule.counts,
        position=position,
        timezone="Europe/London",
        protocol_version=protocol.version,
        **values,
    )
    if slot.expires_at > now:
        return
    if rng.random() >= who.answers:
        state, reason = rng.choice([("missed", "no response"), ("missed", "no response"), ("undelivered", "outage")])
        prompts.close(
            session, row.id, state, reason, slot.expires_at, sent_at=slot.due_at if state == "missed" else None
        )
        return
    answer(session, key, protocol, row, rng, slope=who.slope, partial=rng.random() < 0.15)


def answer(session, key, protocol, row, rng, *, slope=0.0, partial=False):
    """Answer a prompt's items, score them and close it."""
    names = protocol.schedule(row.schedule).questionnaires
    at = row.due_at + timedelta(minutes=rng.randint(1, 90))
    items = [(name, item) for name in names for item in protocol.questionnaires[name].items if item.answers_expected]
    shown = items[: len(items) // 2 + 1] if partial else items
    given, outcomes, seen = {}, {}, {}
    for place, (name, item) in enumerate(shown, start=1):
        options = [option.value for line in item.ask().rows for option in line]
        status = "skipped" if rng.random() < 0.05 else "answered"
        wanted = len(options) / 2 + slope * row.study_day + rng.gauss(0, 1)
        value = item.parse(options[max(0, min(len(options) - 1, round(wanted)))]) if status == "answered" else None
        sealed.add_answer(
            session,
            key,
            prompt_id=row.id,
            questionnaire=name,
            item=item.id,
            revision=1,
            status=status,
            value=value,
            language="en",
            place=place,
            shown_at=at + timedelta(seconds=4 * place),
            answered_at=at + timedelta(seconds=4 * place + 3),
        )
        outcomes[item.id] = status
        seen[item.id] = at + timedelta(seconds=4 * place)
        if value is not None:
            given[item.id] = value
    order = tuple(item.id for _, item in items)
    course = sealed.OpenCourse(order, {}, seen, dict.fromkeys(order, "not_reached") | outcomes)
    prompts.change(session, row.id, course_sealed=sealed.sealed_course(key, row.id, course))
    for name in names:
        for score in compute(protocol.questionnaires[name], given):
            if score.n_items:
                sealed.put_score(
                    session,
                    key,
                    prompt_id=row.id,
                    name=score.name,
                    value=score.value,
                    n_items=score.n_items,
                    n_of=score.n_of,
                    imputed=score.imputed,
                    now=at,
                )
    finished = at + timedelta(seconds=4 * len(shown) + 3)
    prompts.close(
        session,
        row.id,
        "partial" if partial else "completed",
        None,
        finished,
        sent_at=row.due_at + timedelta(seconds=2),
        first_action_at=at,
        finished_at=finished,
        n_items=len(items),
        n_shown=len(shown),
        n_answered=len(given),
    )


def crowd(here, n=8, *, simulated=False, asked=True):
    """A study with `n` people in different states."""
    protocol = study(here)
    now = here.clock.now()
    kinds = [
        Someone("P-anise", answers=0.9, slope=0.06),
        Someone("P-basil", answers=0.8),
        Someone("P-cumin", answers=0.2, about={"last_heard_at": now - timedelta(hours=100)}),
        Someone(
            "P-dill",
            answers=0.7,
            about={"paused_from": now - timedelta(days=1), "paused_until": now + timedelta(days=3)},
        ),
        Someone("P-fennel", answers=0.0, about={"standing": "quiet", "last_heard_at": now - timedelta(days=15)}),
        Someone("P-ginger", answers=0.5, about={"blocked_at": now - timedelta(days=2)}),
        Someone("P-lovage", answers=0.75, slope=-0.05, days_in=32),
        Someone("P-mint", days_in=3),
    ]
    extra = [
        Someone(f"P-x{i:02}", answers=0.3 + (i % 7) / 10, seed=i, days_in=10 + i % 20)
        for i in range(max(0, n - len(kinds)))
    ]
    for who in (kinds + extra)[:n]:
        who.simulated = simulated
        join(here, protocol, who)
    if not asked:
        return protocol
    with here.database.transaction() as session:
        contacts.ask(session, "P-basil", origin="asked", now=now - timedelta(hours=5))
    return protocol


def link(here, role, name=None):
    """A sign-in token of a new staff member."""
    return signin.issue_link(here, staff.add(here, name or f"{role} one", role))
