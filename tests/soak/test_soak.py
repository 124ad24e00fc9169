"""A dozen kills of the real processes, at every named point and at random moments; `make soak` has hundreds."""

import pytest

from tests.soak.places import PostgresPlace, SqlitePlace
from tests.soak.soak import Soak
from tests.soak.verdict import breaches, figures


@pytest.fixture(params=["sqlite", "postgres"])
def place(request, tmp_path):
    if request.param == "sqlite":
        made = SqlitePlace(tmp_path)
    else:
        made = PostgresPlace(request.getfixturevalue("_postgres_server").url.render_as_string(hide_password=False))
    yield made
    made.close()


def test_killed_again_and_again_it_keeps_its_promises(place, tmp_path):
    soak = Soak(place, tmp_path, seed=1, people=4)
    try:
        soak.run(12)
        assert breaches(soak) == [], figures(soak)
        assert figures(soak)["answers acknowledged"] > 0
    finally:
        soak.close()
