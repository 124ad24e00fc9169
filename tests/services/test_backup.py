"""Backup and restore on both databases: whole, into empty places only, and nothing of who was erased comes back."""

import sqlite3
import stat
import threading
from functools import partial

import pytest

from ema.domain.errors import EmaError
from ema.services.backup import backup
from ema.services.restore import restore as restore_at
from ema.store import copies, manifest, participants, pg_programs, sealed
from ema.store.copies import CannotCopy
from ema.store.engine import open_database
from ema.store.keystore import KeyStoreUnusable
from ema.store.rows import table_of
from ema.store.tables import Answer
from ema.store.vault import open_vault
from tests.store.people import BOT, NOW, participant, planned, slot

pytestmark = pytest.mark.every_database

restore = partial(restore_at, now=NOW)


@pytest.fixture
def filled(database, vault, programs):
    """Anna and Berta, each with an answer."""
    for name in ("anna", "berta"):
        key = vault.enrol(name, "telegram", BOT, f"address of {name}", NOW)
        with database.transaction() as session:
            enrolment = participant(session, name)
            sealed.set_address(session, key, f"address of {name}")
            (row,) = planned(session, enrolment, slot())
            sealed.add_answer(
                session,
                key,
                prompt_id=row.id,
                questionnaire="q",
                item="mood",
                revision=1,
                status="answered",
                value=7,
                language="en",
                place=1,
                shown_at=NOW,
                answered_at=NOW,
            )
    return database


def answers(url, vault):
    database = open_database(url)
    with database.reading() as session:
        found = {
            sheet.participant_id: [answer.value for answer in sheet.answers]
            for sheet in sealed.sheets(session, vault, "twice")
        }
        people = [each.id for each in participants.everyone(session)]
        rows = session.execute(table_of(Answer).select()).all()
    database.close()
    return found, people, len(rows)


def test_a_backup_comes_back_whole(filled, vault, tmp_path, empty_place, keystore_url, key_file):
    file = tmp_path / "out" / "ema.backup"
    line = backup(filled, vault, file)
    assert "2 participants, 2 prompts, 2 answers" in line
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["ema.backup"]
    said = restore(empty_place, keystore_url, key_file, file)
    assert "restored 2 participants and 2 prompts" in said
    assert "erased" not in said
    assert answers(empty_place, vault) == ({"anna": [7], "berta": [7]}, ["anna", "berta"], 2)


def test_who_was_erased_after_the_backup_stays_erased(filled, vault, tmp_path, empty_place, keystore_url, key_file):
    file = tmp_path / "ema.backup"
    backup(filled, vault, file)
    vault.destroy("anna")
    assert "1 without a key were erased" in restore(empty_place, keystore_url, key_file, file)
    assert answers(empty_place, vault) == ({"berta": [7]}, ["berta"], 1)


def test_the_backup_of_an_erased_person_can_not_be_read(filled, vault, tmp_path, empty_place, key_file):
    """Not even by somebody who has the backup, the key file and everything that is left of the key stores."""
    file, keys = tmp_path / "ema.backup", tmp_path / "keys.backup"
    backup(filled, vault, file, keys)
    vault.destroy("anna")
    backup(filled, vault, tmp_path / "second.backup", keys)
    stolen = open_vault(f"sqlite:///{keys}", key_file)
    copies.copy_in(file, empty_place)  # without the restore, which would erase her rows
    assert answers(empty_place, stolen) == ({"berta": [7]}, ["anna", "berta"], 2)
    stolen.close()
    assert b"address of" not in file.read_bytes()


def test_the_keys_replace_their_predecessor(filled, vault, tmp_path, key_file):
    keys = tmp_path / "out" / "keys.backup"
    backup(filled, vault, tmp_path / "1.backup", keys)
    wrapped = vault.keystore.of_participant("anna").wrapped_key
    assert wrapped in keys.read_bytes()
    vault.destroy("anna")
    line = backup(filled, vault, tmp_path / "2.backup", keys)
    assert "1 keys" in line
    assert wrapped not in keys.read_bytes()
    assert [each.name for each in keys.parent.iterdir()] == ["keys.backup"]
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600


def test_both_are_restored_on_a_new_machine(filled, vault, tmp_path, empty_place, key_file):
    file, keys = tmp_path / "ema.backup", tmp_path / "keys.backup"
    backup(filled, vault, file, keys)
    elsewhere = f"sqlite:///{tmp_path / 'new' / 'keys.sqlite'}"
    with pytest.raises(KeyStoreUnusable, match="put the file back"):
        restore(empty_place, elsewhere, tmp_path / "no.key", file, keys)
    restore(empty_place, elsewhere, key_file, file, keys)
    other = open_vault(elsewhere, key_file)
    assert answers(empty_place, other)[0] == {"anna": [7], "berta": [7]}
    other.close()
    with pytest.raises(CannotCopy, match="exists already"):
        restore(empty_place, elsewhere, key_file, file, keys)


def test_nothing_is_overwritten(filled, vault, tmp_path, database_url, keystore_url, key_file):
    file = tmp_path / "ema.backup"
    backup(filled, vault, file)
    before = file.read_bytes()
    with pytest.raises(CannotCopy, match="exists already"):
        backup(filled, vault, file)
    assert file.read_bytes() == before
    with pytest.raises(CannotCopy, match=r"exists already|holds tables already"):
        restore(database_url, keystore_url, key_file, file)
    assert len(answers(database_url, vault)[1]) == 2


def test_what_is_no_backup_is_refused(database, tmp_path, empty_place, keystore_url, key_file, programs):
    file = tmp_path / "notes.txt"
    with pytest.raises(CannotCopy, match="can't read"):
        restore(empty_place, keystore_url, key_file, file)
    file.write_text("hello")
    with pytest.raises(CannotCopy, match="no copy made by"):
        restore(empty_place, keystore_url, key_file, file)
    other = sqlite3.connect(tmp_path / "other.sqlite")
    other.execute("CREATE TABLE x (y)")
    other.commit()
    other.close()
    with pytest.raises(EmaError, match=r"has no manifest|names another kind"):
        restore(empty_place, keystore_url, key_file, tmp_path / "other.sqlite")
    with pytest.raises(CannotCopy, match="no copy of a key store"):
        restore(empty_place, f"sqlite:///{tmp_path / 'k.sqlite'}", key_file, tmp_path / "other.sqlite", file)
    assert not (tmp_path / "k.sqlite").exists()


def test_without_postgresqls_programs_it_says_what_to_install(database, vault, tmp_path, monkeypatch):
    monkeypatch.setattr(pg_programs.shutil, "which", lambda _: None)
    if database.dialect == "postgresql":
        with pytest.raises(CannotCopy, match="postgresql-client"):
            backup(database, vault, tmp_path / "ema.backup")
        assert not (tmp_path / "ema.backup").exists()


def test_a_backup_is_consistent_while_others_write(filled, vault, tmp_path):
    """Two rows that are always written together are both in it or neither."""
    stop, table = threading.Event(), "setting"

    def write():
        number = 0
        while not stop.is_set():
            number += 1
            with filled.transaction() as session:
                for side in "ab":
                    session.connection().exec_driver_sql(f"INSERT INTO {table} VALUES ('{side}{number}', 'x')")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(3):
            file = tmp_path / f"{number}.backup"
            backup(filled, vault, file)
            rows, _ = manifest.check(copies.contents(file)).tables[table]
            assert rows % 2 == 0
    finally:
        stop.set()
        thread.join()
