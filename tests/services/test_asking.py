"""Every kind of question through the real bot: what is stored, what became of each item, what earlier answers do."""

import pytest

from ema.store import sealed
from tests.domain.conversation.sets import with_checkin
from tests.services.world import SMALL

SLEEP = """
- {id: slept, type: yes_no, text: "Did you sleep?"}
- {id: hours, type: number, min: 0, max: 24, decimals: 1, text: "How many hours?"}
- {id: with_whom, type: multiple, text: "Who is with you?", options: [{value: friend, label: Friend}, {value: family, label: Family}]}
- {id: calm, type: vas, text: "How calm?", low: not at all, high: very}
- {id: short, type: computed, expression: "hours < 5", text: Slept less than five hours}
"""
PAGES = """[{id: all, items: [slept, {item: hours, show_if: "slept == 'yes'"}, with_whom, calm, short]}]"""
CALM = "[{name: calm_state, label: Calm, method: mean, items: [calm], direction: calmer, range: [0, 100]}]"


def sheet(world, someone):
    with world.database.reading() as session:
        (found,) = sealed.sheets(session, world.vault, world.study, participant_ids=[someone.id])
    return found


def outcomes(world, someone):
    return [course.outcomes for course in sheet(world, someone).courses.values()]


@pytest.fixture
def protocol():
    return with_checkin(SMALL, SLEEP, pages=PAGES, scores=CALM)


@pytest.fixture
def world(make_world, protocol):
    return make_world(protocol)


def test_typed_ticked_and_worked_out_answers_are_stored(world):
    anna = world.joined()
    world.until(anna.checkins()[0].due_at)
    anna.tap("Start", "Yes")
    anna.write("4,5")
    anna.tap("Friend", "✓ Friend", "Family", "Done", "7")
    found = sheet(world, anna)
    newest = {answer.item: answer.value for answer in found.answers}
    assert newest == {"slept": "yes", "hours": 4.5, "with_whom": ("family",), "calm": "7/10", "short": 1}
    assert [answer.revision for answer in found.answers if answer.item == "with_whom"] == [1, 2, 3]
    (score,) = found.scores
    assert (score.name, score.value, score.mode) == ("calm_state", 70.0, "row")
    assert anna.checkins()[0].state == "completed"


def test_what_she_types_is_deleted_and_no_new_message_comes(world):
    anna = world.joined()
    world.until(anna.checkins()[0].due_at)
    anna.tap("Start", "Yes")
    sent = len(world.sent())
    anna.write("a lot")
    assert "I could not read that" in anna.last.text
    anna.write("8")
    assert "Who is with you?" in anna.last.text
    assert len(world.sent()) == sent
    assert all(message.from_bot for message in anna.phone.messages())


def test_what_became_of_every_item_is_stored_when_the_check_in_ends(world):
    anna = world.joined()
    world.until(anna.checkins()[0].due_at)
    anna.tap("Start", "No", "Prefer not to say", "Skip this one")
    (course,) = sheet(world, anna).courses.values()
    assert course.order == ("slept", "hours", "with_whom", "calm", "short")
    assert course.outcomes == {
        "slept": "answered",
        "hours": "not_shown",
        "with_whom": "prefer_not",
        "calm": "skipped",
        "short": "not_reached",  # nothing to work it out from
    }
    assert list(course.shown_at) == ["slept", "with_whom", "calm"]


def test_a_check_in_that_was_left_says_what_was_put_off_and_what_was_not_reached(world):
    anna = world.joined()
    first = anna.checkins()[0]
    world.until(first.due_at)
    anna.tap("Start", "No", "Stop here")
    world.until(anna.checkins()[1].due_at)
    assert anna.checkins()[0].state == "partial"
    assert outcomes(world, anna)[0] == {
        "slept": "answered",
        "hours": "not_shown",
        "with_whom": "not_now",
        "calm": "not_reached",
        "short": "not_reached",
    }


def test_an_answer_that_a_change_makes_needless_is_kept_and_counts_for_nothing(world):
    anna = world.joined()
    world.until(anna.checkins()[0].due_at)
    anna.tap("Start", "Yes")
    anna.write("4")
    anna.tap("Back", "Back", "No", "Friend", "Done", "7")
    found = sheet(world, anna)
    assert outcomes(world, anna)[0]["hours"] == "not_shown"
    assert [answer.item for answer in found.answers if answer.item in {"hours", "short"}] == ["hours"]


def test_the_language_of_every_answer_is_the_one_in_which_it_was_asked(world):
    anna = world.joined()
    world.until(anna.checkins()[0].due_at)
    anna.tap("Start", "No", "Friend")
    assert {answer.language for answer in sheet(world, anna).answers} == {"en"}
    (course,) = sheet(world, anna).courses.values()
    assert course.language == "en"  # of what was shown and got no answer


class TestEarlier:
    @pytest.fixture
    def protocol(self):
        return with_checkin(
            SMALL,
            """
- {id: home, type: choice, text: "Where do you live?", options: [{value: hostel, label: A hostel}, {value: flat, label: A flat}]}
- {id: wb, type: rating, text: "How are you?", low: bad, high: good}
- {id: worse, type: info, text: "Before, it was {answer.last.wb}."}
- {id: evening, type: yes_no, text: "Was today busy?"}
- {id: again, type: yes_no, text: "Still so?"}
""",
            pages="""
- id: all
  items:
    - {item: home, once: true}
    - wb
    - {item: worse, show_if: "wb < last.wb"}
    - {item: evening, show_if: "slot == 'evening'"}
    - {item: again, show_if: "yesterday.wb <= 2 and study_day == 2"}
""",
        )

    def test_conditions_look_at_the_check_in_before_the_slot_the_day_and_facts(self, world):
        anna = world.joined()
        first, second, third, _ = anna.checkins()[:4]
        world.until(first.due_at)
        anna.tap("Start", "A hostel", "6")
        assert anna.last.text.startswith("Thank you.")
        world.until(second.due_at)
        anna.tap("Start")
        assert "Before, you said: A hostel" in anna.last.text
        anna.tap("Still right", "2")
        assert "Before, it was 6." in anna.last.text
        anna.tap("Next")
        assert "Was today busy?" in anna.last.text
        anna.tap("No")
        world.until(third.due_at)
        anna.tap("Start", "Change it", "A flat", "5")
        assert "Still so?" in anna.last.text
        anna.tap("Yes")
        facts = [answer.value for answer in sheet(world, anna).answers if answer.item == "home"]
        assert facts == ["hostel", "hostel", "flat"]


class TestSent:
    @pytest.fixture
    def protocol(self):
        return with_checkin(
            SMALL,
            """
- {id: say, type: voice, text: "How was it?"}
- {id: where, type: location, decimals: 1, text: "Roughly where are you?"}
- {id: look, type: photo, text: "What do you see?"}
""",
        )

    def media(self, world):
        with world.database.reading() as session:
            return {one.item: one for one in sealed.media.of_study(session, world.vault, world.study)}

    def test_a_recording_is_fetched_sealed_and_goes_from_the_chat(self, world):
        anna = world.joined()
        world.until(anna.checkins()[0].due_at)
        anna.tap("Start")
        anna.phone.send_voice(b"OggS" + bytes(100), 3)
        world.rest()
        kept = self.media(world)["say"]
        assert (kept.body, kept.mime) == (b"OggS" + bytes(100), "audio/ogg")
        assert "Roughly where are you?" in anna.last.text
        assert all(message.from_bot for message in anna.phone.messages())

    def test_a_place_is_stored_rounded_only(self, world):
        anna = world.joined()
        world.until(anna.checkins()[0].due_at)
        anna.tap("Start", "Skip this one")
        anna.phone.send_location(51.50341, -0.12762)
        world.rest()
        (answer,) = [one for one in sheet(world, anna).answers if one.item == "where"]
        assert answer.value == "51.5,-0.1"

    def test_a_recording_that_telegram_has_no_longer_is_noted_as_lost(self, world):
        anna = world.joined()
        world.until(anna.checkins()[0].due_at)
        anna.tap("Start")
        message = anna.phone.send_voice(b"OggS" + bytes(100), 3)
        world.run(world.poller.step())
        anna.phone.delete_message(message)
        world.rest()
        assert self.media(world)["say"].body is None
        assert "Roughly where are you?" in anna.last.text

    def test_erasing_takes_recordings_too(self, world):
        anna = world.joined()
        world.until(anna.checkins()[0].due_at)
        anna.tap("Start")
        anna.phone.send_voice(b"OggS" + bytes(100), 3)
        world.rest()
        anna.write("/stop")
        anna.tap("Stop, and erase everything", "Yes, erase everything")
        assert self.media(world) == {}
