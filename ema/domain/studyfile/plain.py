"""Pydantic's errors in plain words, with a remedy."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pydantic_core import ErrorDetails

    from ema.domain.errors import Finding
    from ema.domain.studyfile.marked import Marked, Place

_FIXED: dict[str, str] = {
    "string_type": "must be text; put it in quotes",
    "string_too_short": "is empty; write something",
    "int_type": "must be a whole number, without quotes",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number, without quotes",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list; begin each entry on a line of its own with “- ”",
    "dict_type": "must be fields with names, such as “en: Hello”, or text where words are wanted",
    "model_type": "must be fields with names",
    "model_attributes_type": "must be fields with names",
    "date_type": "must be a date such as 2026-03-29",
    "date_parsing": "must be a date such as 2026-03-29",
    "date_from_datetime_parsing": "must be a date such as 2026-03-29",
    "time_type": 'must be a time of day in quotes, such as "21:30"',
    "time_parsing": 'must be a time of day in quotes, such as "21:30"',
}

_COUNTED: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than": lambda ctx: f"must be more than {ctx['gt']}",
    "greater_than_equal": lambda ctx: f"must be {ctx['ge']} or more",
    "less_than": lambda ctx: f"must be less than {ctx['lt']}",
    "less_than_equal": lambda ctx: f"must be {ctx['le']} or less",
    "literal_error": lambda ctx: f"must be {ctx['expected']}".replace("'", ""),
    "union_tag_invalid": lambda ctx: f"“{ctx['tag']}” is not known; choose one of {ctx['expected_tags']}".replace(
        "'", ""
    ),
    "value_error": lambda ctx: str(ctx["error"]),
}

_PATTERNS: dict[str, str] = {
    r"^[a-z0-9_]{1,8}$": "must be 1 to 8 small letters, digits or underscores",
}


def findings(marked: Marked, errors: list[ErrorDetails], model: type[BaseModel]) -> list[Finding]:
    """Each error as a finding at its place in the file."""
    told = [error for error in errors if not _counts_refused(error, errors)]
    return [marked.finding(_path(marked, error), _words(error, model)) for error in told]


def _counts_refused(error: ErrorDetails, errors: list[ErrorDetails]) -> bool:
    """A list that is only too short because entries of it are refused: pydantic counts the sound ones."""
    here = error["loc"]
    return error["type"] == "too_short" and any(
        other["loc"][: len(here)] == here and len(other["loc"]) > len(here) for other in errors
    )


def _path(marked: Marked, error: ErrorDetails) -> Place:
    """The error's place, without the steps that only pydantic knows (union tags, the inside of words)."""
    path: Place = ()
    for step in error["loc"]:
        if (*path, step) in marked.lines:
            path = (*path, step)
    if error["type"] == "missing":
        path = (*path, error["loc"][-1])
    return path


def _words(error: ErrorDetails, model: type[BaseModel]) -> str:
    kind = error["type"]
    ctx = error.get("ctx", {})
    if kind in _FIXED:
        return _FIXED[kind]
    if kind in _COUNTED:
        return _COUNTED[kind](ctx)
    if kind == "missing":
        return "is missing; add it here"
    if kind == "union_tag_not_found":
        return f"has no {ctx['discriminator']}; add one".replace("'", "")
    if kind == "extra_forbidden":
        known = _fields(model, error["loc"][:-1])
        near = get_close_matches(str(error["loc"][-1]), known, n=1)
        hint = f"did you mean “{near[0]}”?" if near else f"there are {', '.join(known)}"
        return f"is no field here; {hint}"
    if kind == "string_pattern_mismatch":
        usual = "must be small letters, digits and underscores, beginning with a letter, and not too long"
        return _PATTERNS.get(ctx["pattern"], usual)
    if kind in ("too_short", "too_long"):
        bound = ctx["min_length"] if kind == "too_short" else ctx["max_length"]
        return (
            f"has {ctx['actual_length']} entries; {'at least' if kind == 'too_short' else 'at most'} {bound} are needed"
        )
    return error["msg"]


def _fields(model: type[BaseModel], steps: tuple[str | int, ...]) -> list[str]:
    """The fields that may stand at this place, in the order in which they are declared."""
    here = [model]
    for step in steps:
        inside = [part.model_fields[step].annotation for part in here if step in part.model_fields]
        if inside:
            here = [inner for annotation in inside for inner in _models(annotation)]
        else:  # the place in a list, a name, or the tag of one kind among several
            here = [part for part in here if step in _tags(part)] or here
    return list(dict.fromkeys(name for part in here for name in part.model_fields))


def _tags(model: type[BaseModel]) -> tuple[Any, ...]:
    return tuple(tag for field in model.model_fields.values() for tag in get_args(field.annotation))


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]
