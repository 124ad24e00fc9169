"""`ema form` and `ema study schema` as a researcher meets them."""

import json

import jsonschema
import typer
from typer.testing import CliRunner

from ema.commands import form, schema
from ema.domain.studyfile import load_questionnaire
from ema.forms import FORMATS
from questionnaires import ROOT

FORM = "| survey |\n| | type | name | label | required |\n| | note | a | A. | |\n| | integer | n | N? | yes |\n"


def run(*words):
    return CliRunner().invoke(form.app, [str(word) for word in words])


def test_an_import_writes_a_file_and_lists_what_it_could_not_carry(tmp_path):
    (tmp_path / "form.md").write_text(FORM)
    done = run("import", tmp_path / "form.md", "--out", tmp_path / "sleep.yaml")
    assert done.exit_code == 0
    assert [item.id for item in load_questionnaire(tmp_path / "sleep.yaml").items] == ["a", "n"]
    assert "survey row 3: “required: yes” is not carried; every question can be skipped here" in done.stderr
    assert done.stdout.startswith(f"{tmp_path / 'sleep.yaml'} has 2 items; ")


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "form.md").write_text(FORM)
    (tmp_path / "sleep.yaml").write_text("mine")
    done = run("import", tmp_path / "form.md", "--out", tmp_path / "sleep.yaml")
    assert (done.exit_code, (tmp_path / "sleep.yaml").read_text()) == (1, "mine")
    assert done.stderr == f"{tmp_path / 'sleep.yaml'}: is there already; choose another name, or move it away\n"


def test_a_form_that_can_not_be_read_is_one_line(tmp_path):
    (tmp_path / "form.xlsx").write_bytes(b"no zip")
    done = run("import", tmp_path / "form.xlsx", "--out", tmp_path / "sleep.yaml")
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "sleep.yaml").exists()


def test_a_folder_that_is_not_there(tmp_path):
    done = run("export", ROOT / "ons4.yaml", "--format", "fhir-r5", "--out", tmp_path / "no" / "ons4.json")
    assert done.exit_code == 1
    assert "can't be written" in done.stderr


def test_every_format_can_be_asked_for(tmp_path):
    assert [one.value for one in form.Format] == list(FORMATS)
    for name, file in zip(FORMATS, ("ons4.xlsx", "r5.json", "r4b.json", "folder"), strict=True):
        done = run("export", ROOT / "ons4.yaml", "--format", name, "--out", tmp_path / file)
        assert done.exit_code == 0, done.stderr
        assert "scores.ons4_anxious: how it is scored is left out" in done.stderr
        assert (tmp_path / file).exists()


def test_a_schema_is_printed():
    app = typer.Typer()
    app.command()(schema.schema)
    for words in ([], ["study"], ["questionnaire"]):
        printed = CliRunner().invoke(app, words)
        jsonschema.Draft202012Validator.check_schema(json.loads(printed.stdout))


def test_an_instrument_without_its_licensed_words_is_not_written(tmp_path):
    words = (ROOT / "ons4.yaml").read_text()
    (tmp_path / "ons4.yaml").write_text(words.split("introduction:")[0] + "wording: licensed\n" + LICENSED)
    done = run("export", tmp_path / "ons4.yaml", "--format", "fhir-r5", "--out", tmp_path / "ons4.json")
    assert done.exit_code == 1
    assert "has no words here, because they are licensed" in done.stderr
    assert not (tmp_path / "ons4.json").exists()


LICENSED = """seconds: 10
items:
  - {id: a_1, type: rating, min: 0, max: 10}
"""
