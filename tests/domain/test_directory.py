"""What is open now and what opens next, on the clock where the service is."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ema.domain.directory import VERIFIED_FOR, OpenHours, Opening, Service, by_opening, fresh, opening
from ema.domain.localised import Localised
from ema.domain.localtime import local

LONDON = "Europe/London"
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


def service(name="the van", *hours, **about):
    words = {"what": Localised({"en": "tea"}), "where": Localised({"en": "by the station"}), "source": "its own page"}
    return Service(
        name=name,
        hours=tuple(OpenHours(days=days, start=start, end=end) for days, start, end in hours),
        **words | about,
    )


def at(day, hour, minute=0):
    """In London, in the week that begins on Monday 2 November 2026: its clock is UTC."""
    return datetime(2026, 11, 1 + day, hour, minute, tzinfo=UTC)


NIGHTS = service("nights", ((4, 5), "22:00", "04:00"))
DAYS = service("days", ((1, 2, 3), "09:00", "12:00"), ((1,), "14:00", "17:00"))


@pytest.mark.parametrize(
    ("here", "now", "found"),
    [
        (NIGHTS, at(4, 21, 59), Opening(opens=at(4, 22))),
        (NIGHTS, at(4, 22), Opening(until=at(5, 4))),
        (NIGHTS, at(5, 3, 59), Opening(until=at(5, 4))),
        (NIGHTS, at(5, 4), Opening(opens=at(5, 22))),
        (NIGHTS, at(6, 3), Opening(until=at(6, 4))),
        (NIGHTS, at(6, 5), Opening(opens=at(11, 22))),
        (DAYS, at(1, 12), Opening(opens=at(1, 14))),
        (DAYS, at(3, 12), Opening(opens=at(8, 9))),
        (service("day and night", (EVERY_DAY, "00:00", "00:00")), at(2, 13), Opening(until=at(3, 0))),
        (service("unknown"), at(2, 13), None),
    ],
)
def test_when_it_closes_or_opens(here, now, found):
    assert opening(here, now, LONDON) == found


def test_hours_go_by_the_clock_on_the_nights_when_it_is_changed():
    early = service("early", (EVERY_DAY, "00:30", "02:30"))
    spring = datetime(2026, 3, 29, 0, 45, tzinfo=UTC)  # the clock goes from 1 to 2
    assert opening(early, spring, LONDON).until - spring == timedelta(minutes=45)
    autumn = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)  # 1 o'clock comes twice
    assert opening(early, autumn, LONDON).until - autumn == timedelta(hours=2, minutes=30)


def test_open_ones_come_first_then_what_opens_next_and_unknown_hours_last():
    late = service("late", (EVERY_DAY, "20:00", "23:30"))
    everything = [service("unknown"), DAYS, NIGHTS, late, service("later", (EVERY_DAY, "21:00", "23:59"))]
    entries = by_opening([(here, LONDON) for here in everything], at(4, 22))
    assert [here.name for here, _ in entries] == ["nights", "later", "late", "days", "unknown"]


def test_each_goes_by_the_clock_where_it_is():
    evening = service("evening", (EVERY_DAY, "20:00", "22:00"))
    (first, when), (second, later) = by_opening([(evening, LONDON), (evening, "Europe/Warsaw")], at(1, 19, 30))
    assert (first, second) == (evening, evening)
    assert (when.until, later.opens) == (at(1, 21), at(1, 20))


@settings(max_examples=100)
@given(
    now=st.integers(0, 17 * 365 * 24 * 60).map(
        lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    zone=st.sampled_from([LONDON, "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]),
    days=st.sets(st.sampled_from(EVERY_DAY), min_size=1),
    start=st.times(),
    end=st.times(),
)
def test_it_says_either_until_when_or_from_when_and_both_lie_ahead(now, zone, days, start, end):
    here = service("one", (tuple(days), f"{start:%H:%M}", f"{end:%H:%M}"))
    found = opening(here, now, zone)
    assert (found.until is None) != (found.opens is None)
    ahead = found.until or found.opens
    assert now < ahead <= now + timedelta(days=8)
    if found.opens is not None:
        assert local(ahead, zone).isoweekday() in days


def test_half_a_year_unchecked_is_unverified():
    today = date(2026, 11, 27)
    assert fresh(today - VERIFIED_FOR, today)
    assert not fresh(today - VERIFIED_FOR - timedelta(days=1), today)
    assert not fresh(None, today)
