"""Data that are kept for longer than the study's file says: staff are told until they are gone."""

import re
from datetime import date, timedelta

import pytest

from ema.services import health, study, withdraw
from ema.store import studies
from tests.web import factories
from tests.web.factories import NOW, Someone

LAST = (NOW + timedelta(days=100)).date()


def protocol(version=3, until=LAST):
    bundled = factories.load()
    opening = bundled.opening.model_copy(update={"keep_data_until": until})
    return bundled.model_copy(update={"version": version, "opening": opening})


@pytest.fixture
def made(both):
    """An open study with two people, and a test that counts for nothing."""
    here = both
    study = factories.study(here, protocol())
    with here.database.transaction() as session:
        studies.set_state(session, study.id, "open", here.clock.now())
    for name in ("P-anise", "P-basil"):
        factories.join(here, study, Someone(name, days_in=2, test=False))
    factories.join(here, study, Someone("P-cumin", days_in=2))
    return study


def told(here):
    return [one.summary for one in health.notices(here) if one.kind == "kept"]


def on_page(client):
    return re.findall(r"<dt>To delete</dt><dd>(.*?)</dd>", client.get("/status").text)


def test_the_day_after_staff_are_told_how_many_and_not_a_day_before(both, visit, made):
    client = visit(both, "researcher")
    both.clock.move_to(NOW + timedelta(days=100))
    assert told(both) == on_page(client) == []
    both.clock.move_to(NOW + timedelta(days=101))
    (words,) = told(both)
    assert words.startswith("twice_daily says that data are kept until ")
    assert "and those of 2 people are still here." in words
    assert on_page(client) == [words]
    assert on_page(visit(both, "peer")) == []


def test_it_holds_for_a_closed_study_too_and_ends_with_the_last_who_is_erased(both, made):
    study.close_study(both, made.id)
    both.clock.move_to(NOW + timedelta(days=200))
    assert "those of 2 people" in told(both)[0]
    for name, left in (("P-anise", ["those of 1 person"]), ("P-basil", [])):
        with both.database.transaction() as session:
            withdraw.begin_erasing(session, name)
        withdraw.erase(both, name, why="erased")
        assert [words for words in left if words in told(both)[0]] == left
    assert told(both) == []


def test_a_later_day_counts_for_those_who_have_moved_on(both, made):
    both.clock.move_to(NOW + timedelta(days=150))
    assert len(told(both)) == 1
    study.load(both, protocol(version=4, until=date(2099, 12, 31)))
    assert len(told(both)) == 1, "nobody has agreed to it yet"
    study.move_on(both, made.id)
    assert told(both) == []
