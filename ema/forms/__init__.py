"""Questionnaires in other formats: XLSForm in and out, FHIR and ReproSchema out, JSON Schemas for editors.

No other format carries everything. What one can't carry is a `Loss`, line by line; nothing is left out silently.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from ema.domain.questionnaire import Questionnaire
from ema.forms import fhir, reproschema, xlsform_out
from ema.forms.losses import Loss, refuse

Write = Callable[[Questionnaire, Path], list[Loss]]
"""Writes a questionnaire to a file or folder and says what the format could not carry."""

FORMATS: dict[str, Write] = {
    "xlsform": xlsform_out.write,
    "fhir-r5": partial(fhir.write, release="R5"),
    "fhir-r4b": partial(fhir.write, release="R4B"),
    "reproschema": reproschema.write,
}
"""Formats to write, by the name that `ema form export` takes."""


def write(format_name: str, questionnaire: Questionnaire, path: Path) -> list[Loss]:
    """Write a questionnaire in one of `FORMATS`. Raises InvalidForm for an instrument whose words are not here."""
    if questionnaire.wording == "licensed" and questionnaire.wording_licence is None:
        raise refuse(
            questionnaire.id, "has no words here, because they are licensed; only forms with words are written"
        )
    return FORMATS[format_name](questionnaire, path)
