"""What the report says of each score: its course, its spread, how well it measures, and who differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.adjust import beside_the_primary
from analysis.mixed.result import MixedResult
from analysis.mixed.words import number
from analysis.report.parts import behind, figure, p, table
from analysis.tables import interval, probability

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analysis.report.cells import Cells
    from analysis.report.recipes import Found

WORDS = {"intercept": "Level at the start", "time": "Change per day"}
PARTS = {
    "sd_intercept": "Persons’ levels at the start (SD)",
    "sd_slope": "Persons’ changes per day (SD)",
    "correlation": "Correlation of the two",
    "sigma": "Rest (SD)",
    "phi": "Correlation of the rest of neighbouring prompts",
}


def course(one: Found, truth: Mapping[str, float], cells: Cells) -> str:
    """The group trend with its band; the model behind. `truth` is what a simulation gave its persons."""
    if isinstance(one.trend, str):
        return p(f"No trend of the group can be given: {one.trend}.")
    caption = (
        "The line is the average course, at the mean of the times of day. The true one may well lie anywhere in the"
        " band (95 %, at each moment by itself). Dots are the means of all answers of a day"
        f"{f' on which at least {cells.fewest} persons answered' if cells.kept else ''}. Of the scale, from"
        f" {one.score.low:g} to {one.score.high:g}, only a part is shown."
    )
    return (
        p(one.trend.sentence, "lead")
        + "".join(p(f"Note: {warning}.") for warning in one.trend.warnings)
        + figure(one.pictures.get("trend"), f"{one.score.name}-trend", caption)
        + behind("The model in numbers", _effects(one, one.trend, truth), _components(one), _clock(one))
    )


def moved(one: Found, trend: MixedResult, days: int) -> str:
    """The trend in one sentence without a model: how far the average moved over the whole study."""
    slope = trend.trend
    over, low, high = (number((days - 1) * value) for value in (slope.estimate, slope.low, slope.high))
    clear = "" if slope.low > 0 or slope.high < 0 else "no clear change. "
    return (
        f"{one.score.label}: {clear}{'Over' if clear else 'over'} the {days} days the average moved by {over} points"
        f" (95 % interval {low} to {high}) on a scale from {one.score.low:g} to {one.score.high:g}."
    )


def _effects(one: Found, trend: MixedResult, truth: Mapping[str, float]) -> str:
    rows = [
        [
            _effect(effect.name),
            number(effect.estimate),
            number(effect.se),
            interval(effect.low, effect.high),
            f"{effect.df:.1f}",
            *([number(truth[effect.name]) if effect.name in truth else ""] if truth else []),
        ]
        for effect in trend.fixed
    ]
    head = [
        "effect",
        "estimate",
        "standard error",
        "95 % interval",
        "df",
        *(["truth of the simulation"] if truth else []),
    ]
    caption = f"{one.score.label}: average course. {trend.n_persons} persons, {trend.n_used:,} answers."
    return table(caption, head, rows)


def _components(one: Found) -> str:
    assert isinstance(one.trend, MixedResult)
    rows = [
        [
            PARTS.get(part.name, part.name),
            number(part.estimate),
            "at the boundary" if part.boundary else _sensible(part.low, part.high, one.score.high - one.score.low),
        ]
        for part in one.trend.components
    ]
    assumed = "; ".join(one.trend.assumptions)
    return table(
        f"{one.score.label}: how persons and moments differ.", ["part", "estimate", "95 % interval"], rows
    ) + p(f"Assumed: {assumed}.", "soft")


def _sensible(low: float | None, high: float | None, widest: float) -> str:
    """An interval; one whose upper end is beyond the whole scale says nothing but that."""
    if high is not None and high > widest:
        return f"{'–' if low is None else number(low)} to anything: these data can’t tell"
    return interval(low, high)


def _clock(one: Found) -> str:
    if isinstance(one.by_the_clock, str):
        return p(f"By the clock, CAR(1): {one.by_the_clock}.", "soft")
    trend = one.by_the_clock.trend
    return p(
        f"By the hours between answers instead, CAR(1): {number(trend.estimate)} per day (95 % interval"
        f" {interval(trend.low, trend.high)}).",
        "soft",
    )


def _effect(name: str) -> str:
    return (
        f"{name[5:-1].capitalize()}, compared with the first slot"
        if name.startswith("slot[")
        else WORDS.get(name, name)
    )


def spread(one: Found, cells: Cells) -> str:
    """Level and variability."""
    label = one.score.name
    return (
        figure(one.pictures.get("spread"), f"{label}-spread", _ends(one, cells))
        + _said(one.levels)
        + figure(one.pictures.get("shares"), f"{label}-shares")
        + behind("Level and variability in numbers", _movement(one), _said(one.icc, "soft"), _said(one.inertia, "soft"))
    )


def _ends(one: Found, cells: Cells) -> str:
    if not len(one.rows):
        return ""
    parts = []
    for where, end in (("lowest", one.score.low), ("highest", one.score.high)):
        there = one.rows[one.rows["value"] == end]
        few = cells.few(there["participant"].nunique())
        share = (
            f"given by fewer than {cells.fewest} persons"
            if few
            else f"{100 * len(there) / len(one.rows):.0f} % of answers"
        )
        parts.append(f"the {where} possible value: {share}")
    joined = " Bars to which few persons belong are put together." if cells.kept else ""
    return f"{'; '.join(parts).capitalize()}.{joined}"


def _movement(one: Found) -> str:
    if isinstance(one.movement, str):
        return p(f"Level and variability can’t be given: {one.movement}.")
    rows = []
    for name, words in (
        ("mean", "A person’s mean"),
        ("sd", "Standard deviation within a person"),
        ("rmssd_day", "Change from one prompt to the next of the day (RMSSD)"),
        ("relative_sd", "Standard deviation, relative to what the mean allows"),
    ):
        values = one.movement[name].dropna().to_numpy(dtype=np.float64)
        if len(values) > 1:
            rows.append([words, number(values.mean()), number(values.std(ddof=1)), f"{len(values)}"])
    return table(f"{one.score.label}: over persons.", ["what", "mean", "SD", "persons"], rows)


def _said(result: object, kind: str = "") -> str:
    return p(f"Not to be had: {result}.", "soft") if isinstance(result, str) else p(result.sentence, kind)  # type: ignore[attr-defined]


def side_by_side(scores: Sequence[Found]) -> str:
    """The change per day of every score; the secondary ones with Holm's p-values."""
    known = [(one, one.trend.trend) for one in scores if isinstance(one.trend, MixedResult)]
    adjusted = beside_the_primary({one.score.name: trend.p for one, trend in known}, scores[0].score.name)
    rows = [
        [
            one.score.label + (" (primary)" if one is scores[0] else ""),
            number(trend.estimate),
            interval(trend.low, trend.high),
            probability(trend.p),
            "" if one is scores[0] else probability(adjusted[one.score.name]),
        ]
        for one, trend in known
    ]
    head = ["score", "per day", "95 % interval", "p", "p (Holm)"]
    return table("The change per day of every score that the study follows.", head, rows) if rows else ""


def measures(one: Found) -> str:
    """Reliability of one score."""
    rows = []
    if not isinstance(one.general, str):
        rows += [
            ["A person’s mean over the whole time (RkRn)", number(one.general.RkRn)],
            ["The same, with as many answers as were given", number(one.general.RkRn_answered)],
            ["Change within a person (Rcn)", number(one.general.Rcn)],
        ]
    if not isinstance(one.alpha, str):
        rows.append(["Within persons, alpha of the deviations from a person’s own means", number(one.alpha)])
    if not isinstance(one.two_level, str):
        for name, value in (
            ("Within persons, omega", one.two_level.omega_within),
            ("Within persons, alpha", one.two_level.alpha_within),
            ("Between persons, omega", one.two_level.omega_between),
            ("Between persons, alpha", one.two_level.alpha_between),
        ):
            rows.append([name, "–" if value is None else number(value)])
    whys = [
        f"{what}: {why}."
        for what, why in (
            ("RkRn and Rcn", one.general if isinstance(one.general, str) else None),
            (
                "Alpha and omega of the two-level model",
                one.two_level if isinstance(one.two_level, str) else one.two_level.reason,
            ),
        )
        if why
    ]
    caption = f"{one.score.label}: {len(one.score.items)} questions. From 0, all chance, to 1, no chance at all."
    return (table(caption, ["what is measured", "reliability"], rows) if rows else "") + "".join(
        p(f"Not to be had: {why}", "soft") for why in whys
    )


def persons(one: Found) -> str:
    """Everybody's own trend. For the internal edition."""
    if isinstance(one.persons, str):
        return p(f"{one.score.label}: {one.persons}.")
    tested = any(row.headline for row in one.persons.rows)
    rows = []
    for row in one.persons.rows:
        sen, line = row.theil_sen, row.headline
        cells = [
            str(row.participant),
            f"{row.n}",
            *([number(sen.slope), interval(sen.low, sen.high)] if sen else ["–", ""]),
        ]
        if tested:
            cells += (
                [number(line.slope), interval(line.low, line.high), probability(line.p_fdr)] if line else ["–", "", ""]
            )
        rows.append([*cells, row.reason or ""])
    head = ["person", "answered", "per day", "95 % interval"]
    head += ["GLS per day", "95 % interval", "p (FDR)"] if tested else []
    caption = f"{one.score.label}: {one.persons.note} {one.persons.mark.capitalize()}."
    return figure(one.pictures.get("persons"), f"{one.score.name}-persons") + table(
        caption, [*head, "note"], rows, words=(0, len(head))
    )
