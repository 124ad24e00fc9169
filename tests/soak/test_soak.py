"""A dozen kills of the real processes, at named points and at random moments; `make soak` has hundreds."""

import os

import pytest

from tests.soak.places import PostgresPlace, SqlitePlace, programs
from tests.soak.soak import Soak, Starter
from tests.soak.verdict import breaches, figures


@pytest.fixture(scope="module")
def starter():
    with pytest.MonkeyPatch.context() as patch:
        if "EMA_TEST_POSTGRES_URL" not in os.environ:
            patch.setenv("PATH", f"{programs()}{os.pathsep}{os.environ['PATH']}")
        with Starter() as started:
            yield started


@pytest.fixture(params=["sqlite", "postgres"])
def place(request, tmp_path):
    if request.param == "sqlite":
        made = SqlitePlace(tmp_path)
    else:
        made = PostgresPlace(request.getfixturevalue("_postgres_server").url.render_as_string(hide_password=False))
    yield made
    made.close()


@pytest.fixture
def soak(place, tmp_path, starter):
    made = Soak(place, tmp_path, starter, seed=place.roles[0], people=3)
    yield made
    made.close()


def test_killed_again_and_again_it_keeps_its_promises(soak):
    soak.run(6)
    assert breaches(soak) == [], figures(soak)
    assert soak.kills.total() >= 6
    assert figures(soak)["answers acknowledged"] > 0
