"""Check-ins of a test's own making, in place of the bundled one."""

import yaml

from ema.domain.protocol import Protocol
from ema.domain.questionnaire import Questionnaire

ABOUT = {
    "source": "tests",
    "citation": "none",
    "licence": "CC0-1.0",
    "validation": "none",
    "recall": "now",
    "measures": "state",
}


def with_checkin(protocol: Protocol, items: str, **parts: str) -> Protocol:
    """The study with a check-in of these items; `pages` and `scores` by name, as YAML."""
    more = {name: yaml.safe_load(text) for name, text in parts.items()}
    form = Questionnaire.model_validate(
        {
            "id": "checkin",
            "title": "A set",
            "provenance": ABOUT,
            "seconds": 60,
            "items": yaml.safe_load(items),
            **more,
        }
    )
    sensitive = {"text": "a test", "voice": "a test", "photo": "a test", "location": "a test"}
    forms = {**protocol.questionnaires, "checkin": form}
    return protocol.model_copy(update={"questionnaires": forms, "sensitive_items": sensitive})
