"""Writes that are put off go out together, and nobody can tell the difference. On both databases."""

from contextlib import suppress

import pytest
from sqlalchemy import bindparam, event, func, insert, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from ema.store.body import later, on_behalf_of
from ema.store.rows import table_of
from ema.store.tables import Setting
from ema.store.trouble import DatabaseUnavailable

SETTING = table_of(Setting)
ADD = insert(SETTING)
CHANGE = update(SETTING).where(SETTING.c.key == bindparam("of")).values(value=bindparam("new"))


def rows(session):
    return {row.key: row.value for row in session.execute(select(SETTING)) if row.key.startswith("t.")}


def add(session, key, value):
    later(session, ADD, {"key": f"t.{key}", "value": value})


def change(session, key, value):
    later(session, CHANGE, {"of": f"t.{key}", "new": value})


@pytest.fixture
def said(database):
    """What the database was told, and for how many rows."""
    heard = []

    def note(_connection, _cursor, statement, parameters, _context, many):
        if statement.startswith(("INSERT", "UPDATE")):
            heard.append((statement.split()[0], len(parameters) if many else 1))

    event.listen(Engine, "before_cursor_execute", note)
    yield heard
    event.remove(Engine, "before_cursor_execute", note)


def test_what_is_put_off_is_there_as_soon_as_somebody_looks(database):
    with database.transaction() as session:
        add(session, "a", "1")
        assert rows(session) == {"t.a": "1"}
        change(session, "a", "2")
        assert rows(session) == {"t.a": "2"}


def test_it_is_there_at_the_end(database):
    with database.transaction() as session:
        add(session, "a", "1")
    with database.reading() as session:
        assert rows(session) == {"t.a": "1"}


def test_when_the_body_fails_nothing_is(database):
    def body():
        with database.transaction() as session:
            add(session, "a", "1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        body()
    with database.reading() as session:
        assert rows(session) == {}


def test_an_error_comes_before_the_commit(database):
    def twice():
        with database.transaction() as session:
            add(session, "a", "1")
            add(session, "a", "1")

    with pytest.raises(Exception, match=r"(?i)unique"):
        twice()
    with database.reading() as session:
        assert rows(session) == {}


def test_an_error_in_the_midst_of_several_is_the_databases_own_and_the_next_body_works(database):
    def body():
        with database.transaction() as session:
            add(session, "a", "1")
            change(session, "a", "2")
            add(session, "a", "3")
            change(session, "a", "4")

    for _ in range(2):
        with pytest.raises(IntegrityError):
            body()
    with database.transaction() as session:
        add(session, "a", "1")
        change(session, "a", "2")
    with database.reading() as session:
        assert rows(session) == {"t.a": "2"}


def test_when_the_server_ends_the_connection_in_their_midst_it_is_said_and_the_next_body_has_another(database):
    if database.dialect == "sqlite":
        pytest.skip("SQLite is a file: there is no connection to it that a server could end")

    def body():
        with database.transaction() as session:
            mine = session.execute(select(func.pg_backend_pid())).scalar_one()
            with database.reading() as other:  # on a connection of its own
                other.execute(select(func.pg_terminate_backend(mine)))
            add(session, "a", "1")
            change(session, "a", "2")

    with pytest.raises(DatabaseUnavailable):
        body()
    with database.transaction() as session:
        add(session, "a", "3")
    with database.reading() as session:
        assert rows(session) == {"t.a": "3"}


def test_several_peoples_go_out_together_and_each_keeps_her_order(database, said):
    with database.transaction() as session:
        for whose in ("anna", "bea", "cleo"):
            with on_behalf_of(session, whose):
                add(session, whose, "1")
                change(session, whose, "2")
                change(session, whose, "3")
        with on_behalf_of(session, "dora"):
            change(session, "anna", "not hers: it may pass")
            add(session, "dora", "1")
    assert [kind for kind, _ in said].count("INSERT") <= 2
    assert len(said) <= 4
    with database.reading() as session:
        found = rows(session)
    assert {found["t.bea"], found["t.cleo"]} == {"3"}
    assert found["t.dora"] == "1"


def test_one_persons_writes_of_several_kinds_stay_in_order(database, said):
    with database.transaction() as session, on_behalf_of(session, "anna"):
        add(session, "a", "1")
        change(session, "a", "2")
        add(session, "b", "1")
        change(session, "b", "2")
    assert said == [("INSERT", 1), ("UPDATE", 1), ("INSERT", 1), ("UPDATE", 1)]


def test_a_savepoint_undoes_only_what_was_put_off_after_it(database):
    with database.transaction() as session:
        add(session, "a", "1")
        with suppress(ZeroDivisionError), session.begin_nested():
            session.execute(ADD, {"key": "t.b", "value": "1"})
            raise ZeroDivisionError
    with database.reading() as session:
        assert rows(session) == {"t.a": "1"}
