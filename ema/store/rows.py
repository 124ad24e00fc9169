"""Core statements in, read-only rows out. For the query modules of this package only."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Executable, Row, String, Table, literal_column
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, configure_mappers
from sqlmodel import SQLModel

from ema.store import tables as _tables  # noqa: F401 - every table must be known before the mappers are configured

M = TypeVar("M", bound=SQLModel)
configure_mappers()  # a snapshot is read through the mapped attributes, which work from now on


def table_of(model: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(model.__tablename__)]


def row_of(model: type[SQLModel], **values: Any) -> dict[str, Any]:
    """A complete row: `values` by column name, the rest from the defaults that the table's class states."""
    unknown = values.keys() - model.model_fields.keys()
    if unknown:
        raise TypeError(f"{model.__name__} has no {', '.join(sorted(unknown))}")
    defaults = {
        name: field.default
        for name, field in model.model_fields.items()
        if not field.is_required() and not (name == "id" and field.default is None)  # numbered by the database
    }
    return defaults | values


def snapshot(model: type[M], row: Row[Any]) -> M:
    """What a row of all its table's columns held when it was read: a tuple under the names of the table's class.

    A mapped object would cost many times as much, to make and at each look at it. Assigning to this fails.
    """
    return cast(M, _plain(model)._make(row))


def part(model: type[M], row: Row[Any], first: int) -> M:
    """One table's share of a joined row: all its columns, from the `first` on."""
    plain = _plain(model)
    return cast(M, plain._make(row[first : first + len(plain._fields)]))


@cache
def _plain(model: type[SQLModel]) -> type[Any]:
    return namedtuple(model.__name__, table_of(model).columns.keys())  # noqa: PYI024 - made from the table


def one(session: Session, model: type[M], statement: Executable, **values: object) -> M | None:
    """The first row, if any; `values` fill the statement's bound parameters."""
    row = session.execute(statement, values).first()
    return None if row is None else snapshot(model, row)


def many(session: Session, model: type[M], statement: Executable, **values: object) -> list[M]:
    rows: Iterable[Row[Any]] = session.execute(statement, values)
    return [snapshot(model, row) for row in rows]


def is_one_of(column: ColumnElement[str], *values: str) -> ColumnElement[bool]:
    """`column` is one of `values`, written out: a partial index serves only where its condition stands in the query."""
    written = [literal_column(f"'{value}'", String) for value in values]
    return column == written[0] if len(written) == 1 else column.in_(written)


def dialect_of(session: Session) -> str:
    return session.get_bind().dialect.name


def insert_for(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT of one dialect, which knows ON CONFLICT. What is built once for a dialect need not be built again.

    It returns what it is told to return, and no key by itself.
    """
    return (sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)).inline()


def insert_into(session: Session, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT of this session's dialect."""
    return insert_for(dialect_of(session), table)
