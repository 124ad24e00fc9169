"""An old and a new release on one PostgreSQL while it is upgraded: expand, go on side by side, contract, the old one ends."""

import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, make_url, text

from bot.sandbox import BotAccount, create_sandbox, serve_in_thread
from ema import bootstrap
from ema.bootstrap import CannotStart, installation
from ema.config import Settings
from ema.services import invite
from ema.store import migrate as migrating
from ema.store.engine import DatabaseTooNew, check_code, open_database
from ema.store.trouble import DatabaseUnavailable
from migrations import check
from tests.deploy.test_image import ROOT

TOKEN = "4242:a-token"
EXPAND = """
import sqlalchemy as sa
from alembic import op
from migrations import steps
revision, down_revision = "0002", "0001"
branch_labels = depends_on = None

def upgrade():
    op.add_column("participant", sa.Column("greetings", sa.Integer(), nullable=True))
    steps.index("ix_participant_greetings", "participant", ["greetings"])

def downgrade():
    steps.drop_index("ix_participant_greetings", "participant")
    op.drop_column("participant", "greetings")
"""
CONTRACT = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0003", "0002"
branch_labels = depends_on = None
min_code = 2

def upgrade():
    op.drop_column("participant", "hellos")

def downgrade():
    op.add_column("participant", sa.Column("hellos", sa.Integer(), nullable=False, server_default="0"))
"""


@pytest.fixture
def become(tmp_path, monkeypatch):
    """Make this process one of a later release, with so many migrations and that level of code. Others stay as they are."""

    def release(migrations, level):
        folder = tmp_path / f"versions-{migrations}"
        shutil.copytree(migrating.VERSIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
        for number, script in list(enumerate((EXPAND, CONTRACT), 2))[: migrations - 1]:
            (folder / f"{number:04}_next.py").write_text(script)
        monkeypatch.setattr(migrating, "VERSIONS", folder)
        monkeypatch.setattr(bootstrap, "CODE", level)
        monkeypatch.setattr(check, "CODE", level)
        assert check.problems(ScriptDirectory.from_config(migrating.config())) == []

    return release


class OldRelease:
    """`ema serve` of this release as a process, and a phone."""

    def __init__(self, url, folder):
        self.folder = folder
        self.sandbox = create_sandbox(None, lambda: datetime.now(UTC), tokens=[BotAccount(TOKEN, "a_bot", "Notes")])
        api, self._stop = serve_in_thread(self.sandbox.app)
        self.environment = {
            "PATH": os.environ["PATH"],
            "EMA_DATABASE_URL": url,
            "EMA_DATA_DIR": str(folder),
            "EMA_TELEGRAM_TOKEN": TOKEN,
            "EMA_TELEGRAM_API_URL": api,
            "EMA_PORT": "0",
        }
        self.process = None

    def start(self):
        with (self.folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ema", "serve"], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )

    @property
    def log(self):
        return (self.folder / "log").read_text()

    def until(self, happened, seconds=60):
        end = time.monotonic() + seconds
        while not happened():
            assert self.process.poll() is None, self.log
            assert time.monotonic() < end, self.log
            time.sleep(0.05)

    def end(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)
        self.sandbox.close()
        self._stop()


@pytest.fixture
def old(empty_postgres_url, tmp_path):
    made = OldRelease(empty_postgres_url, tmp_path)
    yield made
    made.end()


def labels(phone):
    newest = phone.last()
    return newest.labels if newest else []


@pytest.mark.slow
def test_the_old_release_goes_on_after_expand_and_is_refused_after_contract(old, empty_postgres_url, become):
    old.start()
    old.until(lambda: "Pages:" in old.log)
    settings = Settings(data_dir=old.folder, database_url=empty_postgres_url)

    become(migrations=2, level=1)
    with pytest.raises(CannotStart, match="run `ema migrate`"), installation(settings):
        raise AssertionError("the new code must not start on the old tables")
    with installation(settings, upgrade=True) as here:
        (code,) = invite.invite(here, "twice_daily", 1)
        phone = old.sandbox.new_phone("Anna")
        phone.start(code)
        old.until(lambda: "English" in labels(phone))
        with here.database.transaction() as session:
            session.execute(text("UPDATE participant SET greetings = 1"))
        phone.tap(phone.last().id, "English")
        old.until(lambda: "Next" in labels(phone))

    become(migrations=3, level=2)
    migrating.migrate(empty_postgres_url)
    assert old.process.wait(30) == 1
    said = old.log.strip().splitlines()[-1]
    assert said == "this database needs release level 2 or newer and this is level 1: install the newer release"
    assert "Traceback" not in old.log
    with installation(settings):
        pass
    old.start()
    assert old.process.wait(60) == 1
    assert old.log.strip() == said


def test_a_release_that_is_older_than_the_database_works_with_it_until_it_is_refused(empty_url, become, monkeypatch):
    ours = migrating.VERSIONS
    become(migrations=2, level=1)
    migrating.migrate(empty_url)
    monkeypatch.setattr(migrating, "VERSIONS", ours)
    assert not migrating.pending(empty_url)
    migrating.migrate(empty_url)
    database = open_database(empty_url)
    with database.reading() as session:
        assert not migrating.behind(session)
    check_code(database, 1)
    become(migrations=3, level=2)
    migrating.migrate(empty_url)
    with pytest.raises(DatabaseTooNew, match="needs release level 2"):
        check_code(database, 1)
    database.close()


def test_a_change_that_can_not_have_its_table_gives_up_soon_and_leaves_nothing(empty_postgres_url, become, monkeypatch):
    """Who comes later would queue behind it."""
    monkeypatch.setattr(migrating, "_TABLE_WAIT_SECONDS", 1)
    migrating.migrate(empty_postgres_url)
    become(migrations=2, level=1)
    engine = create_engine(make_url(empty_postgres_url).set(drivername="postgresql+psycopg"))
    with engine.begin() as busy:
        busy.execute(text("SELECT count(*) FROM participant"))
        with pytest.raises(DatabaseUnavailable, match="lock timeout"):
            migrating.migrate(empty_postgres_url)
    assert migrating.pending(empty_postgres_url)
    migrating.migrate(empty_postgres_url)
    assert not migrating.pending(empty_postgres_url)
    engine.dispose()
