"""Places to go and services to turn to: what is open now or next. Needs no study and no consent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import reduce

from ema.domain.conversation.place import EVERYBODY, Place, Step, choose, go, show
from ema.domain.conversation.state import Situation, State
from ema.domain.directory import Opening, Service, by_opening, fresh
from ema.domain.screen import Button, Say, Screen, Words

AT_ONCE = 5
"""Services on one screen: more would be a wall of text on a small phone."""
FIRST = "0"


def directory_screen(
    services: Sequence[tuple[Service, str]],
    now: datetime,
    ways_out: tuple[Button, ...],
    first: str = FIRST,
    *,
    joined: bool = False,
) -> Screen:
    """Services, each with its zone, from the one in place `first` on, in the order in which they are open.

    `joined`: she takes part or has taken part, and is shown the fast tracks that services give to the study.
    """
    if not services:
        return Screen((Words("places.none"),), (ways_out,))
    at = int(first) if first.isdecimal() and int(first) < len(services) else 0
    shown = by_opening(services, now)[at : at + AT_ONCE]
    more = choose("button.more_places", "places", str(at + AT_ONCE))
    rows = ((more,), ways_out) if at + AT_ONCE < len(services) else (ways_out,)
    return Screen(
        (Words("places.words"), *(_entry(service, when, now, joined=joined) for service, when in shown)), rows
    )


def _entry(service: Service, when: Opening | None, now: datetime, *, joined: bool) -> Say:
    lines: list[Say] = [Words("places.name", {"name": service.name, "what": service.what}), service.where]
    if service.contact:
        lines.append(Words("places.contact", {"contact": service.contact}))
    if joined and service.fast_track is not None and service.fast_track.good(now.date()):
        lines.append(Words("places.fast", {"words": service.fast_track.words}))
        if service.fast_track.code:
            lines.append(Words("places.code", {"code": service.fast_track.code}))
    if when is None:
        lines.append(Words("places.hours_unknown"))
    elif when.until is not None:
        lines.append(Words("places.open", {"until": when.until}))
    elif when.opens is not None:
        lines.append(Words("places.opens", {"at": when.opens}))
    flags = {
        "places.women_only": service.women_only,
        "places.trans_inclusive": service.trans_inclusive,
        "places.walk_in": service.walk_in,
        "places.unverified": not fresh(service.last_verified, now.date()),
    }
    lines += [Words(key) for key, holds in flags.items() if holds]
    return reduce(lambda first, second: Words("places.lines", {"first": first, "second": second}), lines)


def _directory(state: State, situation: Situation) -> Screen:
    services = [(service, situation.protocol.timezone) for service in situation.protocol.directory]
    ways_out = (go("button.carry_on", "carry_on"), go("button.help", "help"))
    first, joined = state.draft.get("places", FIRST), situation.standing != "joining"
    return directory_screen(services, situation.now, ways_out, first, joined=joined)


def _turn(state: State, value: str, _situation: Situation) -> Step:
    return show(state.go("places").noting(places=value))


PLACES = {"places": Place(_directory, choose=_turn, standings=EVERYBODY)}
