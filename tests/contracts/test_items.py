"""What every item type must do. A new type adds one example here, and is tested."""

from __future__ import annotations

import contextlib
import json
import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from ema.domain.errors import InvalidAnswer
from ema.domain.items import ITEMS, AnyItem
from ema.domain.items.base import MISSING, Item
from ema.domain.items.words import ENGLISH

SENT = {"voice", "photo", "location"}
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
    "multiple": [
        {
            "id": "where",
            "text": "Where were you?",
            "maximum": 2,
            "options": [
                {"value": "home", "label": {"en": "At home", "es": "En casa"}},
                {"value": "out", "label": {"en": "Outside", "es": "Fuera"}},
                {"value": "bus", "label": {"en": "On a bus", "es": "En un bus"}},
                {"value": "none", "label": {"en": "None of these", "es": "Nada de esto"}, "exclusive": True},
            ],
        }
    ],
    "yes_no": [
        {"id": "usual", "text": "Did you sleep?"},
        {"id": "own", "text": "Did you go?", "yes": "I went", "no": "I did not go"},
    ],
    "faces": [{"id": f"faces{n}", "text": "How?", "points": n, **ENDS} for n in (3, 5, 7)],
    "vas": [{"id": "slider", "text": "How?", **ENDS}],
    "number": [
        {
            "id": "hours",
            "text": "How long did you sleep?",
            "max": 24,
            "decimals": 1,
            "unit": {"en": "hours", "es": "horas"},
        },
        {"id": "cups", "text": "How many cups?", "max": 40},
        {"id": "degrees", "text": "How cold?", "min": -40, "max": 45, "decimals": 2},
        {"id": "steps", "text": "How many steps?", "max": 200000},
    ],
    "time": [{"id": "bed", "text": "When did you go to bed?"}],
    "date": [
        {"id": "day", "text": "Which day?"},
        {"id": "spring", "text": "Which day?", "earliest": "2026-03-01", "latest": "2026-05-31"},
    ],
    "duration": [{"id": "walk", "text": "How long?"}, {"id": "nap", "text": "How long?", "bare": "hours", "max": 600}],
    "text": [{"id": "more", "text": "Anything more?"}, {"id": "word", "text": "In a word?", "most": 12}],
    "voice": [{"id": "say", "text": "Tell me."}],
    "photo": [{"id": "see", "text": "Show me."}],
    "location": [{"id": "place", "text": "Where?"}, {"id": "coarse", "text": "Where?", "decimals": 0}],
    "computed": [{"id": "difference", "text": "Evening less afternoon", "expression": "evening - afternoon"}],
}
TYPED: dict[str, list[str]] = {
    "where": ["home", "bus,home", "none"],
    "slider": ["0", "10", "7/10", "0/100", "73/100", "100/100"],
    "hours": ["0", "24", "7.5", "7,5", "7,50", "7.5 hours", "7,5 horas", "٧"],
    "cups": ["0", "40", "3", "3.0"],
    "degrees": ["-40", "45", "−3,25", "+4", "- 2"],
    "steps": ["1000", "200000"],
    "bed": ["21:30", "9.30 pm", "9pm", "2130", "21h30", "0", "00:00", "23:59", "12 a.m.", "7:05"],
    "day": ["2026-05-12", "12/5/2026", "12.5.2026", "12 May 2026", "May 12, 2026", "12 de mayo de 2026", "29/2/2028"],
    "spring": ["1.3.2026", "31 May 2026"],
    "walk": ["0", "90", "1h30", "1 h 30 min", "1:30", "1,5 h", "45 min", "24h"],
    "nap": ["2", "1,5", "10:00"],
    "more": ["Quiet.", "día 🙂\nand another line", "x" * 280],
    "word": ["calm"],
    "say": ["media:a1_B-2"],
    "see": ["media:9"],
    "place": ["51.5034,-0.1276", "-90, 180", "0,0", "51; 0"],
    "coarse": ["51.5034,-0.1276", "-0.4,0.4"],
}
"""What may be typed or sent, by the example's id, beside its buttons."""

reader: TypeAdapter[Item] = TypeAdapter(AnyItem)


def example(kind: str, fields: dict[str, object]) -> Item:
    return reader.validate_json(json.dumps({"type": kind, **fields}))


ALL = [
    pytest.param(example(kind, fields), id=f"{kind}-{fields['id']}") for kind in EXAMPLES for fields in EXAMPLES[kind]
]
every_item = pytest.mark.parametrize("item", ALL)


def answers(item: Item) -> list[str]:
    """Every way of answering that the suite tries: its buttons, except where several are sent together, and its words."""
    tapped = [] if item.ask().kind == "several" else buttons(item)
    return [*tapped, *TYPED.get(item.id, [])]


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
    assert item.answers_expected == bool(rows or item.ask().typed or item.ask().kind in SENT)
    assert all(option.label.say("es").strip() for row in rows for option in row)


@every_item
def test_every_button_is_an_answer_that_can_be_stored(item):
    assert bool(answers(item)) == item.answers_expected
    for raw in answers(item):
        value = item.parse(raw)
        stored = json.loads(json.dumps(value))
        assert (tuple(stored) if isinstance(stored, list) else stored) == value


@every_item
def test_an_answer_shown_again_reads_as_the_same_answer(item):
    for raw in answers(item):
        value = item.parse(raw)
        assert item.parse(item.show(value)) == value


@every_item
def test_every_way_of_answering_is_told_in_words_that_the_catalogue_can_carry(item):
    hint = item.ask().hint
    assert (hint is not None) == (item.ask().kind != "buttons")
    if hint:
        assert ENGLISH[hint.key].format(**hint.values)


@every_item
def test_a_message_of_ten_thousand_characters_is_refused(item):
    for sign in ("x", "1", " ", "1,", "😀", "٣"):
        with pytest.raises(InvalidAnswer):
            item.parse(sign * 10_000)
        with pytest.raises(InvalidAnswer):
            item.read_cell(sign * 10_000)


@every_item
@settings(max_examples=100)
@given(raw=st.text(max_size=80) | st.text(alphabet="0123456789 .,:/-+hmapMay٣−", max_size=12))
def test_hostile_words_raise_nothing_but_a_refusal(item, raw):
    for read in (item.parse, item.read_cell, lambda words: item.parse_on(words, date(2026, 5, 12))):
        with contextlib.suppress(InvalidAnswer):
            value = read(raw)
            json.dumps(value).encode()
            assert item.parse(item.show(value)) == value
            number, bounds = item.number(value), item.bounds()
            assert number is None or bounds is None or bounds[0] <= number <= bounds[1]


@every_item
@settings(max_examples=60)
@given(raw=st.text(max_size=12))
def test_anything_else_is_refused_in_words_for_the_participant(item, raw):
    accepted, words = "", ""
    try:
        accepted = str(item.parse(raw))
    except InvalidAnswer as refused:
        words = str(refused)
    tapped = {str(item.parse(raw)) for raw in buttons(item)}
    assert accepted in tapped or words.endswith((".", "?")) or item.ask().typed


@every_item
def test_its_numbers_lie_within_its_bounds(item):
    numbers = [item.number(item.parse(raw)) for raw in answers(item)]
    bounds = item.bounds()
    if bounds is None:
        assert set(numbers) <= {None}
    else:
        assert bounds[0] <= min(numbers) <= max(numbers) <= bounds[1]
        assert all(isinstance(number, float) for number in numbers)
        if item.ask().kind == "buttons":
            assert (min(numbers), max(numbers)) == bounds


@every_item
@pytest.mark.parametrize("value", [-1, 99, "nonsense", 1.5, ("a", "b"), "99/10", "101/100"])
def test_a_value_that_is_no_answer_has_no_number(item, value):
    if item.hidden:
        return  # a worked-out value was never typed: any number is one
    if (number := item.number(value)) is not None:
        assert item.bounds()[0] <= number <= item.bounds()[1]
        assert item.parse(item.show(value)) == value


@every_item
@pytest.mark.parametrize("language", ["en", "es"])
def test_its_export_column_bears_its_id_and_labels_only_what_can_stand_in_it(item, language):
    column = item.column(language)
    assert column.name == item.id
    assert column.label.startswith(item.text.say(language))
    if column.kind == "string":
        assert set(column.labels) in (set(buttons(item)), set())
    elif column.labels:
        numbers = {item.number(item.parse(raw)) for raw in answers(item)}
        assert set(column.labels) <= numbers


@every_item
@pytest.mark.parametrize("language", ["en", "es"])
def test_columns_beside_it_bear_its_id_and_have_a_cell_for_every_answer(item, language):
    columns = item.beside(language)
    assert all(column.name.startswith(f"{item.id}_") and column.label for column in columns)
    assert len({column.name for column in columns}) == len(columns)
    for raw in answers(item):
        cells = item.spread(item.parse(raw))
        assert len(cells) == len(columns)
        for column, cell in zip(columns, cells, strict=True):
            assert column.kind == ("integer" if isinstance(cell, int) else "float")
            assert not column.labels or cell in column.labels


@every_item
def test_the_codes_of_empty_cells_can_be_no_answer(item):
    assert MISSING.keys() == {"not_reached", "not_shown", "not_now", "prefer_not", "skipped"}
    assert len(set(MISSING.values())) == 5
    if bounds := item.bounds():
        assert all(not bounds[0] <= code <= bounds[1] for code in MISSING.values())


@every_item
def test_ways_that_must_not_be_mixed_stand_in_the_value_and_are_named_in_the_column(item):
    modes = {item.mode(item.parse(raw)) for raw in answers(item)}
    assert modes <= (set(item.column("en").modes) or {""})


@every_item
def test_an_exported_cell_can_be_read_back(item):
    for raw in answers(item):
        value = item.parse(raw)
        number = item.number(value)
        if item.column("en").modes:
            cells = [item.show(value)]
        elif number is None:
            cells = [";".join(value) if isinstance(value, tuple) else value]
        else:
            cells = [
                str(value),
                f"{number:.12g}",
                f" {number:.12g} ",
                *([f"{number:.1f}"] if number == int(number) else []),
            ]
        assert [item.read_cell(cell) for cell in cells] == [value] * len(cells)


def test_an_unknown_type_is_refused():
    with pytest.raises(ValidationError, match="union_tag_invalid"):
        example("telepathy", {"id": "mind", "text": "?"})
