"""A study as a stored document: complete in itself, immutable, named by its hash."""

from __future__ import annotations

import json
from datetime import time

import pytest
from pydantic import ValidationError

from ema.domain.protocol import Protocol
from ema.domain.schedules.base import Window
from ema.domain.studyfile import load_study
from questionnaires import ROOT

FILE = ROOT / "studies" / "twice_daily.yaml"
STUDY = load_study(FILE)


def test_the_document_holds_everything_and_reads_back_the_same():
    again = Protocol.model_validate_json(STUDY.document())
    assert again == STUDY
    assert again.document() == STUDY.document()
    assert again.sha256() == STUDY.sha256() == load_study(FILE).sha256()


def test_times_are_stored_as_they_are_written():
    hours = json.loads(STUDY.document())["hours"]["presets"]["nights"]
    assert hours["day_starts"] == "14:00"
    assert hours["windows"]["evening"] == {"start": "03:00", "end": "03:30"}


def test_any_change_is_another_hash():
    renamed = STUDY.model_copy(update={"title": "Twice daily"})
    assert renamed.sha256() != STUDY.sha256()


def test_it_can_not_be_changed_in_place():
    with pytest.raises(ValidationError, match="frozen"):
        STUDY.days = 14


def test_hours_of_her_own_keep_two_check_ins_in_one_study_day():
    day = STUDY.own_hours((time(11), time(19)), "Europe/London")
    assert day.day_starts == time(6)
    assert day.windows == {
        "afternoon": Window(start="11:00", end="11:30"),
        "evening": Window(start="19:00", end="19:30"),
    }
    night = STUDY.own_hours((time(18), time(7)), "Europe/London")
    assert night.day_starts == time(17)


def test_until_everything_is_stated_the_study_says_what_is_missing():
    missing = [what.split(":")[0] for what in STUDY.missing_to_open()]
    assert missing == [
        "opening.controller",
        "opening.ethics_reference",
        "opening.contact_person",
        "opening.contact_hours",
        "opening.legal_duty",
        "opening.freeze_date",
        "opening.codesign_signed_off_by",
        "opening.payment",
        "opening.keep_data_until",
        "opening.consent_checked_by.en",
        "opening.consent_checked_by.es",
    ]
