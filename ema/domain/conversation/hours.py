"""When notes may come, hers to choose: usual hours, other hours on some days, waking, her day's beginning, her zone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import time

from ema.domain.conversation.effects import Choose, Show
from ema.domain.conversation.joining import joined, ready
from ema.domain.conversation.place import Place, Step, asked_again, by_hand, choose, go, show
from ema.domain.conversation.state import Situation, State
from ema.domain.errors import InvalidAnswer
from ema.domain.hours import (
    EVERY_DAY,
    WEEKEND,
    beginnings,
    never_coming,
    on_days,
    room,
    spans_of,
    with_usual,
)
from ema.domain.items.clock import read_clock
from ema.domain.localised import ANY, Localised
from ema.domain.localtime import zone_names
from ema.domain.protocol import OwnHours
from ema.domain.schedules.base import Preferences, Window
from ema.domain.screen import Button, Filled, Say, Screen, Words

Rows = tuple[tuple[Button, ...], ...]
BEGINNINGS = {
    "day_starts.early": time(6),
    "day_starts.noon": time(12),
    "day_starts.afternoon": time(14),
}


def as_it_is(text: str) -> Localised:
    """Times and names that are the same in every language."""
    return Localised({ANY: text})


def hour_rows(place: str, hours: Iterable[time], before: str = "") -> Rows:
    """A button for each whole hour among these; its value is what was chosen `before`, and the time."""
    buttons = [choose(as_it_is(f"{at:%H:%M}"), place, f"{before}{at:%H:%M}") for at in sorted(hours) if not at.minute]
    return tuple(tuple(buttons[at : at + 4]) for at in range(0, len(buttons), 4))


ALL_HOURS = tuple(time(hour) for hour in range(24))


def clock_in(value: str) -> time | None:
    """The time of a button's value; None where it makes no sense."""
    try:
        return read_clock(value)
    except InvalidAnswer:
        return None


def typed_time(place: str, chosen: Callable[[State, time, Situation], Step]) -> Callable[[State, str, Situation], Step]:
    """What a time does that is typed at a place; one that can't be read is asked for again."""

    def typed(state: State, text: str, situation: Situation) -> Step:
        try:
            at = read_clock(text)
        except InvalidAnswer as refused:
            return asked_again(state, place, refused)
        return by_hand(chosen(state, at, situation))

    return typed


def saved(
    state: State, hers: Preferences, situation: Situation, place: str = "times", notice: str = "notice.times_saved"
) -> Step:
    """Her hours are these from now on; what was chosen of the usual ones stays."""
    return state.go(place, notice), (Choose(hours=hers, preset=situation.preset), Show())


# --- all that is set, and the usual hours


def span(window: Window) -> str:
    return f"{window.start:%H:%M}–{window.end:%H:%M}"


def summary(situation: Situation) -> Say:
    """In one line: her usual hours, those of some days, and what she chose besides."""
    hers = situation.preferences
    preset = situation.protocol.hours.presets.get(situation.preset or "")
    usual = preset.label if preset else as_it_is(", ".join(map(span, hers.windows.values())))
    parts: list[Words | Localised] = [usual]
    for day, windows in sorted(hers.weekday_windows.items()):
        starts = ", ".join(f"{window.start:%H:%M}" for window in windows.values())
        parts.append(Words("times.on", {"day": Words(f"day.{day}"), "hours": starts}))
    if hers.quiet:
        parts.append(Words("times.quiet", {"hours": ", ".join(map(span, hers.quiet))}))
    if hers.never_before is not None:
        parts.append(Words("times.before", {"time": f"{hers.never_before:%H:%M}"}))
    if hers.never_after is not None:
        parts.append(Words("times.after", {"time": f"{hers.never_after:%H:%M}"}))
    if hers.wakes is not None:
        parts.append(Words("times.wakes", {"time": f"{hers.wakes:%H:%M}"}))
    if hers.weekday_wakes:
        at = ", ".join(sorted({f"{wakes:%H:%M}" for wakes in hers.weekday_wakes.values()}))
        parts.append(Words("times.wakes_weekend", {"time": at}))
    if preset is None or preset.day_starts != hers.day_starts:
        parts.append(Words("times.day", {"time": f"{hers.day_starts:%H:%M}"}))
    text = " · ".join(f"{{{at}}}" for at in range(len(parts)))
    return Filled(as_it_is(text), {str(at): part for at, part in enumerate(parts)})


def unreached(situation: Situation) -> tuple[Say, ...]:
    """Kind words where her own choice keeps one of the notes away for good."""
    hours = never_coming(situation.protocol, situation.arm, situation.preferences)
    return (Words("times.never_come", {"hours": ", ".join(hours)}),) if hours else ()


def _times(_state: State, situation: Situation) -> Screen:
    hours = situation.protocol.hours
    rows: list[tuple[Button, ...]] = [(choose(preset.label, "times", name),) for name, preset in hours.presets.items()]
    if hours.own is not None:
        rows.append((choose("button.own_hours", "times", "own"),))
    if situation.standing == "joining":
        return Screen((Words("times.words"),), tuple(rows))
    if hours.own is not None:
        rows.append((go("button.other_days", "days"),))
    rows.append((go("button.quiet", "quiet"), go("button.limits", "limits")))
    if _wakes_matter(situation):
        rows.append((go("button.wakes", "wakes"),))
    rows += [(go("button.day_starts", "day"),), (go("button.timezone", "zone"), go("button.carry_on", "carry_on"))]
    now = Words("times.now", {"hours": summary(situation)})
    return Screen((now, *unreached(situation), Words("times.words")), tuple(rows))


def _choose_times(state: State, value: str, situation: Situation) -> Step:
    if value == "own" and situation.protocol.hours.own is not None:
        return show(_picking(state, EVERY_DAY, ()))
    if value not in situation.protocol.hours.presets:
        return show(state.go("times"))
    usual = situation.protocol.preferences(value, situation.preferences.timezone)
    return _usual_chosen(state, usual, value, situation)


def _usual_chosen(state: State, usual: Preferences, preset: str | None, situation: Situation) -> Step:
    before = situation.preferences
    hers = with_usual(before, usual, _rule(situation))
    choice = Choose(hours=hers, preset=preset)
    if situation.standing == "joining":
        return state.go("zone").noting(step="zone"), (choice, Show())
    if len(hers.weekday_windows) < len(before.weekday_windows):
        return state.go("times", "notice.days_dropped"), (choice, Show())
    place = "times" if never_coming(situation.protocol, situation.arm, hers) else "home"
    return state.go(place, "notice.times_saved"), (choice, Show())


def _rule(situation: Situation) -> OwnHours:
    return situation.protocol.hours.own or OwnHours(at_least_apart_minutes=0)


# --- hours of her own, on all days or on some


def _picking(state: State, days: Iterable[int], chosen: Iterable[time]) -> State:
    """What is being chosen, as the buttons say it: `67 12:00`."""
    return state.go("own").noting(own=" ".join(["".join(map(str, days)), *(f"{at:%H:%M}" for at in chosen)]))


def _picked(value: str, situation: Situation) -> tuple[tuple[int, ...], list[time]] | None:
    """Days and times of a button's value. None where they make no sense, or where the times are too near."""
    days, *clocks = value.split() or [""]
    if situation.protocol.hours.own is None or not days or not set(days) <= set("1234567"):
        return None
    wanted = tuple(sorted({int(day) for day in days}))
    if situation.standing == "joining" and wanted != EVERY_DAY:
        return None
    chosen: list[time] = []
    for clock in clocks:
        at = clock_in(clock)
        if at is None or at not in room(situation.preferences, wanted, chosen, situation.protocol.hours.own):
            return None
        chosen.append(at)
    return wanted, chosen


def _being_picked(state: State, situation: Situation) -> tuple[tuple[int, ...], list[time]]:
    return _picked(state.draft.get("own", ""), situation) or (EVERY_DAY, [])


def _own(state: State, situation: Situation) -> Screen:
    days, chosen = _being_picked(state, situation)
    before = "".join(f"{one} " for one in ("".join(map(str, days)), *(f"{at:%H:%M}" for at in chosen)))
    free = room(situation.preferences, days, chosen, _rule(situation))
    names = situation.protocol.hours.window_names()
    said: list[Say] = [] if days == EVERY_DAY else [Words(_name(days))]
    said.append(Words("own.first") if not chosen else Words("own.next", {"i": len(chosen) + 1, "n": len(names)}))
    rows: list[tuple[Button, ...]] = []
    if free:
        said.append(Words("hint.time"))
        rows += hour_rows("own", free, before)
    else:
        said = [*said[:-1], Words("own.no_room")]
    if any(day in situation.preferences.weekday_windows for day in days) and days != EVERY_DAY:
        rows.append((choose("button.as_usual", "days", "".join(map(str, days))),))
    if chosen:
        rows.append((choose("button.from_start", "own", "".join(map(str, days))),))
    return Screen(tuple(said), (*rows, (go("button.back", "times" if days == EVERY_DAY else "days"),)))


def _choose_own(state: State, value: str, situation: Situation) -> Step:
    picked = _picked(value, situation)
    if picked is None:
        return show(state.go("times"))
    days, chosen = picked
    if len(chosen) < len(situation.protocol.hours.window_names()):
        return show(_picking(state, days, chosen))
    state = state.noting(own="")
    if days == EVERY_DAY:
        usual = situation.protocol.own_hours(tuple(chosen), situation.preferences.timezone)
        return _usual_chosen(state, usual, None, situation)
    return saved(state, on_days(situation.preferences, days, chosen, _rule(situation)), situation)


def _type_own(state: State, at: time, situation: Situation) -> Step:
    days, chosen = _being_picked(state, situation)
    free = room(situation.preferences, days, chosen, _rule(situation))
    if at not in free:
        fits = spans_of(free)
        refused = state.go("own", "own.too_near" if fits else "own.no_room")
        return show(refused.saying({"fits": fits} if fits else {}))
    value = " ".join(["".join(map(str, days)), *(f"{one:%H:%M}" for one in (*chosen, at))])
    return _choose_own(state, value, situation)


def _name(days: tuple[int, ...]) -> str:
    return "day.weekend" if days == WEEKEND else f"day.{days[0]}"


def _days(_state: State, situation: Situation) -> Screen:
    buttons = [choose(f"day.{day}", "own", str(day)) for day in EVERY_DAY]
    buttons.append(choose("day.weekend", "own", "67"))
    rows = tuple(tuple(buttons[at : at + 2]) for at in range(0, 8, 2))
    now = Words("times.now", {"hours": summary(situation)})
    return Screen((now, Words("days.words")), (*rows, (go("button.back", "times"),)))


def _as_usual(state: State, value: str, situation: Situation) -> Step:
    picked = _picked(value, situation)
    if picked is None:
        return show(state.go("days"))
    return saved(state, on_days(situation.preferences, picked[0], (), _rule(situation)), situation)


# --- when she gets up


def _wakes_matter(situation: Situation) -> bool:
    return any(schedule.kind == "waking" for schedule in situation.protocol.schedules_of(situation.arm))


def _wakes(_state: State, _situation: Situation) -> Screen:
    rows = (*hour_rows("wakes", ALL_HOURS), (go("button.weekend", "wakes.weekend"),), (go("button.back", "times"),))
    return Screen((Words("wakes.words"), Words("hint.time")), rows)


def _choose_wakes(state: State, value: str, situation: Situation) -> Step:
    at = clock_in(value)
    return show(state.go("wakes")) if at is None else _got_up(state, at, situation)


def _got_up(state: State, at: time, situation: Situation) -> Step:
    return saved(state, replace(situation.preferences, wakes=at), situation)


def _wakes_weekend(_state: State, situation: Situation) -> Screen:
    rows = hour_rows("wakes.weekend", ALL_HOURS)
    if situation.preferences.weekday_wakes:
        rows = (*rows, (choose("button.as_usual", "wakes.weekend", "usual"),))
    return Screen((Words("wakes.weekend"), Words("hint.time")), (*rows, (go("button.back", "wakes"),)))


def _choose_weekend(state: State, value: str, situation: Situation) -> Step:
    if value == "usual":
        return saved(state, replace(situation.preferences, weekday_wakes={}), situation)
    at = clock_in(value)
    return show(state.go("wakes.weekend")) if at is None else _slept_in(state, at, situation)


def _slept_in(state: State, at: time, situation: Situation) -> Step:
    return saved(state, replace(situation.preferences, weekday_wakes=dict.fromkeys(WEEKEND, at)), situation)


# --- when her day begins


def _day(_state: State, situation: Situation) -> Screen:
    fits = beginnings(situation.preferences)
    rows = tuple(
        (choose(Words(key, {"time": f"{at:%H:%M}"}), "day", f"{at:%H:%M}"),)
        for key, at in BEGINNINGS.items()
        if at in fits
    )
    now = Words("day_starts.now", {"time": f"{situation.preferences.day_starts:%H:%M}"})
    return Screen((Words("day_starts.words"), now, Words("hint.time")), (*rows, (go("button.back", "times"),)))


def _choose_day(state: State, value: str, situation: Situation) -> Step:
    at = clock_in(value)
    return show(state.go("day")) if at is None else _day_begins(state, at, situation)


def _day_begins(state: State, at: time, situation: Situation) -> Step:
    hers = situation.preferences
    fits = beginnings(hers)
    if at not in fits:
        return show(state.go("day", "day_starts.fits").saying({"fits": spans_of(fits)}))
    state, effects = saved(state, replace(hers, day_starts=at), situation, notice="notice.day_starts")
    return state.saying({"time": f"{at:%H:%M}"}), effects


# --- where she is


def _zone(_state: State, situation: Situation) -> Screen:
    offered = dict.fromkeys((situation.protocol.timezone, *situation.protocol.timezones))
    rows = [(choose(as_it_is(_city(zone)), "zone", zone),) for zone in offered]
    if situation.standing != "joining":
        rows.append((go("button.carry_on", "carry_on"),))
    return Screen((Words("zone.words"),), tuple(rows))


def _city(zone: str) -> str:
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def _choose_zone(state: State, value: str, situation: Situation) -> Step:
    if value not in zone_names():
        return show(state.go("zone", "notice.zone_unknown"))
    hers = replace(situation.preferences, timezone=value)
    if situation.standing != "joining":
        return saved(state, hers, situation, "home", "notice.zone_saved")
    if not ready(state):
        return show(state.go("join.agree").noting(step="join.agree"))
    state, effects = joined(state)
    return state, (Choose(hours=hers, preset=situation.preset), *effects)


def _type_zone(state: State, text: str, situation: Situation) -> Step:
    wanted = text.strip().casefold()
    found = sorted(zone for zone in zone_names() if wanted in {_city(zone).casefold(), zone.casefold()})
    return _choose_zone(state, found[0] if found else "", situation)


WHILE_JOINING_TOO = ("joining", "active", "quiet")

PLACES = {
    "times": Place(_times, choose=_choose_times, standings=WHILE_JOINING_TOO),
    "own": Place(_own, choose=_choose_own, typed=typed_time("own", _type_own), standings=WHILE_JOINING_TOO),
    "days": Place(_days, choose=_as_usual),
    "wakes": Place(_wakes, choose=_choose_wakes, typed=typed_time("wakes", _got_up)),
    "wakes.weekend": Place(_wakes_weekend, choose=_choose_weekend, typed=typed_time("wakes.weekend", _slept_in)),
    "day": Place(_day, choose=_choose_day, typed=typed_time("day", _day_begins)),
    "zone": Place(_zone, choose=_choose_zone, typed=_type_zone, standings=WHILE_JOINING_TOO),
}
