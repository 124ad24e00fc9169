"""Plain words in the chat, by the real bot: they do what commands do, and never take an answer away."""

import pytest
from telegram import MenuButtonCommands

from ema import bootstrap
from ema.store import sealed
from ema.texts import languages, menu
from ema.texts.plain_words import PLAIN, words_of
from tests.domain.conversation.sets import with_checkin
from tests.services.world import SMALL, variant

OWN_WORDS = """
- {id: say, type: text, text: "What was it like?"}
- {id: what, type: choice, text: "What now?", options: [{value: rest, label: Pause}, {value: out, label: "Go out"}]}
- {id: hours, type: number, min: 0, max: 24, text: "How many hours?"}
"""


def given(world, someone):
    with world.database.reading() as session:
        (sheet,) = sealed.sheets(session, world.vault, world.study, participant_ids=[someone.id])
    return {answer.item: answer.value for answer in sheet.answers}


def same(world, someone, command, typed):
    """What the words bring stands there as if she had sent the command."""
    someone.write(f"/{command}")
    wanted = someone.last.text, someone.last.labels
    someone.write("/start")
    someone.write(typed)
    assert (someone.last.text, someone.last.labels) == wanted, typed
    assert all(message.from_bot for message in someone.phone.messages()), "her words are gone"


@pytest.mark.parametrize(
    "typed",
    ["Help me!", "places", "call me", "not now", "Pause", "my times", "notes", "time zone", "language", "edit",
     "my data", "who sees this?", "stop"],
)  # fmt: skip
def test_a_plain_word_does_what_its_command_does(world, anna, typed):
    command = words_of("en")[typed.casefold().strip("!?").replace("-", " ")]
    same(world, anna, command, typed)


@pytest.mark.parametrize("language", languages())
def test_in_her_language(make_world, language):
    world = make_world(variant(languages=languages()))
    anna = world.phone("Anna", language_code=language)
    anna.start(world.invite()[0])
    words = {command: word for word, command in reversed(words_of(language).items())}
    for command in ("help", "privacy", "contact"):
        same(world, anna, command, words[command].upper())


def test_stop_only_opens_its_choices_and_hide_clears_the_chat(world, anna):
    anna.write("delete everything")
    assert anna.last.labels == [
        "Pause for a while", "Stop, and keep what I gave", "Stop, and erase everything", "Carry on",
    ]  # fmt: skip
    assert anna.row.standing == "active"
    anna.write("hide this")
    assert anna.phone.messages() == []


@pytest.mark.parametrize("typed", ["help me", "Emergency", "I’m scared", "I want to die", "tengo miedo"])
def test_words_of_distress_lead_to_lines_that_anybody_can_call(world, anna, typed):
    stranger = world.phone("Somebody")
    world.wait(hours=4)
    anna.tap("Start", "5")
    for someone in (anna, stranger):
        someone.write(typed)
        assert someone.last.text.startswith("In danger now: call 999.")
    anna.tap("Carry on")
    assert "2 of 7" in anna.last.text


def test_a_stranger_who_types_places_sees_them_and_who_greets_is_told_how_to_get_in(world):
    somebody = world.phone("Somebody")
    somebody.write("places")
    assert somebody.last.text.startswith("There is no list of places here yet.")
    somebody.write("hello")
    assert somebody.last.text.startswith("This is a private chat.")
    assert somebody.id is None


def test_later_and_not_now_put_off_what_waits_and_joining_too(world, anna):
    world.until(anna.checkins()[0].due_at)
    anna.write("not now")
    assert "One note comes in an hour" in anna.last.text
    bella = world.phone("Bella")
    bella.start(world.invite()[0])
    bella.write("Later")
    assert bella.last.text.startswith("That’s fine. This stays here until you are ready.")
    bella.tap("Go on")
    assert bella.last.labels[0] == "Next"


def test_what_may_be_an_answer_is_never_a_command(make_world):
    world = make_world(with_checkin(SMALL, OWN_WORDS))
    anna = world.joined()
    world.until(anna.checkins()[0].due_at)
    anna.tap("Start")
    anna.write("stop")
    assert "What now?" in anna.last.text
    anna.write("pause")
    assert "How many hours?" in anna.last.text
    anna.write("pause")
    assert anna.last.text.startswith("How long would you like a pause?")
    anna.tap("Carry on")
    anna.write("8")
    assert given(world, anna) == {"say": "stop", "what": "rest", "hours": 8}
    assert anna.row.paused_until is None


def test_a_word_of_her_own_for_the_notes_may_be_any_word(world, anna):
    anna.write("/notes")
    anna.tap("A word of my own")
    anna.write("later")
    assert "later: You have a note." in anna.last.text


def test_what_stands_on_a_button_may_be_typed(world, anna):
    world.until(anna.checkins()[0].due_at)
    anna.tap("Start")
    question = anna.last.id
    for _ in range(7):
        anna.write(" 5. ")
    assert anna.checkins()[0].state == "completed"
    assert set(given(world, anna).values()) == {5}
    assert anna.last.id == question, "it all went on in one message"


def test_anything_else_in_the_middle_leaves_the_question_where_it_is(world, anna):
    world.until(anna.checkins()[0].due_at)
    anna.tap("Start", "5")
    question = anna.last
    for typed in ("9", "five or so", "…", "stop thinking about it"):
        anna.write(typed)
        assert (
            anna.last.text
            == f"No person reads this chat. What you sent was deleted. Please use the buttons.\n\n{question.text}"
        )
        assert (anna.last.id, anna.last.labels) == (question.id, question.labels)
    anna.tap(*["5"] * 6)
    assert anna.checkins()[0].state == "completed"


def test_elsewhere_unknown_words_are_answered_with_what_can_be_typed(world, anna):
    anna.write("what is this")
    assert anna.last.text.endswith("You can type what you want, such as: menu, help, later, pause, stop.")
    assert anna.last.labels == ["Ask someone to contact me", "Help", "Carry on"]
    anna.write("menu")
    assert "Nothing to do now." in anna.last.text


def test_every_command_has_words():
    assert set(PLAIN) == {*words_of("en").values()}


def test_the_menu_beside_the_text_box_lists_every_command_in_each_language(world):
    world.run(bootstrap.introduce(world.channel))
    bot = world.channel.bot
    assert isinstance(world.run(bot.get_chat_menu_button()), MenuButtonCommands)
    for language in (None, *languages()):
        shown = world.run(bot.get_my_commands(language_code=language))
        assert [(entry.command, entry.description) for entry in shown] == menu(language or "en")


def test_a_question_whose_message_she_deleted_comes_back_when_she_types(world, anna):
    world.until(anna.checkins()[0].due_at)
    anna.tap("Start", "5")
    anna.phone.delete_chat()
    anna.write("where was I")
    assert "2 of 7" in anna.last.text
    anna.phone.delete_chat()
    anna.write("6")
    assert "3 of 7" in anna.last.text
    anna.phone.delete_chat()
    anna.write("menu")
    assert "3 of 7" in anna.last.text


def test_in_the_middle_of_one_a_word_may_be_about_another_that_waits(world, anna):
    first, second, *_ = anna.checkins()
    world.until(first.due_at)
    anna.tap("Start", "5")
    world.until(second.due_at)
    anna.write("not now")
    assert "One note comes in an hour" in anna.last.text
    anna.write("check in")
    assert "7 short questions" in anna.last.text
    anna.write("check in")
    anna.tap(*["5"] * 7)
    assert [row.state for row in anna.checkins()[:2]] == ["partial", "completed"]
    assert anna.checkins()[1].n_snoozed == 1
