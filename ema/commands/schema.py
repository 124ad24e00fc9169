"""`ema study schema`: JSON Schemas for editors."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer


class Kind(StrEnum):
    """Files that have a schema."""

    study = "study"
    questionnaire = "questionnaire"


def schema(what: Annotated[Kind, typer.Argument(help="Which file it describes.")] = Kind.study) -> None:
    """Print the JSON Schema of a study or questionnaire file, so that an editor completes and checks it."""
    from ema.forms import schema as schemas

    made = schemas.study() if what is Kind.study else schemas.questionnaire()
    print(json.dumps(made, ensure_ascii=False, indent=2))
