"""Loading a study: what the dialogue can't ask yet is refused, never asked wrongly."""

import pytest

import questionnaires
from ema.domain.studyfile import load_questionnaire, load_study
from ema.services import study
from ema.services.study import NotAskedYet, not_asked_yet

BUNDLED = load_study(questionnaires.ROOT / "studies" / "twice_daily.yaml")


def with_checkin(text, tmp_path):
    """The bundled study with another check-in."""
    file = tmp_path / "checkin.yaml"
    file.write_text((questionnaires.ROOT / "checkin.yaml").read_text() + text)
    forms = {**BUNDLED.questionnaires, "checkin": load_questionnaire(file)}
    return BUNDLED.model_copy(update={"questionnaires": forms})


def test_the_bundled_study_can_be_asked():
    assert not_asked_yet(BUNDLED) == []


def test_pages_and_conditions_are_refused_when_loaded_not_ignored_when_asked(world, tmp_path):
    pages = """
pages:
  - id: first
    items: [wb_mood, wb_calm, wb_connected, wb_energy, se_satisfied, se_worth, se_positive]
"""
    with pytest.raises(NotAskedYet, match="checkin: pages, sections and conditions"):
        study.load(world.here, with_checkin(pages, tmp_path))
