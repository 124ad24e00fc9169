"""After a restore life goes on, and nothing goes out a second time: what was due meanwhile is in doubt, and says so."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import select

from ema.services.backup import backup
from ema.services.doctor import examine
from ema.services.restore import restore
from ema.store.engine import open_database
from ema.store.rows import table_of
from ema.store.tables import Share, WebLink

pytestmark = pytest.mark.every_database


@pytest.fixture
def lost_and_restored(programs, empty_place, keystore_url, key_file, tmp_path):
    """The database is lost; everything starts anew on what was copied before."""
    opened, key = [], X25519PrivateKey.generate()

    def do(world, file):
        said = restore(empty_place, keystore_url, key_file, file, now=world.now, opened_by=key)
        opened.append(open_database(empty_place, durable=False))
        world.database = opened[0]
        world.here = replace(world.here, database=opened[0])
        world.start()
        return said

    do.copy = lambda world, file: backup(world.database, world.vault, file, to=key.public_key())
    yield do
    for database in opened:
        database.close()


def notes_of(someone):
    return len(someone.notes())


def test_life_goes_on_without_old_prompts(world, anna, lost_and_restored, tmp_path):
    """The copy is from Monday 16:30, the loss from Tuesday 15:35, when Tuesday's first window is still open."""
    world.until(world.now + timedelta(hours=4, minutes=30))
    anna.answer()
    lost_and_restored.copy(world, tmp_path / "monday.backup")
    world.until(world.now + timedelta(hours=23, minutes=5))
    tuesday = next(each for each in anna.checkins() if each.study_day == 2)
    assert tuesday.state == "open"
    sent = notes_of(anna)
    said = lost_and_restored(world, tmp_path / "monday.backup")
    assert "are not sent: they may have been" in said

    world.rest()
    world.tick()
    assert notes_of(anna) == sent, "nothing that was sent before is sent again"
    world.until(tuesday.expires_at + timedelta(minutes=5))
    ends = {(each.study_day, each.slot): (each.state, each.reason) for each in anna.checkins()}
    first, *_ = sorted(ends)
    assert ends[first][0] == "completed", "what was answered before the copy is there"
    doubtful = [end for end in ends.values() if end == ("unknown", "restored")]
    assert len(doubtful) == 2, "Monday's second and Tuesday's first"

    coming = next(each for each in anna.checkins() if each.due_at > world.now)
    world.until(coming.due_at + timedelta(minutes=1))
    assert notes_of(anna) == sent + 1, "what becomes due after the restore is sent"
    anna.answer()
    assert [each.state for each in anna.checkins()].count("completed") == 2
    assert examine(world.database, world.vault, world.now) == []


def test_a_note_that_she_holds_can_still_be_answered(world, anna, lost_and_restored, tmp_path):
    """It went out after the copy was made. Her tap tells that it came, and counts."""
    lost_and_restored.copy(world, tmp_path / "noon.backup")
    world.wait(hours=4)
    sent = notes_of(anna)
    assert sent
    lost_and_restored(world, tmp_path / "noon.backup")
    world.rest()
    world.tick()
    assert notes_of(anna) == sent
    anna.answer()
    assert anna.checkins()[0].state == "completed"


def test_days_that_the_copy_never_knew_are_in_doubt_too(world, anna, lost_and_restored, tmp_path):
    """The copy is ten days old: what was planned since is planned again, and none of it is sent."""
    lost_and_restored.copy(world, tmp_path / "old.backup")
    world.wait(days=10, hours=4)
    sent = notes_of(anna)
    before = {each.slot_key: each.due_at for each in anna.checkins()}
    lost_and_restored(world, tmp_path / "old.backup")
    again = {each.slot_key: each.due_at for each in anna.checkins()}
    assert {key: again.get(key) for key, due in before.items() if due <= world.now} == {
        key: due for key, due in before.items() if due <= world.now
    }, "the same days, at the same times"
    world.rest()
    world.tick()
    assert notes_of(anna) == sent
    world.wait(hours=20)
    assert notes_of(anna) > sent
    assert {(each.state, each.reason) for each in anna.checkins() if each.expires_at <= world.now} >= {
        ("unknown", "restored")
    }
    assert not [each for each in anna.checkins() if each.reason == "outage"]


def test_a_link_to_her_pages_does_not_come_back(world, anna, lost_and_restored, tmp_path):
    anna.write("/link")
    anna.tap("For one week")
    lost_and_restored.copy(world, tmp_path / "monday.backup")
    anna.write("/link")
    anna.tap("End all my links")
    lost_and_restored(world, tmp_path / "monday.backup")
    with world.database.reading() as session:
        assert session.execute(select(table_of(WebLink))).all() == []


def test_a_page_for_a_service_does_not_come_back(world, anna, lost_and_restored, tmp_path):
    anna.write("/share")
    anna.tap("Make a page", "How to reach me", "Next")
    anna.write("my clinic")
    anna.tap("For one week", "Make this page")
    lost_and_restored.copy(world, tmp_path / "monday.backup")
    anna.write("/share")
    anna.tap("End: my clinic")
    lost_and_restored(world, tmp_path / "monday.backup")
    with world.database.reading() as session:
        assert session.execute(select(table_of(Share))).all() == []
