"""Sixty people of different habits, fourteen days: nobody comes to a place from which there is no way on.

From every screen that somebody reaches, she asks for help, looks at leaving and turns back, and checks in. Every tap is
answered, no message says a name of the software's own, and none stays in a chat beyond its time.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from ema.clock import VirtualClock
from ema.domain.items.words import ENGLISH as ASKED
from ema.services import doctor
from ema.services.forget import MESSAGES_LIVE
from ema.simulation.people import cast
from ema.store.engine import open_database
from ema.store.tables import FINAL_STATES
from ema.texts.catalogue import ENGLISH
from tests.services.world import BUNDLED, World, variant
from tests.story.manners import MANNERS, Resident

START = datetime(2026, 3, 21, 8, tzinfo=UTC)
"""A week before the clocks change, in London, Madrid, Bucharest and Warsaw."""
STEP = timedelta(hours=2)
LAST_DAYS = timedelta(days=1)
PATIENCE = 400
"""Touches in one sitting; whoever is still busy then goes round in circles."""
STUDY = variant(languages=("en", "es"), timezones=BUNDLED.timezones)
OWN_NAMES = {*ENGLISH, *ASKED}


class Town:
    """Everybody, and what is checked after each of their touches."""

    def __init__(self, world: World, people: int, days: int) -> None:
        self.world, self.days = world, timedelta(days=days)
        persons = cast(STUDY, people, start=world.now, joining_days=2, seed="town", model=MANNERS[0].model)
        self.to_come = sorted(enumerate(persons), key=lambda one: one[1].joins_at)
        self.residents: list[Resident] = []
        self.seen: set[frozenset[str]] = set()

    def live(self) -> None:
        ends = self.world.now + self.days
        while self.world.now < ends:
            self.world.clock.move_to(self.world.now + STEP)
            self.world.tick()
            if self.world.now == ends - self.days / 2:
                fast = next(one for one in self.residents if one.manner.name == "fast")
                fast.doing = fast.erase_and_join_anew(self.world.invite()[0])
            if self.world.now == ends - LAST_DAYS:
                for one in self.residents:
                    one.doing = one.settle()
            self.come()
            self.sit_down()
            self.nothing_stays_beyond_its_time()

    def come(self) -> None:
        while self.to_come and self.to_come[0][1].joins_at <= self.world.now:
            number, person = self.to_come.pop(0)
            manner = MANNERS[number % len(MANNERS)]
            self.residents.append(Resident(self.world, person, manner, self.world.invite()[0]))

    def sit_down(self) -> None:
        """Everybody looks at her phone, until nobody wants to do anything more. They touch it all at the same time."""
        for one in self.residents:
            one.sat_down = True
        for _ in range(PATIENCE):
            busy = [one for one in self.residents if one.touch()]
            if not busy:
                return
            self.world.rest()
            for one in busy:
                self.after_a_touch(one)
            self.what_was_said()
        raise AssertionError(f"{busy} go on and on")

    def after_a_touch(self, one: Resident) -> None:
        assert one.phone.chat.taps == {}, f"a tap was not answered: {one}"
        if one.phone.blocked:
            return
        assert all(message.from_bot for message in one.phone.messages()), f"her own words are still there: {one}"
        screen = one.signature()
        if screen and screen not in self.seen:
            self.seen.add(screen)
            one.doing = one.probe()

    def what_was_said(self) -> None:
        """No message, button or answer to a tap says a name of the software's own."""
        for call in self.world.sandbox.journal.calls():
            rows = (call.params.get("reply_markup") or {}).get("inline_keyboard", ())
            labels = [button["text"] for row in rows for button in row]
            for said in (call.params.get("text") or "", call.params.get("caption") or "", *labels):
                dotted = set(re.findall(r"[a-z_]+(?:\.[a-z_]+)+", said))
                assert not dotted & OWN_NAMES, said
                assert not re.search(r"[{}_]|\b(None|True|False|Traceback)\b", said), said
        self.world.sandbox.journal.clear()

    def nothing_stays_beyond_its_time(self) -> None:
        for one in self.residents:
            old = [
                message.text for message in one.phone.messages() if self.world.now - message.at > MESSAGES_LIVE + STEP
            ]
            assert not old or one.phone.blocked, f"{old} for {one}"


@pytest.fixture
def clock():
    return VirtualClock(START)


@pytest.fixture
def database(sqlite_url):
    """On one of the two: what is looked at is the dialogue."""
    opened = open_database(sqlite_url, durable=False)
    yield opened
    opened.close()


def test_nobody_of_sixty_comes_to_a_dead_end(database, vault, clock, tmp_path):
    world = World(database, vault, clock, tmp_path, STUDY)
    try:
        town = Town(world, people=60, days=14)
        town.live()
        everybody_was_there(town, people=60)
        the_next_check_in_worked_for_everybody(town)
        every_prompt_that_is_over_has_ended(town)
        assert doctor.examine(world.database, world.vault, world.now) == []
    finally:
        world.close()


def everybody_was_there(town: Town, people: int) -> None:
    assert len(town.residents) == people
    assert all(one.touches > 10 for one in town.residents)
    assert {one.standing() for one in town.residents} == {"active"}


def the_next_check_in_worked_for_everybody(town: Town) -> None:
    """Whatever she did before: the notes of her last day, those that have just come apart."""
    until, answered = town.world.now - STEP, 0
    for one in town.residents:
        notes = [each for each in one.someone.checkins() if each.sent_at and until - LAST_DAYS < each.sent_at < until]
        assert {each.state for each in notes} <= {"completed"}, (one, notes)
        answered += len(notes)
    assert answered > len(town.residents)


def every_prompt_that_is_over_has_ended(town: Town) -> None:
    states: Counter[str] = Counter()
    for one in town.residents:
        over = [prompt for prompt in one.someone.prompts() if prompt.expires_at < town.world.now - STEP]
        assert {prompt.state for prompt in over} <= set(FINAL_STATES), one
        states.update(prompt.state for prompt in over)
    wanted = {"completed", "partial", "declined", "missed", "undelivered"}
    assert states.keys() >= (wanted | {"paused"} if len(town.residents) == 60 else wanted), states
