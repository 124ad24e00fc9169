"""Migrations up, down and compared with the tables, on both databases; and several processes at once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, inspect

from ema.store.engine import DatabaseUnavailable
from ema.store.migrate import ROOT, check, downgrade, migrate, pending


def tables(url):
    engine = create_engine(url, poolclass=NullPool)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_up_and_check_and_down_and_up_again(empty_url):
    assert pending(empty_url)
    migrate(empty_url)
    assert not pending(empty_url)
    assert check(empty_url) == []
    assert {"prompt", "outbox", "answer", "alembic_version"} <= tables(empty_url)
    downgrade(empty_url)
    assert tables(empty_url) == {"alembic_version"}
    migrate(empty_url)
    assert check(empty_url) == []


def test_migrating_twice_changes_nothing(database_url):
    before = tables(database_url)
    migrate(database_url)
    assert tables(database_url) == before


def test_a_missing_column_is_seen(empty_url):
    migrate(empty_url)
    engine = create_engine(empty_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE participant DROP COLUMN hellos")
    engine.dispose()
    assert any("hellos" in line for line in check(empty_url))


def test_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    migrate("sqlite:///here.sqlite")
    assert (tmp_path / "here.sqlite").exists()


def test_three_processes_may_start_at_once(empty_url):
    program = f"from ema.store.migrate import migrate; migrate({empty_url!r})"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONWARNINGS": "ignore"},
        )
        for _ in range(3)
    ]
    errors = [process.communicate(timeout=60)[1].decode() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], errors
    assert check(empty_url) == []


KILLS_ITSELF = """
import os, signal, sys, alembic.op
from alembic.runtime.migration import HeadMaintainer
from ema.store import migrate

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()

if sys.argv[2] == "between two tables":
    create, made = alembic.op.create_table, []
    alembic.op.create_table = lambda *parts, **named: die() if len(made) == 8 else made.append(create(*parts, **named))
else:
    note = HeadMaintainer.update_to_step
    HeadMaintainer.update_to_step = lambda *arguments: (note(*arguments), die())
migrate.migrate(sys.argv[1])
"""


@pytest.mark.parametrize("point", ["between two tables", "before the commit"])
def test_what_a_killed_migration_began_the_next_one_finishes(empty_url, point):
    command = [sys.executable, "-W", "ignore", "-c", KILLS_ITSELF, empty_url, point]
    assert subprocess.run(command, cwd=ROOT, timeout=60, check=False).returncode == -9
    assert tables(empty_url) == set(), "all or nothing"
    migrate(empty_url)
    assert check(empty_url) == []


def test_a_database_that_is_not_there_is_one_line():
    with pytest.raises(DatabaseUnavailable, match="can't set up the database postgresql") as refused:
        migrate("postgresql://nobody:geheim@127.0.0.1:1/nowhere")
    assert "geheim" not in str(refused.value)


def test_the_first_migration_lies_where_alembic_looks():
    assert [file.name for file in Path(ROOT / "migrations" / "versions").glob("*.py")] == ["0001_first.py"]
