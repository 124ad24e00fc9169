"""`ema report`: what a study found, as one HTML file and as PDF."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def report(
    study: Annotated[str, typer.Argument(help="The study's id.")],
    out: Annotated[
        Path, typer.Option(help="The folder to write into; made if it is not there.", file_okay=False)
    ] = Path(),
    internal: Annotated[
        bool, typer.Option("--internal", help="With single persons and small numbers: not to be passed on.")
    ] = False,
    pdf: Annotated[bool, typer.Option(help="Print it as PDF too, by a Chromium on this machine.")] = True,
) -> None:
    """Write the report of a study: one HTML file that loads nothing, and a PDF where there is a Chromium.

    Without --internal it is the edition to send: nothing in it stands on few persons, and no pseudonym.
    """
    from ema.bootstrap import installation
    from ema.services import printing
    from ema.services import report as service

    with installation() as here:
        made = service.report(here, study, internal=internal)
    out.mkdir(parents=True, exist_ok=True)
    page = out / f"{made.name}.html"
    page.write_text(made.html, encoding="utf-8")
    print(page)
    if not pdf:
        return
    try:
        printed = printing.pdf(made.html)
    except printing.NoChromium as none:
        print(none, file=sys.stderr)
        return
    (out / f"{made.name}.pdf").write_bytes(printed)
    print(out / f"{made.name}.pdf")
