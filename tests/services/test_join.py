"""Joining: a code works once, a no leaves nothing behind, and whoever has no code gets help."""

from datetime import timedelta

from sqlalchemy import text

from ema.channels import Incoming
from ema.domain.conversation.events import Command
from ema.services.receive import receive
from ema.store.engine import open_database
from tests.services.test_receive import at_once
from tests.services.world import BOT_ID

PERSONAL = ("participant", "conversation", "enrolment", "prompt", "outbox", "message", "answer", "score")


def left(world):
    """Every table in which something of a person is still to be found."""
    found = [table for table in PERSONAL if world.count(table)]
    with world.database.reading() as session:
        found += [
            table
            for table in ("consent", "contact", "decision")
            if session.execute(text(f"SELECT count(*) FROM {table}")).scalar()
        ]
    return found


def started(world, someone, code, update_id):
    return Incoming(BOT_ID, update_id, someone.address, "en", Command("start", code, 1))


def test_from_the_code_to_the_first_days_of_notes(world):
    anna = world.phone("Anna")
    anna.join(*world.invite())
    assert anna.row.standing == "active"
    assert {prompt.study_day for prompt in anna.checkins()} == {1, 2, 3}
    assert anna.last.text.startswith("Nothing to do now")
    (enrolment,) = world.rows("enrolment")
    assert enrolment.test, "the study is piloting, so she is counted nowhere"


def test_the_practice_check_in_does_not_count(world):
    anna = world.phone("Anna")
    anna.join(*world.invite(), practice="Try one now")
    for _ in range(7):
        anna.tap("4")
    (practice,) = anna.prompts(kind="practice")
    assert (practice.state, practice.counts, practice.position) == ("completed", False, None)


def test_the_message_with_the_code_is_removed(world):
    (code,) = world.invite()
    anna = world.phone("Anna")
    anna.start(code)
    assert not any(code in message.text for message in anna.phone.messages())


def test_a_code_may_be_typed_in_small_letters(world):
    (code,) = world.invite()
    anna = world.phone("Anna")
    anna.start()
    assert "need an invitation" in anna.last.text
    anna.write(f" {code.lower()} ")
    assert anna.row.standing == "joining"


def test_a_used_code_joins_nobody_else_and_keeps_nothing_of_her(world):
    (code,) = world.invite()
    world.phone("Anna").join(code)
    before = {table: world.count(table) for table in PERSONAL}
    other = world.phone("Bella")
    other.start(code)
    assert "has been used" in other.last.text
    assert other.id is None
    assert {table: world.count(table) for table in PERSONAL} == before


def test_who_has_no_code_gets_help_and_nothing_is_kept(world):
    stranger = world.phone("Somebody")
    stranger.start()
    stranger.tap("Help")
    assert "call 999" in stranger.last.text
    stranger.write("/help")
    assert "call 999" in stranger.last.text
    assert left(world) == []
    assert world.vault.keystore.participant_ids() == set()


def test_two_phones_race_for_one_code(world):
    (code,) = world.invite()
    people = [world.phone(name) for name in ("Anna", "Bella")]
    at_once(
        *(
            lambda n=n, someone=someone: receive(world.here, started(world, someone, code, n))
            for n, someone in enumerate(people)
        )
    )
    assert [someone.id is not None for someone in people].count(True) == 1
    assert world.count("participant") == 1
    assert world.vault.keystore.participant_ids() == {world.rows("participant")[0].id}


def test_two_starts_at_once_from_one_phone_join_once(world):
    (code,) = world.invite()
    anna = world.phone("Anna")
    at_once(*(lambda n=n: receive(world.here, started(world, anna, code, n)) for n in range(4)))
    assert world.count("participant") == world.count("conversation") == 1
    assert world.vault.keystore.participant_ids() == {anna.id}
    anna.start()
    anna.tap("Next")
    assert anna.last.text.startswith("Are you 18")


def test_no_frees_the_code_and_keeps_nothing(world):
    (code,) = world.invite()
    anna = world.phone("Anna")
    anna.start(code)
    anna.tap("No, thank you", "No, thank you")
    assert anna.last.text.startswith("That’s fine. Nothing about you was kept.")
    assert left(world) == []
    assert world.vault.keystore.participant_ids() == set()
    assert len(anna.phone.messages()) == 1
    world.phone("Bella").join(code)
    assert world.count("participant") == 1


def test_nobody_under_18_is_kept(world):
    anna = world.phone("Anna")
    anna.start(*world.invite())
    anna.tap("Next", "No")
    assert "999" in anna.last.text
    assert left(world) == []


def test_later_keeps_the_place_for_a_week(world):
    (code,) = world.invite()
    anna = world.phone("Anna")
    anna.start(code)
    anna.tap("Next", "Yes", "Later")
    world.wait(days=6)
    anna.start()
    assert anna.row.standing == "joining"
    anna.write("/start")
    world.wait(days=8)
    assert left(world) == []
    assert anna.id is None
    anna.join(code)
    assert anna.row.standing == "active"


def test_a_start_that_is_delivered_again_after_her_no_does_not_spend_the_code(world):
    (code,) = world.invite()
    anna = world.phone("Anna")
    start = started(world, anna, code, update_id=1)
    anna.start(code)
    anna.tap("No, thank you", "No, thank you")
    receive(world.here, start)
    world.rest()
    anna.tap("No, thank you", "No, thank you")
    receive(world.here, start)
    world.rest()
    assert world.vault.keystore.participant_ids() == set()
    world.phone("Bella").join(code)


def test_a_kill_between_key_and_row_does_not_lock_her_out(world):
    """Her key is made first, in the key store; then the process died. The same update comes again."""
    (code,) = world.invite()
    anna = world.phone("Anna")
    world.vault.enrol("ORPHAN", "telegram", BOT_ID, anna.address, world.now)
    anna.join(code)
    assert anna.row.standing == "active"


def test_an_orphaned_key_is_reaped(world):
    anna = world.phone("Anna")
    world.vault.enrol("ORPHAN", "telegram", BOT_ID, anna.address, world.now)
    world.tick()
    assert anna.id == "ORPHAN"
    world.wait(hours=2)
    assert anna.id is None


def test_a_code_is_not_stored_readably(world, database_url):
    codes = world.invite(3)
    other = open_database(database_url)
    with other.reading() as session:
        stored = repr(session.execute(text("SELECT * FROM invitation")).all())
    other.close()
    assert not any(code in stored for code in codes)


def test_consent_is_kept_with_the_words_she_saw(world):
    anna = world.phone("Anna")
    anna.join(*world.invite())
    with world.database.reading() as session:
        rows = session.execute(text("SELECT purpose, version, length(sha256), language FROM consent")).all()
    assert [tuple(row) for row in rows] == [("participation", "1", 64, "en"), ("health_data", "1", 64, "en")]


def test_a_day_is_left_before_the_first_study_day_when_a_window_is_past(world):
    """Day 1 is the first study day that has both windows ahead."""
    world.wait(hours=6)
    anna = world.joined("Anna")
    first = anna.checkins()[0]
    assert (first.study_day, first.local_date) == (1, (world.now + timedelta(days=1)).date())
