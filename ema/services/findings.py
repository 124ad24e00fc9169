"""The analysis of a study as lines for a page or the API: plain values, each with its rule in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ema.services.frames import ScoreRows
from ema.services.installation import Installation
from ema.services.overview import saw
from ema.services.signin import Signed
from ema.services.trends import Trends
from ema.store import studies, views

if TYPE_CHECKING:
    from analysis.study import PersonTrends

DAY_COUNTS: Final = ("participants", "planned", "delivered", "answered", "undelivered", "paused", "quiet")


@dataclass(frozen=True)
class RateLine:
    """One way of counting compliance: a part of a whole, and the rule of its denominator."""

    name: str
    rule: str
    part: int
    whole: int


@dataclass(frozen=True)
class DayLine:
    """One study day over all participants."""

    study_day: int
    participants: int
    planned: int
    delivered: int
    answered: int
    undelivered: int
    paused: int
    quiet: int


@dataclass(frozen=True)
class ComplianceLines:
    sentence: str
    rates: list[RateLine]
    days: list[DayLine]
    pending: int
    cancelled: int
    picture: str
    """The picture in words."""


@dataclass(frozen=True)
class PersonLine:
    """One person's trend per day; without a slope, `reason` says why."""

    participant: str
    n: int
    slope: float | None
    low: float | None
    high: float | None
    reason: str
    truth: float | None
    """The slope that the simulation gave her."""
    left_out: int = 0
    """Scores of hers that were answered in another way than most of the study's: they are no part of it."""


@dataclass(frozen=True)
class EffectLine:
    """One effect of the group model with its 95 % interval."""

    name: str
    words: str
    estimate: float
    se: float
    low: float
    high: float
    truth: float | None
    """The mean of what the simulation gave its persons."""


@dataclass(frozen=True)
class GroupLines:
    sentence: str
    effects: list[EffectLine]
    warnings: list[str]
    model: str
    n_persons: int
    n_used: int
    picture: str | None
    """The picture in words; None where there is none."""


@dataclass(frozen=True)
class ScoreLines:
    """All that is said about one score."""

    score: str
    minimum: int
    mark: str
    note: str
    group: GroupLines
    persons: list[PersonLine]
    waiting: list[PersonLine]
    """Who has too few answers for a trend."""
    persons_picture: str | None
    simulated: bool
    mode: str
    """The way of answering that everything here stands on; empty for a score that has only one."""
    left_out: int
    """Scores that were answered in another way, or in both."""
    one_way: str
    """The same in words; empty where nothing was left out."""


def compliance(trends: Trends, study_id: str) -> ComplianceLines:
    answered = trends.compliance(study_id)
    found = answered.found
    days = [
        DayLine(int(day["study_day"]), *(int(day[name]) for name in DAY_COUNTS))
        for day in found.by_day.to_dict("records")
    ]
    rates = [RateLine(rate.name, rate.rule, rate.part, rate.whole) for rate in found.rates]
    return ComplianceLines(found.sentence, rates, days, found.pending, found.cancelled, answered.picture.text)


def score(trends: Trends, study_id: str, name: str, me: Signed) -> ScoreLines:
    """Reading persons' trends is noted in the audit."""
    found = trends.persons(study_id, name)
    minimum, everybody, truths = _about(trends.here, study_id)
    slopes = _truths(truths, "slopes", name)
    saw(trends.here, me, f"trends of {name}", f"study:{study_id}")
    given = trends.one_way(study_id, name)
    lines = [_line(found, given, participant, minimum, slopes) for participant in everybody]
    return ScoreLines(
        score=name,
        minimum=minimum,
        mark=found.mark if found else "not clinically monitored",
        note=found.note if found else "",
        group=_group(trends, study_id, name, truths),
        persons=[line for line in lines if line.slope is not None],
        waiting=[line for line in lines if line.slope is None],
        persons_picture=found.picture.text if found else None,
        simulated=bool(truths),
        mode=given.mode,
        left_out=sum(given.left_out.values()),
        one_way=_one_way(given),
    )


def person(trends: Trends, study_id: str, participant: str, me: Signed) -> dict[str, PersonLine]:
    """One person's trend in every score that the study follows, by score. Noted in the audit."""
    saw(trends.here, me, "trends of a participant", f"participant:{participant}")
    with trends.here.database.reading() as session:
        names = studies.protocol(session, study_id).trend.scores
    lines = {}
    for name in names:
        minimum, _, truths = _about(trends.here, study_id)
        slopes = _truths(truths, "slopes", name)
        given = trends.one_way(study_id, name)
        lines[name] = _line(trends.persons(study_id, name), given, participant, minimum, slopes)
    return lines


Truths = dict[str, dict[str, Any]]
"""Participant → the stated model behind her answers."""


def _about(here: Installation, study_id: str) -> tuple[int, list[str], Truths]:
    """The minimum for a trend, everybody who is counted, and the models of who is simulated."""
    with here.database.reading() as session:
        minimum = studies.protocol(session, study_id).trend.minimum_answered
        everybody = sorted(str(row.id) for row in views.people(session, study_id))
        return minimum, everybody, views.truths(session, study_id)


WAYS: Final = {"row": "on the row of buttons", "slider": "on the slider"}


def _one_way(given: ScoreRows) -> str:
    out, kept = sum(given.left_out.values()), len(given.rows)
    if not out:
        return ""
    way = WAYS.get(given.mode, "in one way")
    return (
        f"Stands on the {kept} {'score' if kept == 1 else 'scores'} given {way}. "
        f"{out} given in another way, or in both, {'is' if out == 1 else 'are'} left out: it is not the same measure."
    )


def _line(
    found: PersonTrends | None, given: ScoreRows, participant: str, minimum: int, slopes: dict[str, float]
) -> PersonLine:
    row = next((row for row in found.rows if str(row.participant) == participant), None) if found else None
    n = row.n if row else 0
    sen = row.theil_sen if row else None
    left_out = given.left_out.get(participant, 0)
    if sen is not None:
        return PersonLine(participant, n, sen.slope, sen.low, sen.high, "", slopes.get(participant), left_out)
    reason = f"{n} answered, {minimum} needed" if n < minimum else (row.reason if row else "") or ""
    return PersonLine(participant, n, None, None, None, reason, slopes.get(participant), left_out)


def _group(trends: Trends, study_id: str, name: str, truths: Truths) -> GroupLines:
    found = trends.group(study_id, name)
    if found is None or found.result is None:
        sentence = found.sentence if found else "Nobody has given a scored answer yet."
        return GroupLines(sentence, [], [], "", 0, 0, None)
    result = found.result
    with_slots = any(one.name.startswith("slot[") for one in result.fixed)
    effects = [
        EffectLine(
            name=one.name,
            words=_words(one.name, with_slots=with_slots),
            estimate=one.estimate,
            se=one.se,
            low=one.low,
            high=one.high,
            truth=_mean(_truths(truths, _given(one.name), name)),
        )
        for one in result.fixed
    ]
    kind = "random level and slope of each person" if result.random == "slope" else "random level of each person"
    return GroupLines(
        sentence=found.sentence,
        effects=effects,
        warnings=list(result.warnings),
        model=f"Linear mixed model ({result.method.upper()}), {kind}, residuals {result.residual.upper()}.",
        n_persons=result.n_persons,
        n_used=result.n_used,
        picture=found.picture.text if found.picture else None,
    )


def _words(name: str, *, with_slots: bool) -> str:
    """An effect in plain words."""
    if name == "intercept":
        return "Level at the start, in the first slot" if with_slots else "Level at the start"
    if name == "time":
        return "Change per day"
    if name.startswith("slot["):
        return f"{name[5:-1].capitalize()}, compared with the first slot"
    return name


def _given(effect: str) -> str:
    """What the simulation's model calls this effect."""
    if effect == "time":
        return "slopes"
    return "evenings" if effect.startswith("slot[") else ""


def _truths(models: Truths, what: str, score: str) -> dict[str, float]:
    """What the simulation gave each of its persons for this score."""
    return {
        participant: float(model[what][score]) for participant, model in models.items() if score in model.get(what, {})
    }


def _mean(values: dict[str, float]) -> float | None:
    return sum(values.values()) / len(values) if values else None
