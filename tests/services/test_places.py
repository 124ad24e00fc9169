"""Places to go: for everybody, with or without a study; what is open comes first."""

from datetime import date

import pytest

from ema.domain.directory import FastTrack, OpenHours, Service
from ema.domain.localised import Localised
from tests.services.world import variant

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


def service(name, start=None, end=None, **about):
    hours = () if start is None else (OpenHours(days=EVERY_DAY, start=start, end=end),)
    words = {
        "what": Localised({"en": "tea and a talk", "es": "té y charla"}),
        "where": Localised({"en": "by the station", "es": "junto a la estación"}),
        "source": "its own page",
    }
    return Service(name=name, hours=hours, **words | about)


SERVICES = (
    service("Away", "02:00", "03:00"),
    service("Lantern", "00:00", "23:59", walk_in=True, women_only=True, contact="0700 000"),
    service("Orchard", trans_inclusive=True, public=True),
    *(service(f"Number {n}", "04:00", "05:00") for n in range(1, 4)),
)


@pytest.fixture
def world(make_world):
    return make_world(protocol=variant().model_copy(update={"directory": SERVICES}))


def test_what_is_open_comes_first_and_says_until_when(world, anna):
    anna.write("/places")
    first, *entries = anna.last.text.split("\n\n")
    assert first == "Places to go and people to turn to. What is open comes first."
    assert [entry.partition(":")[0] for entry in entries] == ["Lantern", "Away", "Number 1", "Number 2", "Number 3"]
    lantern = entries[0].split("\n")
    assert lantern[:3] == ["Lantern: tea and a talk", "by the station", "Reach them: 0700 000"]
    assert lantern[3].startswith("Open now, until ")
    assert lantern[4:] == ["For women only.", "You can just walk in.", "Not checked lately: it may have changed."]
    assert "Opens " in entries[1]


def test_more_of_them_and_back_to_what_she_was_doing(world, anna):
    anna.write("/help")
    anna.tap("Places to go")
    anna.tap("More places")
    assert "Orchard" in anna.last.text
    assert "We do not know when it is open. Ask before you go." in anna.last.text
    assert "Trans people are welcome." in anna.last.text
    assert "More places" not in anna.last.labels
    anna.write("/places")
    assert "Lantern" in anna.last.text
    anna.tap("Carry on")
    assert "Pause" in anna.last.labels


def test_who_has_not_joined_sees_only_names_that_tell_nothing(world):
    stranger = world.phone("Somebody")
    stranger.start()
    stranger.write("/places")
    assert "Orchard" in stranger.last.text
    assert "Lantern" not in stranger.last.text
    assert world.vault.keystore.participant_ids() == set()


def test_who_has_not_joined_sees_more_of_them_too(make_world):
    public = tuple(service(f"House {n}", public=True) for n in range(1, 8))
    world = make_world(protocol=variant().model_copy(update={"directory": public}))
    stranger = world.phone("Somebody")
    stranger.start()
    stranger.write("/places")
    assert stranger.last.text.count("House") == 5
    stranger.tap("More places")
    assert ("House 6" in stranger.last.text, "House 1" in stranger.last.text) == (True, False)
    assert world.vault.keystore.participant_ids() == set()


def test_a_study_without_a_list_says_so(make_world):
    anna = make_world().joined("Anna")
    anna.write("/places")
    assert anna.last.text == "There is no list of places here yet."


FAST = FastTrack(
    words=Localised({"en": "ask for Sam", "es": "pregunta por Sam"}), code="BLUE 7", until=date(2026, 3, 20)
)


def test_who_has_joined_is_shown_the_quicker_way_in_until_it_is_over(make_world):
    clinic = service("Clinic", "00:00", "23:59", public=True, fast_track=FAST)
    world = make_world(protocol=variant().model_copy(update={"directory": (clinic,)}))
    anna = world.joined()
    anna.write("/places")
    assert "A quicker way in for you: ask for Sam\nYour code there: BLUE 7" in anna.last.text
    anna.write("/stop")
    anna.tap("Stop, and keep what I gave")
    anna.write("/places")
    assert "BLUE 7" in anna.last.text
    world.clock.move_to(world.now.replace(day=21))
    anna.write("/places")
    assert "Clinic" in anna.last.text
    assert "quicker" not in anna.last.text


def test_who_has_not_joined_is_shown_the_place_without_it(make_world):
    clinic = service("Clinic", public=True, fast_track=FAST)
    world = make_world(protocol=variant().model_copy(update={"directory": (clinic,)}))
    stranger, joining = world.phone("Somebody"), world.phone("Eve")
    stranger.start()
    stranger.write("/places")
    joining.start(world.invite()[0])
    joining.write("/places")
    for someone in (stranger, joining):
        assert "Clinic" in someone.last.text
        assert "BLUE" not in someone.last.text
