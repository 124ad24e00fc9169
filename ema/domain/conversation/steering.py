"""Hers to steer, from anywhere: menu, hours, time zone, pause, help, contact, privacy, clearing the chat, leaving."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from ema.domain.conversation.checkin import local_clock
from ema.domain.conversation.effects import AskContact, Choose, Hide, Leave, Pause, Return, Show
from ema.domain.conversation.joining import joined, ready
from ema.domain.conversation.place import EVERYBODY, Place, Step, carry_on, choose, go, show
from ema.domain.conversation.state import Situation, State
from ema.domain.localised import Localised
from ema.domain.localtime import local, local_date_of, to_utc, zone_names
from ema.domain.protocol import HelpLine
from ema.domain.schedules.base import Window
from ema.domain.screen import Action, Button, Say, Screen, Words

VERIFIED_FOR = timedelta(days=183)
"""A help line that nobody has checked for six months is shown as unverified."""
"""The one button that does not bring somebody back who is quiet."""


def _home(_state: State, situation: Situation) -> Screen:
    if situation.completed:
        ways_out = ((go("button.help", "help"), go("button.privacy", "privacy")), (go("button.contact", "contact"),))
        hide = (Button(Words("button.hide"), Action("hide")), go("button.stop", "stop"))
        return Screen((Words("home.completed"),), (*ways_out, hide))
    waiting = situation.startable()
    rows: list[tuple[Button, ...]] = []
    if situation.standing == "quiet":
        rows.append((choose("button.go_on", "home", "resume"),))
    paused = situation.paused_until is not None and situation.paused_until > situation.now
    said: Words
    if situation.standing == "quiet":
        said = Words("home.resting")
    elif waiting is not None and waiting.delivery == "note":
        said = Words("home.waiting", {"until": local_clock(waiting.expires_at, situation)})
        rows.append((Button(Words("button.start"), Action("start", prompt=waiting.id)),))
    elif paused and situation.paused_until is not None:
        said = Words("home.paused", {"until": local(situation.paused_until, situation.preferences.timezone)})
        rows.append((choose("button.resume", "pause", "end"), Button(Words("button.checkin_now"), Action("checkin"))))
    else:
        said = Words("home.quiet" if waiting is None else "home.offer")
        if waiting is not None:
            rows.append((Button(Words("button.start_longer"), Action("start", prompt=waiting.id)),))
        rows.append((Button(Words("button.checkin_now"), Action("checkin")),))
    rows += [
        (go("button.times", "times"), go("button.pause", "pause")),
        (choose("button.reminders_off" if situation.reminders else "button.reminders_on", "home", "reminders"),),
        (go("button.contact", "contact"),),
        (go("button.help", "help"), go("button.privacy", "privacy")),
        (Button(Words("button.hide"), Action("hide")), go("button.stop", "stop")),
    ]
    return Screen((said,), tuple(rows))


def _at_home(state: State, value: str, situation: Situation) -> Step:
    if value == "reminders":
        on = not situation.reminders
        return state.go("home", "notice.reminders_on" if on else "notice.reminders_off"), (
            Choose(reminders=on),
            Show(),
        )
    if value == "hello_off":
        return state.go("home", "notice.hello_off"), (Choose(hellos=False), Show())
    if value == "resume":
        return state.go("home", "notice.welcome_back"), (Return(), Show())
    return show(state.go("home"))


# --- after a silence: what a neutral note leads to


def _missed_some(_state: State, _situation: Situation) -> Screen:
    return Screen((Words("silence.missed_some"),), ((go("button.menu", "home"),),))


def _other_times(_state: State, _situation: Situation) -> Screen:
    rows = ((go("button.times", "times"), go("button.pause", "pause")), (go("button.menu", "home"),))
    return Screen((Words("silence.other_times"),), rows)


def _hello(_state: State, _situation: Situation) -> Screen:
    return Screen(
        (Words("silence.hello"),),
        ((choose("button.go_on", "home", "resume"),), (choose("button.hello_off", "home", "hello_off"),)),
    )


# --- hours and zone


def _span(window: Window) -> str:
    return f"{window.start:%H:%M}–{window.end:%H:%M}"


def _times(_state: State, situation: Situation) -> Screen:
    hours = situation.protocol.hours
    rows: list[tuple[Button, ...]] = [(choose(preset.label, "times", name),) for name, preset in hours.presets.items()]
    if hours.own is not None:
        rows.append((choose("button.own_hours", "times", "own"),))
    now = ", ".join(_span(window) for window in situation.preferences.windows.values())
    paragraphs: tuple[Say, ...] = (Words("times.words"),)
    if situation.standing != "joining":
        paragraphs = (Words("times.now", {"hours": now}), Words("times.words"))
        rows.append((go("button.timezone", "zone"), go("button.carry_on", "carry_on")))
    return Screen(paragraphs, tuple(rows))


def _choose_times(state: State, value: str, situation: Situation) -> Step:
    if value == "own" and situation.protocol.hours.own is not None:
        return show(state.go("own").noting(own=""))
    if value not in situation.protocol.hours.presets:
        return show(state.go("times"))
    return _hours_chosen(state, Choose(preset=value), situation)


def _hours_chosen(state: State, choice: Choose, situation: Situation) -> Step:
    if situation.standing == "joining":
        return state.go("zone").noting(step="zone"), (choice, Show())
    return state.go("home", "notice.times_saved"), (choice, Show())


def _chosen_starts(state: State) -> list[int]:
    return [int(hour) for hour in state.draft.get("own", "").split() if hour.isdecimal()]


def _free_hours(chosen: list[int], situation: Situation) -> list[int]:
    """Whole hours that keep the distance to those already chosen, round the clock."""
    own = situation.protocol.hours.own
    apart = own.at_least_apart_minutes / 60 if own else 0
    return [
        hour for hour in range(24) if all(min((hour - other) % 24, (other - hour) % 24) >= apart for other in chosen)
    ]


def _own(state: State, situation: Situation) -> Screen:
    chosen = _chosen_starts(state)
    names = situation.protocol.hours.window_names()
    buttons = [choose(Localised({"*": f"{hour:02}:00"}), "own", str(hour)) for hour in _free_hours(chosen, situation)]
    grid = [tuple(buttons[at : at + 4]) for at in range(0, len(buttons), 4)]
    words = Words("own.first") if not chosen else Words("own.next", {"i": len(chosen) + 1, "n": len(names)})
    return Screen((words,), (*grid, (go("button.back", "times"),)))


def _choose_own(state: State, value: str, situation: Situation) -> Step:
    chosen = _chosen_starts(state)
    if not value.isdecimal() or int(value) not in _free_hours(chosen, situation):
        return show(state.go("own"))
    chosen.append(int(value))
    if len(chosen) < len(situation.protocol.hours.window_names()):
        return show(state.go("own").noting(own=" ".join(map(str, chosen))))
    starts = tuple(time(hour) for hour in chosen)
    return _hours_chosen(state.noting(own=""), Choose(starts=starts), situation)


def _zone(_state: State, situation: Situation) -> Screen:
    offered = dict.fromkeys((situation.protocol.timezone, *situation.protocol.timezones))
    rows = [(choose(Localised({"*": _city(zone)}), "zone", zone),) for zone in offered]
    return Screen((Words("zone.words"),), tuple(rows))


def _city(zone: str) -> str:
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def _choose_zone(state: State, value: str, situation: Situation) -> Step:
    if value not in zone_names():
        return show(state.go("zone", "notice.zone_unknown"))
    choice = Choose(timezone=value)
    if situation.standing != "joining":
        return state.go("home", "notice.zone_saved"), (choice, Show())
    if not ready(state):
        return show(state.go("join.agree").noting(step="join.agree"))
    state, effects = joined(state)
    return state, (choice, *effects)


def _type_zone(state: State, text: str, situation: Situation) -> Step:
    wanted = text.strip().casefold()
    found = sorted(zone for zone in zone_names() if wanted in {_city(zone).casefold(), zone.casefold()})
    return _choose_zone(state, found[0] if found else "", situation)


# --- pause


def _pause(_state: State, situation: Situation) -> Screen:
    rows: list[tuple[Button, ...]] = [
        (choose("pause.hours", "pause", "4h"), choose("pause.tomorrow", "pause", "tomorrow")),
        (choose("pause.three_days", "pause", "3d"), choose("pause.week", "pause", "7d")),
    ]
    if situation.paused_until is not None and situation.paused_until > situation.now:
        rows.append((choose("button.resume", "pause", "end"),))
    rows.append((go("button.carry_on", "carry_on"),))
    return Screen((Words("pause.words"),), tuple(rows))


def _choose_pause(state: State, value: str, situation: Situation) -> Step:
    if value == "end":
        return state.go("home", "notice.welcome_back"), (Pause(None), Show())
    until = _pause_end(value, situation)
    if until is None:
        return show(state.go("pause"))
    return state.go("home"), (Pause(until), Show())


def _pause_end(value: str, situation: Situation) -> datetime | None:
    """Hours count from now; days end where her study day begins."""
    if value == "4h":
        return situation.now + timedelta(hours=4)
    days = {"tomorrow": 1, "3d": 3, "7d": 7}.get(value)
    if days is None:
        return None
    hers = situation.preferences
    return to_utc(local_date_of(situation.now, hers) + timedelta(days=days), hers.day_starts, hers.timezone)


# --- help, contact, privacy


def help_screen(lines: tuple[HelpLine, ...], now: datetime, rows: tuple[tuple[Button, ...], ...]) -> Screen:
    """Lines that anybody can call. Needs no study and no consent."""
    said: list[Say] = [Words("help.danger")]
    for line in lines:
        fresh = line.last_verified is not None and now.date() - line.last_verified <= VERIFIED_FOR
        key = "help.line" if fresh else "help.line_unverified"
        said.append(
            Words(
                key,
                {
                    "name": line.name,
                    "contact": line.contact,
                    "hours": line.hours,
                    "cost": line.cost,
                    "nation": line.nation,
                },
            )
        )
    return Screen(tuple(said), rows)


def _help(_state: State, situation: Situation) -> Screen:
    rows = ((go("button.contact", "contact"),), (go("button.carry_on", "carry_on"),))
    return help_screen(situation.protocol.help_lines, situation.now, rows)


def _contact(_state: State, situation: Situation) -> Screen:
    opening = situation.protocol.opening
    if opening.contact_person and opening.contact_hours:
        when: Say = Words("contact.who", {"person": opening.contact_person, "hours": opening.contact_hours})
    else:
        when = Words("contact.nobody_named")
    rows = (
        (choose("contact.yes", "contact", "yes"), go("button.carry_on", "carry_on")),
        (go("button.help", "help"),),
    )
    return Screen((Words("contact.words"), when), rows)


def _ask(state: State, value: str, situation: Situation) -> Step:
    if value != "yes":
        return show(carry_on(state, situation))
    after = carry_on(state, situation)
    return after.go(after.place, "notice.contact_noted"), (AskContact("asked"), Show())


def _privacy(_state: State, situation: Situation) -> Screen:
    rows = (
        (Button(Words("button.hide"), Action("hide")), go("button.stop", "stop")),
        (go("button.carry_on", "carry_on"),),
    )
    freeze = situation.protocol.opening.freeze_date
    erase: Say = Words("privacy.erase_until", {"date": freeze}) if freeze else Words("privacy.erase")
    return Screen((Words("privacy.who"), Words("privacy.telegram"), Words("privacy.phone"), erase), rows)


def _unread(_state: State, _situation: Situation) -> Screen:
    return Screen(
        (Words("unread.words"),),
        ((go("button.help", "help"), go("button.contact", "contact")), (go("button.carry_on", "carry_on"),)),
    )


# --- leaving


def _stop(_state: State, situation: Situation) -> Screen:
    if situation.standing == "joining":
        return Screen(
            (Words("join.no"),),
            ((choose("button.no_thanks", "join.no", "no"), go("button.carry_on", "carry_on")),),
        )
    rows: list[tuple[Button, ...]] = [
        (choose("stop.erase", "stop", "erase"),),
        (go("button.carry_on", "carry_on"),),
    ]
    if situation.standing != "stopped":
        rows = [(go("stop.pause", "pause"),), (choose("stop.keep", "stop", "keep"),), *rows]
    return Screen((Words("stop.words"),), tuple(rows))


def _choose_stop(state: State, value: str, situation: Situation) -> Step:
    if value == "keep" and situation.standing in {"active", "quiet"}:
        return State(revision=state.revision, place="left"), (Leave("stop"), Show())
    if value == "erase":
        return show(state.go("erase"))
    return show(carry_on(state, situation))


def _erase(_state: State, _situation: Situation) -> Screen:
    return Screen(
        (Words("erase.words"),),
        ((choose("erase.yes", "erase", "yes"),), (go("button.carry_on", "carry_on"),)),
    )


def _choose_erase(state: State, value: str, situation: Situation) -> Step:
    if value == "yes":
        return state, (Leave("erase"),)
    return show(carry_on(state, situation))


def _left(_state: State, _situation: Situation) -> Screen:
    rows = (
        (choose("button.come_back", "left", "back"),),
        (go("button.help", "help"), choose("stop.erase", "stop", "erase")),
    )
    return Screen((Words("left.words"),), rows)


def _come_back(state: State, value: str, _situation: Situation) -> Step:
    if value == "back":
        return state.go("home", "notice.welcome_back"), (Return(), Show())
    return show(state.go("left"))


def hide(state: State, situation: Situation) -> Step:
    """Clear the chat. Nothing is put up: an empty chat is the point."""
    return carry_on(state, situation), (Hide(),)


PLACES = {
    "home": Place(_home, choose=_at_home),
    "silence.missed_some": Place(_missed_some),
    "silence.other_times": Place(_other_times),
    "silence.hello": Place(_hello),
    "times": Place(_times, choose=_choose_times, standings=("joining", "active", "quiet")),
    "own": Place(_own, choose=_choose_own, standings=("joining", "active", "quiet")),
    "zone": Place(_zone, choose=_choose_zone, typed=_type_zone, standings=("joining", "active", "quiet")),
    "pause": Place(_pause, choose=_choose_pause),
    "help": Place(_help, standings=EVERYBODY),
    "contact": Place(_contact, choose=_ask, standings=EVERYBODY),
    "privacy": Place(_privacy, standings=EVERYBODY),
    "unread": Place(_unread, standings=EVERYBODY),
    "stop": Place(_stop, choose=_choose_stop, standings=EVERYBODY),
    "erase": Place(_erase, choose=_choose_erase, standings=("active", "quiet", "stopped")),
    "left": Place(_left, choose=_come_back, standings=("stopped",)),
}
