"""Stored studies: a document from before pages existed loads unchanged and keeps its hash; new ones survive storing."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from ema.domain.protocol import Protocol
from ema.domain.questionnaire import Questionnaire
from tests.domain.flow.forms import form, rating

OLD = Path(__file__).parent / "documents" / "twice_daily_before_pages.json"
OLD_SHA256 = "190be54501009ab369588e6e02e1119bb21f9fa6a564091a4ff086a2cbaef730"


def test_a_document_from_before_pages_keeps_its_hash():
    stored = OLD.read_text()
    assert sha256(stored.encode()).hexdigest() == OLD_SHA256
    protocol = Protocol.model_validate_json(stored)
    assert protocol.document() == stored
    assert protocol.sha256() == OLD_SHA256


def test_a_questionnaire_with_pages_survives_being_stored():
    one = form(
        rating("a"), rating("b"), rating("c"),
        sections=[
            {
                "id": "s", "title": {"en": "First", "es": "Primera"}, "show_if": "study_day > 1", "order": "random",
                "pages": [
                    {"id": "p", "order": "random", "draw": 1, "items": ["a", {"item": "b", "show_if": "a > 1"}]},
                    {"id": "q", "fixed": True, "items": [{"item": "c", "once": True, "fixed": True}]},
                ],
            }
        ],
    )  # fmt: skip
    stored = one.model_dump_json()
    assert Questionnaire.model_validate_json(stored) == one
    assert Questionnaire.model_validate_json(stored).model_dump_json() == stored
