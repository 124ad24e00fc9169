"""A person's own values over time, drawn for herself: every point, the whole scale, and where the middle half lies.

No line is drawn through the points: between two of them nothing is known.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FixedFormatter, FixedLocator

from analysis.figures import BAND, BLUE, PAPER, RULE, drawing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH, NARROW, HIGH = 6.0, 3.6, 2.6
"""Inches, the last of each panel."""
DOTS_AN_INCH = 150
MOST_TICKS = 10


@dataclass(frozen=True)
class Panel:
    """One score. `days` since the first day of the picture, by her clock; `scale` is all that it can be."""

    title: str
    days: Sequence[float]
    values: Sequence[float]
    scale: tuple[float, float]
    middle: tuple[float, float]


def picture(panels: Sequence[Panel], labels: Mapping[int, str], middle: str, *, narrow: bool = False) -> bytes:
    """As PNG. `labels` are days with what they are called; `middle` is what the band is called.

    `narrow`: for a page on a phone, where a wide one would be shrunk until its words can't be read.
    """
    with drawing():
        figure = Figure(
            figsize=(NARROW if narrow else WIDTH, HIGH * len(panels) + 0.4),
            facecolor=PAPER,
            layout="constrained",
            dpi=DOTS_AN_INCH,
        )
        grid = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
        for axes, panel in zip(grid, panels, strict=True):
            least, most = panel.scale
            room = (most - least) * 0.06
            axes.set_facecolor(PAPER)
            axes.axhspan(*panel.middle, color=BAND, lw=0, zorder=1)
            if panel.middle[0] == panel.middle[1]:
                axes.axhline(panel.middle[0], color=BAND, lw=3, zorder=1)
            axes.plot(panel.days, panel.values, "o", ms=5, color=BLUE, mew=0, zorder=3, clip_on=False)
            axes.set_ylim(least - room, most + room)
            axes.set_title(panel.title)
            axes.tick_params(length=0)
            axes.yaxis.set_major_locator(FixedLocator(_ticks(least, most)))
            axes.grid(axis="y", color=RULE, lw=0.6)
            axes.xaxis.set_major_locator(FixedLocator([day + 0.5 for day in labels]))
            axes.xaxis.set_major_formatter(FixedFormatter(list(labels.values())))
        figure.legend(
            handles=[Patch(color=BAND, label=middle)],
            frameon=False,
            fontsize=8.5,
            loc="outside lower left",
        )
        out = io.BytesIO()
        figure.savefig(out, format="png", facecolor=PAPER, metadata={"Software": None})
        return out.getvalue()


def _ticks(least: float, most: float) -> list[float]:
    """Both ends of the scale always; every whole number between where they have room."""
    if most - least <= MOST_TICKS and least == int(least):
        return [float(at) for at in range(int(least), int(most) + 1)] + ([] if most == int(most) else [most])
    return [least + (most - least) * part / 4 for part in range(5)]
