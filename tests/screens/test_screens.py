"""Every screen of the dialogue can be reached, and the page of pictures shows it with the words of today."""

from contextlib import ExitStack

import pytest

from ema.domain.conversation import PLACES
from tests.screens.opened import open_world
from tests.screens.page import FOLDER, LANGUAGES, PAGE, picture, walk, written

ANEW = "the pictures are made anew by `make screens`"
MEGABYTES = 3
NOT_STORED = {"join.left", "join.young"}
"""What is shown when nothing is kept any more."""


@pytest.fixture(scope="module")
def walks(tmp_path_factory, _sqlite_template):
    """What stands on every screen, by language; walked once for all tests here."""

    def make_world(protocol):
        return open_world(
            closing, _sqlite_template, tmp_path_factory.mktemp("world"), protocol, "https://notes.example"
        )

    with pytest.MonkeyPatch.context() as patch, ExitStack() as closing:
        patch.setenv("PTB_TIMEDELTA", "1")
        yield [(language, walk(make_world, language)) for language in LANGUAGES]


def test_the_tour_stands_at_every_place_of_the_dialogue(walks):
    for language, walked in walks:
        assert {seen.place for seen in walked} >= set(PLACES), language
        for seen in walked:
            if seen.place in PLACES.keys() - NOT_STORED and seen.stored is not None:
                assert seen.stored == seen.place, (language, seen.name)


def test_no_two_screens_of_the_tour_have_one_name(walks):
    for _, walked in walks:
        assert len({seen.name for seen in walked}) == len(walked)


def test_the_page_shows_them_with_the_words_of_today(walks):
    assert written(walks) == PAGE.read_text(encoding="utf-8"), ANEW


def test_there_is_a_picture_of_each_and_no_other(walks):
    wanted = {picture(language, seen.name) for language, walked in walks for seen in walked}
    assert set((FOLDER / "screens").rglob("*.png")) == wanted, ANEW


def test_all_pictures_together_are_small():
    sizes = [each.stat().st_size for each in (FOLDER / "screens").rglob("*.png")]
    assert sum(sizes) < MEGABYTES * 1_000_000
    assert max(sizes) < 60_000
