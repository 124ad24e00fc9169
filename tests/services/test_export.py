"""What she did on her phone, as the export tells it."""

import csv
from datetime import timedelta

import pytest
import yaml

from ema.domain.questionnaire import Questionnaire
from ema.services.export import export
from tests.services.world import SMALL

pytestmark = pytest.mark.every_database

FORM = """
id: checkin
title: A set
provenance: {source: tests, citation: none, licence: CC0-1.0, validation: none, recall: now, measures: state}
seconds: 30
items:
  - {id: well, type: yes_no, text: "All well?"}
  - {id: why, type: choice, text: "What is it?", options: [{value: a, label: Sleep}, {value: b, label: Money}]}
  - {id: mood, type: rating, text: "How?", low: bad, high: good}
  - {id: twice, type: computed, text: "Twice", expression: mood * 2}
  - {id: calm, type: rating, text: "How calm?", low: not, high: very}
  - {id: last_one, type: rating, text: "How tired?", low: not, high: very}
pages:
  - id: all
    items: [well, {item: why, show_if: "well == 'no'"}, mood, twice, calm, last_one]
"""


def study():
    form = Questionnaire.model_validate(yaml.safe_load(FORM))
    return SMALL.model_copy(update={"questionnaires": {**SMALL.questionnaires, "checkin": form}})


@pytest.fixture
def world(make_world):
    return make_world(study())


def exported(world, folder, table):
    export(world.here, world.study, "csv", folder)
    with (folder / f"{world.study}_{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def begun(world, anna):
    """She said no and why, thought better of it, and went on as far as the fourth question."""
    world.wait(hours=4)
    anna.tap("Start", "No", "Sleep", "Back", "Back")
    world.wait(minutes=1)
    anna.tap("Yes", "5")


def test_what_was_stored_when_it_closed_is_what_the_tables_say(world, anna, tmp_path):
    begun(world, anna)
    world.wait(hours=6)
    found = {row["item"]: row for row in exported(world, tmp_path, "answers")}
    assert {name: row["status"] for name, row in found.items()} == {
        "well": "answered",
        "why": "not_shown",
        "mood": "answered",
        "twice": "answered",
        "calm": "not_reached",
        "last_one": "not_reached",
    }
    assert (found["well"]["value"], found["well"]["revision"]) == ("yes", "2")
    assert found["well"]["answered_at"] < found["well"]["changed_at"]
    assert (found["why"]["value"], found["why"]["answered_at"]) == ("", "")
    assert found["why"]["shown_at"], "it was on her screen once"
    assert found["calm"]["shown_at"], "she left it on her screen"
    assert found["last_one"]["shown_at"] == ""
    assert [found[name]["place"] for name in ("well", "why", "mood", "twice", "calm")] == ["1", "2", "3", "4", "5"]
    assert (found["twice"]["number"], found["twice"]["shown_at"]) == ("10.0", "")
    every = [(row["item"], row["value"]) for row in exported(world, tmp_path, "answers_all")]
    assert ("why", "a") in every
    assert [value for item, value in every if item == "well"] == ["no", "yes"]
    (wide,) = exported(world, tmp_path, "checkins")
    assert (wide["why"], wide["why_status"], wide["twice"], wide["mood"]) == ("", "not_shown", "10.0", "5")


def test_one_that_is_still_open_is_told_as_it_stands(world, anna, tmp_path):
    begun(world, anna)
    found = {row["item"]: row for row in exported(world, tmp_path, "answers")}
    assert {name: row["status"] for name, row in found.items()} == {
        "well": "answered",
        "why": "not_shown",
        "mood": "answered",
        "twice": "not_reached",
        "calm": "not_reached",
        "last_one": "not_reached",
    }
    assert exported(world, tmp_path, "checkins") == []


def test_what_she_put_off_is_not_what_she_did_not_reach(world, anna, tmp_path):
    begun(world, anna)
    anna.tap("Stop here")
    world.wait(hours=6)
    found = {row["item"]: row for row in exported(world, tmp_path, "answers")}
    assert (found["calm"]["status"], found["last_one"]["status"]) == ("not_now", "not_reached")
    assert world.now - timedelta(hours=8) < world.rows("answer", item="calm")[0].answered_at


def test_a_prompt_that_was_not_started_has_no_items(world, anna, tmp_path):
    world.wait(hours=12)
    assert anna.checkins()[0].state == "missed"
    assert exported(world, tmp_path, "answers") == []
