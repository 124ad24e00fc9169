"""ReproSchema out: an activity, its items, and a context that is only named."""

import json

import pytest

from ema.forms import FORMATS, reproschema
from tests.forms.examples import EVERYTHING, WORDED, bundled


@pytest.mark.parametrize("path", WORDED, ids=lambda path: path.stem)
def test_every_item_of_a_bundled_questionnaire_is_in_the_activity(path, tmp_path):
    form = bundled(path)
    FORMATS["reproschema"](form, tmp_path)
    activity = json.loads((tmp_path / f"{form.id}_schema").read_text())
    assert activity["@context"] == reproschema.CONTEXT
    assert activity["ui"]["order"] == [f"items/{item.id}" for item in form.items]
    for place in activity["ui"]["order"]:
        item = json.loads((tmp_path / place).read_text())
        assert (item["category"], item["id"]) == ("reproschema:Item", place.removeprefix("items/"))
        assert item["question"]


def test_one_of_each_is_written_or_reported():
    _, items, losses = reproschema.resources(EVERYTHING)
    assert {item.id for item in EVERYTHING.items} - {item["id"] for item in items} == {
        "located",
        "reckoned",
        "pictured",
    }
    assert {"items.located", "items.reckoned", "items.pictured", "scores.total"} <= {loss.where for loss in losses}


def test_a_scale_has_its_words_at_the_ends():
    _, items, _ = reproschema.resources(EVERYTHING)
    choices = next(item for item in items if item["id"] == "rated")["responseOptions"]["choices"]
    assert choices[0] == {"name": {"en": "none", "es": "nada"}, "value": 1}
    assert choices[1] == {"name": {"en": "2"}, "value": 2}
    assert choices[-1] == {"name": {"en": "a lot", "es": "mucha"}, "value": 7}
