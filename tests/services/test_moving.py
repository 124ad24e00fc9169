"""A lost or new phone: through the real bot, seen from the old account and from the new one."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.sandbox import Fault
from ema.channels import Incoming
from ema.domain.conversation.events import Tap, Typed
from ema.domain.screen import Action
from ema.services import moving, pin
from ema.services.backup import backup
from ema.services.doctor import examine
from ema.services.receive import Heard, take_all
from ema.services.restore import restore
from ema.services.signin import Signed
from ema.store import audit
from ema.store.engine import open_database
from ema.store.vault import Vault, open_vault
from tests.services.hers import answered, charts, copies
from tests.services.test_pin import RIGHT, asks, away, set_pin

PEER = Signed(7, "Ana", "peer")
NEUTRAL = "This is a private chat. To use it you need an invitation. Open its link, or send its code here."


@pytest.fixture
def world(make_world):
    return make_world(charts("se_state"))


@pytest.fixture
def new(world):
    """The same woman, with another phone and another account."""
    return world.phone("Somebody")


def own_code(someone):
    someone.write("/pin")
    someone.tap("A code for a new phone")
    (code,) = re.findall(r"\b(?:\w{4}-){3}\w{4}\b", someone.last.text)
    return code


def given_out(someone):
    return pin.spoken(moving.issue(someone.world.here, someone.id, PEER))


def newest_in_audit(world):
    with world.database.reading() as session:
        row = next(audit.newest(session))
        return row.actor, row.action


def test_her_own_code_is_shown_once_and_kept_as_a_hash(world, anna):
    code = own_code(anna)
    assert re.fullmatch(r"(?:[2-9BCDFGHJKMNPQRSTVWXYZ]{4}-){3}[2-9BCDFGHJKMNPQRSTVWXYZ]{4}", code)
    with world.database.reading() as session:
        (row,) = session.execute(text("SELECT kind, code_hash FROM secret")).all()
    assert row.kind == "code"
    assert len(row.code_hash) == 64
    anna.tap("Carry on")
    anna.write("/pin")
    assert code not in " ".join(anna.texts)


def test_the_message_with_the_code_goes_after_ten_minutes(world, anna):
    code = own_code(anna)
    away(anna)
    assert not any(code in text for text in anna.texts)


def test_who_has_a_pin_is_asked_for_it_before_a_code_is_made(anna):
    """Also while it is open: whoever finds the phone so must not take all of it along."""
    set_pin(anna)
    anna.write("/pin")
    anna.tap("A code for a new phone")
    assert asks(anna)
    anna.tap(*RIGHT)
    assert "Your code is" in anna.last.text


@pytest.mark.parametrize("how", ["typed", "typed as it is spoken", "by a link"])
def test_a_code_moves_her_and_all_that_is_hers(world, anna, new, how):
    answered(anna, "5")
    code, her = own_code(anna), anna.id
    if how == "by a link":
        new.start(code)
    else:
        new.write(code if how == "typed" else code.lower().replace("-", " "))
    assert "You are here now." in new.last.text
    assert new.id == her
    assert not [message for message in new.phone.messages() if not message.from_bot], "the code is gone from the chat"
    assert "– 5" in copies(world, new)["copy.html"], "her own code opens what she gave"
    assert newest_in_audit(world) == ("participant", "moved to another account")


def test_the_old_account_sees_nothing_any_more(world, anna, new):
    answered(anna, "5")
    code = own_code(anna)
    new.write(code)
    assert anna.texts == [], "what could be removed is removed"
    assert anna.id is None
    anna.phone.send("/mydata")
    world.rest()
    assert anna.texts == [NEUTRAL]


def test_a_tap_on_an_old_message_gets_a_neutral_line(world, anna, new):
    code = own_code(anna)
    world.until(anna.checkins()[0].due_at)
    for method in ("deleteMessage", "deleteMessages"):
        world.sandbox.faults.add(Fault(method=method, chat_id=anna.phone.id, code=502, times=None))
    new.write(code)
    anna.tap("Start")
    assert anna.last.text == NEUTRAL
    assert world.count("answer") == 0
    assert new.checkins()[0].state == "open"


def test_a_tap_that_is_on_its_way_while_she_moves_does_nothing(world, anna, new):
    """The old account was hers when the tap was looked up, and is not any more when it is taken."""
    world.until(anna.checkins()[0].due_at)
    key = world.vault.of_address(42, anna.address)
    old = anna.address
    new.write(own_code(anna))
    with world.database.transaction() as session:
        tap = Tap(Action("start", prompt=new.checkins()[0].id), 1, "")
        (turn,) = take_all(session, [Heard(key, tap, address=old)], world.now)
    assert turn is None
    assert new.checkins()[0].n_items == 0


def test_what_is_still_to_come_goes_to_the_new_chat_only(world, anna, new):
    first = anna.checkins()[0]
    code = own_code(anna)
    new.write(code)
    moved = world.now
    world.until(first.due_at + timedelta(minutes=1))
    assert [call.at > moved for call in world.sent(chat_id=anna.phone.id)].count(True) == 0
    assert len(new.notes()) == 1
    new.answer()
    assert "Thank you." in new.last.text
    assert examine(world.database, world.vault, world.now) == []


def test_a_check_in_goes_on_where_she_was(world, anna, new):
    code = own_code(anna)
    world.until(anna.checkins()[0].due_at)
    anna.tap("Start", "4", "4")
    new.write(code)
    assert "3 of 7" in new.last.text


def test_a_code_works_once(world, anna, new):
    code = own_code(anna)
    new.write(code)
    third = world.phone("Third")
    third.write(code)
    assert "That code does not work." in third.last.text
    assert third.id is None


def test_two_accounts_that_send_it_at_once_do_not_both_get_in(world, anna, new):
    code, her = own_code(anna), anna.id
    other = world.phone("Other")
    both = [replace(incoming_of(world, each, code), update_id=10**6 + at) for at, each in enumerate((new, other))]
    with ThreadPoolExecutor(2) as threads:
        handled = list(threads.map(lambda one: moving.receive(world.here, one, code.replace("-", "")), both))
    world.rest()
    assert sorted([new.id or "", other.id or ""]) == ["", her]
    told = [one.direct.shown.text for one in handled if one.direct is not None and one.direct.shown is not None]
    assert len(told) == 1
    assert "That code does not work." in told[0]
    assert examine(world.database, world.vault, world.now) == []


def test_a_newer_code_of_hers_ends_the_older_one(anna, new):
    older, newer = own_code(anna), own_code(anna)
    new.write(older)
    assert "That code does not work." in new.last.text
    new.write(newer)
    assert "You are here now." in new.last.text


def test_one_from_a_worker_restores_the_schedule_only(world, anna, new):
    answered(anna, "5", "4")
    code, her = given_out(anna), anna.id
    assert newest_in_audit(world) == (PEER.actor, "gave out a code for a new phone")
    new.write(code)
    assert new.id == her
    assert "What you gave before is shut here." in new.last.text
    made = copies(world, new)
    assert "– 5" not in made["copy.html"]
    held = json.loads(made["copy.json"])["held"]
    assert held["answer"] == held["score"] == []
    assert {one["course"] for one in held["prompt"]} == {None}
    new.write("/edit")
    assert "There is nothing from today" in new.last.text
    new.write("/me")
    assert "So far there are: 0." in new.last.text
    answered(new, "3")
    new.write("/me")
    assert "So far there are: 1." in new.last.text, "what she gives from now on is hers to see"
    assert "– 3" in copies(world, new)["copy.html"]


def test_it_ends_what_she_was_in_the_middle_of_so_that_back_shows_nothing(world, anna, new):
    world.until(anna.checkins()[0].due_at)
    anna.tap("Start", "4", "4")
    new.write(given_out(anna))
    assert new.prompts(schedule="checkin")[0].state == "partial"
    assert world.count("answer", participant_id=new.id) == 2
    assert not any("feel" in text for text in new.texts)


def test_only_her_own_code_from_before_opens_what_is_shut(world, anna, new):
    answered(anna, "5")
    mine = own_code(anna)
    world.wait(minutes=1)
    new.write(given_out(anna))
    world.wait(minutes=1)
    assert "– 5" not in copies(world, new)["copy.html"]
    later = own_code(new)
    assert "Keep your older code too" in new.last.text
    third = world.phone("Third")
    third.write(later)
    assert "What you gave before is shut here." in third.last.text, "one from after it does not"
    assert "– 5" not in copies(world, third)["copy.html"]
    third.write(mine)
    assert "All is open again" in third.last.text
    assert "– 5" in copies(world, third)["copy.html"]


def test_her_own_code_takes_a_forgotten_pin_away_and_one_from_a_worker_does_not(world, anna, new):
    mine = own_code(anna)
    world.wait(minutes=1)
    set_pin(anna)
    new.write(given_out(anna))
    assert asks(new)
    new.tap(*RIGHT)
    away(new)
    new.write(mine)
    assert "All is open again, and there is no PIN." in new.last.text
    away(new)
    new.write("/me")
    assert not asks(new)


def test_a_code_that_is_not_needed_is_not_used_up(world, anna, new):
    code = own_code(anna)
    anna.write(code)
    assert "the code was not needed" in anna.last.text
    new.write(code)
    assert "You are here now." in new.last.text


def test_what_a_worker_gave_out_ends_after_two_days(world, anna, new):
    code = given_out(anna)
    world.wait(days=2)
    new.write(code)
    assert "That code does not work." in new.last.text
    newest = given_out(anna)
    new.write(newest)
    assert "You are here now." in new.last.text


def test_wrong_codes_slow_down_and_a_good_one_waits_its_turn(world, anna, new):
    code = own_code(anna)
    for _ in range(3):
        new.write("BBBB-BBBB-BBBB-BBBB")
        assert "It may have been used" in new.last.text
    new.write("BBBB-BBBB-BBBB-BBBB")
    assert "You can try again in 1 minute." in new.last.text
    new.write(code)
    assert "You can try again in 1 minute." in new.last.text
    world.clock.move_to(world.now + timedelta(minutes=1))
    new.write("BBBB-BBBB-BBBB-BBBB")
    assert "You can try again in 5 minutes." in new.last.text
    world.clock.move_to(world.now + timedelta(minutes=5))
    new.write(code)
    assert "You are here now." in new.last.text


def test_an_account_that_takes_part_already_is_not_written_over(world, anna):
    berta = world.joined("Berta")
    hers = berta.id
    berta.write(own_code(anna))
    assert "This account is in already" in berta.last.text
    assert berta.id == hers
    assert anna.id is not None


def test_when_the_move_is_not_stored_the_same_code_finishes_it(world, anna, new, monkeypatch):
    code, her = own_code(anna), anna.id
    rebind = Vault.rebind

    def then_fail(*arguments):
        rebind(*arguments)
        monkeypatch.setattr(Vault, "rebind", rebind)
        raise RuntimeError("the database went away after the key store had moved her")

    monkeypatch.setattr(Vault, "rebind", then_fail)
    new.phone.send(code)
    with pytest.raises(RuntimeError):
        moving.receive(world.here, incoming_of(world, new, code), code.replace("-", ""))
    assert new.id == her
    assert anna.id is None, "the old account is cut off at once"
    world.rest()
    assert "You are here now." in new.last.text
    world.until(new.checkins()[0].due_at + timedelta(minutes=1))
    assert len(new.notes()) == 1


def incoming_of(world, someone, code):
    return Incoming(42, 10**6, someone.address, "en", Typed(code, 1))


def put_back(world, database):
    world.database, world.here = database, replace(world.here, database=database)
    world.start()


def address_in(database):
    with database.reading() as session:
        return session.execute(text("SELECT address_sealed FROM participant")).scalar_one()


def test_a_database_put_back_from_before_writes_to_the_old_account_no_more(
    world, anna, new, programs, empty_place, keystore_url, key_file, tmp_path
):
    code = own_code(anna)
    file = tmp_path / "before.backup"
    backup(world.database, world.vault, file)
    new.write(code)
    her = new.id
    assert "1 whose account changed" in restore(empty_place, keystore_url, key_file, file, now=world.now)
    database = open_database(empty_place, durable=False)
    try:
        assert address_in(database) is None
        put_back(world, database)
        new.write("/start")
        assert "Nothing to do now." in new.last.text, "she writes, and so it is known again where she is"
        assert new.id == her
        assert address_in(database) is not None
    finally:
        database.close()


def test_where_the_keys_were_put_back_too_neither_account_is_let_in(
    world, anna, new, programs, empty_place, key_file, tmp_path
):
    """The keys are from before she moved, the database from after: which account is hers can't be told."""
    code = own_code(anna)
    keys, file = tmp_path / "keys.backup", tmp_path / "after.backup"
    backup(world.database, world.vault, tmp_path / "before.backup", keys)
    new.write(code)
    backup(world.database, world.vault, file)
    elsewhere = f"sqlite:///{tmp_path / 'elsewhere' / 'keys.sqlite'}"
    assert "need a code from a worker" in restore(empty_place, elsewhere, key_file, file, keys, now=world.now)
    database, vault = open_database(empty_place, durable=False), open_vault(elsewhere, key_file)
    try:
        put_back(world, database)
        world.here = replace(world.here, vault=vault)
        world.start()
        for someone in (anna, new):
            assert vault.find("telegram", 42, someone.address) is None
        with database.reading() as session:
            her = session.execute(text("SELECT id FROM participant")).scalar_one()
        new.write(moving.issue(world.here, her, PEER))
        assert "What you gave before is shut here." in new.last.text
    finally:
        database.close()
        vault.close()


def test_erasing_takes_codes_with_it(world, anna):
    code = own_code(anna)
    anna.write("/stop")
    anna.tap("Stop, and erase everything", "Yes, erase everything")
    with world.database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM secret")).scalar() == 0
    anna.write(code)
    assert "That code does not work." in anna.last.text
