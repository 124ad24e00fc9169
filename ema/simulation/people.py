"""Virtual participants: who they are, what is behind their answers, and their habits.

The model. Each score of the study's trend has a latent state on the scale 1 to 7. At study day d (from 0) and check-in
t, counted over all moments of the day at which a prompt may come, answered or not, a person's state is

    level + slope · (d − (days − 1)/2) + evening · [how late in the day, 0 to 1] + s(t)
    s(t) = phi · s(t−1) + sqrt(1 − phi²) · e(t)

- `level` is the person's own: normal between persons, correlated between the scores.
- `slope` per study day is the person's own: normal around ZERO. There is no group trend; persons vary.
- `evening` is the person's own difference between the first and the last moment of a day.
- `s` is an AR(1) process over check-ins with standard deviation `state_sd`; e is correlated between the scores.

An item's answer is its score's state plus item noise, stretched to the item's scale, rounded and cut to it. Items that
belong to no trend score draw on the same states (the self-esteem scale on self-esteem, the rest on well-being).

Habits: each person answers a note with a probability of her own, which falls from week to week, and is lower for a
reminder; some never answer anything after joining. Minutes until she answers are log-normal. Sometimes she taps Later
or Skip, stops in the middle, skips an item or prefers not to say. One pauses, one blocks the bot, one asks to be
contacted, one stops and keeps what she gave, one changes her hours, one goes quiet. Where the study lets her start a
check-in when something has happened, something does on some days.

Everything about a person follows from her parameters, which are stored: nothing of her life is in memory only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from math import sqrt
from random import Random
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from ema.domain.localtime import local, to_utc
from ema.domain.protocol import Protocol
from ema.domain.schedules.event import Event


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Model(_Frozen):
    """What all virtual people have in common. The numbers behind the words above."""

    mean: float = 4.3
    between_sd: float = 0.85
    between_correlation: float = 0.6
    group_slope: float = 0.0
    slope_sd: float = 0.025
    phi: float = 0.45
    state_sd: float = 0.7
    state_correlation: float = 0.5
    evening: float = -0.15
    evening_sd: float = 0.2
    item_sd: float = 0.55
    answering: float = 0.61
    """The mean probability of answering a note in the first week, of those who answer at all."""
    answering_spread: float = 0.14
    fall_a_week: float = 0.05
    reminded: float = 0.35
    """Answering a reminder, as a share of answering a note."""
    never: float = 0.08
    """The share of people who never answer anything after joining."""
    latency_minutes: float = 9.0
    latency_spread: float = 0.9
    later: float = 0.04
    decline: float = 0.04
    leave: float = 0.04
    skip_item: float = 0.015
    prefer_not: float = 0.006
    accept_offer: float = 0.6
    happens: float = 0.4
    """How often a day something happens for which she starts a check-in, where the study has such."""


class Plan(_Frozen):
    """Something that she does once, by a command, at her own time."""

    at: datetime
    do: Literal["pause", "contact", "times", "stop", "block", "checkin"]


class Person(_Frozen):
    """One virtual participant. `phone` is her Telegram id in the sandbox, once she has one."""

    name: str
    seed: str
    joins_at: datetime
    language: str
    timezone: str
    preset: str
    other_preset: str
    levels: dict[str, float]
    """Score → her level in the middle of the study."""
    slopes: dict[str, float]
    """Score → her change per study day."""
    evenings: dict[str, float]
    answering: float
    """0: she never answers anything after joining."""
    quiet_from: datetime | None = None
    plans: tuple[Plan, ...] = ()
    phone: int | None = None

    def rng(self, *about: object) -> Random:
        """Chance that depends on nothing but her and what it is about."""
        return Random("|".join((self.seed, self.name, *map(str, about))))  # noqa: S311 - nothing secret

    def intends(self, do: str) -> bool:
        return any(plan.do == do for plan in self.plans)


NAMES: Final = """
Ada Bea Carmen Dina Ela Fay Gina Hana Ines Jade Kira Lola Mara Nora Olga Pia Rosa Sara Tess Uma
Vera Wren Yara Zoe Alba Bruna Celia Dora Edie Flor Greta Hope Ivy Juno Kaya Lena Mila Nina Opal Petra
""".split()  # noqa: SIM905 - easier to read
ODD_ONES: Final[tuple[tuple[str, int], ...]] = (
    ("contact", 6),
    ("pause", 9),
    ("times", 8),
    ("block", 17),
    ("stop", 15),
    ("quiet", 5),
)
"""What one person each does once, and on which day after joining."""


def cast(
    protocol: Protocol, number: int, *, start: datetime, joining_days: int, seed: str, model: Model
) -> list[Person]:
    """So many people who join from `start` on, spread over so many days. The same arguments give the same people."""
    rng = Random(f"{seed}|cast")  # noqa: S311 - nothing secret
    never = set(rng.sample(range(number), round(number * model.never)))
    active = [index for index in range(number) if index not in never]
    early = [index for index in active if index < number * 0.6]
    odd = dict(zip(rng.sample(early, min(len(ODD_ONES), len(early))), ODD_ONES, strict=False))
    languages = protocol.languages
    people = []
    for index in range(number):
        language = languages[1] if len(languages) > 1 and rng.random() < 0.25 else languages[0]
        others = [zone for zone in protocol.timezones if zone != protocol.timezone]
        away = bool(others) and rng.random() < (0.5 if language != languages[0] else 0.1)
        timezone = others[0] if away else protocol.timezone
        preset, other_preset = _presets(protocol, rng)
        joins_at = _joins_at(start + timedelta(days=index * joining_days // number), index, timezone, rng)
        kind, day = odd.get(index, ("", 0))
        at = joins_at + timedelta(days=day, minutes=rng.randrange(10, 300))
        person = Person(
            name=NAMES[index % len(NAMES)] + ("" if index < len(NAMES) else f" {index // len(NAMES) + 1}"),
            seed=seed,
            joins_at=joins_at,
            language=language,
            timezone=timezone,
            preset=preset,
            other_preset=other_preset,
            answering=0.0 if index in never else _probability(rng.gauss(model.answering, model.answering_spread)),
            quiet_from=at if kind == "quiet" else None,
            plans=(
                *((Plan.model_validate({"at": at, "do": kind}),) if kind not in {"", "quiet"} else ()),
                *(
                    ()
                    if index in never
                    else _events(protocol, joins_at, at if kind else None, f"{seed}|{index}", model)
                ),
            ),
            **_traits(protocol.trend.scores, rng, model),
        )
        people.append(person)
    return people


def _events(protocol: Protocol, joins_at: datetime, until: datetime | None, seed: str, model: Model) -> list[Plan]:
    """The check-ins that she starts herself. None after she did what she does once, as she may be gone then."""
    if not any(isinstance(schedule, Event) for schedule in protocol.schedules):
        return []
    rng = Random(f"{seed}|events")  # noqa: S311 - nothing secret
    plans = []
    for day in range(1, protocol.days + 1):
        at = joins_at + timedelta(days=day, minutes=rng.randrange(60, 600))
        if rng.random() < model.happens and (until is None or at < until):
            plans.append(Plan(at=at, do="checkin"))
    return plans


def _probability(drawn: float) -> float:
    return min(0.97, max(0.25, drawn))


def _presets(protocol: Protocol, rng: Random) -> tuple[str, str]:
    """Hers, most often the study's default; and the one that she would change to."""
    default = protocol.hours.default
    others = [name for name in protocol.hours.presets if name != default]
    if not others:
        return default, default
    preset = default if rng.random() < 0.6 else rng.choice(others)
    return preset, default if preset != default else others[0]


def _joins_at(day: datetime, index: int, timezone: str, rng: Random) -> datetime:
    """In the morning, and not all at once."""
    nine = to_utc(local(day, timezone).date(), time(9), timezone)
    return nine + timedelta(minutes=15 * (index % 12) + rng.randrange(12))


def _traits(scores: Sequence[str], rng: Random, model: Model) -> dict[str, dict[str, float]]:
    shared = rng.gauss(0, 1)
    share = sqrt(model.between_correlation)
    own = sqrt(1 - model.between_correlation)
    traits: dict[str, dict[str, float]] = {"levels": {}, "slopes": {}, "evenings": {}}
    for score in scores:
        traits["levels"][score] = model.mean + model.between_sd * (share * shared + own * rng.gauss(0, 1))
        traits["slopes"][score] = rng.gauss(model.group_slope, model.slope_sd)
        traits["evenings"][score] = rng.gauss(model.evening, model.evening_sd)
    return traits
