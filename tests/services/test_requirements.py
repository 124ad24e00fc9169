"""What people who work with her ask of a service, driven through the bot: `docs/decisions/requirements.md` names each row."""

from datetime import date

import pytest

from ema.services import study
from ema.store import contacts
from tests.services.world import BUNDLED, SMALL, variant

STATED = {
    "controller": "A university",
    "ethics_reference": "42",
    "contact_person": "Robin",
    "contact_hours": {"*": "Monday to Friday, 10 to 5."},
    "legal_duty": {"*": "if a child is in danger, we must tell."},
    "freeze_date": "2027-01-31",
    "consent_checked_by": {"en": "Sam"},
    "codesign_signed_off_by": "Five people who know",
    "payment": {"words": {"*": "50 pence a set"}},
    "keep_data_until": "2036-12-31",
}


def asked_for(world, someone):
    with world.database.reading() as session:
        return [one.state for one in contacts.of_participant(session, someone.id)]


def test_one_visit_is_enough_to_join_to_ask_for_somebody_and_to_answer(world):
    """At one instant of study time, by taps and her code alone: no name, no number, no address, no waiting."""
    came, eve = world.now, world.phone("Eve")
    eve.start(world.invite()[0])
    eve.write("/contact")
    eve.tap("Yes, please")
    assert asked_for(world, eve) == ["open"]
    eve.tap("Next", "Yes", "Yes", "Yes, I want to take part", "Yes", "About 3 pm and 9.30 pm", "London")
    eve.tap("Try one now", *["5"] * 7)
    assert "Thank you" in eve.last.text
    eve.write("/checkin")
    eve.tap(*["5"] * 7)
    assert "Thank you" in eve.last.text
    assert world.now == came
    assert [prompt.state for prompt in eve.prompts(kind="unscheduled")] == ["completed"]


def test_who_answers_and_when_stands_where_she_asks(make_world):
    opening = {"opening": BUNDLED.opening.model_validate(STATED)}
    anna = make_world(SMALL.model_copy(update=opening)).joined("Anna")
    anna.write("/contact")
    assert "Robin answers. Monday to Friday, 10 to 5." in anna.last.text


def test_a_skipped_question_is_thanked_for_and_never_asked_again(world, anna):
    world.wait(hours=4)
    anna.tap("Start")
    asked = []
    for label in ("Skip this one", "Prefer not to say", *["Skip this one"] * 5):
        asked.append(anna.last.text.split("\n\n")[1])
        anna.tap(label)
    assert len(set(asked)) == 7
    assert anna.last.text.startswith("Thank you.")
    assert anna.checkins()[0].state == "completed"


ANY_MOMENT = ("/privacy", "/help", "/contact", "/places")


def looked_around(someone):
    """What stands there after she asked each of these, and tapped Carry on."""
    for command in ANY_MOMENT:
        before = someone.last.text
        someone.write(command)
        assert someone.last.text != before, command
        someone.tap("Carry on")
        yield someone.last.text


def test_who_sees_what_and_help_are_there_at_any_moment_and_lose_nothing(world):
    eve = world.phone("Eve")
    eve.start(world.invite()[0])
    eve.tap("Next")
    assert set(looked_around(eve)) == {eve.last.text} == {"Are you 18 or over?"}
    eve.tap("Yes", "Yes", "Yes, I want to take part", "Yes", "About 3 pm and 9.30 pm", "London", "Not now")
    world.wait(hours=4)
    eve.tap("Start", "5")
    question = eve.last.text
    assert question.startswith("2 of 7")
    assert set(looked_around(eve)) == {question}
    eve.write("/stop")
    eve.tap("Stop, and keep what I gave")
    left = eve.last.text
    assert left.startswith("You have stopped.")
    assert set(looked_around(eve)) == {left}


def test_no_real_participant_joins_before_all_is_stated_and_every_line_was_rung(make_world):
    world = make_world(variant(opening=BUNDLED.opening.model_validate(STATED), languages=("en",)))
    with pytest.raises(study.NotReadyToOpen) as refused:
        study.open_study(world.here, world.study)
    assert str(refused.value).count("\n") == 1
    assert "help_lines: not verified within 6 months: 999, " in str(refused.value)
    rung = [line.model_copy(update={"last_verified": date(2026, 2, 1)}) for line in BUNDLED.help_lines]
    newer = {"version": world.protocol.version + 1, "help_lines": tuple(rung)}
    checked = world.protocol.model_copy(update=newer)
    study.load(world.here, checked)
    study.open_study(world.here, world.study)
    eve = world.joined("Eve")
    (enrolment,) = world.rows("enrolment", participant_id=eve.id)
    assert not enrolment.test
