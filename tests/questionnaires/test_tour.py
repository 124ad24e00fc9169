"""The tour for researchers is true, block by block, and leaves no feature out."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import jsonschema
import pytest

from ema.domain.expressions import parse
from ema.domain.expressions.functions import FUNCTIONS
from ema.domain.expressions.tree import Call, every_part
from ema.domain.items import ITEMS
from ema.domain.items.base import Item
from ema.domain.items.computed import Computed
from ema.domain.questionnaire import Page, Placed, Questionnaire, Section
from ema.domain.scoring import Score, Scored, compute
from ema.domain.studyfile import load_questionnaire
from ema.domain.studyfile.marked import read
from questionnaires import ROOT
from tests.questionnaires.tour import PAGE, Block, Tour, blocks, folder_in, like

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel

TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = blocks(TEXT)
NO_EXAMPLES = {"my_study", "bad"}
"""Files of the tour that are no questionnaires, or are shown for their mistakes."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return folder_in(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def played(folder) -> dict[int, list[tuple[str, str]] | Exception]:
    """What came of every block, by its line. They build on one another, so all are played once, in order."""
    tour = Tour(folder)
    came: dict[int, list[tuple[str, str]] | Exception] = {}
    for block in BLOCKS:
        try:
            came[block.line] = tour.play(block)
        except Exception as failed:  # noqa: BLE001 - told by the test of this block
            came[block.line] = failed
    return came


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"line {block.line}, {block.kind}")
def test_a_block_is_as_it_says(block: Block, played):
    came = played[block.line]
    if isinstance(came, Exception):
        raise came
    for said, is_so in came:
        if not like(said, is_so):
            assert said == is_so


def test_no_block_goes_unrun(tmp_path):
    assert TEXT.count("```") == 2 * len(BLOCKS)
    with pytest.raises(ValueError, match="not run by anything"):
        Tour(tmp_path).play(Block(1, "python", "", "print()\n"))


@pytest.mark.parametrize(
    ("said", "is_so", "same"),
    [
        ("a\nb", "a\nb", True),
        ("a\nb", "a\nc", False),
        ("a", "a\nb", False),
        ("a …\nc", "a b\nc", True),
        ("a …\nc", "a b\nx\nc", False),
        ("a\n…\nd", "a\nb\nc\nd", True),
        ("a\n…", "a\nb", True),
    ],
)
def test_dots_stand_for_what_is_left_out_and_for_nothing_else(said, is_so, same):
    assert like(said, is_so) is same


# --- nothing is left out


@pytest.fixture(scope="module")
def forms(folder, played) -> list[Questionnaire]:
    names = set(re.findall(r"^# (\w+)\.yaml$", TEXT, re.MULTILINE)) - NO_EXAMPLES
    return [load_questionnaire(folder / f"{name}.yaml") for name in sorted(names)]


def test_every_item_type_is_shown(forms):
    assert {item.type for form in forms for item in form.items} == set(ITEMS)


def test_every_function_of_expressions_is_shown(forms):
    texts = [part.show_if for form in forms for around in form.placed() for part in around if part and part.show_if]
    texts += [item.expression for form in forms for item in form.items if isinstance(item, Computed)]
    called = {part.function for text in texts for part in every_part(parse(text)) if isinstance(part, Call)}
    assert called == set(FUNCTIONS)


@pytest.mark.parametrize("model", [Placed, Page, Section, Score], ids=lambda model: model.__name__)
def test_every_field_of_the_flow_and_of_scores_is_used(model: type[BaseModel], forms):
    used = {
        Placed: [placed for form in forms for _, _, placed in form.placed() if form.sections],
        Page: [page for form in forms for _, page in form.all_pages()],
        Section: [section for form in forms for section in form.sections],
        Score: [score for form in forms for score in form.scores],
    }[model]
    assert {name for one in used for name in one.model_fields_set} == set(model.model_fields)


@pytest.mark.parametrize("name", sorted(ITEMS))
def test_every_field_of_an_item_type_is_named(name):
    own = ITEMS[name].model_fields.keys() - Item.model_fields.keys()
    assert not [field for field in own | {"risk"} if not re.search(rf"\b{field}\b", TEXT)]


def test_every_instrument_of_the_library_is_named():
    names = [file.stem for file in ROOT.glob("*.yaml") if "." not in file.stem]
    assert not [name for name in names if f"`{name}`" not in TEXT]


def test_its_worked_cases_give_the_scores_that_they_say(folder, played):
    form = load_questionnaire(folder / "calm.yaml")
    cases = read(folder / "calm.cases.yaml").data["cases"]
    assert cases
    for case in cases:
        expected = [Scored(score.name, **case["scores"][score.name]) for score in form.scores]
        assert compute(form, case["answers"]) == expected, case["name"]


def test_its_questionnaires_pass_the_schema_that_it_writes(folder, forms):
    schema = jsonschema.Draft202012Validator(json.loads((folder / "questionnaire.schema.json").read_text()))
    for form in forms:
        schema.validate(read(folder / f"{form.id}.yaml").data)
    assert not schema.is_valid({**read(folder / "rest.yaml").data, "itmes": []})
