"""Virtual people live through the real services, the real bot client and the local Bot API server."""

import csv
import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

import questionnaires
from ema.commands import simulate as command
from ema.commands.simulate import simulate
from ema.store.instant import instant

STUDY = questionnaires.ROOT / "studies" / "twice_daily.yaml"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The same small study, twice."""
    folders = [tmp_path_factory.mktemp("run") for _ in range(2)]
    for folder in folders:
        simulate(STUDY, folder / "out", participants=4, days=3, seed=7)
    return [folder / "out" for folder in folders]


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_same_seed_gives_the_same_study(runs):
    one, other = runs
    for name in ("truth.json", "summary.csv"):
        assert (one / name).read_bytes() == (other / name).read_bytes()


def test_everybody_joined_and_answered_in_time(runs):
    summary = rows(runs[0] / "summary.csv")
    assert len(summary) == 4
    assert all(line["standing"] == "active" and line["due"] == "6" for line in summary)
    assert sum(int(line["answered"]) for line in summary) > 6
    for unexpected in ("undelivered", "unknown", "cancelled", "quiet"):
        assert {line[unexpected] for line in summary} == {"0"}


def test_the_truth_states_the_model_and_leads_to_the_export(runs):
    out = runs[0]
    truth = json.loads((out / "truth.json").read_text())
    assert truth["model"]["group_slope"] == 0
    assert truth["asked"] == {"study": "twice_daily", "participants": 4, "days": 3, "seed": 7}
    names = {person["name"] for person in truth["people"]}
    assert {line["name"] for line in rows(out / "people.csv")} == names
    exported = rows(out / "data" / "twice_daily_participants.csv")
    assert {line["participant"] for line in rows(out / "people.csv")} == {line["participant"] for line in exported}
    assert {line["simulated"] for line in exported} == {"1"}


def test_time_visits_every_end_of_a_window_in_order(tmp_path, monkeypatch):
    """What is over is closed in the very minute, not at the next tick that happens to come."""
    kept = tmp_path / "kept.sqlite"
    summary = command._summary

    def keep(here):
        with sqlite3.connect(kept) as into, sqlite3.connect(here.settings.data_dir / "ema.sqlite") as source:
            source.backup(into)
        into.close()
        source.close()
        return summary(here)

    monkeypatch.setattr(command, "_summary", keep)
    simulate(STUDY, tmp_path / "out", participants=1, days=3, seed=3)
    with sqlite3.connect(kept) as database:
        found = database.execute(
            "SELECT state, n_items, due_at, expires_at, closed_at, sent_at FROM prompt WHERE schedule = 'checkin'"
            " AND state NOT IN ('planned', 'open')"
        ).fetchall()
    database.close()
    assert found
    for state, n_items, due_at, expires_at, closed_at, sent_at in found:
        due, expires, closed, sent = (instant(at) for at in (due_at, expires_at, closed_at, sent_at))
        assert sent == due
        if state == "missed":
            assert closed == expires
        else:
            assert closed <= expires + timedelta(minutes=30) * (n_items > 0)


def test_virtual_people_answer_every_kind_of_question(tmp_path):
    simulate(
        Path(__file__).with_name("every_kind") / "own_study.yaml", tmp_path / "out", participants=3, days=3, seed=2
    )
    with (tmp_path / "out" / "data" / "own_study_answers.csv").open(encoding="utf-8") as file:
        told = list(csv.DictReader(file))
    asked = {line["item"] for line in told}
    assert {line["item"] for line in told if line["status"] == "answered"} == asked
    assert len(asked) == 13
    sent = [line for line in told if line["file"]]
    assert {line["item"] for line in sent} == {"say", "look"}
    assert all((tmp_path / "out" / "data" / "media" / line["file"]).exists() for line in sent)
