"""ReproSchema: a folder with an activity and a file for each item, as JSON-LD of release 1.0.0.

The context says what the words mean; it is named, never fetched. Source: https://www.repronim.org/reproschema/.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ema.domain.items.base import Item
from ema.domain.items.calendar import Date
from ema.domain.items.choice import Choice
from ema.domain.items.duration import Duration
from ema.domain.items.faces import Faces
from ema.domain.items.multiple import Multiple
from ema.domain.items.number import Number
from ema.domain.items.rating import Rating
from ema.domain.items.text import Text
from ema.domain.items.vas import Vas
from ema.domain.items.yes_no import YesNo
from ema.domain.localised import ANY, Localised
from ema.domain.questionnaire import Questionnaire
from ema.forms.common import languages, unplaced
from ema.forms.losses import Loss

VERSION = "1.0.0"
CONTEXT = f"https://raw.githubusercontent.com/ReproNim/reproschema/{VERSION}/contexts/reproschema"

Json = dict[str, Any]

_LEFT_OUT = {"computed": "write it as compute there", "location": "a place would be stored exactly elsewhere"}


def write(questionnaire: Questionnaire, path: Path) -> list[Loss]:
    """Write the folder `path`: `<id>_schema` and `items/<item id>`. Gives what could not be carried."""
    activity, items, losses = resources(questionnaire)
    (path / "items").mkdir(parents=True, exist_ok=True)
    for name, resource in [(f"{questionnaire.id}_schema", activity), *((f"items/{i['id']}", i) for i in items)]:
        (path / name).write_text(json.dumps(resource, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return losses


def resources(questionnaire: Questionnaire) -> tuple[Json, list[Json], list[Loss]]:
    """The activity, its items, and what they could not carry."""
    losses = list(unplaced(questionnaire, provenance=False))
    first = (*languages(questionnaire), "en")[0]
    items = [made for item in questionnaire.items if (made := _item(item, first, losses))]
    came_from = questionnaire.provenance
    activity: Json = {
        "@context": CONTEXT,
        "category": "reproschema:Activity",
        "id": f"{questionnaire.id}_schema",
        "prefLabel": {first: questionnaire.title},
        "description": {first: f"{came_from.source} {came_from.validation}"},
        "schemaVersion": VERSION,
        "version": VERSION,
        "citation": {first: came_from.citation},
        "ui": {
            "order": [f"items/{item['id']}" for item in items],
            "shuffle": False,
            "addProperties": [
                {"isAbout": f"items/{item['id']}", "variableName": item["id"], "isVis": True, "valueRequired": False}
                for item in items
            ],
        },
    }
    if questionnaire.introduction:
        activity["preamble"] = _words(questionnaire.introduction, first)
    for name in ("licence", "recall", "measures"):
        value = getattr(came_from, name)
        losses.append(Loss(f"provenance.{name}", f"“{value[:80]}” is left out", "hand it on beside the files"))
    return activity, items, losses


def _words(words: Localised, first: str) -> dict[str, str]:
    """Text by language; text for every language stands under the first."""
    return {first if language == ANY else language: text for language, text in words.root.items()}


def _item(item: Item, first: str, losses: list[Loss]) -> Json | None:
    shape = _shape(item, first, losses)
    if shape is None:
        return None
    kind, response = shape
    made: Json = {
        "@context": CONTEXT,
        "category": "reproschema:Item",
        "id": item.id,
        "prefLabel": {first: item.id},
        "question": _words(item.text, first),
        "ui": {"inputType": kind},
    }
    if response:
        made["responseOptions"] = response
    return made


def _shape(item: Item, first: str, losses: list[Loss]) -> tuple[str, Json] | None:
    """The input type and the response options."""
    where = f"items.{item.id}"
    match item:
        case Choice():
            coded = item.bounds() is not None
            if coded:
                losses.append(Loss(where, "the codes stand for the options' own values", "join by code"))
            options = [(o.code if o.code is not None else o.value, o.label) for o in item.options]
            return "radio", _choices(options, first)
        case YesNo():
            return "radio", _choices([(1, item.yes), (0, item.no)], first)
        case Multiple():
            losses += [
                Loss(where, f"that “{option.value}” stands alone is left out", "say it in words")
                for option in item.options
                if option.exclusive
            ]
            if item.minimum > 1 or item.maximum is not None:
                losses.append(Loss(where, "how many may be chosen is left out", "say it in the question"))
            return "radio", {**_choices([(o.value, o.label) for o in item.options], first), "multipleChoice": True}
        case Rating() | Faces() | Vas():
            if not isinstance(item, Rating):
                losses.append(Loss(where, f"that it is drawn as {item.type} is left out", "it is a slider there"))
            low, high = (int(end) for end in item.bounds())
            points = [(point, Localised({ANY: str(point)})) for point in range(low, high + 1)]
            ends = {low: item.low, high: item.high}
            shown = points if high <= 10 else [(low, item.low), (high, item.high)]
            choices = [(point, ends.get(point, label)) for point, label in shown]
            return "slider", {**_choices(choices, first), "minValue": low, "maxValue": high}
        case Number():
            response = {"valueType": ["xsd:decimal" if item.decimals else "xsd:integer"]}
            if item.unit:
                response["unitOptions"] = [{"prefLabel": _words(item.unit, first)}]  # type: ignore[list-item]
            return "number", {**response, "minValue": item.min, "maxValue": item.max}
        case Duration():
            losses.append(Loss(where, "a duration becomes a whole number", "say that minutes are meant"))
            return "number", {"valueType": ["xsd:integer"], "minValue": item.min, "maxValue": item.max}
        case Text():
            losses.append(Loss(where, f"that it has at most {item.most} characters is left out", "nothing to do"))
            return "text", {"valueType": ["xsd:string"]}
        case Date():
            if item.model_fields_set & {"earliest", "latest"}:
                losses.append(Loss(where, f"from {item.earliest} to {item.latest} is left out", "say it in words"))
            return "date", {"valueType": ["xsd:date"]}
    plain: dict[str, tuple[str, Json]] = {
        "time": ("time", {"valueType": ["xsd:time"]}),
        "info": ("static", {}),
        "voice": ("audioRecord", {"valueType": ["xsd:anyURI"]}),
    }
    if item.type not in plain:
        losses.append(
            Loss(where, f"an item of type {item.type} is left out", _LEFT_OUT.get(item.type, "write it by hand"))
        )
    return plain.get(item.type)


def _choices(options: Iterable[tuple[int | str, Localised]], first: str) -> Json:
    options = list(options)
    numbers = all(isinstance(value, int) for value, _ in options)
    return {
        "valueType": ["xsd:integer" if numbers else "xsd:string"],
        "multipleChoice": False,
        "choices": [{"name": _words(label, first), "value": value} for value, label in options],
    }
