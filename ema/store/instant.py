"""How an instant is kept: in PostgreSQL with its zone, in SQLite as a whole number of microseconds (decision 0020).

A number is a third as long as a text, in the row and in every index over it, and compares as time does.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, Final

from sqlalchemy import BigInteger, DateTime, Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware instant; comes back in UTC. A naive one is refused with a ValueError."""

    impl = DateTime
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(timezone=True)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else self.impl_instance)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return None if value is None else (number if dialect.name == "sqlite" else in_utc)(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return instant(value) if dialect.name == "sqlite" else value.astimezone(UTC)


def number(value: datetime) -> int:
    """Microseconds since 1970, UTC."""
    return (in_utc(value) - _EPOCH) // _MICROSECOND


def instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(0, *divmod(microseconds, 1_000_000))


def in_utc(value: datetime) -> datetime:
    if value.tzinfo is UTC:
        return value
    if value.utcoffset() is None:
        raise ValueError("an instant needs a time zone")
    return value.astimezone(UTC)


@cache
def written(dialect: str) -> Callable[[date | datetime], int | str]:
    """How a date or an aware instant is written where no column's type does it: by the driver, or in a document."""

    @lru_cache(maxsize=16384)  # a prompt's instants are its note's as well, and one day is many people's
    def plain(value: date | datetime) -> int | str:
        if not isinstance(value, datetime):
            return value.isoformat()
        return number(value) if dialect == "sqlite" else in_utc(value).isoformat(" ", "microseconds")

    return plain
