"""XLSForm out: what pyxform accepts, what comes back the same, and what is reported."""

import openpyxl
import pytest

from ema.domain.items import ITEMS
from ema.forms import FORMATS, xlsform_in
from ema.forms.losses import InvalidForm
from tests.forms.examples import EVERYTHING, WORDED, bundled


@pytest.mark.parametrize("ending", [".xlsx", ".md"])
@pytest.mark.parametrize("path", WORDED, ids=lambda path: path.stem)
def test_every_bundled_questionnaire_comes_back_with_the_same_items(path, ending, tmp_path):
    form = bundled(path)
    out = tmp_path / f"{form.id}{ending}"
    FORMATS["xlsform"](form, out)
    back = {item.id: item for item in xlsform_in.read(out, form.id).questionnaire().items}
    for item in form.items:
        if item.type in ("choice", "rating", "info"):
            assert back[item.id].text == item.text
            assert back[item.id].bounds() == item.bounds()
            assert back[item.id].ask().low == item.ask().low
            assert [row[0].label for row in back[item.id].ask().rows] == [row[0].label for row in item.ask().rows]


def test_the_example_has_every_item_type():
    assert {item.type for item in EVERYTHING.items} == set(ITEMS)


@pytest.mark.parametrize("ending", [".xlsx", ".md"])
def test_every_item_is_written_or_reported(tmp_path, ending):
    out = tmp_path / f"everything{ending}"
    losses = FORMATS["xlsform"](EVERYTHING, out)
    said = {loss.where for loss in losses}
    back = xlsform_in.workbook.read(out)
    written = {row.cells["name"] for row in back.sheets["survey"]}
    assert {item.id for item in EVERYTHING.items} - written == {"located", "reckoned"}
    assert {"items.located", "items.reckoned", "scores.total", "seconds", "provenance.licence"} <= said
    assert {"items.rated", "items.one", "items.many", "items.smiled", "items.lasted"} <= said


def test_words_that_begin_like_a_formula_stay_words(tmp_path):
    text = EVERYTHING.items[2].text.model_copy(update={"root": {"en": "=1+1", "es": "=A1"}})
    form = EVERYTHING.model_copy(update={"items": (EVERYTHING.items[2].model_copy(update={"text": text}),)})
    out = tmp_path / "everything.xlsx"
    FORMATS["xlsform"](form, out)
    cells = [cell for row in openpyxl.load_workbook(out)["survey"].iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if cell.value == "=1+1"} == {"s"}
    assert xlsform_in.read(out, "everything").data["items"][-1]["text"]["en"] == "=1+1"


def test_pages_and_conditions_are_reported(tmp_path):
    ids = [item.id for item in EVERYTHING.items]
    page = {
        "id": "p",
        "order": "random",
        "show_if": "study_day > 1",
        "items": [*ids[:-1], {"item": ids[-1], "show_if": "rated > 2"}],
    }
    form = type(EVERYTHING).model_validate({**EVERYTHING.model_dump(), "pages": [page]})
    said = "\n".join(map(str, FORMATS["xlsform"](form, tmp_path / "everything.xlsx")))
    assert "pages.p: that it is shown only if study_day > 1 is left out" in said
    assert "pages.p: the random order of its items is left out" in said
    assert "items.reckoned: that it is shown only if rated > 2 is left out" in said


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(InvalidForm, match="end the name with one of them"):
        FORMATS["xlsform"](EVERYTHING, tmp_path / "everything.csv")
