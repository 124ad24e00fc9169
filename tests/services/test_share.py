"""Which pages of hers can be opened, whatever she did in whatever order."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ema.domain.conversation import State
from ema.domain.conversation.effects import LetGo
from ema.domain.conversation.share import SECRET
from ema.domain.sharing import DAYS, MOST_OUT
from ema.services import share, withdraw
from ema.services.situation import person
from ema.store import sealed

PAGE = LetGo(("reach",), "a clinic", timedelta(days=7))

steps = st.one_of(
    st.tuples(st.just("make"), st.sampled_from(sorted(DAYS.values()))),
    st.tuples(st.just("end"), st.integers(0, MOST_OUT)),
    st.tuples(st.just("wait"), st.integers(1, 30 * 24)),
    st.tuples(st.sampled_from(["end all", "stop", "clear up"]), st.just(0)),
)


class Out:
    """The same, as plain as can be: when each page ends."""

    def __init__(self, world, someone):
        self.world, self.key = world, world.vault.person(someone.id)
        self.ends, self.shut = {}, set()
        self.do("end all", 0)

    @property
    def open(self):
        return [token for token, ends in self.ends.items() if ends > self.world.now]

    def do(self, what, number):
        now = self.world.now
        with self.world.database.transaction() as session:
            match what:
                case "make":
                    full, days = len(self.open) == MOST_OUT, timedelta(days=number)
                    page = LetGo(("reach",), "a clinic", days)
                    token = share.make(session, self.key, State(), page, now, None).draft.get(SECRET)
                    assert (token is None) == full
                    if token is not None:
                        self.ends[token] = now + days
                case "end":
                    out = sealed.shares.out(session, self.key, now)
                    assert [one.until for one in out] == [self.ends[token] for token in self.open]
                    if number < len(out):
                        sealed.shares.withdraw(session, self.key.participant_id, out[number].number)
                        self._close(self.open[number])
                case "wait":
                    self.world.clock.move_to(now + timedelta(hours=number))
                case "end all":
                    sealed.shares.withdraw(session, self.key.participant_id)
                    self._close(*self.ends)
                case "stop":
                    withdraw.stop(session, person(session, self.key.participant_id), now)
                    withdraw.come_back(session, person(session, self.key.participant_id), now)
                    self._close(*self.ends)
                case "clear up":
                    sealed.shares.purge(session, now)

    def _close(self, *tokens):
        for token in tokens:
            del self.ends[token]
            self.shut.add(token)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, max_size=12))
def test_no_page_is_open_but_those_that_she_made_and_did_not_end(world, anna, done):
    model = Out(world, anna)
    for what, number in done:
        model.do(what, number)
        for token in {*model.ends, *model.shut}:
            assert (share.opened(world.here, token, "en") is not None) == (token in model.open)


def made(world, someone):
    with world.database.transaction() as session:
        key = world.vault.person(someone.id)
        return share.make(session, key, State(), PAGE, world.now, None).draft[SECRET]


def test_nobody_ends_the_page_of_another(world, anna):
    bea = world.joined("Bea")
    hers = made(world, bea)
    with world.database.transaction() as session:
        (out,) = sealed.shares.out(session, world.vault.person(bea.id), world.now)
        sealed.shares.withdraw(session, anna.id, out.number)
        sealed.shares.withdraw(session, anna.id)
        assert sealed.shares.out(session, world.vault.person(anna.id), world.now) == ()
    assert share.opened(world.here, hers, "en") is not None


def test_who_is_being_erased_shows_nothing(world, anna):
    token = made(world, anna)
    with world.database.transaction() as session:
        withdraw.begin_erasing(session, anna.id)
    assert share.opened(world.here, token, "en") is None


def test_without_her_key_there_is_nothing_to_read(world, anna):
    token = made(world, anna)
    world.vault.destroy(anna.id)
    assert share.opened(world.here, token, "en") is None


@pytest.mark.parametrize("language", ["en", "es", "pl", "pt", "ro"])
def test_every_language_has_it(world, anna, language):
    letter = share.opened(world.here, made(world, anna), language)
    assert len(letter.sections) == 1
