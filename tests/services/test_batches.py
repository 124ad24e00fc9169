"""Several people at once: one transaction, each her own dialogue, and nobody pays for another's trouble."""

from contextlib import suppress

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.poll import ALLOWED
from bot.updates import to_incoming
from ema.channels import Handled
from ema.domain.conversation.events import Handed, Reply
from ema.services import carry_out, receive, strangers, whole
from ema.services.app import Saved
from ema.store import sealed
from tests.services.world import BOT_ID, BUNDLED

pytestmark = pytest.mark.every_database

SEVEN = [item.id for item in BUNDLED.questionnaires["checkin"].items]


@pytest.fixture
def people(world, anna):
    """Four people who have just been sent a note."""
    everybody = [anna, *(world.joined(name) for name in ("Bea", "Cleo", "Dora"))]
    world.until(max(someone.checkins()[0].due_at for someone in everybody))
    return everybody


@pytest.fixture
def statements():
    heard = []

    def note(_connection, _cursor, statement, _parameters, _context, _many):
        heard.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield heard
    event.remove(Engine, "before_cursor_execute", note)


def arrived(world):
    """What their phones have sent, and nobody has taken yet."""
    updates = world.run(world.channel.bot.get_updates(allowed_updates=ALLOWED))
    return [to_incoming(update, BOT_ID, late=False) for update in updates]


def answers(someone):
    with someone.world.database.reading() as session:
        key = someone.world.vault.person(someone.id)
        return sealed.answers_of(session, key, [one.id for one in someone.checkins()])


def pages(people):
    replies = {item: Reply("answer", "5") for item in SEVEN}
    return [whole.Paper(BOT_ID, each.address, Handed(each.checkins()[0].id, replies)) for each in people]


def test_what_several_people_tap_is_stored_together_and_is_each_ones_own(world, people, statements):
    for someone in people:
        someone.tap("Start")
    for someone, value in zip(people, "2345", strict=True):
        someone.press(value)
    incomings = arrived(world)
    statements.clear()
    handled = receive.receive_all(world.here, incomings)
    assert len(statements) < 20, "as many for four as for one, or about"
    assert all(one.tap_id for one in handled)
    world.rest()
    given = [[(one.item, one.value) for one in answers(someone)] for someone in people]
    assert given == [[("wb_mood", value)] for value in (2, 3, 4, 5)]
    assert all(someone.last.text.startswith("2 of 7") for someone in people)


def test_given_again_beside_new_ones_only_the_new_ones_count(world, people):
    for someone in people:
        someone.tap("Start")
    for someone in people[:2]:
        someone.press("5")
    old = arrived(world)
    receive.receive_all(world.here, old)
    for someone in people[2:]:
        someone.press("5")
    new = [one for one in arrived(world) if one not in old]
    receive.receive_all(world.here, [*old, *new])
    world.rest()
    assert [len(answers(someone)) for someone in people] == [1, 1, 1, 1]


def test_a_stranger_among_them_is_answered_like_a_stranger(world, people):
    people[0].press("Start")
    somebody = world.phone("Eve")
    somebody.phone.send("hello")
    receive.receive_all(world.here, arrived(world))
    world.rest()
    assert people[0].last.text.startswith("7 short questions")
    assert somebody.last is not None


def test_who_erases_everything_is_told_so_whatever_happens_to_others(world, people, monkeypatch):
    """A stranger's event fails in the same batch, after hers was stored and her key was destroyed."""
    anna, bea = people[:2]
    anna.write("/stop")
    anna.tap("Stop, and erase everything")
    anna.press("Yes, erase everything")
    bea.press("Start")
    world.phone("Eve").phone.send("hello")

    def fails(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(strangers, "receive", fails)
    ended = receive.receive_all(world.here, arrived(world))
    kinds = {type(one) for one in ended}
    assert kinds == {Handled, ZeroDivisionError}
    assert [one.direct is not None for one in ended if isinstance(one, Handled)].count(True) == 1


def test_one_whose_event_fails_takes_nothing_from_the_others(world, people, monkeypatch):
    took = receive.carry_out

    def fails_for_bea(turn, state, effects):
        if turn.who.participant.id == people[1].id:
            raise ZeroDivisionError
        return took(turn, state, effects)

    for someone in people:
        someone.tap("Start")
    for someone in people:
        someone.press("5")
    monkeypatch.setattr(receive, "carry_out", fails_for_bea)
    for _ in range(receive.TRIES):
        with suppress(ZeroDivisionError):  # it is asked for again, until it is kept for staff
            world.rest()
    assert [len(answers(someone)) for someone in people] == [1, 0, 1, 1]
    monkeypatch.setattr(receive, "carry_out", carry_out.carry_out)
    people[1].tap("4")
    assert len(answers(people[1])) == 1


def test_whole_pages_of_several_people_are_stored_and_scored_together(world, people, statements):
    papers = pages(people)
    statements.clear()
    assert whole.hand_in_all(world.here, papers) == [Saved("en")] * 4
    assert len(statements) < 20
    assert [someone.checkins()[0].state for someone in people] == ["completed"] * 4
    assert [len(answers(someone)) for someone in people] == [7] * 4
    assert whole.hand_in_all(world.here, papers) == [Saved("en")] * 4, "handed in twice it is the same record"
    assert [len(answers(someone)) for someone in people] == [7] * 4
