"""She travels, and changes her hours: every slot is planned once, none is lost, and none comes at a wrong hour."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from ema.domain.localtime import local, study_day_at
from ema.domain.planning import plan
from ema.domain.protocol import Protocol
from ema.domain.schedules.base import Preferences, Slot, Window
from tests.domain.designs import blocks, design
from tests.domain.zones import ZONES, closed_hours, preferences, zone_and_date

HORIZON = timedelta(hours=48)
DAYS = 8
TWICE = {"id": "beep", "kind": "random_window", "windows": ["afternoon", "evening"], "last_day": DAYS}


@dataclass
class Life:
    """One participant's rows, as services keep them: planned ahead within the horizon, and anew after a change."""

    study: Protocol
    first_date: date
    hers: Preferences
    now: datetime
    seed: str = "x"
    through: int = 0
    rows: dict[str, Slot] = field(default_factory=dict)
    sent: dict[str, Preferences] = field(default_factory=dict)
    """What went out, with her hours at that moment."""

    def last_note(self, before_day: int) -> datetime | None:
        """When the last note before this study day was due."""
        dues = [slot.due_at for slot in self.rows.values() if slot.study_day < before_day and not slot.barred]
        return max(dues, default=None)

    def extend(self) -> None:
        through = min(study_day_at(self.now + HORIZON, self.first_date, self.hers), DAYS)
        days = range(self.through + 1, through + 1)
        for slot in plan(self.study, self.seed, self.first_date, self.hers, days, previous=self.last_note(days.start)):
            assert slot.slot_key not in self.rows, "a study day is planned once"
            self.rows[slot.slot_key] = slot
        self.through = max(self.through, through)

    def live_until(self, now: datetime) -> None:
        while self.now < now:
            self.now = min(self.now + timedelta(hours=6), now)
            self.extend()
            for key, slot in self.rows.items():
                if key not in self.sent and not slot.barred and slot.due_at <= self.now:
                    self.sent[key] = self.hers

    def change(self, hers: Preferences) -> None:
        """From the first study day that has something left to send, all days are planned anew."""
        self.hers = hers
        unsent = [slot.study_day for key, slot in self.rows.items() if key not in self.sent and not slot.barred]
        days = range(min(unsent, default=self.through + 1), self.through + 1)
        kept = {("beep", key): self.rows[key].due_at for key in self.sent}
        slots = plan(
            self.study,
            self.seed,
            self.first_date,
            hers,
            days,
            previous=self.last_note(days.start),
            kept={key: due for key, due in kept.items() if self.rows[key[1]].study_day in days},
            not_before=self.now,
        )
        for slot in slots:
            assert slot.slot_key in self.rows, "nothing new by a change"
            assert slot.slot_key not in self.sent, "what was sent stays"
            if not self.rows[slot.slot_key].barred:
                self.rows[slot.slot_key] = slot
        self.extend()


def inside(slot: Slot, hers: Preferences) -> bool:
    """Whether her clock shows a time of the slot's window; after a gap, a time up to an hour behind it will do."""
    window = hers.windows_on(slot.local_date)[slot.slot]
    shown = local(slot.due_at, hers.timezone)
    minutes = shown.hour * 60 + shown.minute - window.start.hour * 60 - window.start.minute
    return (
        minutes % 1440 < window.minutes
        or shown.utcoffset() != local(slot.due_at - timedelta(hours=26), hers.timezone).utcoffset()
    )


@settings(max_examples=60)
@given(
    zone_and_date(),
    st.lists(st.tuples(st.integers(0, DAYS * 24), st.sampled_from(ZONES), st.booleans()), max_size=6),
    st.integers(0, 300),
    st.data(),
)
def test_any_moves_neither_repeat_nor_skip_a_study_day(place, moves, gap, data):
    """London to Bangkok, Auckland to Honolulu and back within the day, with other hours on the way."""
    zone, first_date = place
    hers = data.draw(preferences(zone))
    study = design(
        TWICE, windows={"afternoon": "15:00-15:30", "evening": "21:30-22:00"}, days=DAYS, minimum_gap_minutes=gap
    )
    begin = datetime.combine(first_date, time(0), UTC) - timedelta(hours=20)
    life = Life(study, first_date, hers, begin)
    life.extend()
    for after, there, other_hours in sorted(moves, key=lambda move: move[0]):
        life.live_until(begin + timedelta(hours=after))
        hers = data.draw(preferences(there)) if other_hours else life.hers
        life.change(Preferences(there, hers.day_starts, hers.windows, never_before=hers.never_before, quiet=hers.quiet))
    life.live_until(begin + timedelta(days=DAYS + 4))
    assert sorted(life.rows) == sorted(f"{day}.{index}" for day in range(1, DAYS + 1) for index in (1, 2))
    for key, slot in life.rows.items():
        assert (key in life.sent) != bool(slot.barred), "sent, or barred with a reason"
    dues = sorted(life.rows[key].due_at for key in life.sent)
    assert all(after - before >= timedelta(minutes=gap) for before, after in pairwise(dues))
    for key, hours in life.sent.items():
        assert inside(life.rows[key], hours)


@settings(max_examples=60)
@given(zone_and_date(), st.data())
def test_quiet_hours_set_in_the_middle_of_the_study_are_kept_from_then_on(place, data):
    zone, first_date = place
    hers = data.draw(preferences(zone))
    study = design(TWICE, windows={"afternoon": "15:00-15:30", "evening": "21:30-22:00"}, days=DAYS)
    begin = datetime.combine(first_date, time(0), UTC) - timedelta(hours=20)
    life = Life(study, first_date, hers, begin)
    life.live_until(begin + timedelta(hours=data.draw(st.integers(0, 120))))
    sent = dict(life.sent)
    quiet = data.draw(closed_hours(hers))
    life.change(quiet)
    life.live_until(begin + timedelta(days=DAYS + 4))
    assert len(life.rows) == 2 * DAYS
    closed = quiet.closed()
    for key in life.sent.keys() - sent.keys():
        shown = local(life.rows[key].due_at, zone)
        assert not any(a <= shown.hour * 60 + shown.minute < b for a, b in closed)


LONDON = Preferences(
    "Europe/London",
    time(6),
    {"afternoon": Window(start="15:00", end="15:30"), "evening": Window(start="21:30", end="22:00")},
)
BANGKOK = Preferences("Asia/Bangkok", time(6), LONDON.windows)


def flown(to: Preferences, at: datetime, start: Preferences = LONDON) -> Life:
    study = design(TWICE, windows={"afternoon": "15:00-15:30", "evening": "21:30-22:00"}, days=DAYS)
    life = Life(study, date(2026, 5, 1), start, datetime(2026, 4, 30, 12, tzinfo=UTC))
    life.live_until(at)
    life.change(to)
    life.live_until(datetime(2026, 5, 12, tzinfo=UTC))
    return life


def test_landing_in_bangkok_after_the_evening_there_is_over_bars_that_evening_alone():
    life = flown(BANGKOK, datetime(2026, 5, 3, 16, tzinfo=UTC))  # 17:00 in London, 23:00 in Bangkok
    assert {key: slot.barred for key, slot in life.rows.items() if slot.barred} == {"3.2": "passed"}
    assert local(life.rows["3.1"].due_at, "Europe/London").hour == 15
    assert local(life.rows["4.1"].due_at, "Asia/Bangkok").strftime("%d %H") == "04 15"


def test_landing_in_bangkok_in_the_middle_of_a_window_she_gets_her_note_in_what_is_left_of_it():
    life = flown(BANGKOK, datetime(2026, 5, 3, 14, 58, tzinfo=UTC))  # 21:58 in Bangkok
    assert not any(slot.barred for slot in life.rows.values())
    assert local(life.rows["3.2"].due_at, "Asia/Bangkok").strftime("%H:%M") in ("21:58", "21:59")


def test_flying_home_from_bangkok_she_gets_no_day_twice():
    life = flown(LONDON, datetime(2026, 5, 3, 16, tzinfo=UTC), start=BANGKOK)
    assert not any(slot.barred for slot in life.rows.values())
    assert local(life.rows["3.2"].due_at, "Asia/Bangkok").strftime("%d %H") == "03 21"
    assert local(life.rows["4.1"].due_at, "Europe/London").strftime("%d %H") == "04 15"


def test_over_the_date_line_a_day_that_she_lives_twice_has_one_pair_of_prompts():
    auckland = Preferences("Pacific/Auckland", time(6), LONDON.windows)
    honolulu = Preferences("Pacific/Honolulu", time(6), LONDON.windows)
    life = flown(honolulu, datetime(2026, 5, 3, 20, tzinfo=UTC), start=auckland)
    assert len(life.rows) == 2 * DAYS
    assert not any(slot.barred for slot in life.rows.values())


def test_six_a_day_keep_their_blocks_and_their_distance_on_a_flight():
    study = blocks(6, "09:00-21:00", 60, days=DAYS)
    hers = study.preferences("hours", "Europe/London")
    life = Life(study, date(2026, 5, 1), hers, datetime(2026, 4, 30, 12, tzinfo=UTC))
    life.live_until(datetime(2026, 5, 3, 10, tzinfo=UTC))
    life.change(study.preferences("hours", "Europe/Athens"))
    life.live_until(datetime(2026, 5, 12, tzinfo=UTC))
    dues = sorted(life.rows[key].due_at for key in life.sent)
    assert len(life.rows) == 6 * DAYS
    assert min(after - before for before, after in pairwise(dues)) >= timedelta(hours=1)
    assert [key for key, slot in life.rows.items() if slot.barred] in ([], ["3.2"])
