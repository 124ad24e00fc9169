"""Questionnaires and forms that the tests of this folder share."""

from pathlib import Path

from ema.domain.questionnaire import Questionnaire
from ema.domain.studyfile import load_questionnaire
from questionnaires import ROOT

BUNDLED = [path for path in sorted(ROOT.glob("*.yaml")) if not path.name.endswith(".cases.yaml")]

WORDED = [path for path in BUNDLED if load_questionnaire(path).wording == "included"]
"""Without the instruments whose words are licensed and not here."""


def bundled(path: Path) -> Questionnaire:
    return load_questionnaire(path)


WORDS = {"en": "What?", "es": "¿Qué?"}
ENDS = {"low": {"en": "none", "es": "nada"}, "high": {"en": "a lot", "es": "mucha"}}

EVERYTHING = Questionnaire.model_validate(
    {
        "id": "everything",
        "title": "One of each",
        "provenance": {
            "source": "Written for this test.",
            "citation": "None.",
            "licence": "CC0-1.0",
            "validation": "not a measure",
            "recall": "right now",
            "measures": "feedback",
        },
        "seconds": 90,
        "introduction": {"en": "Hello.", "es": "Hola."},
        "items": [
            {
                "id": "one",
                "type": "choice",
                "text": WORDS,
                "options": [
                    {"value": "a", "label": {"en": "A", "es": "La A"}, "code": 1},
                    {"value": "b", "label": {"en": "B", "es": "La B"}, "code": 2, "then": "pause"},
                ],
            },
            {
                "id": "many",
                "type": "multiple",
                "text": WORDS,
                "maximum": 2,
                "options": [
                    {"value": "x", "label": "X"},
                    {"value": "y", "label": "Y"},
                    {"value": "none", "label": "None", "exclusive": True},
                ],
            },
            {"id": "rated", "type": "rating", "text": WORDS, "risk": True, **ENDS},
            {"id": "slid", "type": "vas", "text": WORDS, **ENDS},
            {"id": "smiled", "type": "faces", "text": WORDS, **ENDS},
            {"id": "agreed", "type": "yes_no", "text": WORDS},
            {"id": "counted", "type": "number", "text": WORDS, "max": 24, "unit": "drinks"},
            {"id": "weighed", "type": "number", "text": WORDS, "min": 1, "max": 300, "decimals": 1},
            {"id": "dated", "type": "date", "text": WORDS, "earliest": "2026-01-01"},
            {"id": "timed", "type": "time", "text": WORDS},
            {"id": "lasted", "type": "duration", "text": WORDS},
            {"id": "written", "type": "text", "text": WORDS, "most": 100},
            {"id": "spoken", "type": "voice", "text": WORDS},
            {"id": "pictured", "type": "photo", "text": WORDS},
            {"id": "located", "type": "location", "text": WORDS},
            {"id": "told", "type": "info", "text": WORDS},
            {"id": "reckoned", "type": "computed", "text": WORDS, "expression": "rated + 1"},
        ],
        "scores": [
            {
                "name": "total",
                "label": "Total",
                "method": "sum",
                "items": ["rated"],
                "direction": "higher is more",
                "range": [1, 7],
            }
        ],
    }
)
"""One item of each type, with what other formats find hard."""

ANSWERS = {
    "one": "a",
    "many": ("x", "y"),
    "rated": 5,
    "slid": "73/100",
    "smiled": 4,
    "agreed": "yes",
    "counted": 3,
    "weighed": 61.5,
    "dated": "2026-03-29",
    "timed": "21:30",
    "lasted": 90,
    "written": "well",
    "located": "51.50,-0.12",
}
