"""FHIR out, checked by fhir.resources: both releases, translations, answers, and why there is no answer."""

import json
from datetime import UTC, datetime

import pytest
from fhir.resources import questionnaire as r5
from fhir.resources.questionnaireresponse import QuestionnaireResponse as ResponseR5
from fhir.resources.R4B import questionnaire as r4b
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse as ResponseR4B

from ema.forms import FORMATS, fhir
from tests.forms.examples import ANSWERS, EVERYTHING, WORDED, bundled

MODELS = {"R4B": r4b.Questionnaire, "R5": r5.Questionnaire}
RESPONSES = {"R4B": ResponseR4B, "R5": ResponseR5}
AT = datetime(2026, 3, 29, 20, 30, tzinfo=UTC)


def items(resource):
    return {item["linkId"]: item for item in resource["item"]}


@pytest.mark.parametrize("release", MODELS)
@pytest.mark.parametrize("path", WORDED, ids=lambda path: path.stem)
def test_every_bundled_questionnaire_is_a_valid_resource(path, release):
    resource, losses = fhir.resource_of(bundled(path), release)
    MODELS[release].model_validate(resource)
    assert not [loss for loss in losses if "is left out" in loss.what and "an item of type" in loss.what]


@pytest.mark.parametrize("release", MODELS)
def test_one_of_each_is_valid_and_what_is_missing_is_reported(release):
    resource, losses = fhir.resource_of(EVERYTHING, release)
    MODELS[release].model_validate(resource)
    assert {item.id for item in EVERYTHING.items} - items(resource).keys() == {"located", "reckoned"}
    assert {"items.located", "items.reckoned", "scores.total", "items.rated", "seconds"} <= {x.where for x in losses}


def test_the_releases_name_choices_and_weights_differently():
    new, old = (items(fhir.resource_of(EVERYTHING, release)[0])["one"] for release in ("R5", "R4B"))
    assert (new["type"], old["type"]) == ("coding", "choice")
    assert new["answerOption"][0]["extension"][0]["url"].endswith("/itemWeight")
    assert old["answerOption"][0]["extension"][0]["url"].endswith("/ordinalValue")


def test_other_languages_are_translations_of_the_first():
    item = items(fhir.resource_of(EVERYTHING, "R5")[0])["rated"]
    assert item["text"] == "What?"
    [translation] = item["_text"]["extension"]
    assert translation["extension"] == [{"url": "lang", "valueCode": "es"}, {"url": "content", "valueString": "¿Qué?"}]


@pytest.mark.parametrize("release", RESPONSES)
def test_answers_are_a_valid_response(release):
    resource, losses = fhir.response_of(
        EVERYTHING, ANSWERS, pseudonym="P-7K2M", authored=AT, complete=True, language="es"
    )
    RESPONSES[release].model_validate(resource)
    got = {link: item["answer"] for link, item in items(resource).items()}
    assert got["one"] == [{"valueCoding": {"code": "a", "display": "La A"}}]
    assert [answer["valueCoding"]["code"] for answer in got["many"]] == ["x", "y"]
    assert got["rated"] == [{"valueInteger": 5}]
    assert got["slid"] == [{"valueInteger": 73}]
    assert got["weighed"] == [{"valueDecimal": 61.5}]
    assert got["timed"] == [{"valueTime": "21:30:00"}]
    assert "items.slid: that it was answered by slider is left out; keep it beside" in map(str, losses)
    assert "items.located" in {loss.where for loss in losses}


@pytest.mark.parametrize("release", RESPONSES)
def test_each_way_of_not_answering_is_told_apart(release):
    passed = {"one": "skipped", "many": "prefer_not", "rated": "not_now"}
    resource, _ = fhir.response_of(EVERYTHING, {}, pseudonym="P", authored=AT, complete=False, passed=passed)
    RESPONSES[release].model_validate(resource)
    reasons = {link: item["extension"][0]["valueCode"] for link, item in items(resource).items()}
    assert reasons == {"one": "unknown", "many": "asked-declined", "rated": "temp-unknown"}
    assert resource["status"] == "in-progress"


def test_a_response_names_exactly_the_words_that_were_asked():
    resource, _ = fhir.resource_of(EVERYTHING, "R5")
    response, _ = fhir.response_of(EVERYTHING, ANSWERS, pseudonym="P", authored=AT, complete=True)
    other = EVERYTHING.model_copy(update={"title": "Another"})
    assert response["questionnaire"] == resource["url"] != fhir.canonical(other)


def test_the_file_is_json(tmp_path):
    FORMATS["fhir-r5"](EVERYTHING, tmp_path / "q.json")
    assert json.loads((tmp_path / "q.json").read_text())["resourceType"] == "Questionnaire"
