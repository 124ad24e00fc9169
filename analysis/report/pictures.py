"""Pictures that only the report has. As those of `analysis.figures`: told apart in grey, each with its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from analysis.figures import BAND, BLUE, CLAY, INK, PAPER, RULE, SAND, Picture, drawing, svg
from analysis.mixed.words import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from analysis.partition import Levels
    from analysis.serial import Floats

BARS = 12
POINTS = 12
"""A scale of so many points at most gets a bar for each: means of a few items would make a comb of finer ones."""
FEWEST_ROWS = 2


def spread(rows: pd.DataFrame, label: str, ends: tuple[float, float], fewest: int) -> Picture:
    """How common each part of the scale was. A bar to which fewer than `fewest` persons belong joins the next."""
    values = rows["value"].to_numpy(dtype=np.float64)
    bars = round(ends[1] - ends[0]) if ends[1] - ends[0] <= POINTS else BARS
    edges = joined(values, rows["participant"].to_numpy(), np.linspace(*ends, bars + 1), fewest)
    heights = np.histogram(values, edges)[0] / len(values) / np.diff(edges)
    low, middle, high = (float(cut) for cut in np.quantile(values, [0.25, 0.5, 0.75]))
    with drawing():
        figure = Figure(figsize=(6.4, 2.6), facecolor=PAPER, layout="constrained")
        axes = figure.subplots()
        axes.set_facecolor(PAPER)
        axes.tick_params(length=0)
        axes.bar(edges[:-1], heights, width=np.diff(edges), align="edge", color=SAND, edgecolor=CLAY, lw=0.7)
        axes.axvline(middle, color=BLUE, lw=2)
        axes.set_xlim(*ends)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
        axes.yaxis.set_major_locator(MaxNLocator(4))
        axes.grid(axis="y", color=RULE, lw=0.6)
        axes.set_axisbelow(True)
        axes.set_title(f"{label}: how common each value was")
        axes.set_ylabel("answers per point")
        axes.set_xlabel(f"the line marks the median, {number(middle)}")
        words = (
            f"Distribution of {len(values):,} values of {label} from {number(ends[0])} to {number(ends[1])}: median"
            f" {number(middle)}, middle half from {number(low)} to {number(high)}."
        )
        return Picture(svg(figure), words)


def joined(values: Floats, persons: np.ndarray, edges: Floats, fewest: int) -> Floats:
    """Edges between which at least `fewest` persons have answered, or nobody, as fine as may be."""
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    bars: list[tuple[float, set[object]]] = []  # upper edge, persons
    here = set[object]()
    for bar, end in enumerate(edges[1:]):
        here = here | set(persons[place == bar])
        if not here or len(here) >= fewest:
            bars.append((float(end), here))
            here = set()
    while here and len(here) < fewest and bars:  # few at the upper end: they join the bars before
        here = here | bars.pop()[1]
    if here:
        bars.append((float(edges[-1]), here))
    return np.array([edges[0], *(end for end, _ in bars)])


def shares(levels: Levels, label: str) -> Picture:
    """One bar: how much of the differences lies between persons, days, and moments."""
    variances = levels.variances
    total = variances.person + (variances.group or 0.0) + variances.rest
    parts = [
        ("between persons", variances.person / total, BLUE, "", "white"),
        ("between days", (variances.group or 0.0) / total, BAND, "///", INK),
        ("between moments", variances.rest / total, SAND, "", INK),
    ]
    with drawing():
        figure = Figure(figsize=(6.4, 1.25), facecolor=PAPER, layout="constrained")
        axes = figure.subplots()
        axes.set_axis_off()
        start = 0.0
        for name, share, colour, hatch, ink in parts:
            axes.barh(0, share, left=start, height=0.6, color=colour, hatch=hatch, edgecolor=PAPER, lw=1.2, label=name)
            if share > 0.06:
                box = {"facecolor": colour, "edgecolor": "none", "pad": 1.5}
                percent = f"{100 * share:.0f} %"
                axes.text(start + share / 2, 0, percent, ha="center", va="center", color=ink, bbox=box)
            start += share
        corner = (0.0, 0.0)
        axes.legend(frameon=False, fontsize=9, ncols=3, loc="upper left", bbox_to_anchor=corner, borderaxespad=0)
        axes.set_xlim(0, 1)
        axes.set_ylim(-0.35, 0.35)
        axes.set_title(f"{label}: where the differences lie")
        words = f"Where the differences in {label} lie: " + ", ".join(
            f"{100 * share:.0f} % {name}" for name, share, *_ in parts
        )
        return Picture(svg(figure), words + ".")


def forest(rows: Sequence[tuple[str, float, float, float]], label: str) -> Picture | None:
    """The change per day under one assumption after another. None where there is nothing beside the first."""
    if len(rows) < FEWEST_ROWS:
        return None
    with drawing():
        figure = Figure(figsize=(6.4, 0.34 * len(rows) + 1.05), facecolor=PAPER, layout="constrained")
        axes = figure.subplots()
        axes.set_facecolor(PAPER)
        axes.tick_params(length=0)
        for at, (_, slope, low, high) in enumerate(rows):
            mark, colour = ("D", BLUE) if at == 0 else ("o", CLAY)
            axes.plot([low, high], [at, at], color=colour, lw=2)
            axes.plot(slope, at, mark, color=colour, ms=6)
        axes.axvline(0, color=INK, lw=0.8, ls=(0, (3, 3)))
        axes.set_yticks(range(len(rows)), [name for name, *_ in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.grid(axis="x", color=RULE, lw=0.6)
        axes.set_axisbelow(True)
        axes.set_xlabel("change per day with its 95 % interval; the broken line is no change")
        axes.set_title(f"{label}: the trend under other assumptions")
        words = f"Change of {label} per day: " + "; ".join(
            f"{name} {number(slope)} (95 % interval {number(low)} to {number(high)})" for name, slope, low, high in rows
        )
        return Picture(svg(figure), words + ".")
