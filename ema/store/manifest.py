"""What a copy of the main database holds: rows and a hash of each table, and a hash of the copy itself.

A manifest stands at the end of its copy: JSON, its length as four bytes, and the eight bytes `EMAMANI1`. The hash of a
table does not depend on the order of its rows: the SHA-256 of each row, added up.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, inspect, text

from ema.domain.errors import EmaError

_END: Final = b"EMAMANI1"
_LARGEST: Final = 1024 * 1024
"""Bytes that a manifest may take."""
_AT_ONCE: Final = 1000


class NoManifest(EmaError):
    """A copy has no manifest, or does not fit it. The message says which."""


@dataclass(frozen=True)
class Manifest:
    tables: dict[str, tuple[int, str]]
    """Table → how many rows, and their hash."""
    length: int
    """Bytes of the copy."""
    sha256: str

    def to_bytes(self) -> bytes:
        body = json.dumps(asdict(self)).encode()
        return body + len(body).to_bytes(4, "big") + _END


def tables_of(connection: Connection) -> dict[str, tuple[int, str]]:
    """Every table as it is now: rows and hash."""
    found = {}
    for name in sorted(inspect(connection).get_table_names()):
        rows, total = 0, 0
        result = connection.execution_options(yield_per=_AT_ONCE).execute(text(f'SELECT * FROM "{name}"'))  # noqa: S608 - a table's own name
        for row in result:
            rows += 1
            total += int.from_bytes(sha256(repr([_plain(value) for value in row]).encode()).digest(), "big")
        found[name] = (rows, f"{total % 2**256:064x}")
    return found


def _plain(value: Any) -> Any:
    """The same however a driver hands it over."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat() if value.tzinfo else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return bytes(value) if isinstance(value, memoryview) else value


class Written:
    """Passes a copy on while it is written, and measures it."""

    def __init__(self) -> None:
        self._hash = sha256()
        self._length = 0

    def through(self, content: Iterable[bytes]) -> Iterator[bytes]:
        for part in content:
            self._hash.update(part)
            self._length += len(part)
            yield part

    def manifest(self, tables: dict[str, tuple[int, str]]) -> Manifest:
        return Manifest(tables, self._length, self._hash.hexdigest())


def copy_of(content: Iterable[bytes]) -> Iterator[bytes]:
    """The copy without its manifest."""
    held = bytearray()
    for part in content:
        held += part
        if len(held) > 2 * _LARGEST:
            yield bytes(held[:-_LARGEST])
            del held[:-_LARGEST]
    _, length = _read(bytes(held))
    yield bytes(held[: len(held) - length])


def check(content: Iterable[bytes]) -> Manifest:
    """Read a copy to its end and see that it fits its manifest. Raises NoManifest."""
    written, tail = Written(), bytearray()

    def remembered() -> Iterator[bytes]:
        for part in content:
            tail.extend(part)
            del tail[: -2 * _LARGEST]
            yield part

    for _ in written.through(copy_of(remembered())):
        pass
    found, _ = _read(bytes(tail))
    if written.manifest(found.tables) != found:
        raise NoManifest("the copy is damaged: it does not fit its own manifest")
    return found


def _read(tail: bytes) -> tuple[Manifest, int]:
    """The manifest at the end, and how many bytes it takes."""
    start = len(tail) - len(_END) - 4
    if start < 0 or not tail.endswith(_END):
        raise NoManifest("the copy has no manifest: it is cut short, or was not made by `ema backup`")
    length = int.from_bytes(tail[start : start + 4], "big")
    try:
        kept = json.loads(tail[start - length : start])
        tables = {name: (int(rows), str(digest)) for name, (rows, digest) in kept["tables"].items()}
        return Manifest(tables, int(kept["length"]), str(kept["sha256"])), length + 4 + len(_END)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NoManifest("the copy's manifest can't be read") from None
