"""Who to check on and why: the peer worker's list. It knows engagement, and has no way to an answer or a score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from ema.domain.days_off import is_off
from ema.domain.localtime import local, local_date_of, study_day_at
from ema.domain.schedules.base import Preferences
from ema.domain.ways import PAGE
from ema.domain.wishes import NO_WISH, Wishes
from ema.services.frames import study_days
from ema.services.hours import preferences
from ema.services.installation import Installation
from ema.services.signin import Signed
from ema.store import audit, calls, prompts, sealed, views, workers

State = Literal["active", "silent", "quiet", "paused", "undeliverable", "finished", "stopped", "joining"]
Whose = Literal["yours", "nobody", "a colleague"]
Last = Literal["today", "this week", "longer", "never"]

SILENT_AFTER: Final = timedelta(hours=72)
TODAY: Final = "Please get in touch today"
"""Somebody on call is wanted. Why, is not the peer worker's to know."""
RECENT: Final = timedelta(days=7)
ONE_CHASE_EACH: Final = timedelta(hours=48)
ANSWERED: Final = frozenset({"completed", "partial"})
NOT_ASKED: Final = frozenset({"planned", "open", "paused", "quiet", "cancelled", "undelivered"})
"""States in which nothing was asked of her: outside the last week's count."""


@dataclass(frozen=True)
class Engagement:
    """One participant as a peer worker sees her. Days, never clock times."""

    participant: str
    state: State
    last_contact: Last
    answered: int
    asked: int
    """Counted prompts of the last 7 days, without those that fell into a pause or were not sent."""
    wants_contact: bool
    contacted_recently: bool
    """A worker got in touch within 48 hours: no second chase yet."""
    last_outcome: str | None
    preference: str
    place: str
    """Through which place she may be reached, where that is her way."""
    worker: str
    """Who should get in touch; empty: it does not matter."""
    pronouns: str
    whose: Whose
    """Who is there for her, as seen by whoever reads this."""
    has: str
    """The worker's name; empty: nobody."""
    has_id: int | None
    off: bool
    """That worker is off today, where she is."""
    other: bool
    """She has nobody, and would like somebody else than whom she had. No reason is asked."""
    at_hand: bool
    """To be looked at first: one's own people, nobody's, requests whose worker is off, who is to be met today."""
    test: bool
    simulated: bool
    page: bool
    """She takes part without Telegram: no message reaches her unless she looks."""
    check_on: bool
    why: str


def everybody(here: Installation, me: Signed) -> list[Engagement]:
    """One's own people and nobody's first, and of them those to check on. Reading it is noted in the audit."""
    now = here.clock.now()
    with here.database.reading() as session:
        rows = views.engaged(session)
        joining = views.asking_while_joining(session)
        recent = prompts.ended_since(session, now - RECENT, now)
        lately = prompts.ended_since(session, now - SILENT_AFTER, now)
        asked = {one.participant_id for one in views.open_requests(session)}
        contacts: dict[str, Any] = {}
        for one in views.last_contacts(session):
            contacts.setdefault(one.participant_id, one)
        days = study_days(session)
        names = workers.names(session)
        staff = _Staff(me.id, names, workers.days_off(session, names))
        called = {one.participant_id for one in calls.waiting(session)}
        asked |= called
    wishes = _wishes(here, [*rows, *joining])
    people: dict[str, Engagement] = {}
    for row in rows:
        if row.id in people or (row.standing == "stopped" and row.id not in asked):
            continue
        state = state_of(row, days[row.study_id, row.protocol_version], now)
        if state == "silent" and not _Week.of(lately.get(row.id, {})).asked:
            state = "active"  # nothing was asked in that time: a rest between bursts is no silence
        week = _Week.of(recent.get(row.id, {}))
        people[row.id] = _engagement(
            row,
            state,
            week,
            now=now,
            wants_contact=row.id in asked,
            contact=contacts.get(row.id),
            test=row.test,
            wishes=wishes.get(row.id, NO_WISH),
            staff=staff,
        )
    for row in joining:
        people[row.id] = _engagement(
            row,
            "joining",
            _Week(0, 0),
            now=now,
            wants_contact=True,
            contact=contacts.get(row.id),
            test=False,
            wishes=wishes.get(row.id, NO_WISH),
            staff=staff,
        )
    for whose in called & people.keys():
        people[whose] = replace(people[whose], at_hand=True, check_on=True, why=TODAY)
    with here.database.transaction() as session:
        audit.append(session, now, me.actor, "saw engagement", "everybody")
    return sorted(people.values(), key=_order)


def _wishes(here: Installation, rows: Sequence[Any]) -> dict[str, Wishes]:
    """What those said who said anything. Who has no key any more is being erased."""
    said = {row.id: row for row in rows if row.wishes_sealed is not None}
    return {whose: sealed.wishes_of(said[whose], key) for whose, key in here.vault.persons(said).items()}


@dataclass(frozen=True)
class _Week:
    answered: int
    asked: int

    @classmethod
    def of(cls, states: dict[str, int]) -> _Week:
        return cls(
            sum(n for state, n in states.items() if state in ANSWERED),
            sum(n for state, n in states.items() if state not in NOT_ASKED),
        )


@dataclass(frozen=True)
class _Staff:
    """Who reads this, who works here, and when they are off."""

    me: int
    names: dict[int, str]
    days_off: dict[int, frozenset[str]]

    def has(self, worker_id: int | None) -> tuple[Whose, int | None]:
        """Whose somebody is. One who does not work here any more is nobody."""
        if worker_id is None or worker_id not in self.names:
            return "nobody", None
        return "yours" if worker_id == self.me else "a colleague", worker_id


def _engagement(
    row: Any,
    state: State,
    week: _Week,
    *,
    now: datetime,
    wants_contact: bool,
    contact: Any,
    test: bool,
    wishes: Wishes,
    staff: _Staff,
) -> Engagement:
    recently = contact is not None and now - contact.done_at < ONE_CHASE_EACH
    why = _why(state, week, wants_contact=wants_contact)
    heard = row.last_heard_at
    if contact is not None and contact.outcome == "reached":
        heard = max(heard or contact.done_at, contact.done_at)
    whose, worker_id = staff.has(row.worker_id)
    today = local(now, row.timezone).date()
    off = worker_id is not None and is_off(staff.days_off.get(worker_id, frozenset()), today)
    return Engagement(
        participant=row.id,
        state=state,
        last_contact=_bucket(heard, now, preferences(row)),
        answered=week.answered,
        asked=week.asked,
        wants_contact=wants_contact,
        contacted_recently=recently,
        last_outcome=contact.outcome if contact is not None else None,
        preference=row.contact_preference,
        place=wishes.place if row.contact_preference == "place" else "",
        worker=wishes.worker,
        pronouns=wishes.pronouns,
        whose=whose,
        has=staff.names[worker_id] if worker_id is not None else "",
        has_id=worker_id,
        off=off,
        other=whose == "nobody" and row.not_worker_id is not None,
        at_hand=whose != "a colleague" or (wants_contact and off),
        test=test,
        simulated=row.simulated,
        page=row.bot_id == PAGE,
        check_on=bool(why) and not recently and (wants_contact or row.contact_preference != "never"),
        why=why,
    )


def state_of(row: Any, days: int, now: datetime) -> State:
    """Where a participant stands in a study of `days` days."""
    if row.standing == "stopped" or row.ended_at is not None:
        return "stopped" if row.standing == "stopped" else "finished"
    if row.blocked_at is not None:
        return "undeliverable"
    if row.paused_until is not None and row.paused_until > now and (row.paused_from is None or row.paused_from <= now):
        return "paused"
    if row.standing == "quiet":
        return "quiet"
    if study_day_at(now, row.first_date, preferences(row)) > days + 1:
        return "finished"
    if now - (row.last_heard_at or row.joined_at) >= SILENT_AFTER:
        return "silent"
    return "active"


def _why(state: State, week: _Week, *, wants_contact: bool) -> str:
    """The reason to check on her, in words; empty when there is none."""
    if wants_contact:
        return "Asked to be contacted"
    if state == "undeliverable":
        return "Messages do not reach the phone"
    if state == "silent":
        return "Nothing heard for 72 hours"
    if state == "quiet":
        return "Long silence; check-ins have stopped"
    if state == "active" and week.asked >= 6 and week.answered * 4 <= week.asked:
        return "Answered little this week"
    return ""


def _bucket(heard: datetime | None, now: datetime, hers: Preferences) -> Last:
    """By her own study days: for a night worker three in the morning still belongs to the day before."""
    if heard is None:
        return "never"
    days = (local_date_of(now, hers) - local_date_of(heard, hers)).days
    if days <= 0:
        return "today"
    return "this week" if days < 7 else "longer"


_URGENCY: Final = {
    "undeliverable": 1,
    "silent": 2,
    "quiet": 3,
    "active": 4,
    "paused": 5,
    "finished": 6,
    "stopped": 7,
    "joining": 8,
}


def _order(one: Engagement) -> tuple[object, ...]:
    return (
        not one.at_hand,
        not one.check_on,
        one.whose != "yours",
        not one.wants_contact,
        _URGENCY[one.state],
        one.answered / one.asked if one.asked else 1.0,
        one.participant,
    )
