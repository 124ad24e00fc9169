"""JSON Schemas: sound files pass, mistakes are found, and an editor has words to show."""

import copy
import json

import jsonschema
import pytest

from ema.domain.items import ITEMS
from ema.domain.studyfile.marked import read
from ema.forms import schema
from questionnaires import ROOT
from tests.contracts.test_schedules import EXAMPLES
from tests.forms.examples import BUNDLED

STUDY = jsonschema.Draft202012Validator(schema.study())
QUESTIONNAIRE = jsonschema.Draft202012Validator(schema.questionnaire())
TWICE_DAILY = read(ROOT / "studies" / "twice_daily.yaml").data
RSES = read(ROOT / "rses_a.yaml").data


@pytest.mark.parametrize("made", [schema.study(), schema.questionnaire()], ids=["study", "questionnaire"])
def test_it_is_a_schema(made):
    jsonschema.Draft202012Validator.check_schema(made)
    said = json.dumps(made)
    assert '"title": "Id"' not in said
    assert "discriminator" not in said


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
def test_every_bundled_questionnaire_passes(path):
    QUESTIONNAIRE.validate(read(path).data)


@pytest.mark.parametrize("path", sorted((ROOT / "studies").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_bundled_study_passes(path):
    STUDY.validate(read(path).data)


def put(data, place, value):
    """The data with another value at one place; `...` takes the field away."""
    changed = copy.deepcopy(data)
    *steps, last = place
    here = changed
    for step in steps:
        here = here[step]
    if value is ...:
        del here[last]
    else:
        here[last] = value
    return changed


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("days",), "28"),
        (("days",), 0),
        (("dayz",), 28),
        (("note",), ...),
        (("id",), "Twice Daily"),
        (("languages",), "en"),
        (("questionnaires",), ["checkin", "checkin"]),
        (("questionnaires",), {"checkin": {}}),
        (("hours", "presets", "late", "day_starts"), "6 am"),
        (("hours", "presets", "late", "day_starts"), "24:00"),
        (("schedules", 0, "kind"), "hourly"),
        (("schedules", 0, "open_for_minutes"), "long"),
        (("consent", "screens"), []),
    ],
)
def test_a_mistake_in_a_study_is_found(place, value):
    assert not STUDY.is_valid(put(TWICE_DAILY, place, value))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("items",), []),
        (("items", 0, "type"), "choise"),
        (("items", 0, "text"), 7),
        (("items", 0, "text"), {"en": 7}),
        (("items", 0, "options", 0, "code"), "3"),
        (("items", 0, "options", 0, "value"), "Strongly agree"),
        (("items", 0, "optoins"), []),
        (("scores", 0, "range"), [0]),
        (("scores", 0, "method"), "median of all"),
        (("provenance", "licence"), ...),
    ],
)
def test_a_mistake_in_a_questionnaire_is_found(place, value):
    assert not QUESTIONNAIRE.is_valid(put(RSES, place, value))


@pytest.mark.parametrize(
    "schedule", [pytest.param({"kind": kind, **each}, id=each["id"]) for kind in EXAMPLES for each in EXAMPLES[kind]]
)
def test_every_kind_of_schedule_passes_and_one_without_what_it_needs_does_not(schedule):
    sound = {"questionnaires": ["checkin"], **schedule}
    STUDY.validate(put(TWICE_DAILY, ("schedules", 0), sound))
    del sound["questionnaires"]
    assert not STUDY.is_valid(put(TWICE_DAILY, ("schedules", 0), sound))


@pytest.mark.parametrize(
    ("field", "sound", "mistaken"),
    [
        ("phases", [{"id": "burst", "days": 7}], [{"id": "burst"}]),
        ("allocation", {"method": "block", "arms": {"a": 1, "b": 1}, "block_sizes": [4]}, {"method": "dice"}),
        ("calendar", {"starts_on": "2026-03-02"}, {"starts_on": "soon", "ends": 1}),
        ("max_prompts_a_day", 6, 0),
        ("minimum_gap_minutes", 90, -1),
    ],
)
def test_the_parts_of_a_design_pass_and_mistakes_in_them_are_found(field, sound, mistaken):
    STUDY.validate({**TWICE_DAILY, field: sound})
    assert not STUDY.is_valid({**TWICE_DAILY, field: mistaken})


def test_an_editor_has_words_for_models_and_fields():
    made = schema.study()
    assert made["properties"]["note"]["description"].startswith("The whole text of a notification.")
    assert made["$defs"]["Hours"]["description"] == "When prompts may come. Every preset names the same windows."
    assert made["$defs"]["Localised"]["examples"] == ["Hello", {"en": "Hello", "es": "Hola"}]
    item = schema.questionnaire()["$defs"]["Rating"]
    assert item["properties"]["risk"]["description"].startswith("Answering it can disclose a risk to life")


def test_every_item_type_is_offered():
    types = {
        shape["properties"]["type"]["const"]
        for shape in schema.questionnaire()["$defs"].values()
        if "const" in shape.get("properties", {}).get("type", {})
    }
    assert types == set(ITEMS)


def test_the_examples_are_sound():
    shapes = {**schema.study()["$defs"], **schema.questionnaire()["$defs"]}
    for name, shape in shapes.items():
        for example in shape.get("examples", []):
            jsonschema.Draft202012Validator({"$defs": shapes, "$ref": f"#/$defs/{name}"}).validate(example)


def test_a_study_file_knows_nothing_of_items():
    assert "Rating" not in schema.study()["$defs"]


def test_only_a_licensed_instrument_may_leave_its_words_out():
    without = put(RSES, ("items", 0, "text"), ...)
    assert not QUESTIONNAIRE.is_valid(without)
    assert QUESTIONNAIRE.is_valid({**without, "wording": "licensed"})
    assert not QUESTIONNAIRE.is_valid({**put(RSES, ("items", 0, "type"), "choise"), "wording": "licensed"})
