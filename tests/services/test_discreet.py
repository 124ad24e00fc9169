"""Nothing that a glance, a log or the phone's own list of commands could give away."""

import asyncio
import logging
import re
from datetime import timedelta

import pytest
import structlog
from fastapi.testclient import TestClient

from bot.sandbox import Fault
from ema import texts
from ema.channels import Incoming
from ema.commands import run
from ema.domain.conversation.events import Blocked
from ema.services import receive as receiving
from ema.services import signin, staff, workers
from ema.services.signin import Signed
from ema.store import participants
from ema.web.app import create_app
from ema.worker import TICKS, Tick
from tests.services.world import BOT_ID, TOKEN, World, leads_to, only, variant

TOPIC = (
    "study", "research", "survey", "trial", "feel", "mood", "well-being", "wellbeing", "esteem", "worth", "mental",
    "health", "depress", "anxi", "suicid", "sex", "work", "street", "drug", "police", "danger", "999", "therap",
    "estudio", "investiga", "encuesta", "sient", "ánimo", "bienestar", "autoestima", r"salud\b", "sexo", "trabaj",
    "calle", "droga", "peligro",
)  # fmt: skip


def named(words):
    """Topics that a word of the text begins with."""
    return [topic for topic in TOPIC if re.search(rf"\b{topic}", words.lower())]


def test_no_message_that_comes_by_itself_names_the_topic(make_world):
    """Notes, reminders, kind words after silence, the offer, the hello, a worker's name: all that can light up a locked phone."""
    soon = variant().silence.model_copy(
        update={"note_after_missed": 2, "offer_after_days": 2, "quiet_after_days": 3, "hello_every_days": 1}
    )
    world = make_world(only(variant(silence=soon, languages=("en", "es")), "checkin"))
    people = {"en": world.joined("Anna"), "es": world.joined("Bella")}
    with world.database.transaction() as session:
        participants.change(session, people["es"].id, language="es")
    sam = Signed(staff.add(world.here, "Sam", "peer"), "Sam", "peer")
    for someone in people.values():
        workers.give(world.here, someone.id, sam.id, None, sam)
    joined = len(world.sent())
    world.wait(days=6)
    for language, someone in people.items():
        said = {call.params["text"] for call in world.sent()[joined:] if call.params["chat_id"] == someone.phone.id}
        assert said == {world.protocol.note.say(language)}, "nothing but that there is a note"
        assert {text: named(text) for text in said if named(text)} == {}
        assert all(someone.words(name) for name in ("missed_some", "other_times", "hello"))
        assert any(leads_to(call, "go|yours") for call in world.sent(chat_id=someone.phone.id))


@pytest.mark.parametrize("language", texts.languages())
def test_the_list_of_commands_does_not_name_the_topic(world, language):
    world.run(world.channel.set_menu({language: texts.menu(language)}))
    (call,) = world.sent("setMyCommands")
    shown = " ".join(f"{entry['command']} {entry['description']}" for entry in call.params["commands"])
    assert named(shown) == []


@pytest.fixture
def logged(caplog, capfd):
    """Every line that the whole may write, as it is set up by `ema serve`."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    caplog.set_level(logging.INFO)
    with structlog.testing.capture_logs() as lines:
        yield lambda: "\n".join([*map(repr, lines), caplog.text, *capfd.readouterr()])


def test_logs_carry_no_address_code_name_or_word_of_hers(world: World, logged, monkeypatch):
    """Everything goes wrong once, and each error's own words carry what must not be told."""
    (code,) = world.invite()
    anna = world.phone("Annabelle Roe")
    anna.join(code)
    world.wait(hours=4)
    secrets = [code, anna.address, "Annabelle", "my secret words", TOKEN, TOKEN.partition(":")[2], world.invite()[0]]

    def broken(*_, **__):
        raise RuntimeError(" ".join(secrets))

    anna.press("Start")
    anna.phone.send("my secret words")
    with monkeypatch.context() as patch:
        patch.setattr("bot.poll._rest", lambda *_: asyncio.sleep(0))
        patch.setattr(receiving, "carry_out", broken)
        world.sandbox.faults.add(Fault(method="getUpdates", code=502))
        world.sandbox.faults.add(Fault(method="answerCallbackQuery", kind="reset"))
        world.run(_for_a_moment(world.poller.run))
    with monkeypatch.context() as patch:
        patch.setattr("ema.services.deliver.claim", broken)
        world.run(_for_a_moment(world.sender.run))
    world.worker._beat_now(Tick("plan", timedelta(seconds=15), broken))
    for tick in TICKS:
        world.worker._beat_now(tick)
    lines = logged()
    assert "poll.trouble" in lines
    assert "poll.not_stored" in lines
    assert "send.failed" in lines
    assert "tick.failed" in lines
    assert [secret for secret in secrets if secret in lines] == []


@pytest.fixture
def everything_logged(caplog, capfd, monkeypatch):
    """Every line of every library at DEBUG, with what `ema serve` keeps quiet."""
    for name in [*run.TALKATIVE, *logging.root.manager.loggerDict]:
        monkeypatch.setattr(logging.getLogger(name), "level", logging.getLogger(name).level)
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as lines:
        yield lambda: "\n".join([*map(repr, lines), caplog.text, *capfd.readouterr()])


def a_small_story(make_world):
    """Annabelle joins, answers, writes, asks for a person, pauses; somebody looks at the pages; she erases herself."""
    world = make_world()
    (code,) = world.invite()
    anna = world.phone("Annabelle Roe")
    anna.join(code)
    pseudonym = anna.id
    world.wait(hours=4)
    logging.getLogger("ema").debug("the story has begun")
    anna.tap("Start", "6", "2")
    anna.write("my secret words")
    anna.tap("5")
    anna.write("/notes")
    anna.tap("A word of my own")
    anna.write("Maplewood")
    anna.write("/pause")
    anna.write("/contact")
    world.wait(days=1)
    client = TestClient(create_app(world.here))
    token = signin.issue_link(world.here, staff.add(world.here, "Ada Watcher", "researcher"))
    client.post(f"/sign-in/{token}", headers={"origin": "http://testserver"})
    shown = client.get(f"/studies/{world.study}/participants/{pseudonym}").status_code
    shown += sum(client.get(path).status_code for path in ("/studies", "/status", "/readyz", "/metrics"))
    assert shown == 5 * 200
    client.close()
    receiving.receive(world.here, Incoming(BOT_ID, 9000, anna.address, "en", Blocked()))
    world.wait(hours=12)
    return [
        code, anna.address, "Annabelle", "my secret words", "secret", "Maplewood", TOKEN, TOKEN.partition(":")[2],
        "answer|", "wb_mood", "You have a note", token, "Ada Watcher",
    ]  # fmt: skip


def test_a_small_story_leaves_nothing_of_hers_in_the_log_even_at_debug(make_world, everything_logged, monkeypatch):
    run.hush()
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # this test's own browser
    secrets = a_small_story(make_world)
    lines = everything_logged()
    assert "the story has begun" in lines, "this log holds what is said at DEBUG"
    assert [secret for secret in secrets if secret in lines] == []


def test_that_story_would_tell_on_her_if_the_libraries_were_left_to_talk(make_world, everything_logged):
    for name in run.TALKATIVE:
        logging.getLogger(name).setLevel(logging.DEBUG)
    secrets = a_small_story(make_world)
    lines = everything_logged()
    assert {TOKEN, "You have a note"} <= {secret for secret in secrets if secret in lines}


async def _for_a_moment(run):
    stop = asyncio.Event()
    task = asyncio.create_task(run(stop))
    await asyncio.sleep(0.3)
    stop.set()
    await task
