"""kill -9 of real processes at the worst moments, and processes that stand still for too long. No acknowledged answer is lost, nothing is planned twice, and a
message comes at most once more.
"""

from datetime import timedelta

import pytest

pytestmark = pytest.mark.every_database

KILLED = [-9]
STANDS_STILL = [-19]


@pytest.fixture
def due(world, anna):
    """Her first note is due now, and not sent yet."""
    first = anna.checkins()[0]
    world.until(first.due_at - timedelta(minutes=1))
    world.clock.move_to(first.due_at)
    return first


@pytest.fixture
def asked(world, anna, due):
    world.rest()
    anna.tap("Start")
    return due


def test_killed_after_the_claim_before_the_sending(world, anna, due, elsewhere):
    assert elsewhere(world, "send", kill="after the claim, before the sending") == KILLED
    world.rest()
    assert anna.notes() == [], "the dead sender still holds it"
    world.wait(minutes=2)
    assert len(anna.notes()) == 1
    assert anna.prompts(id=due.id)[0].state == "open"


def test_killed_after_the_sending_before_the_record(world, anna, due, elsewhere):
    assert elsewhere(world, "send", kill="after the sending, before the record") == KILLED
    assert len(anna.notes()) == 1
    assert anna.prompts(id=due.id)[0].state == "planned"
    world.wait(minutes=30)
    assert len(anna.notes()) == 2, "one duplicate, not more"
    assert anna.prompts(id=due.id)[0].state == "open"
    first, second = [message for message in anna.phone.messages() if "Start" in message.labels]
    anna.phone.tap(second.id, "Start")
    world.rest()
    anna.tap(*["5"] * 7)
    anna.phone.tap(first.id, "Start")
    world.rest()
    assert world.count("answer") == 7
    assert [prompt.state for prompt in anna.prompts(id=due.id)] == ["completed"]


def test_a_message_of_which_nobody_knows_counts_when_it_is_answered(world, anna, due, elsewhere):
    """Sent, and never recorded; she answers it before the sending is tried again."""
    assert elsewhere(world, "send", kill="after the sending, before the record") == KILLED
    anna.tap("Start")
    world.wait(minutes=2)  # until the dead sender's lease is over, her chat waits
    anna.tap(*["5"] * 7)
    world.wait(minutes=30)
    assert len(anna.notes()) == 1
    assert anna.prompts(id=due.id)[0].state == "completed"


def test_nobody_knows_whether_it_was_sent_and_the_window_closed(world, anna, due, elsewhere):
    assert elsewhere(world, "send", kill="after the sending, before the record") == KILLED
    world.clock.move_to(due.expires_at + timedelta(minutes=1))
    world.start()
    world.rest()
    world.tick()
    (prompt,) = anna.prompts(id=due.id)
    assert (prompt.state, prompt.reason) == ("unknown", "ambiguous send")


def test_killed_after_the_commit_before_the_offset_moves(world, anna, asked, elsewhere):
    anna.press("5")
    assert elsewhere(world, "poll", kill="after the commit, before the offset moves") == KILLED
    assert world.count("answer") == 1
    assert world.sandbox.pending_updates() == 1, "Telegram gives it again"
    world.start()
    world.rest()
    assert world.count("answer") == 1
    assert anna.last.text.startswith("2 of 7")


def test_killed_in_the_middle_of_the_transaction(world, anna, asked, elsewhere):
    anna.press("5")
    assert elsewhere(world, "poll", kill="in the middle of the event's transaction") == KILLED
    assert world.count("answer") == 0
    world.start()
    world.rest()
    assert world.count("answer") == 1
    assert anna.last.text.startswith("2 of 7")


def test_killed_while_joining_between_key_and_row(world, elsewhere):
    (code,) = world.invite()
    anna = world.phone("Anna")
    anna.phone.start(code)
    assert elsewhere(world, "poll", kill="after the key is made, before the row is") == KILLED
    assert anna.id is not None
    world.start()
    world.rest()
    assert anna.row.standing == "joining"
    assert world.vault.keystore.participant_ids() == {anna.id}


@pytest.mark.parametrize("point", ["before the key is destroyed", "after the key is destroyed, before the rows go"])
def test_an_erasure_that_was_interrupted_is_finished(world, anna, elsewhere, point):
    anna.write("/stop")
    anna.tap("Stop, and erase everything")
    anna.press("Yes, erase everything")
    assert elsewhere(world, "poll", kill=point) == KILLED
    world.start()
    world.rest()
    world.tick()
    assert world.vault.keystore.participant_ids() == set()
    for table in ("participant", "prompt", "answer", "outbox", "conversation", "message"):
        assert world.count(table) == 0


# --- planning, expiry, backup


@pytest.mark.parametrize("point", ["in planning, between prompts and notes", "in planning, before the commit"])
def test_planning_that_was_killed_is_done_again_as_a_whole(world, anna, elsewhere, point):
    (enrolment,) = world.rows("enrolment")
    world.clock.move_to(enrolment.plan_next_at)
    before = anna.checkins()
    between = point.endswith("notes")  # on PostgreSQL there is nothing between: it is one statement
    ended = elsewhere(world, "plan", kill=point)
    assert ended == ([0] if between and world.database.dialect == "postgresql" else KILLED)
    if ended == KILLED:
        assert anna.checkins() == before
    assert elsewhere(world, "plan") == [0]
    slots = [prompt.slot_key for prompt in anna.checkins()]
    assert len(slots) == len(set(slots)) == len(before) + 2
    notes = [row.prompt_id for row in world.rows("outbox", kind="note")]
    assert sorted(notes) == sorted(prompt.id for prompt in anna.checkins())


def test_expiry_that_was_killed_closes_each_prompt_once(world, anna, asked, elsewhere):
    anna.tap("5")
    world.clock.move_to(asked.expires_at + timedelta(minutes=31))
    assert elsewhere(world, "expire", kill="in expiry, before the commit") == KILLED
    assert anna.prompts(id=asked.id)[0].state == "open"
    assert elsewhere(world, "expire") == [0]
    closed = anna.prompts(id=asked.id)[0]
    assert (closed.state, closed.reason) == ("partial", "left")
    scores = [row.name for row in world.rows("score", prompt_id=asked.id)]
    assert len(scores) == len(set(scores)) > 0
    assert elsewhere(world, "expire") == [0]
    assert anna.prompts(id=asked.id)[0] == closed


def test_a_backup_that_was_killed_leaves_nothing_that_looks_like_one(world, anna, elsewhere, programs, tmp_path):
    copies = tmp_path / "copies"
    assert elsewhere(world, "backup", kill="in a backup, before it is in its place") == KILLED
    assert not (copies / "ema.backup").exists()
    assert elsewhere(world, "backup") == [0]
    assert sorted(file.name for file in copies.iterdir()) == ["ema.backup", "keys.backup"], "and what it left is gone"


def test_no_key_stays_where_a_backup_was_killed(world, anna, elsewhere, programs, tmp_path):
    copies = tmp_path / "copies"
    assert elsewhere(world, "backup", kill="in a backup, while the keys are copied") == KILLED
    assert not (copies / "keys.backup").exists()
    (copies / "ema.backup").unlink()
    world.vault.destroy(anna.id)
    assert elsewhere(world, "backup") == [0]
    assert sorted(file.name for file in copies.iterdir()) == ["ema.backup", "keys.backup"]


# --- standing still


def test_who_stands_still_past_the_lease_cannot_record_what_another_has_taken(world, anna, due, elsewhere):
    assert elsewhere(world, "send", kill="stands still before the record") == STANDS_STILL
    world.wait(minutes=2)
    assert len(anna.notes()) == 2, "the lease was over, and another sent it again"
    after = world.rows("outbox"), anna.prompts(id=due.id), world.rows("message")
    assert elsewhere(world, "go on") == [0]
    assert (world.rows("outbox"), anna.prompts(id=due.id), world.rows("message")) == after


def test_who_stands_still_while_it_is_answered_opens_nothing_again(world, anna, due, elsewhere):
    assert elsewhere(world, "send", kill="stands still before the record") == STANDS_STILL
    world.wait(minutes=2)
    anna.answer()
    assert elsewhere(world, "go on") == [0]
    world.rest()
    (prompt,) = anna.prompts(id=due.id)
    assert prompt.state == "completed"
    assert world.count("answer", prompt_id=due.id) == 7
