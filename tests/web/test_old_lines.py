"""A help line or a place that nobody has checked for six months, after the study has opened: staff are told."""

import re
from datetime import date, timedelta

import pytest

from ema.domain.directory import FastTrack, Service
from ema.domain.localised import Localised
from ema.services import health, study
from ema.store import studies
from tests.web import factories
from tests.web.factories import NOW, Someone

TODAY = NOW.date()
WORDS = Localised({"en": "words", "es": "palabras"})


def protocol(version=3, checked=TODAY, place=TODAY, until=None):
    """One help line and one place with a fast track, each last checked on a day."""
    bundled = factories.load()
    lines = (bundled.help_lines[2].model_copy(update={"last_verified": checked}),)
    track = FastTrack(words=WORDS, code="BLUE", until=until)
    van = Service(name="The van", what=WORDS, where=WORDS, fast_track=track, source="rung", last_verified=place)
    return bundled.model_copy(update={"version": version, "help_lines": lines, "directory": (van,)})


def opened(here, **about):
    made = factories.study(here, protocol(**about))
    with here.database.transaction() as session:
        studies.set_state(session, made.id, "open", here.clock.now())
    return made


def told(here):
    """The kinds and words of what staff are to see to."""
    return [one.summary for one in health.notices(here) if one.kind == "old_line"]


def on_page(client):
    return re.findall(r"<dt>To check again</dt><dd>(.*?)</dd>", client.get("/status").text)


def test_half_a_year_after_the_check_staff_are_told_and_not_a_day_before(both, visit):
    opened(both)
    client, admin = visit(both, "researcher"), visit(both, "admin")
    both.clock.move_to(NOW + timedelta(days=183))
    assert told(both) == on_page(client) == []
    both.clock.move_to(NOW + timedelta(days=184))
    line, place = on_page(client)
    assert line.startswith("The help line Samaritans of twice_daily was last checked on 30 March 2026")
    assert place.startswith("The place The van of twice_daily was last checked on 30 March 2026")
    assert sorted(told(both)) == [line, place]
    assert "2 notices stand on the page Health." in client.get("/status").text
    health_page = admin.get("/health").text
    assert "Samaritans" in health_page
    assert "old_line" in health_page


def test_peer_workers_are_not_troubled_with_it(both, visit):
    opened(both)
    both.clock.move_to(NOW + timedelta(days=200))
    assert on_page(visit(both, "peer")) == []


def test_it_ends_when_the_line_was_rung_and_everybody_has_moved_on(both):
    old = opened(both)
    factories.join(both, old, Someone("P-anise", days_in=2))
    both.clock.move_to(NOW + timedelta(days=190))
    today = both.clock.now().date()
    assert len(told(both)) == 2
    study.load(both, protocol(version=4, checked=today, place=today))
    assert len(told(both)) == 2, "she still sees the old ones"
    study.move_on(both, old.id)
    assert told(both) == []


@pytest.mark.parametrize("state", ["piloting", "closed"])
def test_only_of_open_studies(both, state):
    made = opened(both)
    with both.database.transaction() as session:
        studies.set_state(session, made.id, state, NOW)
    both.clock.move_to(NOW + timedelta(days=400))
    assert told(both) == []


def test_a_fast_track_that_is_over_is_told(both):
    opened(both, until=date(2026, 4, 30))
    both.clock.move_to(NOW.replace(month=4, day=30))
    assert told(both) == []
    both.clock.move_to(NOW.replace(month=5, day=1))
    (words,) = told(both)
    assert words.startswith("The fast track of The van in twice_daily was good until 30 April 2026")
