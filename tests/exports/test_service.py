import csv
from pathlib import Path

import pytest
from sqlalchemy import text

from ema.services.export import UnknownFormat, export, zipped
from ema.store import audit, participants, studies
from ema.store.engine import open_database
from ema.store.studies import NoSuchStudy
from tests.web import factories
from tests.web.factories import Someone


@pytest.fixture
def both(database, vault):
    return factories.installation(database, vault)


@pytest.fixture
def here(sqlite_url, vault):
    database = open_database(sqlite_url, durable=False)
    yield factories.installation(database, vault)
    database.close()


def read(folder, table):
    with Path(folder, f"twice_daily_{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def count(here, query):
    with here.database.reading() as session:
        return session.connection().execute(text(query)).scalar_one()


def test_the_files_hold_what_the_database_holds(both, tmp_path):
    factories.crowd(both, 4)
    export(both, "twice_daily", "csv", tmp_path)
    assert len(read(tmp_path, "prompts")) == count(both, "SELECT count(*) FROM prompt")
    assert len(read(tmp_path, "answers_all")) == count(both, "SELECT count(*) FROM answer")
    assert len(read(tmp_path, "scores")) == count(both, "SELECT count(*) FROM score")
    assert len(read(tmp_path, "participants")) == 4
    states = [row["state"] for row in read(tmp_path, "prompts")]
    assert len(read(tmp_path, "checkins")) == states.count("completed") + states.count("partial")
    values = {float(row["number"]) for row in read(tmp_path, "answers") if row["item"] == "wb_mood" and row["number"]}
    assert values <= set(range(1, 8))
    assert len(values) > 2


def test_the_same_data_give_the_same_bytes(both, tmp_path):
    factories.crowd(both, 2)
    for name in ("one", "two"):
        export(both, "twice_daily", "csv", tmp_path / name)
    files = sorted(file.name for file in (tmp_path / "one").iterdir())
    assert [(tmp_path / "one" / file).read_bytes() for file in files] == [
        (tmp_path / "two" / file).read_bytes() for file in files
    ]
    with (
        zipped(both, "twice_daily", "csv", actor="a") as first,
        zipped(both, "twice_daily", "csv", actor="b") as second,
    ):
        assert first.read() == second.read()


def test_a_change_of_data_changes_the_version(here, tmp_path):
    protocol = factories.crowd(here, 2)
    export(here, "twice_daily", "csv", tmp_path / "one")
    factories.join(here, protocol, Someone("P-new", days_in=2))
    export(here, "twice_daily", "csv", tmp_path / "two")
    versions = [
        next(
            line
            for line in (tmp_path / name / "README.txt").read_text().splitlines()
            if line.startswith("Data version")
        )
        for name in ("one", "two")
    ]
    assert versions[0] != versions[1]


def test_no_address_is_in_any_file(here, tmp_path):
    factories.crowd(here, 3)
    for file in export(here, "twice_daily", "jsonl", tmp_path):
        assert b"address of" not in file.read_bytes()


def test_who_was_erased_is_in_no_file(here, tmp_path):
    factories.crowd(here, 3)
    here.vault.destroy("P-basil")
    export(here, "twice_daily", "csv", tmp_path / "keyless")
    assert "P-basil" not in (tmp_path / "keyless" / "twice_daily_answers.csv").read_text()
    with here.database.transaction() as session:
        participants.change(session, "P-basil", standing="erasing")
    for file in export(here, "twice_daily", "csv", tmp_path / "erasing"):
        assert "P-basil" not in file.read_text()


def test_tests_are_left_out_once_the_study_is_open(both, tmp_path):
    protocol = factories.study(both)
    factories.join(both, protocol, Someone("P-real", days_in=2, test=False))
    factories.join(both, protocol, Someone("P-test", days_in=2))
    export(both, "twice_daily", "csv", tmp_path / "piloting")
    assert {row["participant"] for row in read(tmp_path / "piloting", "prompts")} == {"P-real", "P-test"}
    assert "is piloting" in (tmp_path / "piloting" / "README.txt").read_text()
    with both.database.transaction() as session:
        studies.set_state(session, "twice_daily", "open", both.clock.now())
    export(both, "twice_daily", "csv", tmp_path / "open")
    assert {row["participant"] for row in read(tmp_path / "open", "prompts")} == {"P-real"}


def test_simulated_people_are_marked_everywhere(here, tmp_path):
    factories.crowd(here, 2, simulated=True)
    export(here, "twice_daily", "csv", tmp_path)
    assert "SIMULATED" in (tmp_path / "README.txt").read_text()
    assert '"simulated": true' in (tmp_path / "codebook.json").read_text()
    for table in ("prompts", "answers", "scores", "checkins", "participants"):
        assert {row["simulated"] for row in read(tmp_path, table)} == {"1"}


def test_an_export_is_noted(here, tmp_path):
    factories.crowd(here, 2)
    export(here, "twice_daily", "csv", tmp_path, actor="staff:4")
    with here.database.reading() as session:
        newest = next(audit.newest(session))
    assert (newest.actor, newest.action, newest.subject) == ("staff:4", "exported as csv", "study:twice_daily")


def test_refusals_are_plain(here, tmp_path):
    factories.study(here)
    with pytest.raises(UnknownFormat, match="there are csv"):
        export(here, "twice_daily", "pdf", tmp_path)
    with pytest.raises(NoSuchStudy):
        export(here, "other", "csv", tmp_path)
    export(here, "twice_daily", "csv", tmp_path)
    assert read(tmp_path, "prompts") == []
