"""How she would like to be met: said while joining or later, sealed, shown to her worker and to nobody else."""

import json

import pytest
from sqlalchemy import select

from ema.domain.directory import Service
from ema.domain.localised import Localised
from ema.services import engagement
from ema.services.signin import Signed
from ema.store.rows import table_of
from ema.store.tables import Participant
from tests.services.hers import copies
from tests.services.world import SMALL

PEER = Signed(1, "Ana", "peer")
VAN = Service(name="The van", what=Localised({"en": "Tea"}), where=Localised({"en": "By the bridge"}), source="rung")


def seen(world, someone):
    """As her worker sees her."""
    return next(one for one in engagement.everybody(world.here, PEER) if one.participant == someone.id)


def test_right_after_joining_one_button_leads_to_it(world):
    anna = world.phone()
    anna.start(world.invite()[0])
    anna.tap("Next", "Yes", "Yes", "Yes, I want to take part", "Yes", "About 3 pm and 9.30 pm", "London")
    anna.tap("How to reach me", "My pronouns", "they/them")
    assert "Saved" in anna.last.text
    assert "Your pronouns: they/them." in anna.last.text
    assert seen(world, anna).pronouns == "they"


def test_while_joining_she_can_say_how_before_she_has_agreed_to_anything(world):
    anna = world.phone()
    anna.start(world.invite()[0])
    anna.write("/contact")
    assert "If a person gets in touch: by a message." in anna.last.text
    anna.tap("How to reach me", "The way", "By a call", "Carry on", "Next", "Yes")
    anna.write("/contact")
    assert "by a call" in anna.last.text
    anna.tap("Yes, please")
    assert (seen(world, anna).state, seen(world, anna).preference) == ("joining", "call")


@pytest.mark.parametrize(
    ("label", "way", "says"),
    [
        ("By a message", "bot", "If a person gets in touch: by a message."),
        ("By a call", "call", "No number is kept here."),
        ("Not at all", "never", "Nobody gets in touch, unless you ask for it."),
    ],
)
def test_each_way_is_hers_to_choose_and_her_worker_sees_it(world, anna, label, way, says):
    anna.write("/contact")
    anna.tap("How to reach me", "The way", label)
    assert says in anna.last.text
    assert seen(world, anna).preference == way


def test_who_wants_nobody_is_not_on_the_list_to_check_on_unless_she_asks(world, anna):
    anna.write("/contact")
    anna.tap("How to reach me", "The way", "Not at all")
    world.wait(days=5)
    assert seen(world, anna).state == "silent"
    assert not seen(world, anna).check_on
    anna.write("/contact")
    anna.tap("Yes, please")
    assert seen(world, anna).check_on


def test_a_place_is_one_of_the_studys_or_typed_or_left_open(make_world):
    world = make_world(SMALL.model_copy(update={"directory": (VAN,)}))
    anna = world.joined()
    anna.write("/contact")
    anna.tap("How to reach me", "The way", "Through a place", "The van")
    assert "then through this place: The van." in anna.last.text
    assert seen(world, anna).place == "The van"
    anna.tap("The way", "Through a place")
    anna.write("  The café\non the corner ")
    assert seen(world, anna).place == "The café on the corner"
    anna.tap("The way", "Through a place", "I leave it open")
    assert "If a person gets in touch: through a place." in anna.last.text
    anna.tap("The way", "By a call")
    assert seen(world, anna).place == ""


@pytest.mark.parametrize(
    ("label", "worker"),
    [("a woman", "woman"), ("a man", "man"), ("a trans person", "trans"), ("a non-binary person", "nonbinary")],
)
def test_who_should_get_in_touch_needs_no_reason(world, anna, label, worker):
    anna.write("/contact")
    anna.tap("How to reach me", "Who gets in touch")
    assert "No reason is needed." in anna.last.text
    anna.tap(label)
    assert f"Who gets in touch: {label}." in anna.last.text
    assert seen(world, anna).worker == worker
    anna.tap("Who gets in touch", "It can be anyone")
    assert seen(world, anna).worker == ""


def test_pronouns_are_hers_to_type_in_few_letters_and_to_take_back(world, anna):
    anna.write("/contact")
    anna.tap("How to reach me", "My pronouns")
    anna.write("x" * 31)
    assert "at most 30" in anna.last.text
    anna.write("ze/zir")
    assert "Your pronouns: ze/zir." in anna.last.text
    assert seen(world, anna).pronouns == "ze/zir"
    assert not any(message.text == "ze/zir" for message in anna.phone.messages()), (
        "what she typed is gone from the chat"
    )
    anna.tap("My pronouns", "I would rather not say")
    assert seen(world, anna).pronouns == ""


def test_it_is_sealed_in_her_copy_and_gone_with_her(world, anna):
    anna.write("/contact")
    anna.tap("How to reach me", "My pronouns", "she/her", "Who gets in touch", "a woman")
    with world.database.reading() as session:
        row = session.execute(select(table_of(Participant))).one()
    assert row.wishes_sealed is not None
    assert b"she" not in row.wishes_sealed
    files = copies(world, anna)
    (held,) = json.loads(files["copy.json"])["held"]["participant"]
    assert held["wishes"] == {"pronouns": "she", "worker": "woman", "place": ""}
    assert "Your pronouns: she/her." in files["copy.html"]
    assert "Who gets in touch: a woman." in files["copy.html"]
