"""A study's file for people to read: as it was loaded, and findings in one that is not loaded yet."""

from __future__ import annotations

from ema.domain.errors import Finding
from ema.domain.protocol import Protocol
from ema.domain.studyfile import validate_text
from ema.forms import yamlfile
from ema.services.installation import Installation
from ema.store import studies
from questionnaires import ROOT

NAME = "your file"


def protocol(here: Installation, study_id: str) -> Protocol:
    """The current version. Raises NoSuchStudy."""
    with here.database.reading() as session:
        return studies.protocol(session, study_id)


def lines(protocol: Protocol) -> list[str]:
    """The document as a researcher would write it: questionnaires by id, and nothing that goes without saying."""
    document = protocol.model_dump(mode="json", exclude_defaults=True)
    document["questionnaires"] = list(protocol.questionnaires)
    return yamlfile.text(document).splitlines()


def check(text: str) -> list[Finding]:
    """Everything that is wrong with a study file's text; its questionnaires are looked up in the library."""
    return validate_text(text, NAME, ROOT / "studies" / NAME)
