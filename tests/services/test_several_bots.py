"""Several bots serve one installation: each sends to its own people, and the trouble of one is not the others'."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from bot.channel import TokenRefused
from bot.sandbox import Fault, serve_in_thread
from bot.sandbox.miniapp import init_data
from ema import bootstrap
from ema.__main__ import app as command
from ema.channels import RetryLater
from ema.clock import SystemClock
from ema.config import Settings
from ema.sender import Sender
from ema.services import deliver, health, invite, status
from ema.store import limits, ticks
from ema.store.engine import open_database
from ema.web.app import create_app
from tests.bot.conftest import soon
from tests.services.several import FIRST, SECOND, TOKENS, USERNAMES, TwoBots
from tests.services.world import SMALL

pytestmark = pytest.mark.every_database


@pytest.fixture
def world(database, vault, clock, tmp_path):
    made = TwoBots(database, vault, clock, tmp_path, SMALL)
    yield made
    made.close()


@pytest.fixture
def quick(sqlite_url, vault, clock, tmp_path):
    """The same on SQLite alone, for what the database has no part in."""
    database = open_database(sqlite_url, durable=False)
    made = TwoBots(database, vault, clock, tmp_path, SMALL)
    yield made
    made.close()
    database.close()


@pytest.fixture
def anna(world):
    return world.at(FIRST, "Anna")


@pytest.fixture
def bella(world):
    return world.at(SECOND, "Bella")


def to_due(world, *people):
    """To the moment when the first note of each of them is due. None is sent yet."""
    world.clock.move_to(max(someone.checkins()[0].due_at for someone in people))


def send_all(world):
    """One round of every sender."""
    return {bot: world.run(sender.step()) for bot, sender in world.senders.items()}


def bots_of(world, someone):
    return {row.bot_id for row in world.rows("outbox", participant_id=someone.id)}


def test_people_of_both_bots_answer_each_in_her_own_chat(world, anna, bella):
    assert [anna.row.bot_id, bella.row.bot_id] == [FIRST, SECOND]
    to_due(world, anna, bella)
    world.rest()
    for someone in (anna, bella):
        someone.answer()
    assert [anna.checkins()[0].state, bella.checkins()[0].state] == ["completed", "completed"]
    assert [world.sent_by(anna), world.sent_by(bella)] == [{FIRST}, {SECOND}]
    assert [bots_of(world, anna), bots_of(world, bella)] == [{FIRST}, {SECOND}]


def test_one_person_may_know_both_bots_and_is_two_people_to_us(quick):
    anna = quick.at(FIRST, "Anna")
    again = type(anna)(quick, anna.phone.with_bot(USERNAMES[SECOND]))
    again.start(*quick.invite())
    assert again.address == anna.address
    assert again.id not in {None, anna.id}


def test_a_sender_finds_nothing_of_another_bot(world, anna, bella):
    to_due(world, anna, bella)
    second = Sender(world.here, world.channels[SECOND], Random(2), per_second=1e9)
    while world.run(second.step()):
        pass
    assert len(bella.notes()) == 1
    assert anna.notes() == []
    assert {row.attempts for row in world.rows("outbox", participant_id=anna.id, state="pending")} == {0}


# --- trouble of one bot


def test_a_bot_that_must_wait_holds_up_nobody_elses_messages(world, anna, bella):
    to_due(world, anna, bella)
    deliver.told_to_wait(world.here, FIRST, RetryLater("limit", "limit", timedelta(seconds=40), whole_bot=True))
    world.rest()
    assert [len(anna.notes()), len(bella.notes())] == [0, 1]
    bella.answer()
    assert bella.checkins()[0].state == "completed"
    with world.database.reading() as session:
        assert list(limits.rests(session)) == [FIRST]
    world.rested()
    world.rest()
    assert len(anna.notes()) == 1


def test_a_refused_token_stops_its_own_bot_only_and_is_never_shown(world, anna, bella):
    to_due(world, anna, bella)
    world.sandbox.faults.add(Fault(bot_id=SECOND, code=401, description="Unauthorized", times=None))
    assert send_all(world) == {FIRST: 1, SECOND: 1}
    world.run(world.pollers[FIRST].step())
    anna.phone.tap(anna.last.id, "Start")
    world.run(world.pollers[FIRST].step())
    assert send_all(world)[FIRST] == 1
    assert anna.last.text.startswith("7 short questions")
    (alert,) = world.rows("alert")
    assert alert.summary == f"Telegram refuses the token of bot {SECOND}."
    world.sandbox.faults.clear()
    world.rested()
    world.wait(minutes=2)
    assert len(bella.notes()) == 1


def test_at_the_start_a_refused_bot_keeps_no_other_from_work(quick, monkeypatch):
    """It is tried again beside. Where every token is refused nothing starts."""
    monkeypatch.setattr(bootstrap, "ENTER_AGAIN_SECONDS", 0.01)
    settings = Settings(telegram_token=",".join(TOKENS.values()))
    channels = list(quick.channels.values())
    for bot in TOKENS:
        quick.sandbox.faults.add(Fault("getMe", bot_id=bot, code=401, description="Unauthorized"))

    def entered():
        return {call.bot_id for call in quick.sandbox.journal.calls("deleteWebhook")}

    async def start():
        with pytest.raises(TokenRefused) as refused:
            await bootstrap.enter(channels, settings, takes_updates=True)
        quick.sandbox.faults.add(Fault("getMe", bot_id=SECOND, code=401, description="Unauthorized", times=2))
        (again,) = await bootstrap.enter(channels, settings, takes_updates=True)
        stop = asyncio.Event()
        trying = asyncio.create_task(again(stop))
        assert entered() == {FIRST}
        await soon(lambda: entered() == {FIRST, SECOND})
        assert not trying.done(), "what ends, ends the program"
        stop.set()
        await trying
        return str(refused.value)

    said = quick.run(start())
    assert said == f"Telegram refuses the token of bot {FIRST} in EMA_TELEGRAM_TOKEN: copy it from @BotFather again."


# --- how updates come


def test_by_webhook_each_bot_has_a_path_of_its_own_that_shows_no_token(world):
    """Over real HTTP, with the whole application: both are announced, both people join by what is delivered."""
    whole = []

    async def mounted(scope, receive, send):
        await whole[0](scope, receive, send)  # made when its address is known

    url, stop = serve_in_thread(mounted)
    secret = Settings(
        data_dir=world.here.settings.data_dir,
        public_url=url,
        telegram_webhook_secret="a-secret",
        telegram_token=" ".join(TOKENS.values()),
    )
    here = replace(world.here, settings=secret)
    channels = list(world.channels.values())
    whole.append(bootstrap.web_app(here, channels))
    try:
        for channel in channels:
            world.run(bootstrap.announce(channel, secret))
        paths = {call.bot_id: call.params["url"] for call in world.sandbox.journal.calls("setWebhook")}
        assert paths == {bot: f"{url}/telegram/webhook/{bot}" for bot in TOKENS}
        people = [world.phone(name, bot=USERNAMES[bot]) for bot, name in zip(TOKENS, ("Anna", "Bella"), strict=True)]
        for someone, code in zip(people, world.invite(2), strict=True):
            someone.phone.start(code)
        world.run(soon(lambda: all(someone.id for someone in people) and world.count("conversation") == 2))
        assert [someone.row.bot_id for someone in people] == list(TOKENS)
    finally:
        for channel in channels:
            world.run(channel.bot.delete_webhook())
        stop()


def test_the_mini_app_asks_who_opened_it_in_which_bot(quick):
    anna, bella = quick.at(FIRST, "Anna"), quick.at(SECOND, "Bella")
    to_due(quick, anna, bella)
    quick.rest()
    bella.tap("Start")
    app = bootstrap.mini_app(list(quick.channels.values()), SystemClock())
    for someone in (anna, bella):
        account, person = someone.phone.chat.bot.account, someone.phone.chat.person
        assert app.verify(init_data(account, person)) == (someone.row.bot_id, someone.address)


# --- a bot that is taken out


def ready(world):
    with TestClient(create_app(world.here)) as client:
        return client.get("/readyz")


def test_without_its_bot_her_note_is_sent_by_none_and_waits_for_it(world, anna, bella):
    world.set_tokens(FIRST)
    to_due(world, anna, bella)
    world.tick()
    assert [len(anna.notes()), len(bella.notes())] == [1, 0]
    world.set_tokens(FIRST, SECOND)
    world.wait(minutes=1)
    assert [len(anna.notes()), len(bella.notes())] == [1, 1]


def test_without_its_bot_her_prompt_ends_as_undelivered_and_staff_read_whose_is_missing(world, anna, bella):
    first = bella.checkins()[0]
    world.set_tokens(FIRST)
    with world.database.transaction() as session:
        ticks.ran(session, "plan", timedelta(seconds=15), SystemClock().now())
    to_due(world, anna, bella)
    world.rest()
    answer = ready(world)
    assert answer.status_code == 200, "the other bot's people need this process"
    words = (
        f"bot {SECOND} is missing: EMA_TELEGRAM_TOKEN holds no token that begins with {SECOND}:, "
        "so nothing is sent to 1 person who takes part by it"
    )
    assert answer.json()["checks"]["bots"] == {"status": "broken", "words": words}
    assert answer.json()["broken"] == [words]
    said = status.status(world.here)
    assert said.headline == "Some prompts are not going out."
    assert f"Bot {SECOND} is missing" in said.explanation
    assert [line.words for line in said.lines if line.about == "Missing"] == [f"B{words[1:]}."]
    world.until(first.expires_at + timedelta(minutes=1))
    ended = bella.checkins()[0]
    assert (ended.state, ended.reason) == ("undelivered", "outage")
    assert bella.notes() == []
    assert anna.notes()


def test_a_bot_is_behind_by_itself(world, anna, bella):
    """Its own queue, age and rest are told; the process is not ready only when no bot's messages go out."""
    world.set_tokens(FIRST, SECOND)
    to_due(world, anna, bella)
    world.run(world.senders[FIRST].step())
    world.clock.move_to(world.now + timedelta(minutes=20))
    deliver.told_to_wait(world.here, SECOND, RetryLater("limit", "limit", timedelta(seconds=40), whole_bot=True))
    answer = ready(world)
    assert answer.status_code == 200
    (words,) = answer.json()["broken"]
    assert words.startswith(f"bot {SECOND}: the oldest of 1 messages has waited ")
    by_bot = {bot.id: bot for bot in health.collect(world.here).bots}
    assert [by_bot[FIRST].waiting, by_bot[SECOND].waiting] == [0, 1]
    assert by_bot[FIRST].rest == 0 < by_bot[SECOND].rest <= 40
    with TestClient(create_app(world.here)) as client:
        figures = client.get("/metrics").text
    assert f'ema_bot_queue_messages{{bot="{SECOND}"}} 1.0' in figures
    assert f'ema_bot_missing_people{{bot="{SECOND}"}} 0.0' in figures
    alone = Settings(data_dir=world.here.settings.data_dir, telegram_token=TOKENS[SECOND])
    with world.database.reading() as session:
        assert [bot.id for bot in health._bots(session, alone.bots, world.now) if bot.missing] == [FIRST]


# --- invitations


def test_invitations_are_spread_and_a_code_is_good_at_any_bot(world):
    bots = [SECOND, FIRST]
    made = invite.invite_by_link(world.here, world.study, 3, bots)
    assert list(made.values()) == [FIRST, SECOND, FIRST]
    (for_second,) = [code for code, bot in made.items() if bot == SECOND]
    someone = world.phone("Cleo")
    someone.join(for_second)
    assert someone.row.bot_id == FIRST
    more = invite.invite_by_link(world.here, world.study, 4, bots)
    assert list(more.values()) == [SECOND, SECOND, SECOND, FIRST], "who opened another bot counts there"


def test_the_command_gives_links_to_both_bots(quick, sqlite_url, tmp_path, monkeypatch):
    url, stop = serve_in_thread(quick.sandbox.app)
    try:
        monkeypatch.setenv("EMA_DATABASE_URL", sqlite_url)
        monkeypatch.setenv("EMA_DATA_DIR", str(tmp_path))
        monkeypatch.setenv("EMA_TELEGRAM_API_URL", url)
        monkeypatch.setenv("EMA_TELEGRAM_TOKEN", "\n".join(TOKENS.values()))
        done = CliRunner().invoke(command, ["invite", quick.study, "-n", "4"])
        assert done.exit_code == 0, done.output
        links = [line.split()[1].partition("?")[0] for line in done.output.splitlines()]
        assert links == [f"https://t.me/{name}" for name in USERNAMES.values()] * 2
        quick.sandbox.faults.add(Fault("getMe", bot_id=SECOND, code=401, description="Unauthorized"))
        refused = CliRunner().invoke(command, ["invite", quick.study])
        assert isinstance(refused.exception, TokenRefused)
        assert refused.output == "", "no code is made that nobody would see"
    finally:
        stop()
