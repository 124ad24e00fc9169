"""An instant goes into either database and comes back as the same instant, in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import func, literal, select

from ema.store.instant import Instant, instant, number, written

ZONES = some.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = some.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=ZONES)  # noqa: DTZ001 - the zone is drawn apart


@given(INSTANTS, INSTANTS)
def test_as_a_number_it_is_exact_to_the_microsecond_and_compares_as_time_does(one, other):
    assert instant(number(one)) == one
    assert (number(one) < number(other)) == (one < other)


@given(INSTANTS)
def test_where_the_driver_writes_it_is_what_the_column_would_write(one):
    assert written("sqlite")(one) == number(one)
    assert datetime.fromisoformat(str(written("postgresql")(one))).replace(tzinfo=UTC) == one


def test_each_database_gives_back_what_it_was_given(database):
    at = datetime(2026, 10, 25, 1, 30, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    with database.reading() as session:
        found = session.execute(
            select(literal(at, Instant()), func.max(literal(None, Instant()), type_=Instant()))
        ).one()
    assert found == (at, None)
    assert found[0].tzinfo is UTC


def test_one_without_a_zone_is_refused(database):
    with database.reading() as session, pytest.raises(Exception, match="time zone"):
        session.execute(select(literal(datetime(2026, 1, 1), Instant())))  # noqa: DTZ001
