"""How notes look and when what is done leaves the chat: through the real bot, as somebody who holds the phone sees it."""

from datetime import timedelta

import pytest

from ema.store import participants, seal_check, sealed
from tests.domain.conversation.sets import with_checkin
from tests.services.world import SMALL, variant


@pytest.fixture
def first(anna):
    return anna.checkins()[0]


def choose(someone, *labels):
    someone.write("/notes")
    someone.tap(*labels)


def named(someone, word, *labels):
    choose(someone, "A word of my own")
    someone.write(word)
    someone.tap(*labels)


def came(world, someone, since):
    """Text and silence of what came to her phone as a message of its own after that moment."""
    calls = [call for call in world.sent(chat_id=someone.phone.id) if call.at > since]
    return [(call.params["text"], bool(call.params.get("disable_notification"))) for call in calls]


def test_nothing_changes_for_who_chooses_nothing(world, anna, first):
    anna.write("/notes")
    assert "A note says: You have a note." in anna.last.text
    asked = world.now
    world.until(first.due_at)
    assert came(world, anna, asked) == [("You have a note.", False)]
    assert anna.row.standing == "active"


def test_she_chooses_other_words_from_the_study_s_list(world, anna, first):
    choose(anna, "Other words")
    assert anna.last.labels == ["You have a note.", "Hello.", "Have a look when you can.", "A small reminder.", "Back"]
    anna.tap("Hello.")
    assert "A note says: Hello." in anna.last.text
    asked = world.now
    world.until(first.expires_at)
    assert came(world, anna, asked) == [("Hello.", False), ("Hello.", True)], "the note, and its silent reminder"
    choose(anna, "Other words", "You have a note.")
    assert "A note says: You have a note." in anna.last.text


def test_a_word_of_hers_stands_before_the_words_or_instead_of_them(world, anna, first):
    named(anna, "Maple")
    assert "A note says: Maple: You have a note." in anna.last.text
    assert not [message for message in anna.phone.messages() if not message.from_bot], "what she typed is gone"
    asked = world.now
    world.until(first.due_at)
    assert came(world, anna, asked) == [("Maple: You have a note.", False)]
    choose(anna, "A word of my own", "Instead of the words of a note")
    assert came(world, anna, asked)[-1] == ("Maple: You have a note.", True), "what a glance sees of an answer to her"
    second = anna.checkins()[1]
    asked = world.now
    world.until(second.due_at)
    assert came(world, anna, asked)[-1] == ("Maple", False)
    choose(anna, "A word of my own", "Without that word")
    assert "A note says: You have a note." in anna.last.text


def test_other_words_bring_the_words_back_behind_hers(anna):
    named(anna, "Maple")
    anna.tap("A word of my own", "Instead of the words of a note")
    anna.tap("Other words", "Hello.")
    assert "A note says: Maple: Hello." in anna.last.text


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("t.me/somewhere", "No signs and no links."),
        ("https://example.test", "No signs and no links."),
        ("@somebody", "No signs and no links."),
        ("07700900123", "No signs and no links."),
        ("Tel 07700900123", "No signs and no links."),
        ("🙂", "No signs and no links."),
        ("a word that is longer than that", "at most 20 characters"),
        ("Mood", "That word tells what this is about."),
    ],
)
def test_a_word_that_links_or_tells_is_asked_for_again(anna, word, answer):
    named(anna, word)
    assert answer in anna.last.text
    anna.write("Łucja 7")
    assert "A note says: Łucja 7: You have a note." in anna.last.text


def test_all_that_comes_by_itself_carries_her_words(make_world):
    soon = SMALL.silence.model_copy(
        update={"note_after_missed": 2, "offer_after_days": 2, "quiet_after_days": 3, "hello_every_days": 1}
    )
    world = make_world(SMALL.model_copy(update={"silence": soon}))
    anna = world.joined("Anna")
    named(anna, "Maple")
    asked = world.now
    world.wait(days=6)
    assert {text for text, _ in came(world, anna, asked)} == {"Maple: You have a note."}
    assert all(anna.words(name) for name in ("missed_some", "other_times", "hello"))


def test_without_a_sound_nothing_makes_one(world, anna, first):
    choose(anna, "Without a sound")
    assert "It comes without a sound." in anna.last.text
    asked = world.now
    world.wait(days=1)
    assert {silent for _, silent in came(world, anna, asked)} == {True}
    choose(anna, "With a sound")
    asked = world.now
    world.wait(days=1)
    assert False in {silent for _, silent in came(world, anna, asked)}


def test_a_study_without_other_words_offers_none(make_world):
    anna = make_world(SMALL.model_copy(update={"other_notes": {}})).joined("Anna")
    anna.write("/notes")
    assert "Other words" not in anna.last.labels


def test_words_that_the_study_offers_no_more_give_way_to_its_own(world, anna, first):
    choose(anna, "Other words", "Hello.")
    with world.database.transaction() as session:
        key = world.vault.person(anna.id)
        hers = sealed.discretion_of(participants.get(session, anna.id), key)
        sealed.set_discretion(session, key, hers.model_copy(update={"note": "gone"}))
    asked = world.now
    world.until(first.due_at)
    assert came(world, anna, asked) == [("You have a note.", False)]


def test_it_is_offered_at_joining(world):
    anna = world.phone("Anna")
    anna.join(world.invite()[0], practice="How notes look")
    assert "A note says: You have a note." in anna.last.text
    anna.tap("Carry on")
    assert "Check in now" in anna.last.labels


def test_what_she_chose_is_stored_under_her_key_alone(world, anna):
    named(anna, "Maple")
    assert b"Maple" not in anna.row.discreet_sealed
    with world.database.reading() as session:
        assert list(seal_check.unreadable(session, world.vault)) == []
    with world.database.transaction() as session:
        participants.change(session, anna.id, discreet_sealed=anna.row.address_sealed)
    with world.database.reading() as session:
        assert len(list(seal_check.unreadable(session, world.vault))) == 1


# --- when what is done leaves the chat


def shown(someone):
    return [message.text for message in someone.phone.messages()]


def test_at_once_the_last_answer_clears_the_chat_and_thanks_over_it(world, anna, first):
    choose(anna, "When it leaves this chat", "At once")
    assert "What is done goes from this chat at once." in anna.last.text
    world.until(first.due_at + timedelta(hours=2))
    assert len(anna.notes()) == 2
    anna.answer()
    assert anna.checkins()[0].state == "completed"
    assert shown(anna) == []
    assert world.sent("answerCallbackQuery")[-1].params["text"] == "Thank you. That’s all for now."
    anna.write("/start")
    assert "Nothing to do now." in anna.last.text


def test_at_once_a_skip_clears_the_chat_too(world, anna, first):
    choose(anna, "When it leaves this chat", "At once")
    world.until(first.due_at)
    anna.tap("Skip")
    assert anna.checkins()[0].state == "declined"
    assert shown(anna) == []
    assert world.sent("answerCallbackQuery")[-1].params["text"] == "That’s fine. Thank you for saying so."


def test_at_once_what_closes_unanswered_goes_too(world, anna, first):
    choose(anna, "When it leaves this chat", "At once")
    world.until(first.due_at)
    anna.tap("Start", "5")
    world.until(first.expires_at + timedelta(minutes=31))
    assert anna.checkins()[0].state == "partial"
    assert shown(anna) == []


def test_after_an_hour_it_goes_by_itself(world, anna, first):
    choose(anna, "When it leaves this chat", "After 1 hour")
    assert "after 1 hour" in anna.last.text
    world.until(first.due_at)
    anna.answer()
    ended = world.now
    world.until(ended + timedelta(minutes=59))
    assert shown(anna) == ["Thank you. That’s all for now."]
    world.until(ended + timedelta(hours=1))
    assert shown(anna) == []


def test_after_twelve_hours_it_goes_though_no_other_note_came(world, anna):
    choose(anna, "When it leaves this chat", "After 12 hours")
    second = anna.checkins()[1]
    world.until(second.due_at)
    anna.answer()
    ended = world.now
    world.until(ended + timedelta(hours=11, minutes=59))
    assert shown(anna) == ["Thank you. That’s all for now."]
    world.until(ended + timedelta(hours=12))
    assert shown(anna) == []


def test_what_she_goes_on_with_in_that_message_does_not_go_under_her_hand(world, anna, first):
    choose(anna, "When it leaves this chat", "After 1 hour")
    world.until(first.due_at)
    anna.answer()
    world.wait(minutes=55)
    anna.tap("Menu")
    world.wait(minutes=9)
    assert "Nothing to do now." in anna.last.text
    anna.tap("Check in now", "5")
    world.wait(hours=2)
    assert "2 of 7" in anna.last.text, "a question stays"
    anna.tap(*["5"] * 6)
    world.wait(minutes=59)
    assert shown(anna) == ["Thank you. That’s all for now."]
    world.wait(minutes=1)
    assert shown(anna) == []


def test_when_she_takes_it_back_nothing_goes_early(world, anna, first):
    choose(anna, "When it leaves this chat", "After 1 hour")
    world.until(first.due_at)
    anna.answer()
    anna.tap("Menu", "How notes look", "When it leaves this chat", "When the next one comes")
    world.wait(hours=3)
    assert "after two days at the latest" in anna.last.text


def test_always_before_telegram_s_48_hours(world, anna, first):
    """Whatever she chose: a message that she keeps tapping goes, too."""
    choose(anna, "When it leaves this chat", "After 12 hours")
    world.until(first.due_at)
    anna.answer()
    message = anna.last.id
    for _ in range(9):
        world.wait(hours=5)
        if any(one.id == message for one in anna.phone.messages()):
            anna.tap(*(["Menu"] if "Menu" in anna.last.labels else ["My times", "Carry on"]))
    assert all(one.id != message for one in anna.phone.messages())


def test_questions_of_one_that_closed_do_not_stay_in_the_chat(world, anna):
    """Begun by a command, so that no note of its own stands in the chat."""
    anna.write("/checkin")
    anna.tap("5")
    assert "2 of 7" in anna.last.text
    world.wait(hours=4, minutes=31)
    assert not any("2 of 7" in text for text in shown(anna))


LEADING = """
- {id: still_ok, type: choice, text: "Still OK?", options: [{value: fine, label: Fine}, {value: ask, label: Ask someone, then: contact}]}
"""


def test_what_she_is_asked_afterwards_stays_for_ten_minutes(make_world):
    world = make_world(with_checkin(SMALL, LEADING))
    anna = world.joined("Anna")
    choose(anna, "When it leaves this chat", "At once")
    first = anna.checkins()[0]
    world.until(first.due_at)
    anna.tap("Start", "Ask someone")
    assert "Would you like someone to get in touch with you?" in anna.last.text
    world.wait(minutes=9)
    anna.tap("Yes, please")
    world.wait(minutes=9)
    assert "It is noted." in anna.last.text, "after a tap it stays for ten minutes more"
    world.wait(minutes=1)
    assert shown(anna) == []


def test_at_once_leaves_what_is_offered_to_the_menu(make_world):
    world = make_world(variant())
    anna = world.joined("Anna")
    choose(anna, "When it leaves this chat", "At once")
    first = anna.checkins()[0]
    world.until(first.due_at)
    anna.answer()
    assert shown(anna) == []
    anna.write("/start")
    assert "One more set is open if you like." in anna.last.text
