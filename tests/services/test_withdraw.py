"""Leaving: stop and keep, come back, erase. Erasing reaches the copies too."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from ema.domain.screen import Action
from ema.services.receive import receive
from ema.store import seal_check
from ema.store.engine import open_database
from ema.store.vault import KeyDestroyed
from tests.services.test_join import left
from tests.services.test_receive import tapped

pytestmark = pytest.mark.every_database


@pytest.fixture
def answered(world, anna):
    """She has answered one check-in; the second is open."""
    world.wait(hours=4)
    anna.answer()
    world.wait(hours=6)
    return anna


def stop(anna):
    anna.write("/stop")
    anna.tap("Stop, and keep what I gave")


def erase(anna):
    anna.write("/stop")
    anna.tap("Stop, and erase everything", "Yes, erase everything")


def test_stopping_keeps_what_she_gave_and_ends_every_prompt_with_a_reason(world, answered):
    stop(answered)
    assert answered.last.text.startswith("You have stopped. Nothing more will be sent.")
    assert world.count("answer") == 7
    assert {(p.state, p.reason) for p in answered.checkins()[1:]} == {("cancelled", "withdrawn")}
    sent = len(world.sent(chat_id=answered.phone.id))
    world.wait(days=30)
    assert len(world.sent(chat_id=answered.phone.id)) == sent
    assert answered.row.standing == "stopped"


def test_half_a_check_in_is_kept_when_she_stops(world, anna):
    world.wait(hours=4)
    anna.tap("Start", "5", "5")
    stop(anna)
    first = anna.checkins()[0]
    assert (first.state, first.reason, first.n_answered) == ("partial", "withdrawn", 2)


def test_she_can_come_back_with_one_tap(world, answered):
    stop(answered)
    world.wait(days=1)
    answered.write("/start")
    answered.tap("Come back")
    world.wait(days=2)
    states = [prompt.state for prompt in answered.checkins()]
    assert states[0] == "completed"
    assert "missed" in states
    assert "cancelled" in states, "the days between stay as they were"
    assert len({prompt.slot_key for prompt in answered.checkins()}) == len(states)


def test_a_tap_on_an_old_note_after_stopping_is_no_answer(world, answered):
    note = answered.checkins()[1]
    stop(answered)
    receive(world.here, tapped(answered, Action("start", prompt=note.id), 1))
    receive(world.here, tapped(answered, Action("answer", "5", note.id, "wb_mood", 1), 2))
    assert world.count("answer") == 7


def test_erasing_leaves_nothing(world, answered):
    """No row, no key, no old message; only the receipt on her phone, and a pseudonym in the audit."""
    pseudonym = answered.id
    erase(answered)
    assert left(world) == []
    assert world.vault.keystore.participant_ids() == set()
    assert answered.id is None
    (receipt,) = answered.phone.messages()
    assert receipt.text.startswith("Everything about you is erased. Receipt:")
    with world.database.reading() as session:
        trail = session.execute(text("SELECT actor, action, subject FROM audit ORDER BY id")).all()
    assert ("participant", "erased", pseudonym) in [tuple(row) for row in trail]
    assert answered.address not in repr(trail)


def test_nothing_is_sent_after_erasing(world, answered):
    erase(answered)
    sent = len(world.sandbox.journal.calls("sendMessage"))
    world.wait(days=20)
    assert len(world.sandbox.journal.calls("sendMessage")) == sent
    answered.write("/start")
    assert "need an invitation" in answered.last.text


def test_the_code_of_somebody_who_erased_everything_is_spent(world):
    (code,) = world.invite()
    anna = world.phone("Anna")
    anna.join(code)
    erase(anna)
    other = world.phone("Bella")
    other.start(code)
    assert "has been used" in other.last.text


def test_while_it_is_being_erased_nothing_is_stored(world, answered, monkeypatch):
    """Between the first step and the last, a tap of hers changes nothing any more."""
    with monkeypatch.context() as patch:
        patch.setattr("ema.services.receive.erase", lambda *_, **__: None)
        erase(answered)
    before = world.rows("answer")
    answered.write("/checkin")
    answered.write("/start")
    assert world.rows("answer") == before
    assert answered.row.standing == "erasing"
    world.tick()  # the reaper goes on
    assert left(world) == []


def test_an_old_copy_of_the_database_cannot_be_opened(make_world, sqlite_url, vault, clock, tmp_path, database):
    """A backup from before the erasure still holds her rows, but no key opens them, not with the key file either."""
    if database.dialect != "sqlite":
        pytest.skip("a copy of a PostgreSQL database is made by `ema backup`: see its tests")
    world = make_world()
    anna = world.joined()
    world.wait(hours=4)
    anna.answer()
    pseudonym, address, live = anna.id, anna.address, Path(database.url.database)
    copy = tmp_path / "old.sqlite"
    for suffix in ("", "-wal"):
        if Path(f"{live}{suffix}").exists():
            shutil.copyfile(f"{live}{suffix}", f"{copy}{suffix}")
    erase(anna)

    old = open_database(f"sqlite:///{copy}")
    with old.reading() as session:
        rows = session.execute(text("SELECT * FROM answer")).all()
        assert len(rows) == 7
        assert list(seal_check.unreadable(session, vault)) == [], "who has no key is left out"
    old.close()
    with pytest.raises(KeyDestroyed):
        vault.person(pseudonym)
    files = [file for file in tmp_path.iterdir() if file.is_file()]
    assert len(files) >= 4
    assert not any(address.encode() in file.read_bytes() for file in files)
    assert not any(pseudonym.encode() in file.read_bytes() for file in files if file.name.startswith("keys"))
