"""What every item type must do. A new type adds one example here, and is tested."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from ema.domain.errors import InvalidAnswer
from ema.domain.items import ITEMS, AnyItem
from ema.domain.items.base import Item

ENDS = {"low": "not at all", "high": "completely"}
EXAMPLES: dict[str, list[dict[str, object]]] = {
    "rating": [
        {"id": "seven", "text": "How do you feel?", **ENDS},
        {"id": "eleven", "min": 0, "max": 10, "text": {"en": "How?", "es": "¿Cómo?"}, **ENDS},
        {"id": "two", "min": 4, "max": 5, "text": "Which?", **ENDS},
    ],
    "choice": [
        {
            "id": "coded",
            "text": "Agree?",
            "options": [
                {"value": "sa", "code": 3, "label": {"en": "Strongly agree", "es": "Muy de acuerdo"}},
                {"value": "sd", "code": 0, "label": {"en": "Strongly disagree", "es": "Muy en desacuerdo"}},
            ],
        },
        {
            "id": "plain",
            "text": "Still OK?",
            "options": [{"value": "yes", "label": "Yes"}, {"value": "stop", "label": "Stop", "then": "stop"}],
        },
    ],
    "info": [{"id": "hello", "text": {"en": "Thank you.", "es": "Gracias."}}],
}

reader: TypeAdapter[Item] = TypeAdapter(AnyItem)


def example(kind: str, fields: dict[str, object]) -> Item:
    return reader.validate_json(json.dumps({"type": kind, **fields}))


ALL = [
    pytest.param(example(kind, fields), id=f"{kind}-{fields['id']}") for kind in EXAMPLES for fields in EXAMPLES[kind]
]
every_item = pytest.mark.parametrize("item", ALL)


def buttons(item: Item) -> list[str]:
    return [option.value for row in item.ask().rows for option in row]


def test_every_registered_type_has_an_example():
    assert EXAMPLES.keys() == ITEMS.keys()


@every_item
def test_it_is_found_by_its_type_and_survives_being_stored(item):
    assert type(item) is ITEMS[item.type]
    assert reader.validate_json(item.model_dump_json()) == item


@every_item
def test_unknown_fields_are_refused(item):
    with pytest.raises(ValidationError, match="extra_forbidden"):
        reader.validate_python({**item.model_dump(), "colour": "red"})


@every_item
def test_its_buttons_are_few_short_and_different(item):
    rows = item.ask().rows
    assert all(1 <= len(row) <= 8 for row in rows)
    assert all(re.fullmatch(r"[a-z0-9_]{1,8}", value) for value in buttons(item))
    assert len(set(buttons(item))) == len(buttons(item))
    assert item.answers_expected == bool(rows or item.ask().typed)


@every_item
def test_every_button_is_an_answer_that_can_be_stored(item):
    for raw in buttons(item):
        value = item.parse(raw)
        assert json.loads(json.dumps(value)) == value


@every_item
@settings(max_examples=60)
@given(raw=st.text(max_size=12))
def test_anything_else_is_refused_in_words_for_the_participant(item, raw):
    accepted, words = "", ""
    try:
        accepted = str(item.parse(raw))
    except InvalidAnswer as refused:
        words = str(refused)
    assert accepted in buttons(item) or words.endswith(".")


@every_item
def test_its_numbers_lie_within_its_bounds(item):
    numbers = [item.number(item.parse(raw)) for raw in buttons(item)]
    bounds = item.bounds()
    if bounds is None:
        assert set(numbers) <= {None}
    else:
        assert (min(numbers), max(numbers)) == bounds
        assert all(isinstance(number, float) for number in numbers)


@every_item
@pytest.mark.parametrize("value", [-1, 99, "nonsense", 1.5, ("a", "b")])
def test_a_value_that_is_no_answer_has_no_number(item, value):
    assert item.number(value) is None


@every_item
@pytest.mark.parametrize("language", ["en", "es"])
def test_its_export_column_bears_its_id_and_labels_only_what_can_stand_in_it(item, language):
    column = item.column(language)
    assert column.name == item.id
    assert column.label == item.text.say(language)
    if column.kind == "integer":
        numbers = {item.number(item.parse(raw)) for raw in buttons(item)}
        assert set(column.labels) <= numbers
    else:
        assert set(column.labels) == set(buttons(item))


@every_item
def test_an_exported_cell_can_be_read_back(item):
    for raw in buttons(item):
        value = item.parse(raw)
        number = item.number(value)
        cells = [raw] if number is None else [raw, f"{number:g}", f"{number:.1f}", f" {number:g} "]
        assert [item.read_cell(cell) for cell in cells] == [value] * len(cells)


def test_an_unknown_type_is_refused():
    with pytest.raises(ValidationError, match="union_tag_invalid"):
        example("telepathy", {"id": "mind", "text": "?"})
