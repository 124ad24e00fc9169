"""The list of commands beside the text box speaks the language she chose here, whatever her app is set to."""

import pytest

from bot.sandbox.profile import commands_shown
from ema import bootstrap
from ema.services import looking, moving, pin
from ema.services.looking import Deed
from ema.services.receive import receive
from ema.services.signin import Signed
from ema.texts import languages, menu
from tests.services.test_looking import Reader
from tests.services.world import variant


@pytest.fixture
def world(make_world):
    """A study in English and Spanish; the bot has a list in each language that there is."""
    world = make_world(variant(languages=("en", "es")))
    world.run(bootstrap.introduce(world.channel))
    return world


def listed(someone):
    """What her app shows."""
    chat = someone.phone.chat
    shown = commands_shown(chat.bot, chat.person.id, chat.person.language_code)
    return [(entry["command"], entry["description"]) for entry in shown]


def test_who_chooses_nothing_sees_it_in_her_apps_language(world):
    anna = world.phone("Anna", language_code="es")
    anna.start(world.invite()[0])
    world.rest()
    assert listed(anna) == menu("es")
    assert world.count("outbox", kind="menu") == 0


def test_it_follows_the_language_that_she_chooses(world):
    anna, bella = world.joined("Anna"), world.joined("Bella")
    for name, language in (("Español", "es"), ("English", "en")):
        anna.write("/language")
        anna.tap(name)
        world.wait(minutes=1)
        assert listed(anna) == menu(language)
        assert listed(bella) == menu("en"), "nobody else's changes"


def test_it_follows_the_language_that_she_chooses_while_she_joins(world):
    anna = world.phone("Anna", language_code="en")
    anna.start(world.invite()[0])
    anna.write("/language")
    anna.tap("Español")
    world.wait(minutes=1)
    assert listed(anna) == menu("es")


def test_where_the_study_does_not_speak_her_apps_language_the_list_is_in_that_of_the_dialogue(world):
    other = next(language for language in languages() if language not in world.protocol.languages)
    anna = world.phone("Anna", language_code=other)
    assert listed(anna) == menu(other)
    anna.start(world.invite()[0])
    world.rest()
    assert anna.row.language == "en"
    assert listed(anna) == menu("en")


def test_it_goes_with_her_to_a_new_phone(world):
    anna = world.joined("Anna")
    anna.write("/language")
    anna.tap("Español")
    new = world.phone("Somebody", language_code="en")
    new.start()
    new.write(pin.spoken(moving.issue(world.here, anna.id, Signed(7, "Ana", "peer"))))
    world.wait(minutes=1)
    assert listed(new) == menu("es")


def test_a_page_has_a_list_of_its_own_so_that_none_is_sent(world):
    rosa = Reader(world, world.invite()[0], "es")
    receive(world.here, looking.incoming(rosa.address, Deed(rosa.seen.once, typed="/language")))
    rosa.look()
    rosa.tap("English")
    assert world.rows("participant", id=rosa.id)[0].language == "en"
    assert world.count("outbox", kind="menu") == 0
