"""Pictures of a schedule: one participant's days with every prompt, and when many participants' prompts fall.

Minutes are counted from where her study day begins, as the clock shows them, so that a night lies in one piece.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, StrMethodFormatter

from analysis.figures import BLUE, CLAY, INK, PAPER, RULE, SAND, Picture, drawing, svg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

DAY: Final = 1440
NIGHT: Final = (22 * 60, 6 * 60)
"""From 22:00 to 06:00, shaded."""
SHADE, OPEN = "#e8e6ee", "#a99b8f"
MARKS: Final = ((BLUE, "o"), (CLAY, "s"), ("#3f7d4e", "^"), ("#6a4c93", "D"), ("#8a6d1b", "v"), (INK, "P"))
"""A colour and a shape for each schedule, so that neither has to be told alone."""
BIN: Final = 15
"""Minutes in each bar of the distribution."""
WIDTH: Final = 8.4
COLUMNS: Final = 5
"""Of the legend."""


@dataclass(frozen=True)
class Dot:
    """One prompt: when it is due, until when it is open (None: for days), and why it is never sent, if it is not.

    What is offered waits in the menu, and no note is sent for it.
    """

    schedule: str
    minute: int
    closes: int | None
    offered: bool = False
    barred: str = ""


@dataclass(frozen=True)
class Row:
    """One study day: its windows and its prompts."""

    label: str
    windows: tuple[tuple[int, int], ...]
    dots: tuple[Dot, ...]


@dataclass(frozen=True)
class Month:
    """One participant's study days. `begins` is the minute of the clock's day at which they begin.

    `schedules` are all of the study's, so that each has one colour in every picture.
    """

    rows: tuple[Row, ...]
    begins: int
    schedules: tuple[str, ...]


@dataclass(frozen=True)
class Spread:
    """Due minutes by schedule, of the notes of so many participants."""

    people: int
    begins: int
    schedules: tuple[str, ...]
    minutes: Mapping[str, Sequence[int]]


def month(shown: Month) -> Picture:
    """Study days downwards, hours across."""
    with drawing():
        figure = Figure(figsize=(WIDTH, _tall(shown)), facecolor=PAPER, layout="constrained")
        _draw_month(figure.subplots(), shown)
        return Picture(svg(figure), month_words(shown))


def spread(shown: Spread) -> Picture:
    """A histogram for each schedule."""
    with drawing():
        figure = Figure(figsize=(WIDTH, _high(shown)), facecolor=PAPER, layout="constrained")
        _draw_spread(figure, shown)
        return Picture(svg(figure), spread_words(shown))


def both(shown: Month, many: Spread | None, form: Literal["svg", "png"]) -> bytes:
    """One picture as a file: her days, and under them, where it is wanted, the distribution."""
    with drawing():
        heights = [_tall(shown)] + ([_high(many)] if many else [])
        figure = Figure(figsize=(WIDTH, sum(heights)), facecolor=PAPER, layout="constrained", dpi=150)
        parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
        for part in parts:
            part.set_facecolor(PAPER)
        _draw_month(parts[0].subplots(), shown)
        if many:
            _draw_spread(parts[1], many)
        if form == "svg":
            return svg(figure).encode()
        out = io.BytesIO()
        figure.savefig(out, format="png", facecolor=PAPER, metadata={"Software": None})
        return out.getvalue()


def month_words(shown: Month) -> str:
    """The picture in words."""
    dots = [dot for row in shown.rows for dot in row.dots]
    sent = [dot for dot in dots if not dot.barred]
    busy = [len(row.dots) for row in shown.rows if row.dots]
    words = f"{len(dots)} prompts on {len(busy)} of {len(shown.rows)} study days"
    if busy:
        some = f"{min(busy)} to {max(busy)}" if min(busy) < max(busy) else f"{busy[0]}"
        times = sorted(dot.minute for dot in sent)
        words += f", {some} on a day that has any"
        if times:
            words += f", between {_clock(shown.begins + times[0])} and {_clock(shown.begins + times[-1])}"
    if len(sent) < len(dots):
        words += f"; {len(dots) - len(sent)} can't be sent"
    return f"{words}. Study days begin at {_clock(shown.begins)}."


def spread_words(shown: Spread) -> str:
    """The picture in words."""
    parts = []
    for name, minutes in shown.minutes.items():
        low, middle, high = np.quantile(minutes, [0.05, 0.5, 0.95])
        parts.append(
            f"{name}: {len(minutes):,} notes, nine of ten between {_clock(shown.begins + round(low))} and"
            f" {_clock(shown.begins + round(high))}, half of them by {_clock(shown.begins + round(middle))}"
        )
    return f"{shown.people:,} simulated participants, each in one week of the study. " + (
        f"{'; '.join(parts)}." if parts else "No notes are planned."
    )


def _draw_month(axes: Axes, shown: Month) -> None:
    axes.set_facecolor(PAPER)
    marks = _colours(shown.schedules)
    low, high = _edges([dot.minute for row in shown.rows for dot in row.dots])
    _night(axes, shown.begins, low, high)
    small = len(shown.rows) > 45
    for at, row in enumerate(shown.rows):
        axes.broken_barh([(start, end - start) for start, end in row.windows], (at - 0.38, 0.76), color=SAND, zorder=2)
        for dot in row.dots:
            colour, shape = marks[dot.schedule]
            if dot.closes is not None and not dot.barred:
                ends = min(dot.closes, high)
                axes.plot([dot.minute, ends], [at, at], color=OPEN, lw=0.7 if small else 1.3, zorder=3)
            axes.plot(
                dot.minute,
                at,
                "x" if dot.barred else shape,
                ms=2.6 if small else 4.6,
                color=colour,
                mfc=PAPER if dot.offered else colour,
                mew=1.1 if dot.barred or dot.offered else 0,
                zorder=4,
                clip_on=False,
            )
    step = 7 if len(shown.rows) > 45 else 1
    axes.yaxis.set_major_locator(FixedLocator(list(range(0, len(shown.rows), step))))
    axes.yaxis.set_major_formatter(FixedFormatter([row.label for row in shown.rows[::step]]))
    axes.set_ylim(len(shown.rows) - 0.4, -0.6)
    axes.tick_params(length=0, labelsize=8)
    for at in range(7, len(shown.rows), 7):
        axes.axhline(at - 0.5, color=RULE, lw=0.8, zorder=1)
    _hours(axes, shown.begins, low, high)
    used = {dot.schedule: dot.offered for row in shown.rows for dot in row.dots}
    handles: list[Any] = [
        Line2D(
            [], [], color=colour, marker=shape, ls="", ms=5, label=name, markerfacecolor=PAPER if used[name] else colour
        )
        for name, (colour, shape) in marks.items()
        if name in used
    ]
    if any(row.windows for row in shown.rows):
        handles.append(Patch(color=SAND, label="window"))
    handles.append(Line2D([], [], color=OPEN, lw=1.3, label="open"))
    if any(dot.barred for row in shown.rows for dot in row.dots):
        handles.append(Line2D([], [], color=INK, marker="x", ls="", ms=5, label="can't be sent"))
    handles.append(Patch(color=SHADE, label="22:00 to 06:00"))
    axes.set_title("One participant’s prompts", pad=10 + 16 * -(-len(handles) // COLUMNS))
    axes.legend(
        handles=handles,
        frameon=False,
        fontsize=8.5,
        ncols=COLUMNS,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        borderaxespad=0.4,
        handletextpad=0.5,
        columnspacing=1.4,
    )


def _draw_spread(figure: Any, shown: Spread) -> None:
    """`figure` is a Figure or a part of one."""
    marks = _colours(shown.schedules)
    grid = figure.subplots(max(len(shown.minutes), 1), 1, sharex=True, squeeze=False)[:, 0]
    low, high = _edges([minute for minutes in shown.minutes.values() for minute in minutes])
    for axes, (name, minutes) in zip(grid, shown.minutes.items(), strict=False):
        axes.hist(minutes, bins=list(range(low, high + 1, BIN)), color=marks[name][0], ec=PAPER, lw=0.5, zorder=3)
        axes.set_ylabel(name, fontsize=8.5, rotation=0, ha="right", va="center")
    for axes in grid:
        axes.set_facecolor(PAPER)
        axes.tick_params(length=0, labelsize=8)
        axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.grid(axis="y", color=RULE, lw=0.5)
        _night(axes, shown.begins, low, high)
        _hours(axes, shown.begins, low, high)
    grid[0].set_title(f"Notes of {shown.people:,} simulated participants, in each quarter of an hour")


def _night(axes: Axes, begins: int, low: int, high: int) -> None:
    for day in (-DAY, 0, DAY, 2 * DAY):
        start, end = NIGHT[0] - begins + day, NIGHT[1] - begins + day + DAY
        if start < high and end > low:
            axes.axvspan(max(start, low), min(end, high), color=SHADE, lw=0, zorder=0)


def _hours(axes: Axes, begins: int, low: int, high: int) -> None:
    """Every third hour of the clock, written as it shows it."""
    ticks = [minute for minute in range(low, high + 1) if (minute + begins) % 180 == 0]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FixedFormatter([_clock(begins + minute) for minute in ticks]))
    axes.grid(axis="x", color=RULE, lw=0.5, zorder=1)
    axes.set_xlim(low, high)


def _edges(minutes: Sequence[int]) -> tuple[int, int]:
    """Her study day, in whole hours, and what lies outside it: who gets up before it begins, or later by a leap."""
    low, high = min([0, *minutes]), max([DAY, *(minute + 1 for minute in minutes)])
    return low // 60 * 60, -(-high // 60) * 60


def _colours(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    return {name: MARKS[at % len(MARKS)] for at, name in enumerate(names)}


def _tall(shown: Month) -> float:
    """Inches: a line for each day, thinner where there are many."""
    return 1.5 + len(shown.rows) * (0.19 if len(shown.rows) <= 45 else 0.085)


def _high(shown: Spread) -> float:
    return 0.7 + 1.15 * max(len(shown.minutes), 1)


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"
