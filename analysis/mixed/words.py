"""The group trend in plain words, without causal wording."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.mixed.result import MixedResult


def number(value: float) -> str:
    """Three significant digits, with a true minus sign."""
    if value == 0:
        return "0"
    text = f"{value:#.3g}".removesuffix(".")
    if "e" in text:
        text = f"{value:.6f}".rstrip("0").rstrip(".") if abs(value) < 1 else f"{value:,.0f}"
    return text.replace("-", "−") if text != "-0" else "0"


def sentence(result: MixedResult) -> str:
    """One or two sentences: the average change with its interval, and how persons differ."""
    trend = result.trend
    over = f"{result.n_persons} persons, {result.n_used:,} answers"
    interval = f"95 % interval {number(trend.low)} to {number(trend.high)}"
    per = f"per {result.units['time']}"
    if any(effect.name.startswith("bend[") for effect in result.fixed):
        start, end = result.curve[0], result.curve[-1]
        return (
            f"On average, {result.score} goes along a curve from {number(start.estimate)} (95 % interval"
            f" {number(start.low)} to {number(start.high)}) to {number(end.estimate)} ({number(end.low)} to"
            f" {number(end.high)}; {over})."
        )
    with_time = [effect.name for effect in result.fixed if effect.name.startswith("time:")]
    whom = " in the reference group" if with_time else ""
    if trend.low > 0 or trend.high < 0:
        way = "rose" if trend.estimate > 0 else "fell"
        text = f"On average{whom}, {result.score} {way} by {number(abs(trend.estimate))} {per}"
        ends = sorted((abs(trend.low), abs(trend.high)))
        text += f" (95 % interval {number(ends[0])} to {number(ends[1])}; {over})."
    else:
        text = (
            f"No clear average change of {result.score}{whom}: {number(trend.estimate)} {per}"
            f" ({interval}; {over}); both a fall and a rise fit these answers."
        )
    if result.random == "slope" and not with_time:
        spread = 1.96 * float(result.ranef_cov[1, 1]) ** 0.5
        low, high = trend.estimate - spread, trend.estimate + spread
        text += (
            f" Persons differ: about 95 of 100 such persons would have a trend between"
            f" {number(low)} and {number(high)} {per}."
        )
    return text
