"""A page that is looked at, on both databases: what waits, what is taken once, and what watches over it."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random

import pytest
from pydantic import SecretStr

from ema.services import doctor, engagement, health, looking
from ema.services.looking import Deed
from ema.services.receive import receive, receive_all
from ema.store import sealed
from ema.store.instants import to_send
from ema.texts import languages
from tests.domain.conversation.sets import with_checkin
from tests.services.test_pin import PEER
from tests.services.world import SMALL, TOKEN, only, variant

JOINING = ("Next", "Yes", "Yes", "Yes, I want to take part", "Yes", "About 3 pm and 9.30 pm", "London", "Not now")


class Reader:
    """Somebody with a browser, without the pages around it."""

    def __init__(self, world, code, language="en"):
        self.world, self.token = world, looking.join(world.here, code, language)
        self.address = looking.address_of(self.token)
        self.look()

    @property
    def id(self):
        return self.world.vault.find("page", 0, self.address)

    def look(self):
        self.seen = looking.look(self.world.here, self.address)
        return self.seen

    def buttons(self):
        cards = [*self.seen.came, self.seen.now]
        return {button.label: button.code for card in cards for row in card.rows for button in row}

    def deed(self, label):
        return Deed(self.seen.once, self.buttons()[label])

    def tap(self, *labels):
        for label in labels:
            receive(self.world.here, looking.incoming(self.address, self.deed(label)))
            self.look()
        return self


@pytest.fixture
def rosa(world):
    return Reader(world, world.invite()[0]).tap(*JOINING)


@pytest.fixture
def noted(world, rosa):
    """Her note is there, and she has looked."""
    world.wait(hours=4)
    rosa.look()
    return rosa


def first(world, someone):
    return world.rows("prompt", participant_id=someone.id, schedule="checkin")[0]


def test_a_check_in_is_one_record_and_nothing_was_sent(world, noted):
    noted.tap("Start", *["5"] * 7)
    assert (first(world, noted).state, first(world, noted).n_answered) == ("completed", 7)
    assert world.count("answer") == 7
    assert world.count("score") > 0
    assert world.sent() == []
    assert world.count("message") == 0
    assert {row.state for row in world.rows("outbox", kind="note")} <= {"sent", "pending"}


def test_a_form_sent_by_two_fingers_at_once_counts_once(world, noted):
    noted.tap("Start")
    deed = noted.deed("4")
    with ThreadPoolExecutor(4) as fingers:
        list(fingers.map(lambda _: receive(world.here, looking.incoming(noted.address, deed)), range(4)))
    assert world.count("answer") == 1


def test_one_code_in_many_browsers_at_once_joins_one_of_them(world):
    code = world.invite()[0]
    with ThreadPoolExecutor(4) as browsers:
        opened = list(browsers.map(lambda _: looking.join(world.here, code, "en"), range(4)))
    assert sum(token is not None for token in opened) == 1
    assert world.count("participant") == 1


def test_what_comes_from_pages_and_chats_at_once_is_stored_together(world, noted):
    anna = world.joined("Anna")
    other = Reader(world, world.invite()[0]).tap(*JOINING)
    came = [looking.incoming(one.address, Deed(secrets.token_hex(8), command="help")) for one in (noted, other)]
    handled = receive_all(world.here, came)
    assert not [one for one in handled if isinstance(one, Exception)]
    assert "Samaritans" in " ".join(noted.look().now.said)
    assert "Samaritans" in " ".join(other.look().now.said)
    assert anna.id not in {noted.id, other.id}


def test_notes_that_wait_on_pages_are_no_queue_and_no_bot_is_missing(world, rosa):
    settings = world.here.settings.model_copy(update={"telegram_token": SecretStr(TOKEN)})
    here = replace(world.here, settings=settings)
    world.wait(hours=4)
    (note,) = [row for row in world.rows("outbox", kind="note") if row.not_before <= world.now]
    assert note.state == "pending"
    assert health.collect(here).waiting == 0
    with world.database.reading() as session:
        assert not to_send(session, world.now), "or the demo would wait for it"
    checks = {one.name: one for one in health.checks(here)}
    for name in ("queue", "bots", "outbox", "prompts"):
        assert checks[name].holds, checks[name].words


def test_a_browser_that_only_the_key_store_still_knows_shows_nothing(world, noted):
    """As after a database was put back from before she moved."""
    key, deed = world.vault.person(noted.id), noted.deed("Start")
    with world.database.transaction() as session:
        sealed.set_address(session, key, "elsewhere")
    assert noted.look() is None
    receive(world.here, looking.incoming(noted.address, deed))
    assert first(world, noted).n_items == 0


def test_her_worker_sees_that_nothing_rings_there(world, rosa):
    anna = world.joined("Anna")
    reads = {one.participant: one.page for one in engagement.everybody(world.here, PEER)}
    assert reads == {rosa.id: True, anna.id: False}


def test_after_days_without_a_look_nothing_is_in_disorder_and_all_of_it_says_why(world, rosa):
    world.wait(days=3)
    over = [one for one in world.rows("prompt", participant_id=rosa.id, schedule="checkin") if one.closed_at]
    assert {(one.state, one.reason) for one in over} == {("undelivered", "not seen")}
    assert doctor.examine(world.database, world.vault, world.now) == []


def test_every_language_of_the_study_is_spoken(make_world):
    world = make_world(only(variant(languages=languages()), "checkin"))
    for language, code in zip(languages(), world.invite(len(languages())), strict=True):
        rosa = Reader(world, code, language)
        assert rosa.seen.language == language
        assert rosa.seen.joining


KINDS = """
- {id: hours, type: number, min: 0, max: 24, decimals: 1, text: "How many hours?"}
- {id: with_whom, type: multiple, text: "Who is with you?", options: [{value: friend, label: Friend}, {value: family, label: Family}]}
- {id: calm, type: vas, text: "How calm?", low: not at all, high: very}
- {id: said, type: voice, text: "Would you like to say it?"}
"""


def test_each_kind_of_question_is_answered_and_what_can_not_be_sent_is_said_and_skipped(make_world):
    world = make_world(with_checkin(SMALL, KINDS))
    rosa = Reader(world, world.invite()[0]).tap(*JOINING)
    world.wait(hours=4)
    rosa.look()
    rosa.tap("Start")
    assert rosa.seen.now.said[rosa.seen.asked] == "How many hours?"
    for typed in ("a lot", "4,5"):
        assert rosa.seen.typed
        receive(world.here, looking.incoming(rosa.address, Deed(rosa.seen.once, typed=typed)))
        rosa.look()
    assert not rosa.seen.typed
    rosa.tap("Friend", "✓ Friend", "Family", "Done", "7")
    assert rosa.seen.unsendable
    assert not rosa.seen.typed
    rosa.tap("Skip this one")
    key = world.vault.person(rosa.id)
    prompt = first(world, rosa)
    with world.database.reading() as session:
        kept = {one.item: one.value for one in sealed.answers_of(session, key, [prompt.id])}
    assert kept == {"hours": 4.5, "with_whom": ("family",), "calm": "7/10", "said": None}
    assert prompt.state == "completed"


@pytest.mark.parametrize("seed", range(2))
def test_wherever_she_wanders_there_is_a_way_on_to_help_and_out(world, seed):
    chance = Random(seed)
    rosa = Reader(world, world.invite()[0]).tap(*JOINING)
    for step in range(60):
        if step % 12 == 11:
            world.wait(hours=3)
            rosa.look()
        deeds = [rosa.deed(label) for label, code in rosa.buttons().items() if not leaves(code)]
        deeds += [Deed(rosa.seen.once, command=one.code) for one in rosa.seen.menu]
        deeds += [Deed(rosa.seen.once, typed=words) for words in ("12:30", "hello", "3", "stop")] * rosa.seen.typed
        receive(world.here, looking.incoming(rosa.address, chance.choice(deeds)))
        assert rosa.look() is not None
        assert rosa.seen.now.said
        assert rosa.seen.now.rows
    for command, says in (("help", "call 999"), ("stop", "no reason is needed")):
        receive(world.here, looking.incoming(rosa.address, Deed(rosa.seen.once, command=command)))
        assert says in " ".join(rosa.look().now.said)


def leaves(code):
    """Whether nothing of her is kept after this tap, or nothing is tapped at all."""
    return code in {"set|erase=yes", "set|join.no=no", "set|join.age=no"} or code.startswith(("copy|", "me", "hide"))
