"""A second opinion: aiogram's models of the Bot API judge what a bot asks and what the server answers.

Pydantic alone is lax with these models (extra keys pass, unions swallow mistakes), so the values
are compared with the declared types here: unknown keys, missing keys and wrong types all fail.
Give `check_request` and `check_response` to `create_sandbox` as its hooks.
"""

from __future__ import annotations

import datetime as dt
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import aiogram.methods
from aiogram.client.default import Default
from aiogram.methods import TelegramMethod
from aiogram.types import InputFile
from pydantic import BaseModel

from bot.sandbox.params import Upload


class Objection(AssertionError):
    """What is wrong, with the place of each mistake."""


def check_request(method: str, params: dict[str, Any]) -> None:
    """Object to a request that the Bot API does not describe."""
    _raise(method, list(_model_mistakes(_method_class(method), params, method)))


def check_response(method: str, result: Any) -> None:
    """Object to a result that the Bot API does not describe."""
    returns = _method_class(method).__returning__
    _raise(method, list(_mistakes(returns, result, f"{method} result")))


def _raise(method: str, mistakes: list[str]) -> None:
    if mistakes:
        raise Objection(f"{method}: " + "; ".join(mistakes))


def _method_class(method: str) -> type[TelegramMethod]:
    found = getattr(aiogram.methods, method[0].upper() + method[1:], None)
    if found is None:
        raise Objection(f"the Bot API has no method {method}")
    return found


@cache
def _fields(model: type[BaseModel]) -> dict[str, tuple[Any, bool, Any]]:
    """Name on the wire -> type, required, fixed value."""
    return {
        field.alias or name: (field.annotation, field.is_required(), field.default)
        for name, field in model.model_fields.items()
    }


def _model_mistakes(model: type[BaseModel], value: Any, path: str):
    if not isinstance(value, dict):
        yield f"{path}: an object ({model.__name__}) expected, not {value!r}"
        return
    fields = _fields(model)
    for name in value.keys() - fields.keys():
        yield f"{path}.{name}: unknown to {model.__name__}"
    for name, (hint, required, default) in fields.items():
        if name not in value:
            if required:
                yield f"{path}.{name}: missing"
            continue
        yield from _mistakes(hint, value[name], f"{path}.{name}")
        if name in {"type", "status", "source"} and isinstance(default, (str, Enum)) and value[name] != default:
            yield f"{path}.{name}: {default!r} expected, not {value[name]!r}"


def _mistakes(hint: Any, value: Any, path: str):
    origin = get_origin(hint)
    if origin is Annotated:
        yield from _mistakes(get_args(hint)[0], value, path)
    elif origin in (Union, UnionType):
        yield from _union_mistakes(get_args(hint), value, path)
    elif origin is list:
        if not isinstance(value, list):
            yield f"{path}: a list expected, not {value!r}"
            return
        for index, item in enumerate(value):
            yield from _mistakes(get_args(hint)[0], item, f"{path}[{index}]")
    elif origin is Literal:
        if value not in get_args(hint):
            yield f"{path}: one of {get_args(hint)} expected, not {value!r}"
    elif isinstance(hint, type) and issubclass(hint, InputFile):
        if not isinstance(value, Upload):
            yield f"{path}: a file expected, not {value!r}"
    elif isinstance(hint, type) and issubclass(hint, BaseModel):
        yield from _model_mistakes(hint, value, path)
    elif not _plain(hint, value):
        yield f"{path}: {getattr(hint, '__name__', hint)} expected, not {value!r}"


def _union_mistakes(options: tuple[Any, ...], value: Any, path: str):
    """The option with the fewest mistakes speaks for all."""
    options = tuple(option for option in options if option not in (NoneType, Default))
    found = [list(_mistakes(option, value, path)) for option in options]
    yield from min(found, key=len)


def _plain(hint: Any, value: Any) -> bool:
    if hint is Any:
        return True
    if hint in (dt.datetime, dt.timedelta):
        hint = int
    if isinstance(hint, type) and issubclass(hint, Enum):
        return value in {member.value for member in hint}
    if hint is float:
        hint = (int, float)
    return isinstance(value, hint) and (hint is bool or not isinstance(value, bool))
