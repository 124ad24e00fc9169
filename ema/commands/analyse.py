"""`ema analyse`: trends of any tidy CSV or Parquet file, one row per prompt."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Residual(StrEnum):
    independent = "independent"
    ar1 = "ar1"
    car1 = "car1"
    ar1_day = "ar1-day"
    ar1_noise = "ar1-noise"
    car1_noise = "car1-noise"


class Random(StrEnum):
    intercept = "intercept"
    slope = "slope"


class Method(StrEnum):
    reml = "reml"
    ml = "ml"


class Format(StrEnum):
    text = "text"
    json = "json"
    html = "html"


def analyse(
    file: Annotated[Path, typer.Argument(help="A CSV or Parquet file, one row per prompt; empty cells are missing.")],
    person: Annotated[str, typer.Option(help="Column that names the person.")],
    time: Annotated[str, typer.Option(help="Column of time: numbers as they are, or ISO times.")],
    score: Annotated[str, typer.Option(help="Column to analyse.")],
    day: Annotated[str | None, typer.Option(help="Column of the study day.")] = None,
    beep: Annotated[str | None, typer.Option(help="Column of the prompt's number, in the day or running.")] = None,
    origin: Annotated[str, typer.Option(help="Where ISO times begin: person, file, or an ISO time.")] = "person",
    residual: Annotated[
        Residual | None, typer.Option(help="Residual model. Default: ar1 over positions, car1 without positions.")
    ] = None,
    random: Annotated[Random, typer.Option(help="Random effects.")] = Random.slope,
    method: Annotated[Method, typer.Option(help="Likelihood.")] = Method.reml,
    term: Annotated[list[str] | None, typer.Option(help="Further fixed effect; COL or COL=LEVEL. Repeatable.")] = None,
    slot: Annotated[bool, typer.Option("--slot", help="Adjust for the time of day.")] = False,
    weekday: Annotated[bool, typer.Option("--weekday", help="Adjust for the weekday.")] = False,
    phase: Annotated[str | None, typer.Option(help="Column of the study phase.")] = None,
    arm: Annotated[str | None, typer.Option(help="Column of the arm, with its interaction with time.")] = None,
    interact: Annotated[list[str] | None, typer.Option(help="Interaction A:B. Repeatable.")] = None,
    profile: Annotated[
        bool, typer.Option("--profile", help="Profile intervals of variances and correlations: slower, more exact.")
    ] = False,
    bounds: Annotated[str | None, typer.Option(help="Lowest and highest possible score: LO,HI.")] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Also: description, checks of the model, missing answers, variability.")
    ] = False,
    second: Annotated[str | None, typer.Option(help="A second score: what goes before what, prompt by prompt.")] = None,
    item: Annotated[list[str] | None, typer.Option(help="An item of the score: reliability. Repeatable.")] = None,
    cluster: Annotated[
        str | None, typer.Option(help="Work on this Dask cluster: its scheduler's address, tcp://HOST:PORT.")
    ] = None,
    format: Annotated[Format, typer.Option(help="How to print it.")] = Format.text,  # noqa: A002 - the contract's name
    out: Annotated[Path | None, typer.Option(help="Write to this file instead of the terminal.")] = None,
) -> None:
    """A trend for each person and for the group, each with an interval, and what was left out and why."""
    from analysis import command, parallel
    from analysis.errors import AnalysisError

    options = command.Options(
        person=person,
        time=time,
        score=score,
        day=day,
        beep=beep,
        origin=origin,
        residual=residual.value if residual else None,
        random=random.value,
        method=method.value,
        term=tuple(term or ()),
        slot=slot,
        weekday=weekday,
        phase=phase,
        arm=arm,
        interact=tuple(interact or ()),
        profile=profile,
        bounds=_bounds(bounds),
        full=full,
        second=second,
        item=tuple(item or ()),
    )
    try:
        if cluster:
            with parallel.cluster(cluster) as spread:
                result = command.run(file, options, spread)
        else:
            result = command.run(file, options)
    except AnalysisError as refused:
        print(refused, file=sys.stderr)
        raise typer.Exit(1) from None
    render = {Format.text: command.as_text, Format.json: command.as_json, Format.html: command.as_html}[format]
    if out is None:
        print(render(result))
    else:
        out.write_text(render(result), encoding="utf-8")


def _bounds(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter("write two numbers as LO,HI", param_hint="--bounds") from None
    return low, high
