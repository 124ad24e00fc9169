"""Rules for schedules, phases and arms: what could never come, or not as the file says, is told here, with numbers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from ema.domain.schedules.once import Once
from ema.domain.schedules.recurring import Recurring
from ema.domain.studyfile import follow_rules, gap_rules
from ema.domain.studyfile.near import unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ema.domain.errors import Finding
    from ema.domain.phases import Calendar, Timeline
    from ema.domain.protocol import Protocol
    from ema.domain.schedules.base import Schedule
    from ema.domain.studyfile.marked import Marked, Place

MONDAY = date(2026, 6, 1)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def study(marked: Marked, protocol: Protocol) -> Iterator[Finding]:
    """What the schedules must keep to, each by itself and all together. The hours have a default."""
    found = [*_phases(marked, protocol), *_named(marked, protocol)]
    yield from found
    for at, schedule in enumerate(protocol.schedules):
        yield from _schedule(marked, ("schedules", at), schedule, protocol)
        if not found:
            yield from _comes(marked, ("schedules", at), schedule, protocol)
    presets = protocol.hours.presets.values()
    if any(set(preset.windows) != set(protocol.hours.window_names()) for preset in presets):
        return
    problems = [(at, problem) for at, one in enumerate(protocol.schedules) for problem in one.problems(protocol)]
    for at, problem in problems:
        yield marked.finding(("schedules", at, *problem.field), problem.message)
    yield from follow_rules.study(marked, protocol)
    if not found and not problems:
        yield from gap_rules.study(marked, protocol)


def arms(protocol: Protocol) -> tuple[str | None, ...]:
    """Every arm; None alone where nobody is allocated."""
    return tuple(protocol.allocation.arms) if protocol.allocation is not None else (None,)


def _phases(marked: Marked, protocol: Protocol) -> Iterator[Finding]:
    if not protocol.phases:
        if protocol.repeat_phases > 1:
            yield marked.finding(("repeat_phases",), "there are no phases to repeat; list them, or take this out")
        return
    seen: set[str] = set()
    for at, phase in enumerate(protocol.phases):
        if phase.id in seen:
            yield marked.finding(("phases", at, "id"), f"there is another phase {phase.id}; give each its own id")
        seen.add(phase.id)
    for arm in arms(protocol):
        timeline = protocol.timeline(arm)
        whose = f" for the arm {arm}" if arm is not None else ""
        late = next((stretch for stretch in timeline.stretches if stretch.first > protocol.days), None)
        total = timeline.stretches[-1].last if timeline.stretches else 0
        if late is not None:
            at = next(at for at, phase in enumerate(protocol.phases) if phase.id == late.phase)
            yield marked.finding(
                ("phases", at),
                f"never starts{whose}: its first day would be day {late.first} of {protocol.days}"
                + (f", in round {late.round}" if late.round > 1 else "")
                + f"; the phases take {total} days, so write days: {total}, or shorten them",
            )
        elif total != protocol.days:
            times = f", {protocol.repeat_phases} times over," if protocol.repeat_phases > 1 else ""
            yield marked.finding(
                ("days",), f"the phases{times} take {total} days{whose}, not {protocol.days}; make them agree"
            )


def _named(marked: Marked, protocol: Protocol) -> Iterator[Finding]:
    """Phases and arms that are named somewhere and must exist."""
    known_arms = tuple(protocol.allocation.arms) if protocol.allocation is not None else ()
    known_phases = tuple(dict.fromkeys(phase.id for phase in protocol.phases))
    named: list[tuple[Place, str, str, tuple[str, ...]]] = []
    for at, phase in enumerate(protocol.phases):
        named += [
            (("phases", at, "arms", n), arm, "arm of the allocation", known_arms) for n, arm in enumerate(phase.arms)
        ]
    for at, schedule in enumerate(protocol.schedules):
        here: Place = ("schedules", at)
        named += [((*here, "arms", n), arm, "arm of the allocation", known_arms) for n, arm in enumerate(schedule.arms)]
        if isinstance(schedule, Recurring):
            phases = enumerate(schedule.phases)
            named += [((*here, "phases", n), name, "phase of the study", known_phases) for n, name in phases]
        if isinstance(schedule, Once) and schedule.phase is not None:
            named.append(((*here, "phase"), schedule.phase, "phase of the study", known_phases))
    for path, name, what, known in named:
        if name not in known:
            yield marked.finding(path, unknown(name, what, known))


def _schedule(marked: Marked, here: Place, schedule: Schedule, protocol: Protocol) -> Iterator[Finding]:
    if any(other.id == schedule.id for other in protocol.schedules[: int(here[-1])]):
        yield marked.finding((*here, "id"), f"there is another schedule {schedule.id}; give each its own id")
    last = max(schedule.days(protocol.timeline(arm))[1] for arm in arms(protocol))
    if schedule.counts and last > protocol.days:
        field = next(name for name in ("last_day", "day", "id") if (*here, name) in marked.lines)
        yield marked.finding(
            (*here, field),
            f"day {last} lies after the study's {protocol.days} days; choose an earlier one, or write "
            "counts: false if it is meant to come after",
        )
    minutes = [reminder.after_minutes for reminder in schedule.reminders]
    if schedule.delivery == "offer" and minutes:
        yield marked.finding(
            (*here, "reminders"),
            "an offer is never notified, so it has no reminders; remove them, or write delivery: note",
        )
    if minutes != sorted(set(minutes)):
        yield marked.finding((*here, "reminders"), "must come one after the other; order them by after_minutes")
    if schedule.delivery == "offer" and schedule.snooze:
        yield marked.finding((*here, "snooze"), "an offer is never notified, so it can't be put off; remove this")
    if schedule.late_grace_minutes and not schedule.snooze:
        yield marked.finding(
            (*here, "late_grace_minutes"), "is for prompts that she put off; say which snooze there is, or remove this"
        )


def _comes(marked: Marked, here: Place, schedule: Schedule, protocol: Protocol) -> Iterator[Finding]:
    """Is there a day on which it comes, whoever she is and on whatever weekday she begins?"""
    for arm in arms(protocol):
        timeline = protocol.timeline(arm)
        if not schedule.is_for(arm):
            continue
        if isinstance(schedule, Once):
            never = _never_once(schedule, timeline)
        elif isinstance(schedule, Recurring):
            never = _never(schedule, timeline, protocol.calendar)
        else:
            never = None
        if never is not None:
            field, why = never
            whose = f" in the arm {arm}" if arm is not None else ""
            yield marked.finding((*here, field), f"never comes{whose}{why}")
            return


def _never_once(schedule: Once, timeline: Timeline) -> tuple[str, str] | None:
    """The field to blame and the reason, where it never comes."""
    first, last = schedule.days(timeline)
    if schedule.phase is None or first <= last:
        return None
    days = max((each.last - each.first + 1 for each in timeline.of([schedule.phase])), default=0)
    if not days:
        return "phase", f", which does not go through {schedule.phase}"
    return "day", f": {schedule.phase} has {days} days, and this would be its day {schedule.day}"


def _never(schedule: Recurring, timeline: Timeline, calendar: Calendar | None) -> tuple[str, str] | None:
    """The field to blame and the reason, where it never comes."""
    first, last = schedule.days(timeline)
    if first > last:
        if schedule.phases:
            return "phases", f": these phases have no day from day {schedule.first_day} on"
        return "first_day", f": the study has {timeline.days} days, and it begins on day {schedule.first_day}"
    starts = [calendar.starts_on] if calendar is not None else [MONDAY + timedelta(days=n) for n in range(7)]
    for start in starts if schedule.weekdays else starts[:1]:
        if any(schedule.suits(n, start + timedelta(days=n - 1), timeline) for n in range(first, last + 1)):
            continue
        if not schedule.weekdays:
            return "every_n_days", f": no day from {first} to {last} is in its phases and one of these"
        names = " or ".join(WEEKDAYS[day - 1] for day in schedule.weekdays)
        when = f"when the study starts on {start}" if calendar else f"for who begins on a {WEEKDAYS[start.weekday()]}"
        return "weekdays", f" {when}: days {first} to {last} have no {names} for it; seven days have every weekday"
    return None
