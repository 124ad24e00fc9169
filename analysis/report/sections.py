"""The sections of the report, in the order in which somebody reads them who is no statistician."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.compliance import Compliance
from analysis.missingness import Answering, Sensitivity
from analysis.mixed.result import MixedResult
from analysis.mixed.words import number
from analysis.quality import Quality
from analysis.report import methods, scores
from analysis.report.parts import behind, figure, p, points, table, tiles
from analysis.tables import interval

if TYPE_CHECKING:
    from analysis.compliance import Latency
    from analysis.report.cells import Cells
    from analysis.report.recipes import Everything, Study, Tables

CAUTION = (
    "A trend is a description. Time itself, regression to the mean, the novelty of being asked, and who goes on"
    " answering make trends too: nothing here says what brought a change about, or that taking part did."
)
MERGED = "What few persons have is put together with the next, until it is no longer few."


@dataclass(frozen=True)
class Flow:
    """How many persons; `invited` counts invitations, the rest people. `joined` are those whose data are kept."""

    invited: int
    joined: int
    taking_part: int
    finished: int
    stopped: int
    erased: int


@dataclass(frozen=True)
class Report:
    """All that a section may need."""

    about: Study
    tables: Tables
    found: Everything
    flow: Flow
    cells: Cells
    days: int
    instruments: tuple[tuple[str, str, str, str], ...]  # title, citation, licence, validation
    truths: Mapping[str, Mapping[str, float]]  # of a simulation: score → effect → its mean over persons
    code: str


def in_short(it: Report) -> str:
    often = {1: "once a day", 2: "twice a day"}.get(it.about.slots, f"{it.about.slots} times a day")
    lines = [f"{_people(it)} joined. Each was asked {often} for {it.days} days."]
    lines.append(_answered(it))
    lines += [
        scores.moved(one, one.trend, it.days)
        if isinstance(one.trend, MixedResult)
        else f"{one.score.label}: no trend can be given, {one.trend}."
        for one in it.found.scores
    ]
    return points(lines) + p(CAUTION, "note")


def _people(it: Report) -> str:
    n, joined = it.cells.persons(it.flow.joined), it.flow.joined
    if not joined or it.cells.few(joined):
        return "Nobody" if not joined else f"{n.capitalize()} people"
    return f"{'About ' if it.cells.kept else ''}{n} {'person' if joined == 1 else 'people'}"


def _answered(it: Report) -> str:
    found = it.found.answered
    if isinstance(found, str):
        return f"How much was answered is not shown: {found}."
    first = found.rates[0]
    if not first.whole:
        return "No planned check-in is over yet."
    return f"{first.part:,} of {first.whole:,} planned check-ins were answered, {100 * first.part / first.whole:.0f} %."


def who(it: Report) -> str:
    shown = it.cells.persons
    rounded = " Numbers of persons are rounded to the nearest five." if it.cells.kept else ""
    return tiles(
        [
            ("Invited", shown(it.flow.invited)),
            ("Joined", shown(it.flow.joined)),
            ("Taking part", shown(it.flow.taking_part)),
            ("Finished", shown(it.flow.finished)),
            ("Withdrew, answers kept", shown(it.flow.stopped)),
            ("Erased", shown(it.flow.erased)),
        ]
    ) + p(
        "Joined are those whose answers are kept: they take part, have finished, or withdrew and let their answers"
        " stay. Who had everything erased is in no other number here." + rounded,
        "soft",
    )


def how_often(it: Report) -> str:
    found = it.found.answered
    if isinstance(found, str):
        return p(_answered(it))
    caption = (
        "Bars: of all planned check-ins of the day. Line: of those that reached the phone. Below: how many persons."
    )
    return (
        p(_answered(it), "lead")
        + figure(it.found.pictures.get("compliance"), "compliance", caption)
        + _rates(it, found)
        + behind(
            "Day by day, what became of the rest, and how long it took", _days(it, found), _states(it), _latency(found)
        )
    )


def _rates(it: Report, found: Compliance) -> str:
    rows, hidden = [], False
    for rate in found.rates:
        counts = it.cells.counted(rate, it.tables.prompts)
        hidden = hidden or not counts
        share = f"{100 * rate.part / rate.whole:.0f} %" if rate.whole else "–"
        rows.append([rate.name.capitalize(), share, f"{rate.part:,} of {rate.whole:,}" if counts else "–", rate.rule])
    note = f"A dash: the counts would tell of fewer than {it.cells.fewest} persons." if hidden else ""
    caption = "Every way of counting, with its rule."
    return table(caption, ["answered", "share", "counts", "rule"], rows, words=(0, 3)) + (
        p(note, "soft") if note else ""
    )


def _days(it: Report, found: Compliance) -> str:
    def percent(share: float) -> str:
        return f"{100 * share:.0f} %" if share == share else "–"  # noqa: PLR0124 - not a number where nothing was sent

    rows = [
        [
            f"{day['study_day']:.0f}",
            f"{day['participants']:.0f}",
            percent(day["answered_of_planned"]),
            percent(day["answered_of_delivered"]),
        ]
        for day in found.by_day.to_dict("records")
    ]
    few = (
        f" Days with fewer than {it.cells.fewest} persons are left out; persons are in fives." if it.cells.kept else ""
    )
    return table(f"By study day.{few}", ["study day", "persons", "of planned", "of delivered"], rows)


def _states(it: Report) -> str:
    rows = [
        [name, f"{prompts:,}", it.cells.persons(persons)]
        for name, prompts, persons in it.cells.states(it.tables.prompts)
    ]
    return table(
        f"What became of every planned check-in.{f' {MERGED}' if it.cells.kept else ''}",
        ["what became of it", "check-ins", "persons"],
        rows,
    )


def _latency(found: Compliance) -> str:
    def cell(minutes: float | None) -> str:
        return "–" if minutes is None else number(minutes)

    def row(one: Latency) -> list[str]:
        cuts = (one.quartile_1, one.median, one.quartile_3, one.percentile_90)
        return [one.name.capitalize(), f"{one.n:,}", *map(cell, cuts)]

    head = ["from", "check-ins", "quarter", "half", "three quarters", "nine tenths"]
    return table("Minutes within which so many had done it.", head, [row(one) for one in found.latencies])


def each_score(it: Report) -> list[tuple[str, str, str]]:
    """Anchor, title and body of a section for each score, the primary one first."""
    made = []
    for at, one in enumerate(it.found.scores):
        scale = f"From {one.score.low:g} to {one.score.high:g}. No cut-offs."
        body = (
            p(scale, "soft")
            + scores.course(one, it.truths.get(one.score.name, {}), it.cells)
            + scores.spread(one, it.cells)
        )
        made.append((one.score.name, one.score.label + (" (primary)" if at == 0 else ""), body))
    return made


def side_by_side(it: Report) -> str:
    return scores.side_by_side(it.found.scores) + p(
        "The p-value says how often a change this large would come up if there were none; it says nothing of its size"
        " or of what is behind it. Read the interval first.",
        "soft",
    )


def reliability(it: Report) -> str:
    lead = p("How far the questions of a score agree, between persons and from moment to moment.")
    forms = [[title, validation, licence] for title, _, licence, validation in it.instruments]
    head = ["questionnaire", "validation", "licence"]
    return (
        lead
        + "".join(scores.measures(one) for one in it.found.scores)
        + table("What was asked.", head, forms, words=(0, 1, 2))
    )


def missing(it: Report) -> str:
    found, primary = it.found, it.found.scores[0]
    parts = [
        p(
            "What is not answered is not known. Here is who answers when, and how far the trend would move if what is"
            " missing differs from what is there."
        )
    ]
    if isinstance(found.answering, Answering):
        odds = [[one.name.capitalize(), number(one.ratio), interval(one.low, one.high)] for one in found.answering.odds]
        parts += [
            p(_fading(found.answering)),
            behind(
                "What goes with answering, in numbers",
                table(
                    "Odds of answering a delivered check-in: factor for one more day, or one place later in the day.",
                    ["what goes with it", "factor", "95 % interval"],
                    odds,
                ),
            ),
        ]
    else:
        parts.append(p(f"What goes with answering can’t be said: {found.answering}."))
    parts.append(
        figure(
            found.pictures.get("sensitivity"),
            "sensitivity",
            f"{primary.score.label}: as reported (diamond), and under other assumptions (dots).",
        )
    )
    for what, result in (("Patterns", found.patterns), ("Shifts", found.shifts)):
        said = result.sentence if isinstance(result, Sensitivity) else f"{what}: not to be had, {result}."
        parts.append(p(said, "soft"))
    parts.append(
        p(
            "The last two leave the time of day out of the model, so that their trend as fitted is a little different.",
            "soft",
        )
    )
    return "".join(parts)


def _fading(found: Answering) -> str:
    day = found.odds[0]
    if day.low <= 1 <= day.high:
        way = "no clear change from day to day"
    else:
        way = "they rise from day to day" if day.low > 1 else "they fall from day to day"
    return (
        f"The odds that a check-in which arrived is answered: {way}, by a factor of {number(day.ratio)} a day (95 %"
        f" interval {interval(day.low, day.high)})."
    )


def data_quality(it: Report) -> str:
    found = it.found.quality
    if not isinstance(found, Quality):
        return p(f"Signs of careless answering can’t be given: {found}.")
    per_person = found.persons
    same = it.cells.few(int((per_person["same_throughout"] > 0).sum()))
    share = 100 * float((per_person["same_throughout"] * per_person["n"]).sum() / per_person["n"].sum())
    rows = [
        ["Complete check-ins looked at", f"{len(found.prompts):,}"],
        ["All items with the same answer", f"fewer than {it.cells.fewest} persons" if same else f"{share:.1f} %"],
        ["Longest run of equal answers, mean", number(float(found.prompts["longstring"].mean()))],
    ]
    seconds = found.prompts["seconds_per_item"].dropna()
    if len(seconds):
        rows.append(["Seconds per item, median", number(float(seconds.median()))])
    return p("Flags to look at, never a reason to leave anybody out: nobody is left out here.") + table(
        "Signs of careless answering.", ["sign", "found"], rows
    )


def persons(it: Report) -> str:
    return p("INTERNAL. Pseudonyms stand here: don’t pass this edition on.", "note") + "".join(
        scores.persons(one) for one in it.found.scores
    )


def how(it: Report) -> str:
    cited = [*methods.cited(), *sorted({citation for _, citation, _, _ in it.instruments})]
    return (
        "".join(map(p, methods.paragraphs(it.about)))
        + p(methods.versions(), "soft")
        + behind("What is cited", points(cited))
    )
