"""Backups that only one key opens, that prove themselves, and that are made by themselves. On both databases."""

import base64
import subprocess
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import text
from typer.testing import CliRunner

from ema.__main__ import app
from ema.clock import SystemClock
from ema.config import Settings
from ema.domain.errors import EmaError
from ema.services import backup as service
from ema.services import health
from ema.services.backup import back_up_when_due, backup
from ema.services.installation import Installation
from ema.services.restore import restore
from ema.store import copies, manifest, sealed
from ema.store.copies import CannotCopy
from ema.store.engine import open_database
from ema.store.sealed_file import CannotOpen
from ema.store.vault import open_vault
from ema.worker import TICKS, Worker
from tests.store.people import BOT, NOW, participant, planned, slot

pytestmark = pytest.mark.every_database

KEY = X25519PrivateKey.generate()


@pytest.fixture
def filled(database, vault, programs):
    """Anna, with a prompt that is due and one that lies ahead."""
    key = vault.enrol("anna", "telegram", BOT, "address of anna", NOW)
    with database.transaction() as session:
        enrolment = participant(session, "anna")
        sealed.set_address(session, key, "address of anna")
        planned(session, enrolment, slot(), slot(2, due=NOW + timedelta(days=1)))
    return database


def everything(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_sealed_backup_comes_back_whole_with_its_key_only(filled, vault, tmp_path, empty_place, key_file):
    file, keys = tmp_path / "out" / "ema.backup", tmp_path / "out" / "keys.backup"
    assert "1 participants, 2 prompts" in backup(filled, vault, file, keys, KEY.public_key())
    for each in (file, keys):
        assert each.read_bytes().startswith(b"EMASEAL1")
        assert b"telegram" not in each.read_bytes()
        assert b"SQLite" not in each.read_bytes()
    elsewhere = f"sqlite:///{tmp_path / 'new' / 'keys.sqlite'}"
    with pytest.raises(CannotCopy, match="is sealed"):
        restore(empty_place, elsewhere, key_file, file, keys, now=NOW)
    with pytest.raises(CannotOpen, match="another key"):
        restore(empty_place, elsewhere, key_file, file, keys, now=NOW, opened_by=X25519PrivateKey.generate())
    said = restore(empty_place, elsewhere, key_file, file, keys, now=NOW, opened_by=KEY)
    assert said.startswith("restored 1 participants and 2 prompts")
    other = open_vault(elsewhere, key_file)
    assert other.find("telegram", BOT, "address of anna") == "anna"
    other.close()


def test_nothing_unsealed_is_left_behind_even_when_it_fails(filled, vault, tmp_path, monkeypatch):
    before = everything(tmp_path)
    backup(filled, vault, tmp_path / "out" / "ema.backup", tmp_path / "out" / "keys.backup", KEY.public_key())
    assert sorted(set(everything(tmp_path)) - set(before)) == ["out/ema.backup", "out/keys.backup"]

    def broken(*_):
        raise OSError("no space left")

    monkeypatch.setattr(copies, "settle", broken)
    with pytest.raises(OSError, match="no space"):
        backup(filled, vault, tmp_path / "out" / "second.backup", None, KEY.public_key())
    assert sorted(set(everything(tmp_path)) - set(before)) == ["out/ema.backup", "out/keys.backup"]


def test_on_postgresql_nothing_unsealed_touches_the_disk(filled, vault, tmp_path, monkeypatch):
    if filled.dialect == "postgresql":
        monkeypatch.setattr(copies, "copy_file", lambda *_: pytest.fail("an unsealed copy"))
        backup(filled, vault, tmp_path / "ema.backup", None, KEY.public_key())


@pytest.mark.parametrize("to", [None, KEY.public_key()], ids=["open", "sealed"])
def test_a_damaged_backup_is_refused_and_nothing_is_filled(filled, vault, tmp_path, empty_place, key_file, to):
    file = tmp_path / "ema.backup"
    backup(filled, vault, file, None, to)
    whole = file.read_bytes()
    where = f"sqlite:///{tmp_path / 'keys.sqlite'}"
    middle = len(whole) // 2
    for damaged in (whole[:-1], whole[:middle], whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]):
        file.write_bytes(damaged)
        with pytest.raises(EmaError):
            restore(empty_place, where, key_file, file, now=NOW, opened_by=KEY if to else None)
    file.write_bytes(whole)
    restore(empty_place, where, key_file, file, now=NOW, opened_by=KEY if to else None)  # the place is still empty


def test_the_manifest_tells_every_changed_value(filled, vault, tmp_path):
    """Not only how many rows there are: one value is enough."""
    backup(filled, vault, tmp_path / "1.backup")
    first = manifest.check(copies.contents(tmp_path / "1.backup"))
    backup(filled, vault, tmp_path / "2.backup")
    assert manifest.check(copies.contents(tmp_path / "2.backup")).tables == first.tables
    with filled.transaction() as session:
        session.connection().execute(text("UPDATE prompt SET n_items = 1 WHERE slot_key = '2.0'"))
    backup(filled, vault, tmp_path / "3.backup")
    third = manifest.check(copies.contents(tmp_path / "3.backup"))
    assert third.tables.keys() == first.tables.keys()
    assert [name for name in first.tables if third.tables[name] != first.tables[name]] == ["prompt"]
    assert third.tables["prompt"][0] == first.tables["prompt"][0] == 2


def test_a_restore_that_came_out_otherwise_is_refused(filled, vault, tmp_path, empty_place, key_file, monkeypatch):
    file = tmp_path / "ema.backup"
    backup(filled, vault, file)
    real = manifest.tables_of
    monkeypatch.setattr(manifest, "tables_of", lambda connection: real(connection) | {"prompt": (2, "another hash")})
    with pytest.raises(CannotCopy, match="lacks or changed rows in prompt"):
        copies.copy_in(file, empty_place)


def test_by_the_command_with_keys_made_by_openssl(filled, database_url, vault, tmp_path, monkeypatch, empty_place):
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "x25519", "-out", private], check=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
    monkeypatch.setenv("EMA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("EMA_DATABASE_URL", database_url)
    file = tmp_path / "ema.backup"
    made = CliRunner().invoke(app, ["backup", str(file), "--to", str(public)])
    assert "1 participants" in made.output
    monkeypatch.setenv("EMA_DATABASE_URL", empty_place)
    done = CliRunner().invoke(app, ["restore", str(file), "--key", str(private)])
    assert "restored 1 participants" in done.output
    assert "2 prompts that are due already are not sent" in done.output


# --- by themselves


@pytest.fixture
def here(filled, vault, clock, tmp_path):
    settings = Settings(data_dir=tmp_path, backup_dir=tmp_path / "backups", backup_keep=2, backup_every_hours=6)
    return Installation(filled, vault, clock, settings)


@pytest.fixture
def machine(monkeypatch, database):
    """Real time, which a test moves."""
    at = [SystemClock().now().replace(microsecond=0)]
    monkeypatch.setattr(database, "clock", type("Moved", (), {"now": lambda _: at[0]})())
    return at


def names(here):
    return sorted(path.name for path in here.settings.backup_dir.iterdir())


def test_a_backup_is_made_when_the_last_is_old_enough_and_the_oldest_go(here, machine):
    (here.settings.backup_dir).mkdir()
    (here.settings.backup_dir / "ema-by-hand.backup").touch()
    made = []
    for _ in range(4):
        made.append(back_up_when_due(here).name)
        assert back_up_when_due(here) is None
        machine[0] += timedelta(hours=5, minutes=59)
        assert back_up_when_due(here) is None
        machine[0] += timedelta(minutes=1)
    assert names(here) == sorted(["ema-by-hand.backup", "keys.backup", *made[-2:]]), "what is not its own stays"


def test_the_worker_has_a_tick_for_it_and_does_nothing_without_a_folder(here):
    assert back_up_when_due in [tick.run for tick in TICKS]
    assert back_up_when_due(Installation(here.database, here.vault, here.clock, Settings())) is None


def test_scheduled_backups_are_sealed_and_can_be_restored(here, machine, tmp_path, empty_place, key_file):
    to = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()
    sealed_ones = Installation(
        here.database, here.vault, here.clock, here.settings.model_copy(update={"backup_to": to})
    )
    file = back_up_when_due(sealed_ones)
    elsewhere = f"sqlite:///{tmp_path / 'new' / 'keys.sqlite'}"
    said = restore(empty_place, elsewhere, key_file, file, file.parent / "keys.backup", now=NOW, opened_by=KEY)
    assert said.startswith("restored 1 participants")


def test_a_failed_backup_is_told_to_staff_and_makes_the_server_unready(here, machine, monkeypatch):
    """Already after the first failure: the next try may be a long way off."""
    tick = next(tick for tick in TICKS if tick.run is back_up_when_due)
    worker = Worker(here)
    worker._beat_now(tick)
    assert [check.words for check in health.checks(here) if not check.holds] == []
    machine[0] += timedelta(hours=7)

    def full(*_):
        raise OSError("no space left on /secret/place")

    with monkeypatch.context() as patch:
        patch.setattr(service, "copy_out", full)
        worker._beat_now(tick)
        worker._beat_now(tick)
    (notice,) = health.notices(here)
    assert (notice.kind, notice.summary) == ("backup_failed", "The scheduled backup failed: OSError")
    (broken,) = [check.words for check in health.checks(here) if not check.holds]
    assert "its newest try failed (OSError)" in broken
    worker._beat_now(tick)
    assert [check.words for check in health.checks(here) if not check.holds] == []


def test_of_several_workers_one_makes_it(postgres_url, here, machine):
    if here.database.dialect == "sqlite":
        return
    other = open_database(str(here.database.url.render_as_string(hide_password=False)), durable=False)
    with copies.only_one(other, service._LOCK) as mine:
        assert mine
        assert back_up_when_due(here) is None
    assert back_up_when_due(here) is not None
    other.close()
