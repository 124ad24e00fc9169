"""Pictures as SVG text, each with a text alternative in plain words.

Colours are told apart by colour-blind readers and in grey; meaning never rests on colour alone. Drawn with
matplotlib's object interface, so that no global state is touched; the same data give the same bytes.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from analysis.mixed.words import number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from analysis.compliance import Compliance
    from analysis.mixed.result import CurvePoint
    from analysis.serial import Floats

INK, SOFT, RULE = "#2f2a28", "#7a706a", "#ddd5cc"
PAPER = "#fffdfa"
BLUE, BAND = "#2b5c8a", "#c3d3e2"
CLAY, SAND = "#b4552d", "#ead9c7"
_ONE_AT_A_TIME = Lock()
STYLE: Any = {  # rc settings; any dictionary will do for rc_context
    "svg.hashsalt": "ema",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": RULE,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


@dataclass(frozen=True)
class Picture:
    """SVG text, and what it shows in words."""

    svg: str
    text: str


def group_trend(
    curve: Sequence[CurvePoint], sentence: str, *, score: str, time_label: str, means: Floats | None = None
) -> Picture:
    """The average course with its pointwise 95 % band; `means` (k, 2) are observed means by time."""
    with drawing():
        figure, axes = _canvas(6.4, 3.6)
        time = [point.time for point in curve]
        if means is not None:
            axes.plot(
                means[:, 0],
                means[:, 1],
                "o",
                ms=3.6,
                mfc=SAND,
                mec=CLAY,
                mew=0.8,
                zorder=3,
                label="mean of the answers",
            )
        axes.fill_between(time, [p.low for p in curve], [p.high for p in curve], color=BAND, lw=0, label="95 % band")
        axes.plot(time, [p.estimate for p in curve], color=BLUE, lw=2.2, label="average course")
        axes.set_xlabel(time_label)
        axes.grid(axis="y", color=RULE, lw=0.6)
        _title_and_legend(axes, score)
        start, end = curve[0], curve[-1]
        words = (
            f"Average course of {score} from {number(start.estimate)} (95 % band {number(start.low)} to"
            f" {number(start.high)}) at the start to {number(end.estimate)} ({number(end.low)} to"
            f" {number(end.high)}) at the end. {sentence}"
        )
        return Picture(svg(figure), words)


@dataclass(frozen=True)
class PersonSeries:
    """One person's answers over time, and her Theil-Sen slope where it may be shown."""

    label: str
    time: Floats
    score: Floats
    slope: float | None


def persons(series: Sequence[PersonSeries], *, score: str, time_label: str, columns: int = 6) -> Picture:
    """Small multiples, one person each, on common scales, with the Theil-Sen line through the medians."""
    with drawing():
        rows = max(1, -(-len(series) // columns))
        figure = Figure(figsize=(8.4, 1.05 * rows + 0.9), facecolor=PAPER, layout="constrained")
        grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        for axes in grid.flat[len(series) :]:
            axes.set_visible(False)
        for axes, one in zip(grid.flat, series, strict=False):
            axes.set_facecolor(PAPER)
            axes.plot(one.time, one.score, ".", ms=3, color=CLAY, alpha=0.75)
            if one.slope is not None:
                ends = np.array([one.time.min(), one.time.max()])
                line = np.median(one.score) + one.slope * (ends - np.median(one.time))
                axes.plot(ends, line, color=BLUE, lw=1.8)
            axes.set_title(one.label, fontsize=8, pad=2)
            axes.tick_params(length=0, labelsize=7.5)
            axes.xaxis.set_major_locator(MaxNLocator(3, integer=True))
            axes.yaxis.set_major_locator(MaxNLocator(3))
            axes.grid(axis="y", color=RULE, lw=0.5)
        figure.supxlabel(time_label, fontsize=9)
        figure.supylabel(score, fontsize=9)
        with_line = [one.slope for one in series if one.slope is not None]
        rising = sum(slope > 0 for slope in with_line)
        falling = sum(slope < 0 for slope in with_line)
        words = (
            f"{len(series)} small pictures, one for each person, of {score} over time. {len(with_line)} have a"
            f" Theil–Sen line: {rising} rise, {falling} fall, {len(with_line) - rising - falling} are level."
            f" {len(series) - len(with_line)} have too few answers for a line."
        )
        return Picture(svg(figure), words)


def compliance(found: Compliance) -> Picture:
    """Answered of planned and of delivered prompts by study day."""
    days = found.by_day
    with drawing():
        figure = Figure(figsize=(6.4, 4.0), facecolor=PAPER, layout="constrained")
        axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
        day = days["study_day"].to_numpy(dtype=float)
        planned, delivered = (days[f"answered_of_{whole}"] for whole in ("planned", "delivered"))
        axes.bar(day, planned, width=0.78, color=SAND, edgecolor=CLAY, lw=0.7, label="of planned")
        axes.plot(day, delivered, "o-", color=BLUE, ms=3.6, lw=1.4, label="of delivered")
        axes.set_ylim(0, 1)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
        below.bar(day, days["participants"], width=0.78, color=RULE, edgecolor=SOFT, lw=0.5)
        below.set_ylabel("persons", fontsize=8.5)
        below.yaxis.set_major_locator(MaxNLocator(2, integer=True))
        below.xaxis.set_major_locator(MaxNLocator(integer=True))
        below.set_xlabel("study day")
        if len(day):
            below.set_xlim(day.min() - 0.7, day.max() + 0.7)
        for part in (axes, below):
            part.set_facecolor(PAPER)
            part.tick_params(length=0)
            part.grid(axis="y", color=RULE, lw=0.6)
            part.set_axisbelow(True)
        _title_and_legend(axes, "Answered prompts by study day")
        return Picture(svg(figure), _compliance_words(found))


def _compliance_words(found: Compliance) -> str:
    days = found.by_day.dropna(subset=["answered_of_planned"])
    if not len(days):
        return "No prompt is past yet."
    first, last = days.iloc[0], days.iloc[-1]
    return (
        f"Share of planned prompts answered by study day: {first['answered_of_planned']:.0%} on day"
        f" {int(first['study_day'])}, {last['answered_of_planned']:.0%} on day {int(last['study_day'])},"
        f" lowest {days['answered_of_planned'].min():.0%}, highest {days['answered_of_planned'].max():.0%}."
        " The line shows the share of those delivered; the lower bars how many persons had a prompt that day."
    )


def distribution(values: Floats, *, score: str, bins: int = 40) -> Picture:
    """How often each value was given."""
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    with drawing():
        figure, axes = _canvas(5.2, 2.9)
        axes.set_title(f"Distribution of {score}")
        axes.set_ylabel("answers")
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.grid(axis="y", color=RULE, lw=0.6)
        axes.set_axisbelow(True)
        if not len(values):
            return Picture(svg(figure), f"No answers of {score} yet.")
        distinct = np.unique(values)
        if len(distinct) <= bins:
            step = float(np.min(np.diff(distinct))) if len(distinct) > 1 else 1.0
            counts = [int(np.sum(values == value)) for value in distinct]
            axes.bar(distinct, counts, width=0.8 * step, color=SAND, edgecolor=CLAY, lw=0.7)
        else:
            axes.hist(values, bins=bins, color=SAND, edgecolor=CLAY, lw=0.7)
        middle = float(np.median(values))
        axes.axvline(middle, color=BLUE, lw=1.8)
        axes.set_xlabel(f"the line marks the median, {number(middle)}")
        low, high = np.quantile(values, [0.25, 0.75])
        words = (
            f"Distribution of {len(values):,} values of {score}: median {number(middle)}, middle half from"
            f" {number(float(low))} to {number(float(high))}, lowest {number(float(values.min()))},"
            f" highest {number(float(values.max()))}."
        )
        return Picture(svg(figure), words)


@contextmanager
def drawing() -> Iterator[None]:
    """Matplotlib keeps its settings in one global place: one picture at a time, settings put back."""
    with _ONE_AT_A_TIME, mpl.rc_context(STYLE):
        yield


def _canvas(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), facecolor=PAPER, layout="constrained")
    axes = figure.subplots()
    axes.set_facecolor(PAPER)
    axes.tick_params(length=0)
    return figure, axes


def _title_and_legend(axes: Axes, title: str) -> None:
    """A title on the left and one row of legend under it, both above the picture."""
    axes.set_title(title, pad=24)
    corner = (0.0, 1.0)
    axes.legend(frameon=False, fontsize=8.5, ncols=3, loc="lower left", bbox_to_anchor=corner, borderaxespad=0.4)


def svg(figure: Figure) -> str:
    out = io.StringIO()
    figure.savefig(out, format="svg", facecolor=PAPER, metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return text[text.index("<svg") :]
