import csv
import json
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import text

from ema.domain.items.voice import Voice
from ema.services.export import UnknownFormat, export, zipped
from ema.store import audit, participants, prompts, sealed, studies, views
from ema.store.engine import open_database
from ema.store.studies import NoSuchStudy
from tests.exports.people import STUDY
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


def recordings(here):
    """One who sent four: kept, kept in place of the first, on its way, lost. Another one joined as a test and sent one."""
    form = STUDY.questionnaires["checkin"]
    voice = Voice(type="voice", id="wb_voice", text=form.items[0].text)
    form = form.model_copy(update={"items": (*form.items, voice)})
    protocol = STUDY.model_copy(update={"questionnaires": {**STUDY.questionnaires, "checkin": form}})
    factories.study(here, protocol)
    sent = []
    for someone in (Someone("P-real", days_in=4, answers=1.0, test=False), Someone("P-test", days_in=4, answers=1.0)):
        factories.join(here, factories.load(), someone)
        with here.database.transaction() as session:
            key = here.vault.person(someone.id)
            ids = [
                row.id
                for row in views.prompts(session, "twice_daily", someone.id)
                if row.state in ("completed", "partial") and row.schedule == "checkin"
            ]
            for prompt_id, revision in ((ids[0], 1), (ids[0], 2), *((one, 1) for one in ids[1:3])):
                sent.append(_send(session, key, prompt_id, revision))
            for media_id in sent[:2] if someone.id == "P-real" else sent[4:]:
                sealed.media.keep(session, key, media_id, body=media_id.encode() * 1000, mime="audio/ogg")
            if someone.id == "P-real":
                sealed.media.lose(session, key, sent[3])
    return sent


def _send(session, key, prompt_id, revision):
    media_id, at = f"{prompt_id}-wb_voice-{revision}", factories.NOW
    sealed.media.expect(
        session, key, media_id, prompt_id=prompt_id, item="wb_voice", kind="voice", reference="handle", now=at
    )
    sealed.add_answer(
        session,
        key,
        prompt_id=prompt_id,
        questionnaire="checkin",
        item="wb_voice",
        revision=revision,
        status="answered",
        value=f"media:{media_id}",
        language="en",
        place=8,
        shown_at=at,
        answered_at=at,
    )
    course = sealed.courses_of(session, key, [prompt_id])[prompt_id]
    outcomes = {**course.outcomes, "wb_voice": "answered"}
    with_voice = replace(course, order=(*course.order, "wb_voice"), outcomes=outcomes)
    prompts.change(session, prompt_id, course_sealed=sealed.sealed_course(key, prompt_id, with_voice))
    return media_id


def test_recordings_go_with_the_tables_under_pseudonym_and_numbers(both, tmp_path):
    first, second, on_its_way, lost = recordings(both)[:4]
    files = export(both, "twice_daily", "csv", tmp_path / "piloting", actor="staff:4")
    assert len([file for file in files if file.parent.name == "media"]) > 2
    with both.database.transaction() as session:
        studies.set_state(session, "twice_daily", "open", both.clock.now())
    files = export(both, "twice_daily", "csv", tmp_path / "open", actor="staff:4")
    sent = [file for file in files if file.parent.name == "media"]
    prompt_id = first.split("-")[0]
    assert {file.name: file.read_bytes() for file in sent} == {
        f"P-real_{prompt_id}_8.ogg": first.encode() * 1000,
        f"P-real_{prompt_id}_8_2.ogg": second.encode() * 1000,
    }
    told = {
        row["prompt"]: (row["status"], row["file"], row["media_state"])
        for row in read(tmp_path / "open", "answers")
        if row["item"] == "wb_voice"
    }
    assert told[prompt_id] == ("answered", f"P-real_{prompt_id}_8_2.ogg", "kept")
    assert told[on_its_way.split("-")[0]] == ("answered", "", "expected")
    assert told[lost.split("-")[0]] == ("answered", "", "lost")
    book = (tmp_path / "open" / "codebook.csv").read_text("utf-8")
    assert next(line for line in book.splitlines() if line.startswith("checkins,wb_voice,")).endswith(",8")
    with both.database.reading() as session:
        assert next(audit.newest(session)).action == "exported as csv with 2 media"


def test_the_zip_holds_the_recordings_too(here):
    first, second = recordings(here)[:2]
    with zipped(here, "twice_daily", "csv", actor="a") as file, ZipFile(file) as archive:
        names = [name for name in archive.namelist() if name.startswith("twice_daily/media/P-real_")]
        assert [archive.read(name) for name in names] == [first.encode() * 1000, second.encode() * 1000]


def test_a_recording_that_came_in_since_changes_the_version(here, tmp_path):
    on_its_way = recordings(here)[2]

    def version(folder):
        return json.loads((folder / "codebook.json").read_text("utf-8"))["data_version"]

    export(here, "twice_daily", "csv", tmp_path / "one")
    with here.database.transaction() as session:
        key = here.vault.person("P-real")
        sealed.media.keep(session, key, on_its_way, body=b"x", mime="audio/ogg")
    export(here, "twice_daily", "csv", tmp_path / "two")
    assert version(tmp_path / "one") != version(tmp_path / "two")


def test_the_recordings_of_who_was_erased_are_in_no_file(here, tmp_path):
    recordings(here)
    here.vault.destroy("P-real")
    files = export(here, "twice_daily", "csv", tmp_path)
    assert not [file for file in files if "P-real" in file.name]


def test_refusals_are_plain(here, tmp_path):
    factories.study(here)
    with pytest.raises(UnknownFormat, match="there are csv"):
        export(here, "twice_daily", "pdf", tmp_path)
    with pytest.raises(NoSuchStudy):
        export(here, "other", "csv", tmp_path)
    export(here, "twice_daily", "csv", tmp_path)
    assert read(tmp_path, "prompts") == []
