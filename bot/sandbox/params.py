"""From a request's bytes to typed parameters: JSON, forms, multipart and the query string alike.

A Bot API method is a Python function; its keyword-only parameters and their types are the
parameters that the method takes. Anything else is refused, where Telegram would ignore it.
"""

import inspect
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from bot.sandbox.errors import bad_request

BODY_LIMIT = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with the request."""

    name: str
    mime_type: str
    content: bytes

    def __repr__(self) -> str:
        return f"<{self.name}, {len(self.content)} bytes>"


async def decode_body(content_type: str, query: str, body: bytes) -> dict[str, Any]:
    """Raw parameters by name; the body wins over the query string."""
    raw: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
    kind = content_type.partition(";")[0].strip().lower()
    if not body:
        return raw
    if kind == "application/x-www-form-urlencoded":
        raw.update(parse_qsl(body.decode(), keep_blank_values=True))
    elif kind == "application/json":
        raw.update(decode_json(body))
    elif kind == "multipart/form-data":
        raw.update(await _multipart(content_type, body))
    else:
        raise bad_request(f"unsupported content type {kind!r}")
    return raw


def decode_json(body: bytes) -> dict[str, Any]:
    try:
        values = json.loads(body)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise bad_request("can't parse the request: a JSON object expected")
    return values


async def _multipart(content_type: str, body: bytes) -> dict[str, Any]:
    async def stream() -> AsyncIterator[bytes]:
        yield body

    parser = MultiPartParser(Headers({"content-type": content_type}), stream())  # type: ignore[arg-type]
    try:
        form = await parser.parse()
    except MultiPartException as broken:
        raise bad_request(f"can't parse the request: {broken.message}") from broken
    raw: dict[str, Any] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            mime_type = value.content_type or "application/octet-stream"
            raw[name] = Upload(value.filename or "file", mime_type, await value.read())
        else:
            raw[name] = value
    await form.close()
    return raw


class Signature:
    """The parameters of one method, read once from its function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        hints = get_type_hints(function)
        self._readers: dict[str, Callable[[str, Any], Any]] = {}
        self._required: list[str] = []
        for name, parameter in inspect.signature(function).parameters.items():
            if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
                continue
            self._readers[name] = _reader(hints[name])
            if parameter.default is inspect.Parameter.empty:
                self._required.append(name)

    def read(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Typed parameters, or a 400 that names the first one that does not fit."""
        values: dict[str, Any] = {}
        for name, value in raw.items():
            reader = self._readers.get(name)
            if reader is None:
                if isinstance(value, Upload) and f"attach://{name}" in raw.values():
                    continue
                raise bad_request(f"unknown parameter {name!r} (Telegram would ignore it, this server does not)")
            if isinstance(value, str) and value.startswith("attach://"):
                value = raw.get(value.removeprefix("attach://"), value)  # noqa: PLW2901
            values[name] = reader(name, value)
        for name in self._required:
            if name not in values:
                raise bad_request(_missing(name))
        return values


def _missing(name: str) -> str:
    return {
        "chat_id": "chat_id is empty",
        "text": "message text is empty",
        "message_id": "message identifier is not specified",
        "file_id": "file_id not specified",
    }.get(name, f'parameter "{name}" is required')


def _reader(hint: Any) -> Callable[[str, Any], Any]:
    options = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    options = tuple(option for option in options if option is not type(None))
    if Upload in options:
        return _read_file
    (option,) = options
    origin = get_origin(option) or option
    return {int: _read_int, str: _read_str, bool: _read_bool, list: _read_list, dict: _read_dict}[origin]


def _wrong(name: str, expected: str) -> Exception:
    return bad_request(f'can\'t parse parameter "{name}": {expected} expected')


def _read_int(name: str, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lstrip("-").isdecimal():
        return int(value)
    if name == "chat_id":
        raise bad_request("chat not found")
    raise _wrong(name, "Integer")


def _read_str(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    raise _wrong(name, "String")


def _read_bool(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false", "1", "0"}:
        return value.lower() in {"true", "1"}
    raise _wrong(name, "Boolean")


def _json(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise _wrong(name, "JSON") from None


def _read_list(name: str, value: Any) -> list[Any]:
    if isinstance(value := _json(name, value), list):
        return value
    raise _wrong(name, "Array")


def _read_dict(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value := _json(name, value), dict):
        return value
    raise _wrong(name, "Object")


def _read_file(name: str, value: Any) -> Upload | str:
    if isinstance(value, (Upload, str)):
        return value
    raise _wrong(name, "InputFile or String")
