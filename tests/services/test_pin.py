"""Her PIN: through the real bot, as somebody who picks her phone up would find it."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from ema.domain.conversation import State
from ema.domain.conversation.events import Handed, Reply
from ema.services import pin, whole
from ema.services.app import Nothing, Saved
from ema.services.signin import Signed
from ema.store import audit, sealed
from tests.services.hers import answered, charts, copies
from tests.services.sliding import SLIDING, give, shown
from tests.services.world import BOT_ID

PEER = Signed(7, "Ana", "peer")
RIGHT, WRONG = "2580", "1111"


@pytest.fixture
def first(anna):
    return anna.checkins()[0]


def set_pin(someone, digits=RIGHT):
    someone.write("/pin")
    someone.tap("Set a PIN", *digits, *digits)
    assert "Your PIN is set." in someone.last.text


def away(someone, **span):
    """Nobody touches the phone for so long."""
    someone.world.wait(**(span or {"minutes": 11}))


def asks(someone):
    return "Please tap your PIN." in someone.last.text


def state_of(someone):
    with someone.world.database.reading() as session:
        key = someone.world.vault.person(someone.id)
        return State.model_validate_json(sealed.load_state(session, key, lock=False).state)


def secrets_of(world):
    with world.database.reading() as session:
        return session.execute(text("SELECT kind, hash_sealed, code_hash FROM secret ORDER BY id")).all()


def test_without_a_pin_nothing_is_asked(world, anna, first):
    world.until(first.due_at)
    anna.answer()
    assert "Thank you." in anna.last.text


def test_a_question_comes_only_after_the_pin_and_a_check_in_asks_once(world, anna, first):
    set_pin(anna)
    world.until(first.due_at)
    anna.tap("Start")
    assert asks(anna)
    assert anna.last.labels == [*"123456789", "⌫", "0", "I do not know it", "Help", "Hide this chat"]
    anna.tap(*RIGHT)
    assert "How do you feel right now?" in anna.last.text
    for _ in range(7):
        away(anna, minutes=3)
        anna.tap("5")
    assert "Thank you." in anna.last.text
    assert world.count("answer", participant_id=anna.id) == 7


def test_nothing_is_typed_and_every_digit_shows_as_a_dot_in_the_one_message(world, anna, first):
    set_pin(anna)
    away(anna)
    anna.write("/start")
    before = len(anna.texts)
    anna.tap("2", "5")
    assert "● ● ○ ○" in anna.last.text
    anna.tap("⌫")
    assert "● ○ ○ ○" in anna.last.text
    assert len(anna.texts) == before
    assert not [message for message in anna.phone.messages() if not message.from_bot]


def test_the_first_screen_says_nothing_of_what_is_behind_it(world, anna):
    set_pin(anna)
    away(anna)
    anna.write("/start")
    assert anna.last.text.split("\n\n") == ["Please tap your PIN.", "○ ○ ○ ○"]


@pytest.mark.parametrize(
    ("command", "then"),
    [
        ("/me", "A picture takes 5 sets"),
        ("/mydata", "You can have a copy of everything"),
        ("/edit", "There is nothing from today"),
        ("/checkin", "How do you feel right now?"),
        ("/times", "Your times now"),
        ("/notes", "A note says"),
        ("/pin", "You have a PIN."),
        ("/start", "Nothing to do now."),
    ],
)
def test_what_is_hers_is_shown_after_the_pin_and_then_at_once(anna, command, then):
    set_pin(anna)
    away(anna)
    anna.write(command)
    assert asks(anna)
    assert then not in anna.last.text
    anna.tap(*RIGHT)
    assert then in anna.last.text


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/help", "In danger now: call 999."),
        ("/places", "There is no list of places here yet."),
        ("/contact", "Would you like someone to get in touch"),
        ("/privacy", "Whoever holds your phone"),
        ("/stop", "It is your choice"),
        ("/pause", "How long would you like a pause?"),
    ],
)
def test_help_and_leaving_never_ask(anna, command, words):
    set_pin(anna)
    away(anna)
    anna.write(command)
    assert words in anna.last.text


def test_stopping_pausing_and_erasing_work_to_their_end_without_the_pin(world, anna):
    set_pin(anna)
    away(anna)
    anna.write("/pause")
    anna.tap("A week")
    assert "Paused until" in anna.last.text
    assert asks(anna)
    anna.write("/stop")
    anna.tap("Stop, and keep what I gave")
    assert anna.row.standing == "stopped"
    anna.tap("A copy of what is kept")
    assert asks(anna), "what was kept is still hers alone"
    anna.write("/stop")
    anna.tap("Stop, and erase everything", "Yes, erase everything")
    assert "Everything about you is erased." in anna.last.text
    assert secrets_of(world) == []


def test_hiding_asks_again_at_once(anna):
    set_pin(anna)
    anna.write("/hide")
    assert anna.texts == []
    anna.write("/me")
    assert asks(anna)


def test_a_question_left_on_the_screen_is_covered_after_ten_minutes_and_not_lost(world, anna, first):
    set_pin(anna)
    world.until(first.due_at)
    anna.tap("Start", *RIGHT, "4", "4")
    away(anna)
    assert asks(anna)
    assert not any("feel" in text for text in anna.texts)
    anna.tap(*RIGHT)
    assert "3 of 7" in anna.last.text


def test_the_cover_waits_for_as_long_as_she_goes_on(world, anna, first):
    set_pin(anna)
    world.until(first.due_at)
    anna.tap("Start", *RIGHT)
    for place in range(2, 6):
        away(anna, minutes=9)
        anna.tap("4")
        assert f"{place} of 7" in anna.last.text
    away(anna, minutes=9)
    assert not asks(anna)
    away(anna, minutes=2)
    assert asks(anna)


def test_an_answer_tapped_on_an_old_message_waits_for_the_pin_and_is_then_taken(world, anna, first):
    set_pin(anna)
    world.until(first.due_at)
    anna.tap("Start", *RIGHT, "4")
    question = anna.last.id
    world.clock.move_to(world.now + timedelta(minutes=11))
    anna.phone.tap(question, "6")
    world.rest()
    assert asks(anna)
    assert world.count("answer", participant_id=anna.id) == 1
    anna.tap(*RIGHT)
    assert world.count("answer", participant_id=anna.id) == 2
    assert "3 of 7" in anna.last.text


def test_what_is_typed_while_it_is_shut_is_no_answer_and_goes(anna):
    set_pin(anna)
    away(anna)
    anna.write("/start")
    anna.write(RIGHT)
    assert "What you typed was deleted." in anna.last.text
    anna.tap("Carry on")
    assert asks(anna)


def test_wrong_ones_slow_down_and_it_is_never_lost(world, anna):
    set_pin(anna)
    away(anna)
    anna.write("/me")
    anna.tap(*WRONG, *WRONG, *WRONG)
    assert "That was not it. Please tap your PIN." in anna.last.text
    for minutes in (1, 5, 15, 60, 60):
        anna.tap(*WRONG)
        assert "You can try again at" in anna.last.text
        assert "1" not in anna.last.labels
        world.clock.move_to(world.now + timedelta(minutes=minutes, seconds=-1))
        anna.tap("Try again")
        assert "You can try again at" in anna.last.text
        world.clock.move_to(world.now + timedelta(seconds=1))
        anna.tap("Try again")
    anna.tap(*RIGHT)
    assert "A picture takes" in anna.last.text
    assert state_of(anna).lock.wrong == 0


def test_another_pin_and_none_ask_the_old_one_first(anna):
    set_pin(anna)
    away(anna, minutes=1)
    anna.write("/pin")
    anna.tap("Another PIN")
    assert asks(anna), "somebody may have found it open"
    anna.tap(*RIGHT, *"1357", *"1357")
    assert "Your PIN is set." in anna.last.text
    away(anna)
    anna.write("/pin")
    anna.tap(*"1357")
    anna.tap("No PIN any more")
    assert asks(anna)
    anna.tap(*"1357")
    assert "There is no PIN any more." in anna.last.text
    away(anna)
    anna.write("/me")
    assert "A picture takes" in anna.last.text


def test_two_different_ones_set_none(world, anna):
    anna.write("/pin")
    anna.tap("Set a PIN", *RIGHT, *WRONG)
    assert "Those were two different ones." in anna.last.text
    assert secrets_of(world) == []
    away(anna)
    anna.write("/me")
    assert not asks(anna)


def test_it_is_kept_as_a_slow_salted_hash_under_her_key_and_in_no_copy(make_world):
    world = make_world(charts("se_state"))
    anna, berta = world.joined("Anna"), world.joined("Berta")
    set_pin(anna)
    set_pin(berta)
    hashes = []
    for someone in (anna, berta):
        key = world.vault.person(someone.id)
        with world.database.reading() as session:
            hashes.append(sealed.secret.pin_of(session, key, "pin"))
    assert all(one.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for one in hashes)
    assert hashes[0] != hashes[1], "salted"
    assert not any(b"argon2" in row.hash_sealed for row in secrets_of(world))
    assert RIGHT not in state_of(anna).model_dump_json()
    made = copies(world, anna)
    assert "argon2" not in made["copy.json"]
    assert "There is a PIN." in made["copy.html"]


def test_her_worker_takes_it_away_and_what_she_gave_before_stays_shut(make_world):
    world = make_world(charts("se_state"))
    anna = world.joined("Anna")
    answered(anna, "5")
    set_pin(anna)
    away(anna)
    anna.write("/me")
    anna.tap(*WRONG)
    pin.reset(world.here, anna.id, PEER)
    world.rest()
    assert "The PIN was taken away." in anna.last.text
    with world.database.reading() as session:
        noted = next(audit.newest(session))
    assert (noted.actor, noted.action, noted.subject) == (PEER.actor, "reset a PIN", f"participant:{anna.id}")
    made = copies(world, anna)
    assert "– 5" not in made["copy.html"]
    assert "is shut and left out" in made["copy.html"]
    assert '"value": 5' not in made["copy.json"]
    anna.write("/edit")
    assert "There is nothing from today" in anna.last.text
    anna.write("/me")
    assert "So far there are: 0." in anna.last.text


def test_a_reset_tells_nobody_whether_there_was_one(world, anna, first):
    before = state_of(anna)
    pin.reset(world.here, anna.id, PEER)
    world.rest()
    assert state_of(anna) == before, "nothing of hers is shut where there was none"
    with world.database.reading() as session:
        assert next(audit.newest(session)).action == "reset a PIN"


def test_a_reset_in_the_middle_of_a_check_in_keeps_what_she_gave_and_shows_none_of_it(world, anna, first):
    set_pin(anna)
    world.until(first.due_at)
    anna.tap("Start", *RIGHT, "4", "4")
    pin.reset(world.here, anna.id, PEER)
    world.rest()
    assert anna.checkins()[0].state == "partial"
    assert world.count("answer", participant_id=anna.id) == 2
    assert not any("You said" in text or "feel" in text for text in anna.texts)
    anna.write("/checkin")
    anna.tap("5")
    assert "2 of" in anna.last.text


def test_the_pages_show_nothing_while_it_is_shut_and_what_was_filled_in_is_taken(world, anna, first):
    set_pin(anna)
    world.until(first.due_at)
    anna.tap("Start", *RIGHT)
    page = whole.page(world.here, BOT_ID, anna.address)
    assert len(page.questions) == 7
    world.clock.move_to(world.now + timedelta(minutes=11))
    assert whole.page(world.here, BOT_ID, anna.address) == Nothing("en", "lock.app")
    replies = {one.item: Reply("answer", "5") for one in page.questions}
    paper = whole.Paper(BOT_ID, anna.address, Handed(first.id, replies))
    assert whole.hand_in(world.here, paper) == Saved("en")
    assert world.count("answer", participant_id=anna.id) == 7


def test_the_slider_shows_nothing_and_takes_nothing_while_it_is_shut(make_world):
    world = make_world(SLIDING)
    anna = world.joined("Anna")
    set_pin(anna)
    world.until(anna.checkins()[0].due_at)
    anna.tap("Start", *RIGHT)
    asked = shown(anna)
    world.clock.move_to(world.now + timedelta(minutes=11))
    assert shown(anna) == Nothing("en", "lock.app")
    assert give(anna, asked, place=50) == Nothing("en", "lock.app")
    assert world.count("answer", participant_id=anna.id) == 0


@pytest.mark.parametrize(
    ("typed", "shown"), [("help", "999"), ("my chart", "Please tap your PIN."), ("check in", "Please tap your PIN.")]
)
def test_plain_words_are_held_to_the_pin_as_commands_are(anna, typed, shown):
    set_pin(anna)
    away(anna)
    anna.write(typed)
    assert shown in anna.last.text
