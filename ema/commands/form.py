"""`ema form`: questionnaires from and to other formats."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ema.domain.errors import EmaError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ema.forms.losses import Loss

app = typer.Typer(no_args_is_help=True, help="Questionnaires from and to other formats.")


class Format(StrEnum):
    """Formats to write: the names of `ema.forms.FORMATS`, which is only imported when something is written."""

    xlsform = "xlsform"
    fhir_r5 = "fhir-r5"
    fhir_r4b = "fhir-r4b"
    reproschema = "reproschema"


@app.callback()
def form() -> None:
    """Questionnaires from and to other formats."""


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="An XLSForm: .xlsx, or its tables as .md.")],
    out: Annotated[Path, typer.Option(help="The questionnaire file to write; its name becomes the id.")],
) -> None:
    """Make a questionnaire file of an XLSForm. What could not be carried is listed on stderr, row by row."""
    from ema.forms import xlsform_in, yamlfile

    try:
        _free(out)
        made = xlsform_in.read(file, out.stem)
        _write(out, yamlfile.text(made.data))
    except EmaError as refused:
        print(refused, file=sys.stderr)
        raise typer.Exit(1) from None
    _report(made.losses)
    print(f"{out} has {len(made.data['items'])} items; {len(made.losses)} things to look at.")


@app.command("export")
def export(
    questionnaire: Annotated[Path, typer.Argument(help="The questionnaire's YAML file.")],
    format: Annotated[Format, typer.Option(help="What to write.")],  # noqa: A002
    out: Annotated[Path, typer.Option(help="The file to write (.xlsx, .md, .json), or for reproschema the folder.")],
) -> None:
    """Write a questionnaire in another format. What that can't carry is listed on stderr, item by item."""
    from ema.domain.studyfile import load_questionnaire
    from ema.forms import write
    from ema.forms.losses import refuse

    try:
        _free(out)
        form = load_questionnaire(questionnaire)
        try:
            losses = write(format.value, form, out)
        except OSError as error:
            raise refuse(str(out), f"can't be written ({error.strerror}); check the folder") from None
    except EmaError as refused:
        print(refused, file=sys.stderr)
        raise typer.Exit(1) from None
    _report(losses)
    print(f"{out} is written; {len(losses)} things to look at.")


def _free(out: Path) -> None:
    """Nothing is written over: somebody may have worked on it."""
    from ema.forms.losses import refuse

    if out.exists():
        raise refuse(str(out), "is there already; choose another name, or move it away")


def _write(out: Path, text: str) -> None:
    from ema.forms.losses import refuse

    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise refuse(str(out), f"can't be written ({error.strerror}); check the folder") from None


def _report(losses: Iterable[Loss]) -> None:
    for loss in losses:
        print(loss, file=sys.stderr)
