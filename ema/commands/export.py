"""`ema export`: a study's data as labelled files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from random import SystemRandom
from typing import Annotated

import typer

from ema.exports import FORMATS

Format = StrEnum("Format", {name: name for name in FORMATS})  # type: ignore[misc]


def export(
    study: Annotated[str, typer.Argument(help="The study's id.")],
    out: Annotated[Path, typer.Option(help="The folder to write into; made if it is not there.", file_okay=False)],
    format: Annotated[Format, typer.Option(help="How the tables are written.")] = Format("csv"),  # noqa: A002, B008
    to_share: Annotated[
        bool, typer.Option("--to-share", help="New pseudonyms, dates moved, rare and free answers withheld.")
    ] = False,
) -> None:
    """Write every table of a study with its codebook and a README. Pseudonyms only."""
    from ema.bootstrap import installation
    from ema.services import export as service

    with installation() as here:
        files = service.export(here, study, format.value, out, to_share=SystemRandom() if to_share else None)
    for file in files:
        if file.parent == out:
            print(file)
    for folder in sorted({file.parent for file in files} - {out}):
        print(f"{folder}: {sum(file.parent == folder for file in files)} files")
