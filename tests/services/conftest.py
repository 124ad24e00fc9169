"""A world on each database; at its end aiogram's models must have had nothing to object to."""

import pytest

from tests.services.world import SMALL, World


@pytest.fixture(autouse=True)
def _timedelta_opt_in(monkeypatch):
    """python-telegram-bot warns about RetryAfter otherwise, and warnings are errors here."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest.fixture
def make_world(database, vault, clock, tmp_path):
    made = []

    def make(protocol=SMALL, **options):
        made.append(World(database, vault, clock, tmp_path, protocol, **options))
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.fixture
def world(make_world):
    return make_world()


@pytest.fixture
def anna(world):
    """She joined on a Monday at noon; her first notes come on the same day, after 15:00 and 21:30."""
    return world.joined("Anna")
