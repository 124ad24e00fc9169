"""JSON Schemas of study and questionnaire files, so that editors complete and check them while they are written.

Made from the models that read the files, so the two can't differ. A schema knows shapes, not what spans several fields
or files: `ema study validate` checks everything.
"""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from textwrap import dedent
from typing import Any, get_args

from pydantic import BaseModel

from ema.domain.protocol import Protocol
from ema.domain.questionnaire import Questionnaire

Json = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
"""A time of day as the files have it; JSON Schema's own `time` wants seconds and a zone."""

SHORT_FORMS = ("Localised", "Placed")
"""Models that may be written as plain text too."""

EXAMPLES: dict[str, list[Any]] = {
    "Localised": ["Hello", {"en": "Hello", "es": "Hola"}],
    "Window": [{"start": "21:30", "end": "22:00"}],
    "Rating": [{"id": "calm", "type": "rating", "text": "How calm?", "low": "not at all", "high": "very"}],
    "Choice": [
        {
            "id": "slept",
            "type": "choice",
            "text": "How did you sleep?",
            "options": [{"value": "well", "label": "Well", "code": 1}, {"value": "badly", "label": "Badly", "code": 0}],
        }
    ],
    "Number": [{"id": "coffees", "type": "number", "text": "How many coffees?", "max": 20}],
    "Info": [{"id": "next", "type": "info", "text": "Two more."}],
    "Missing": [{"rule": "mean_of_answered", "up_to": 2}],
}


def study() -> Json:
    """The schema of a study file. There, questionnaires are listed by id; the loaded document embeds them."""
    schema = _schema(Protocol, "Study file")
    schema["properties"]["questionnaires"] = {
        "description": "The ids of its questionnaires; each is a file of that name in this folder or the one above.",
        "type": "array",
        "items": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,31}$"},
        "minItems": 1,
        "uniqueItems": True,
    }
    schema["$defs"] = _reachable(schema)
    return schema


def questionnaire() -> Json:
    """The schema of a questionnaire file. One whose wording is licensed leaves the words of its items out."""
    schema = _schema(Questionnaire, "Questionnaire file")
    items = schema["properties"]["items"]
    unworded = _unworded(items["items"], schema["$defs"])
    schema["properties"]["items"] = {key: value for key, value in items.items() if key != "items"}
    schema["if"] = {"properties": {"wording": {"const": "licensed"}}, "required": ["wording"]}
    schema["then"] = {"properties": {"items": {"items": unworded}}}
    schema["else"] = {"properties": {"items": {"items": items["items"]}}}
    return schema


WORDS = ("text", "label", "low", "high")
"""Fields of items that a licensed instrument's file leaves out."""
UNWORDED = "WithoutWords"


def _unworded(part: Any, definitions: Json) -> Any:
    """The same shapes with no words required. Definitions that change are added under names of their own."""
    if isinstance(part, list):
        return [_unworded(entry, definitions) for entry in part]
    if not isinstance(part, dict):
        return part
    changed = {key: _unworded(value, definitions) for key, value in part.items() if key not in ("$ref", "examples")}
    if isinstance(part.get("required"), list):
        changed["required"] = [name for name in part["required"] if name not in WORDS]
    if "$ref" in part:
        name = part["$ref"].removeprefix("#/$defs/")
        other = name if name in SHORT_FORMS else name + UNWORDED
        changed["$ref"] = f"#/$defs/{other}"
        if other not in definitions:
            definitions[other] = {}  # stands there while the shape that may refer to it is made
            definitions[other] = _unworded(definitions[name], definitions)
    return changed


def _schema(model: type[BaseModel], title: str) -> Json:
    schema = model.model_json_schema()
    models = _models(model, {})
    definitions = schema.get("$defs", {})
    for name, part in [(model.__name__, schema), *definitions.items()]:
        described = _described(models[name]) if name in models else {}
        for field, shape in part.get("properties", {}).items():
            if field in described:
                shape["description"] = described[field]
    for name in definitions:
        if name in EXAMPLES:
            definitions[name]["examples"] = EXAMPLES[name]
        if name in SHORT_FORMS:
            whole = definitions[name]
            said = {key: whole.pop(key) for key in ("description", "examples") if key in whole}
            definitions[name] = {**said, "anyOf": [{"type": "string"}, whole]}
    return {"$schema": DIALECT, "title": title, **_clean(schema, naming=False)}


def _models(model: type[BaseModel], found: dict[str, type[BaseModel]]) -> dict[str, type[BaseModel]]:
    """The model and all that stand in its fields, by name."""
    if model.__name__ not in found:
        found[model.__name__] = model
        for field in model.model_fields.values():
            for inner in _inside(field.annotation):
                _models(inner, found)
    return found


def _inside(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _inside(part)]


def _described(model: type[BaseModel]) -> dict[str, str]:
    """The docstrings under its fields, its bases' too."""
    said: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if not issubclass(base, BaseModel) or base is BaseModel or "[" in base.__name__:
            continue  # what a generic model was made of has no source of its own
        [body] = [
            node.body for node in ast.parse(dedent(inspect.getsource(base))).body if isinstance(node, ast.ClassDef)
        ]
        for field, after in pairwise(body):
            words = after.value if isinstance(after, ast.Expr) else None
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(words, ast.Constant)
                and isinstance(words.value, str)
            ):
                said[field.target.id] = inspect.cleandoc(words.value)
    return said


def _clean(part: Any, *, naming: bool) -> Any:
    """Without what only pydantic and OpenAPI know. `naming`: the keys are names of fields, not of the schema."""
    if isinstance(part, list):
        return [_clean(entry, naming=False) for entry in part]
    if not isinstance(part, dict):
        return part
    if not naming and part.get("format") == "time":
        part = {key: value for key, value in part.items() if key != "format"} | {"pattern": CLOCK}
    kept = {key: value for key, value in part.items() if naming or key not in ("title", "discriminator")}
    return {
        key: value
        if not naming and key in ("examples", "default")
        else _clean(value, naming=key in ("properties", "$defs"))
        for key, value in kept.items()
    }


def _reachable(schema: Json) -> Json:
    """The definitions that the schema still refers to."""
    reached: set[str] = set()
    waiting: list[Any] = [{key: value for key, value in schema.items() if key != "$defs"}]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            name = str(part.get("$ref", "")).removeprefix("#/$defs/")
            if name and name not in reached:
                reached.add(name)
                waiting.append(schema["$defs"][name])
            waiting += part.values()
    return {name: shape for name, shape in schema["$defs"].items() if name in reached}
